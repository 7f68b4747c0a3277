"""The networks of a run folder: what is there is loaded, and what is not is named."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from twostream_lib import fusion
from twostream_lib.course import finished, judges
from twostream_lib.errors import InputError
from twostream_lib.fusion import familiar, score_files

PAIR = ["spatial", "temporal-sg3i"]


@pytest.fixture
def folder(finished_folder, small_profile, tmp_path):
    """A copy of the finished run, to be damaged."""
    leave_out = shutil.ignore_patterns("store")
    return shutil.copytree(finished_folder, tmp_path / "run", ignore=leave_out)


def load(folder):
    return judges.load(finished.open_run(folder))


def test_all_streams_and_fusions_of_a_run_are_there(folder):
    found = load(folder)
    assert list(found.streams) == [*PAIR, "temporal-flow"]
    assert list(found.fusions) == [
        *("average", "weighted", "svm", "fusenet", "fusenet-linear", "product", "per-class")
    ]
    assert (found.judge, found.heard, found.left_out) == ("average", tuple(PAIR), {})
    assert found.classes == ("down", "left", "right")
    files = [folder / "scores" / f"{name}.npz" for name in PAIR]
    assert found.rule == familiar.choose([score_files.load(file)["out-of-fold"] for file in files])


def test_fusions_that_the_run_has_not_made_are_not_there(folder):
    for name in ("average", "svm", "fusenet"):
        (folder / "scores" / f"{name}.npz").unlink()
    found = load(folder)
    assert list(found.fusions) == ["average", "weighted", "fusenet-linear", "product", "per-class"]
    assert found.left_out == {}


@pytest.mark.parametrize("lost", ["retrained/temporal-sg3i/last.pt", "scores/temporal-sg3i.npz"])
def test_a_stream_without_checkpoint_or_scores_is_left_out_and_said(folder, lost):
    (folder / lost).unlink()
    found = load(folder)
    assert list(found.streams) == ["spatial", "temporal-flow"]
    assert (found.judge, dict(found.fusions)) == ("spatial", {})
    assert list(found.left_out) == ["temporal-sg3i"]
    assert str(folder / lost) in found.left_out["temporal-sg3i"]


def test_the_tested_network_is_loaded_and_not_the_one_before(folder):
    (folder / "retrained" / "spatial" / "last.pt").unlink()
    assert list(load(folder).left_out) == ["spatial"]


@pytest.mark.parametrize("damage", [b"", b"no checkpoint", None])
def test_a_damaged_checkpoint_is_one_sentence(folder, damage):
    file = folder / "checkpoints" / "fusenet" / "last.pt"
    file.write_bytes(file.read_bytes()[:300] if damage is None else damage)
    found = load(folder)
    assert "fusenet" not in found.fusions
    assert str(file) in found.left_out["fusenet"]


def test_without_out_of_fold_scores_there_is_no_rule(folder):
    for name in PAIR:
        file = folder / "scores" / f"{name}.npz"
        score_files.save({"test": score_files.load(file)["test"]}, file)
    found = load(folder)
    assert found.rule is None
    assert list(found.fusions) == ["average", "fusenet", "fusenet-linear", "product"]
    assert list(found.left_out) == ["weighted", "svm", "per-class"]


def test_a_table_tells_how_the_rule_was_chosen_and_where_it_errs(folder):
    found = load(folder)
    table = judges.rule_table(found)[""]
    files = [folder / "scores" / f"{name}.npz" for name in PAIR]
    test = [score_files.load(file)["test"].under("window") for file in files]
    below = familiar.familiarity(test) < found.rule.threshold
    assert (table["test videos"], table["of these not known"]) == (6, below.sum())
    assert table["chosen on training videos, out of fold"] == found.rule.videos
    nobody = judges.rule_table(replace(found, rule=None))
    assert "fewer than" in nobody.loc["rule", ""]


def test_a_run_without_any_stream_is_refused_with_the_reasons(folder):
    shutil.rmtree(folder / "checkpoints")
    shutil.rmtree(folder / "retrained")
    with pytest.raises(InputError, match=r"No stream of the run in .*train that network first"):
        load(folder)


def test_streams_of_other_classes_are_not_asked_together(folder):
    file = folder / "scores" / "temporal-flow.npz"
    parts = score_files.load(file)
    other = {name: replace(part, classes=("a", "b", "c")) for name, part in parts.items()}
    score_files.save(other, file)
    found = load(folder)
    assert list(found.streams) == PAIR
    assert "answers with other classes" in found.left_out["temporal-flow"]
    assert np.isfinite(found.rule.threshold)


def test_noise_in_place_of_the_labels_of_test_clips_changes_nothing_that_was_chosen(folder):
    """Each fusion that there is, made as `predict` makes it, with all parts at hand; and the rule
    by which a film counts as known."""
    for name in fusion.FUSIONS:
        said = score_files.load(folder / "scores" / "average.npz")
        score_files.save(said, folder / "scores" / f"{name}.npz")
    before, noise = load(folder), np.random.default_rng(0)
    for file in folder.glob("scores/*.npz"):
        parts = score_files.load(file)
        label = noise.integers(0, 3, len(parts["test"]))
        score_files.save(parts | {"test": replace(parts["test"], label=label)}, file)
    after = load(folder)
    test = [score_files.load(folder / "scores" / f"{name}.npz")["test"] for name in PAIR]
    assert test[0].label.tolist() != test[1].label.tolist()
    pair = [replace(one, label=test[0].label) for one in test]
    assert before.fusions.keys() == after.fusions.keys() == fusion.FUSIONS.keys()
    for name, fuse in before.fusions.items():
        assert np.array_equal(fuse(pair).logits, after.fusions[name](pair).logits), name
    assert before.rule == after.rule
