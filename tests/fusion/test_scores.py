"""Scores: kept in files, averaged over videos, and refused where they do not fit."""

import errno
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from tests.fusion.samples import random_scores
from twostream_lib import fusion
from twostream_lib.data.datasets import WindowDataset
from twostream_lib.data.plan import Plan
from twostream_lib.data.store import Store
from twostream_lib.errors import InputError
from twostream_lib.fusion import scores


def test_saved_scores_come_back_equal(tmp_path):
    parts = {"out-of-fold": random_scores(part="out-of-fold"), "test": random_scores(seed=1)}
    scores.save(parts, tmp_path / "scores" / "spatial.npz")
    loaded = scores.load(tmp_path / "scores" / "spatial.npz")
    assert set(loaded) == set(parts)
    for part, wanted in parts.items():
        for name, value in vars(wanted).items():
            assert np.array_equal(getattr(loaded[part], name), value), name


def test_missing_scores_are_an_error(tmp_path):
    with pytest.raises(InputError, match="train that stream first"):
        scores.load(tmp_path / "spatial.npz")


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
    scores.save({"test": random_scores()}, file)
    resaved(file, forget)
    assert np.array_equal(scores.load_part(file, "test").logits, random_scores().logits)


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
    scores.save({"test": random_scores()}, file)
    resaved(file, change)
    with pytest.raises(InputError, match=said) as error:
        scores.load(file)
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
    scores.save({"test": random_scores()}, file)

    def change(arrays):
        del arrays["digest"], arrays[name]
        if value is not None:
            arrays[name] = value

    resaved(file, change)
    with pytest.raises(InputError, match=said) as error:
        scores.load(file)
    assert str(error.value).startswith(f"The scores {file} are damaged")


def test_scores_of_before_sources_were_kept_are_of_an_older_version_and_not_damaged(tmp_path):
    file = tmp_path / "spatial.npz"
    scores.save({"test": random_scores()}, file)
    with np.load(file) as found:
        arrays = {name: found[name] for name in found if not name.endswith(("/source", "digest"))}
    np.savez(file, **arrays)
    with pytest.raises(InputError, match="are of an older version of the course: delete"):
        scores.load(file)


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
    scores.save({"test": random_scores()}, file)
    for content in strangers(file):
        file.write_bytes(content)
        with pytest.raises(InputError, match=f"The scores {file} are damaged .*: delete"):
            scores.load(file)


def test_scores_that_cannot_be_read_are_not_called_damaged(tmp_path, monkeypatch):
    file = tmp_path / "spatial.npz"
    scores.save({"test": random_scores()}, file)

    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied", str(file))

    monkeypatch.setattr(scores.zipfile, "ZipFile", refuse)
    with pytest.raises(InputError, match=f"{file} cannot be read: you have no permission") as said:
        scores.load(file)
    assert "delete" not in str(said.value)


def test_a_run_takes_scores_of_its_own_classes_alone(tmp_path):
    file, own = tmp_path / "spatial.npz", [f"class{number}" for number in range(4)]
    scores.save({"test": random_scores()}, file)
    assert set(scores.load(file, own)) == {"test"}
    for others, said in (([*own[:3], "wave"], "class3, wave"), (own[::-1], "their order")):
        with pytest.raises(InputError, match=f"differ in {said}"):
            scores.load(file, others)


def test_scores_that_something_else_made_are_refused_and_the_difference_is_named(tmp_path):
    file, made_by = tmp_path / "spatial.npz", {"labels": "a1", "recipe": {"batch_size": 16}, "n": 3}
    scores.save({"test": random_scores()}, file, made_by)
    assert set(scores.load(file, made_by=made_by)) == set(scores.load(file)) == {"test"}
    changes = {
        "the labels of clips": {"labels": "b2"},
        "its recipe batch_size was 16, and is 32 now": {"recipe": {"batch_size": 32}},
        "its n was 3, and is None now": {"n": None},
    }
    for said, change in changes.items():
        with pytest.raises(InputError, match=f"{file} are not of this run as it is now: {said}"):
            scores.load(file, made_by=made_by | change)


def test_a_part_that_was_never_scored_is_named(tmp_path):
    file = tmp_path / "spatial.npz"
    scores.save({"out-of-fold": random_scores(part="out-of-fold")}, file)
    with pytest.raises(InputError, match="out-of-fold part alone, and none of the test part"):
        scores.load_part(file, "test")


