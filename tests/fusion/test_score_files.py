"""Files of scores: read as they were written, and refused where they are damaged or of others."""

import errno
import zipfile

import numpy as np
import pytest

from tests.fusion.samples import random_scores
from twostream_lib.errors import InputError
from twostream_lib.fusion import score_files

AWAY = "Delete the run's folders scores, checkpoints and retrained"


def test_saved_scores_come_back_equal(tmp_path):
    parts = {"out-of-fold": random_scores(part="out-of-fold"), "test": random_scores(seed=1)}
    score_files.save(parts, tmp_path / "scores" / "spatial.npz")
    loaded = score_files.load(tmp_path / "scores" / "spatial.npz")
    assert set(loaded) == set(parts)
    for part, wanted in parts.items():
        for name, value in vars(wanted).items():
            assert np.array_equal(getattr(loaded[part], name), value), name


def test_missing_scores_are_an_error(tmp_path):
    with pytest.raises(InputError, match="train that stream first"):
        score_files.load(tmp_path / "spatial.npz")


def resaved(file, change):
    """Change the arrays of a file of scores, as somebody with numpy would."""
    with np.load(file) as opened:
        arrays = dict(opened)
    change(arrays)
    np.savez_compressed(file, **arrays)


def exchange_labels(arrays):
    arrays["test/label"] = arrays["test/label"][::-1]


def forget(arrays):
    del arrays["digest"]


def test_scores_of_an_older_version_have_no_digest_and_are_read(tmp_path):
    file = tmp_path / "spatial.npz"
    score_files.save({"test": random_scores()}, file)
    resaved(file, forget)
    assert np.array_equal(score_files.load_part(file, "test").logits, random_scores().logits)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (exchange_labels, "by its digest"),
        (lambda arrays: arrays.pop("test/label"), "by its digest"),
        (lambda arrays: arrays.update({"test/label": arrays["test/label"] + 2}), "by its digest"),
    ],
)
def test_arrays_that_were_exchanged_are_noticed(tmp_path, change, said):
    file = tmp_path / "spatial.npz"
    score_files.save({"test": random_scores()}, file)
    resaved(file, change)
    with pytest.raises(InputError, match=said) as error:
        score_files.load(file)
    assert str(file) in str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("test/label", None, "no label of the test part"),
        ("test/label", np.full(120, 4), "of no class"),
        ("test/label", np.full(120, -1), "of no class"),
        ("test/label", np.zeros(119, int), "different lengths"),
        ("test/label", np.zeros(120), "test/label is float64 "),
        ("test/video", np.arange(120), "test/video is int64 "),
        ("test/logits", np.full((120, 4), np.nan), "not finite"),
        ("test/logits", np.zeros((120, 3)), "different lengths"),
        ("test/logits", np.zeros(120), "test/logits is float64 "),
        ("test/logits", None, "no logits in it"),
    ],
)
def test_scores_without_a_digest_are_still_looked_at(tmp_path, name, value, said):
    file = tmp_path / "spatial.npz"
    score_files.save({"test": random_scores()}, file)

    def change(arrays):
        del arrays["digest"], arrays[name]
        if value is not None:
            arrays[name] = value

    resaved(file, change)
    with pytest.raises(InputError, match=said) as error:
        score_files.load(file)
    assert str(error.value).startswith(f"The scores {file} are damaged")


def test_scores_of_before_sources_were_kept_are_of_an_older_version_and_not_damaged(tmp_path):
    file = tmp_path / "spatial.npz"
    score_files.save({"test": random_scores()}, file)
    with np.load(file) as found:
        arrays = {name: found[name] for name in found if not name.endswith(("/source", "digest"))}
    np.savez(file, **arrays)
    with pytest.raises(InputError, match=f"are of an older version of the course. {AWAY}"):
        score_files.load(file)


def strangers(file):
    """Files that hold no scores, under the name of some."""
    yield b""
    yield b"no scores at all"
    yield file.read_bytes()[:-30]
    yield file.read_bytes()[: len(file.read_bytes()) // 2]
    np.save(file.with_name("array.npy"), np.zeros(3))
    yield file.with_name("array.npy").read_bytes()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("test/logits", "no array")
    yield file.read_bytes()


def test_a_file_that_is_no_archive_of_scores_is_named(tmp_path):
    file = tmp_path / "spatial.npz"
    score_files.save({"test": random_scores()}, file)
    for content in strangers(file):
        file.write_bytes(content)
        with pytest.raises(InputError, match=f"The scores {file} are damaged .*: delete"):
            score_files.load(file)


def test_scores_that_cannot_be_read_are_not_called_damaged(tmp_path, monkeypatch):
    file = tmp_path / "spatial.npz"
    score_files.save({"test": random_scores()}, file)

    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied", str(file))

    monkeypatch.setattr(score_files.zipfile, "ZipFile", refuse)
    with pytest.raises(InputError, match=f"{file} cannot be read: you have no permission") as said:
        score_files.load(file)
    assert "delete" not in str(said.value)


def test_a_run_takes_scores_of_its_own_classes_alone(tmp_path):
    file, own = tmp_path / "spatial.npz", [f"class{number}" for number in range(4)]
    score_files.save({"test": random_scores()}, file)
    assert set(score_files.load(file, own)) == {"test"}
    for others, said in (([*own[:3], "wave"], "class3, wave"), (own[::-1], "their order")):
        with pytest.raises(InputError, match=f"differ in {said}"):
            score_files.load(file, others)


def test_scores_that_something_else_made_are_refused_and_the_difference_is_named(tmp_path):
    file, made_by = tmp_path / "spatial.npz", {"labels": "a1", "recipe": {"batch_size": 16}, "n": 3}
    score_files.save({"test": random_scores()}, file, made_by)
    assert set(score_files.load(file, made_by=made_by)) == set(score_files.load(file)) == {"test"}
    changes = {
        "the labels of clips": {"labels": "b2"},
        "its recipe batch_size was 16, and is 32 now": {"recipe": {"batch_size": 32}},
        "its n was 3, and is None now": {"n": None},
    }
    for said, change in changes.items():
        with pytest.raises(InputError, match=f"{file} are not of this run as it is now: {said}"):
            score_files.load(file, made_by=made_by | change)


def test_all_folders_are_named_that_another_run_would_go_on_with(tmp_path):
    file = tmp_path / "spatial.npz"
    score_files.save({"test": random_scores()}, file, {"n": 3})
    with pytest.raises(InputError, match=AWAY):
        score_files.load(file, made_by={"n": 4})
    with pytest.raises(InputError, match=AWAY):
        score_files.load(file, ["run", "wave"])


def test_a_part_that_was_never_scored_is_named(tmp_path):
    file = tmp_path / "spatial.npz"
    score_files.save({"out-of-fold": random_scores(part="out-of-fold")}, file)
    with pytest.raises(InputError, match="out-of-fold part alone, and none of the test part"):
        score_files.load_part(file, "test")
