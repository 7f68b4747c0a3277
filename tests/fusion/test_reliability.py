"""What is said of the rule's errors is what was recorded, and the record is whole."""

from datetime import date

import pytest

from twostream_lib import clips, records
from twostream_lib.errors import InputError
from twostream_lib.fusion import familiar, reliability
from twostream_lib.stickhmdb.casting import cast_clips
from twostream_lib.training.profiles import PROFILES

SHARE = {"type": "number", "minimum": 0, "maximum": 1}
COUNT = {"type": "integer", "minimum": 0}


def every(kind, **properties):
    """The schema of a list that is not empty, or of an object with these properties and no more."""
    if kind == "array":
        return {"type": kind, "minItems": 1, **properties}
    required = {"required": list(properties), "additionalProperties": False}
    return {"type": kind, "properties": properties, **required}


NOTED = {
    "data": {"type": "string", "minLength": 1},
    "date": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    "how": {"type": "string", "minLength": 100},
}
FOUND = {"not_known": COUNT, "of": COUNT, "low": SHARE, "high": SHARE}
HELD_OUT = every(
    "object",
    **NOTED,
    thresholds=every("array", items=SHARE),
    chosen_on=every("array", items=COUNT),
    new=every("object", **FOUND),
    seen=every("object", **FOUND),
)
OF_A_RUN = every(
    "object",
    split=COUNT,
    validation={"type": "string", "pattern": "^[0-9a-f]{16}$"},
    threshold=SHARE,
    chosen_on=COUNT,
    **FOUND,
)
ASKED = every(
    "object",
    **NOTED,
    films=NOTED["data"],
    shared=every("object", action=NOTED["data"], films=COUNT),
    runs=every("array", items=OF_A_RUN),
)
RULE = {name: {"type": "number"} for name in reliability.RULE}
SCHEMA = every(
    "object",
    rule=every("object", **RULE),
    held_out=every("array", items=HELD_OUT),
    asked=ASKED,
)


def test_the_record_is_whole():
    record = reliability.record()
    assert records.misfit(record, SCHEMA) == ""
    for one in [*record["held_out"], record["asked"]]:
        date.fromisoformat(one["date"])
    for one in record["held_out"]:
        assert len(one["thresholds"]) == len(one["chosen_on"])
    found = [one[kind] for one in record["held_out"] for kind in ("new", "seen")]
    for one in [*found, *record["asked"]["runs"]]:
        share = one["not_known"] / one["of"]
        assert one["of"] > 0 and one["low"] <= share <= one["high"]


def test_the_rule_that_was_measured_is_the_rule():
    constants = {"seen": familiar.SEEN, "fewest": familiar.FEWEST, "floor": familiar.FLOOR}
    assert reliability.record()["rule"] == pytest.approx(constants), "run `make reliability`"


def test_the_videos_by_which_a_rule_was_chosen_are_those_of_the_folds_today():
    plan, quick = cast_clips(), PROFILES["quick"]
    names = plan.label + "/" + plan.file
    for run in reliability.record()["asked"]["runs"]:
        training = plan[f"tag{run['split']}"] == 1
        fold = clips.folds(plan[training], seed=0, count=quick.folds)
        held = sorted(names[training][fold < quick.trained_folds])
        assert records.checksum(held) == run["validation"], "run `make reliability`"


def test_the_record_has_its_checksum(tmp_path, monkeypatch):
    text = reliability.FILE.read_text(encoding="utf-8")
    changed = text.replace('"not_known": ', '"not_known": 1', 1)
    assert changed != text and records.CHECKSUM in text
    file = tmp_path / "reliability.json"
    file.write_text(changed, encoding="utf-8")
    monkeypatch.setattr(reliability, "FILE", file)
    with pytest.raises(InputError, match="no longer what was written"):
        reliability.record.__wrapped__()


def test_the_words_are_the_records():
    def found(not_known, of, low, high):
        return {"not_known": not_known, "of": of, "low": low, "high": high}

    first = {"data": "A", "new": found(3, 4, 0.5, 0.996), "seen": found(1, 50, 0.004, 0.1)}
    other = {"data": "B", "new": found(1, 3, 0, 1), "seen": found(0, 9, 0, 0.25)}
    runs = [found(9, 90, 0, 0.2), found(45, 90, 0.4, 0.6), found(18, 90, 0.1, 0.3)]
    shared = {"action": "hopping", "films": 7}
    asked = {"data": "A", "films": "B", "shared": shared, "runs": runs}
    assert reliability.in_words({"held_out": [first, other], "asked": asked}) == (
        "Measured with classes held out of training: of their videos 75 % (3 of 4; 95 % interval "
        "50 to 100) on A and 33 % (1 of 3; 95 % interval 0 to 100) on B were not known; nor were "
        "2 % (0 to 10) and 0 % (0 to 25) of the videos of all other classes. Of 90 real films "
        "of B, 7 of which are hopping, as is one of A's classes, 3 runs on A did not know 10, 50 "
        "and 20 %."
    )
    assert reliability.words() == reliability.in_words(reliability.record())
