"""The leakage audit: HMDB-51's known counts, a plain loop's, and a table counted by hand."""

import json

import pandas as pd
import pytest

from twostream_lib import clips
from twostream_lib.__main__ import main
from twostream_lib.clips import leaks


def table(*rows):
    return pd.DataFrame(rows, columns=["label", "source", "tag"])


def test_the_worst_class_has_the_source_with_the_most_leaking_test_clips():
    rows = [("jump", "show", 0), ("jump", "show", 2), ("wave", "film", 1)]
    rows += [("wave", "film", 2), ("wave", "film", 2)]
    assert leaks.worst_class(table(*rows)) == "wave"
    assert leaks.worst_class(table(*rows[:2])) == "jump"


def test_where_nothing_leaks_it_is_the_first_class():
    assert leaks.worst_class(table(("wave", "film", 1), ("jump", "film", 2))) == "jump"


@pytest.mark.parametrize(("split", "leaking"), [(1, 647), (2, 627), (3, 682)])
def test_official_tag_0_clips_leak_and_official_training_clips_do_not(real_data, split, leaking):
    found = clips.leakage(clips.read_splits(real_data / "data" / "hmdb51_splits", split))
    official, papers = found["tags"]["1"], found["tags"]["0+1"]
    assert found["test_clips"] == 1530
    assert (official["training_clips"], official["leaking"]) == (3570, 0)
    assert (papers["training_clips"], papers["leaking"]) == (5236, leaking)
    assert papers["share"] == pytest.approx(leaking / 1530)
    assert len(papers["worst"]) == 5 and official["worst"] == []
    assert found["clips"] == {"0": 1666, "1": 3570, "2": 1530}


@pytest.mark.parametrize("split", [1, 2, 3])
def test_the_audit_is_what_a_plain_loop_counts(real_data, split):
    listed = clips.read_splits(real_data / "data" / "hmdb51_splits", split)
    found = leaks.audit(real_data / "data" / "hmdb51_splits")[split]
    rows = list(zip(listed["label"], listed["source"], listed["tag"], strict=True))
    for tags, of_tags in ((("1"), {1}), ("0+1", {0, 1})):
        same = {(label, source) for label, source, tag in rows if tag in of_tags}
        any_action = {source for _, source in same}
        leak = found["tags"][tags]
        assert leak["leaking"] == sum(tag == 2 and (a, s) in same for a, s, tag in rows)
        assert leak["any_action"]["leaking"] == sum(t == 2 and s in any_action for _, s, t in rows)
        for worst in leak["worst"]:
            key = (worst["label"], worst["source"])
            assert worst["test"] == rows.count((*key, 2))
            assert worst["training"] == sum(rows.count((*key, tag)) for tag in of_tags)
    assert found["tags"]["0+1"]["any_action"]["leaking"] > found["tags"]["0+1"]["leaking"]


def test_leakage_counted_by_hand():
    table = pd.DataFrame(
        [
            ("wave", "film", 1), ("wave", "film", 2), ("wave", "film", 2),  # leaks at once
            ("wave", "show", 0), ("wave", "show", 2),  # leaks with tag 0 only
            ("jump", "show", 1), ("wave", "other", 2),  # another action, another source
        ],
        columns=["label", "source", "tag"],
    )  # fmt: skip
    found = clips.leakage(table)
    assert found["test_clips"] == 4
    assert found["tags"]["1"]["leaking"] == 2 and found["tags"]["1"]["sources"] == 1
    assert found["tags"]["0+1"]["leaking"] == 3 and found["tags"]["0+1"]["share"] == 0.75
    assert found["tags"]["0+1"]["worst"][0] == {
        "label": "wave", "source": "film", "test": 2, "training": 1,
    }  # fmt: skip
    across = found["tags"]["1"]["any_action"]
    assert (across["leaking"], across["sources"]) == (3, 2)
    assert across["worst"][1] == {"source": "show", "test": 1, "training": 1}


def test_the_audit_of_all_splits_holds_each(videos, capsys):
    splits = str(videos.parent / "splits")
    assert main(["audit", splits, "--json"]) == 0
    every = json.loads(capsys.readouterr().out)["splits"]
    for split in ("1", "2", "3"):
        assert main(["audit", splits, "--split", split, "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == every[split]
    assert main(["audit", splits]) == 0
    assert capsys.readouterr().out.count("Split ") == 3
