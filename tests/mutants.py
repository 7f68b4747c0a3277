"""Mutation testing: python -m tests.mutants sampling

mutmut changes a module in every small way that it knows, and runs the tests of its room on each
change. Where all of them pass, nobody would notice it: a test is lacking, or it does no harm. All
of this happens in a copy of the checkout, in a folder of its own. mutmut changes what stands in
functions; the tables of a module, such as recipes, it leaves alone.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The tests that are run for a module, by its name below `twostream_lib`.
TESTS = {
    "sampling": ("tests/test_sampling.py",),
    "sg3i": ("tests/test_sg3i.py",),
    "flow/fields": ("tests/flow/test_fields.py",),
    "clips/splitfiles": ("tests/clips/test_splitfiles.py",),
    "fusion/averages": ("tests/fusion/test_averages.py", "tests/fusion/test_choosing.py"),
    "fusion/evaluation": ("tests/fusion/test_evaluation.py", "tests/fusion/test_pairs.py"),
    "training/recipes": (
        "tests/training/test_recipes.py",
        "tests/training/test_recipe_table.py",
        "tests/joins/test_recipe_to_training.py",
    ),
    "course/folds": ("tests/joins/test_windows_to_scores.py", "tests/course/test_folds.py"),
    "course/run_streams": ("tests/joins", "tests/course/test_run_streams.py"),
}
SETTINGS = """
[tool.mutmut]
source_paths = ["twostream_lib/"]
only_mutate = ["twostream_lib/{module}.py"]
also_copy = ["notebooks/", "Makefile", "README.md", "CONTRIBUTING.md", "requirements.txt"]
pytest_add_cli_args = ["-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = {tests}
"""


def copy_of_the_checkout(folder: Path) -> None:
    """The files that git has or would have, as they lie here."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def run(module: str, folder: Path) -> str:
    """Try all mutants of a module in this empty folder; a line of counts and the survivors."""
    copy_of_the_checkout(folder)
    settings = SETTINGS.format(module=module, tests=json.dumps(list(TESTS[module])))
    with open(folder / "pyproject.toml", "a", encoding="utf-8") as out:
        out.write(settings)
    mutmut = [sys.executable, "-m", "mutmut"]
    calm = os.environ | {"OMP_NUM_THREADS": "1", "LOKY_MAX_CPU_COUNT": "1"}
    trying = [*mutmut, "run", "--max-children", "1"]
    subprocess.run(trying, cwd=folder, check=True, env=calm, stdout=sys.stderr)
    listed = subprocess.run(
        [*mutmut, "results", "--all", "true"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    ends = [line.strip().rpartition(": ")[::2] for line in listed.splitlines() if ": " in line]
    killed = sum(end in ("killed", "timeout") for _, end in ends)
    parts = [f"{module}: {killed} of {len(ends)} mutants killed"]
    for name, end in ends:
        if end not in ("killed", "timeout"):
            shown = subprocess.run(
                [*mutmut, "show", name], cwd=folder, capture_output=True, text=True
            )
            parts += ["", f"{name}: {end}", shown.stdout.strip()]
    return "\n".join(parts)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in TESTS:
        sys.exit(f"Name one of these modules: {', '.join(TESTS)}.")
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        print(run(sys.argv[1], Path(place)))
