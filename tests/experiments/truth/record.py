"""Make what the truth run measured the record that the notebooks speak of, if it is whole:

python -m tests.experiments.truth.record TRUTH.JSON
"""

import sys
from pathlib import Path

from tests.fusion.test_reliability import COUNT, SHARE, every
from twostream_lib import records
from twostream_lib.experiments.truth import measuring, recorded
from twostream_lib.experiments.truth.questions import QUESTIONS
from twostream_lib.training.profiles import PROFILES

FEWEST = 3  # runs
ROUNDED = 2e-4  # how far two sums of figures may be apart, which have four digits
CANNOT = {"recipes"}  # questions about weights: the clips of the record are learned from none
TEXT = {"type": "string", "minLength": 1}
DIFFERENCE = {"type": "number", "minimum": -1, "maximum": 1}
COUNTED = {"n": COUNT, "sources": COUNT}
ARM = every(
    "object",
    **dict.fromkeys(("mean", "low", "high"), SHARE),
    **COUNTED,
    by_run=every("array", items=SHARE),
)
PAIR = every(
    "object",
    **dict.fromkeys(("mean", "low", "high"), DIFFERENCE),
    **COUNTED,
    by_run=every("array", items=DIFFERENCE),
    first=TEXT,
    second=TEXT,
    classes={"type": "array", "items": TEXT},
    promised={"type": "boolean"},
)
QUESTION = every(
    "object",
    asks=TEXT,
    notebook={"type": "string", "pattern": r"^\d\d$"},
    judged=TEXT,
    arms={"type": "object", "minProperties": 2, "additionalProperties": ARM},
    pairs=every("array", items=PAIR),
)
SCHEMA = every(
    "object",
    date={"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    **dict.fromkeys(("git", "device", "data", "backbone", "weights"), TEXT),
    versions={"type": "object", "minProperties": 1, "additionalProperties": TEXT},
    seconds={"type": "integer", "minimum": 1},
    runs=every("array", items=every("object", seed=COUNT, split=COUNT)),
    questions={"type": "object", "minProperties": 1, "additionalProperties": QUESTION},
    lacking={"type": "object", "additionalProperties": TEXT},
)


def faults(record: dict) -> list[str]:
    """What keeps a record from being the one that the notebooks speak of, in sentences."""
    if misfit := records.misfit(record, SCHEMA):
        return [f"It is not whole: {misfit}."]
    quick, seeds = PROFILES["quick"], [run["seed"] for run in record["runs"]]
    made = record["data"], record["backbone"], record["weights"]
    found = []
    if made != ("StickHMDB", quick.backbone, quick.weights):
        found.append(f"It is of {', '.join(made)}, and not of StickHMDB and the quick profile.")
    if len(set(seeds)) < FEWEST or len(set(seeds)) < len(seeds):
        found.append(f"It is of the seeds {seeds}: {FEWEST} that differ are needed.")
    if measuring.RECIPES_CHOSEN_ON in seeds:
        found.append(f"The recipes were chosen on clips of seed {measuring.RECIPES_CHOSEN_ON}.")
    known = {one.name for one in QUESTIONS}
    if record["questions"].keys() | record["lacking"].keys() != known:
        odd = sorted(known ^ (record["questions"].keys() | record["lacking"].keys()))
        found.append(f"Its questions are not those that there are: {', '.join(odd)}.")
    if odd := sorted(record["lacking"].keys() - CANNOT):
        found.append(f"It has no answers to {', '.join(odd)}.")
    for one in QUESTIONS:
        if one.name in record["questions"]:
            found += _odd(one, record["questions"][one.name], len(seeds))
    return found


def _odd(question, asked: dict, runs: int) -> list[str]:
    """What is wrong with the answers to a question."""
    found = []
    if [asked[name] for name in ("asks", "notebook", "judged")] != [
        question.asks,
        question.notebook,
        question.judged,
    ]:
        found.append(f"{question.name} is told in other words now.")
    pairs = [(p["first"], p["second"], tuple(p["classes"]), p["promised"]) for p in asked["pairs"]]
    if pairs != [(p.first, p.second, p.classes, p.promised) for p in question.pairs]:
        found.append(f"The pairs of {question.name} are not those that are compared now.")
    for one in [*asked["arms"].values(), *asked["pairs"]]:
        mean = sum(one["by_run"]) / len(one["by_run"])
        within = one["low"] <= one["mean"] <= one["high"] and abs(mean - one["mean"]) <= ROUNDED
        if len(one["by_run"]) != runs or not within or not 0 < one["sources"] <= one["n"]:
            found.append(f"{question.name} has figures that cannot be: {one}.")
    for pair in asked["pairs"]:
        if not {pair["first"], pair["second"]} <= asked["arms"].keys():
            found.append(f"{question.name} compares arms that it has not: {pair['first']}.")
        elif not pair["classes"]:
            of_arms = [asked["arms"][pair[place]]["mean"] for place in ("first", "second")]
            if abs(of_arms[0] - of_arms[1] - pair["mean"]) > ROUNDED:
                found.append(f"{question.name} has a difference that is not that of its arms.")
    return found


def main(file: Path) -> int:
    record = records.read(file, "measure it anew: make truth.")
    if why := faults(record):
        print(f"{file} cannot be the record.", *why, sep="\n", file=sys.stderr)
        return 1
    records.write(recorded.FILE, record)
    print(f"{recorded.FILE} has it now: `make check` names the words that no longer hold.")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