def test_a_videos_score_is_the_mean_of_its_windows_probabilities():
    given = random_scores(videos=5, windows=4)
    fused = scores.per_video(given)
    probabilities = torch.softmax(torch.from_numpy(given.logits), 1).numpy()
    for video, logits in zip(fused.video, fused.logits, strict=True):
        mean = probabilities[given.video == video].mean(axis=0)
        np.testing.assert_allclose(np.exp(logits), mean, rtol=1e-5)


def test_scores_of_other_windows_are_not_fused():
    with pytest.raises(InputError, match="the first are of 120 windows, the others of 108"):
        fusion.average([random_scores(videos=40), random_scores(videos=36)])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"part": "train"}, "the first are of the test part, the others of the train part"),
        ({"classes": ("class0", "class2", "x", "y")}, "the class class1, the others have class2"),
        ({"window": np.array([0, 1, 3] * 8)}, "row 3 has window 2 in the first, 3 in the others"),
        ({"video": np.full(24, "w")}, r"row 1 has video v0.avi in the first, w in the others"),
        ({"protocol": np.full(24, "window")}, "row 1 has protocol video-10 in the first, window"),
        ({"label": np.zeros(24, int)}, "row 4 has label 1 in the first, 0 in the others"),
    ],
)
def test_the_first_difference_of_scores_that_are_not_fused_is_named(change, said):
    given = random_scores(videos=8)
    with pytest.raises(InputError, match=said):
        scores.check_aligned([given, replace(given, network="other", **change)])


CLASSES = ["run", "wave"]


@pytest.fixture
def data(tmp_path):
    """Ten windows of five videos, all but the last two in the data set."""
    array = np.random.default_rng(0).integers(0, 256, (10, 4, 6, 8), dtype=np.uint8)
    np.save(tmp_path / "windows.npy", array)
    index = pd.DataFrame(
        {
            "video": np.repeat([f"{CLASSES[n % 2]}/{n}.avi" for n in range(5)], 2),
            "label": np.repeat([CLASSES[n % 2] for n in range(5)], 2),
            "source": "one",
            "tag": 2,
            "protocol": np.tile(["window", "video-1"], 5),
            "window": np.tile([3, 0], 5),
            "start": 0,
        }
    )
    windows = Store(tmp_path / "windows.npy", index, Plan("flow", (6, 8), length=2), {})
    return WindowDataset(windows, np.arange(10) < 8, "flow", CLASSES)


class Answers(nn.Module):
    """Sums of its inputs, and a dropout that would show."""

    def __init__(self):
        super().__init__()
        self.scale, self.dropout = nn.Parameter(torch.tensor(0.01)), nn.Dropout(0.5)

    def forward(self, images):
        pairs = images.float().flatten(2).sum(-1).unflatten(1, (2, 2)).sum(-1)
        return self.dropout(self.scale * pairs)


def test_every_window_is_scored_in_its_order(data):
    net = Answers()
    found = scores.predict("temporal-flow", net, data, "test", batch_size=3)
    images, _ = data[list(range(len(data)))]
    np.testing.assert_allclose(found.logits, net.eval()(images).detach().numpy(), rtol=1e-6)
    assert found.video.tolist() == data.rows.video.tolist()
    assert found.window.tolist() == [3, 0] * 4
    assert found.label.tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    assert found.protocol.tolist() == ["window", "video-1"] * 4
    assert (found.network, found.part, found.classes) == ("temporal-flow", "test", ("run", "wave"))


def test_no_window_at_all_is_an_error(data):
    nothing = WindowDataset(data.store, np.zeros(10, bool), "flow", CLASSES)
    with pytest.raises(InputError, match="no test window that spatial could score"):
        scores.predict("spatial", Answers(), nothing, "test")


def test_logits_that_are_no_numbers_are_no_scores(data):
    """Argmax would make a class of them, and fusions an accuracy."""
    net = Answers()
    net.scale.data.fill_(torch.nan)
    with pytest.raises(InputError, match=r"spatial answers 8 of 8 windows with NaN or infinite"):
        scores.predict("spatial", net, data, "test")
    whole = random_scores()
    logits = whole.logits.copy()
    logits[3, 1] = np.inf
    with pytest.raises(InputError, match="fusenet answers 1 of 120 windows"):
        scores.with_logits([whole], logits, "fusenet")
