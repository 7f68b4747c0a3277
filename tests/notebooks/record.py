"""Record the facts of a finished quick run: python -m tests.notebooks.record RUN_FOLDER"""

import json
import sys

from tests.notebooks.claims import HERE, facts_of, notebooks_with_claims
from twostream_lib import course
from twostream_lib.files import write_text

run = course.configure("quick", runs=sys.argv[1])
for notebook in notebooks_with_claims():
    text = json.dumps(facts_of(notebook, run), indent=1, sort_keys=True)
    write_text(HERE / "recorded" / f"{notebook}.json", text + "\n")
