"""A training that was stopped is resumed exactly, and one that is another's is refused."""

import json
import re
from pathlib import Path

import pytest
import torch

from tests.training.small import FLIPS, RECIPE, blobs, noise_clips, small_net, stopped_after
from twostream_lib.data import frame_stream
from twostream_lib.data.augmentation import Augmentation
from twostream_lib.data.frame_stream import FrameStream
from twostream_lib.errors import InputError
from twostream_lib.training import checkpoints, loop, precision
from twostream_lib.training.recipes import Phase, Recipe


class PulledPlug(Exception):
    pass


class PullPlugAt(Augmentation):
    """Augments as `FLIPS` does, and ends the training at its step-th batch."""

    def __init__(self, step):
        super().__init__(FLIPS.view, FLIPS.random_translation)
        object.__setattr__(self, "left", iter(range(step)))

    def apply(self, images, draws):
        if next(self.left, None) is None:
            raise PulledPlug
        return super().apply(images, draws)


def timeless(history):
    """A history without what differs from one machine, or one hour, to the next."""
    return [{**row, "seconds": 0, "waiting": 0} for row in history]


def test_a_stopped_training_ends_in_the_very_same_weights(tmp_path):
    data = blobs()
    straight, stopped, resumed = small_net(), small_net(), small_net()
    long_history = loop.fit(straight, data, data, RECIPE, tmp_path / "a", augment=FLIPS)

    with stopped_after(2):
        loop.fit(stopped, data, data, RECIPE, tmp_path / "b", augment=FLIPS)
    history = loop.fit(resumed, data, data, RECIPE, tmp_path / "b", augment=FLIPS)

    for a, b in zip(straight.state_dict().values(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert timeless(history) == timeless(long_history)


def test_a_finished_training_is_read_and_not_repeated(tmp_path):
    data = blobs()
    first = loop.fit(small_net(), data, data, RECIPE, tmp_path)
    other = small_net()
    assert loop.fit(other, data, data, RECIPE, tmp_path) == first
    assert loop.evaluate(other, data)["loss"] == pytest.approx(first[-1]["valid_loss"])
    assert checkpoints.read_history(tmp_path) == first


def test_a_history_is_read_as_it_was_written_or_not_at_all(tmp_path):
    data, file = blobs(), tmp_path / "history.json"
    history = loop.fit(small_net(), data, data, RECIPE, tmp_path)
    text = file.read_text()
    file.write_text(json.dumps(history))  # of an older version
    assert checkpoints.read_history(tmp_path) == history
    changed = text.replace('"epoch": 1', '"epoch": 7')
    for wrong in (changed, text[:-40], "[1]", "[{}]", "{}", '{"epochs": 3}'):
        file.write_text(wrong)
        with pytest.raises(InputError, match=rf"{file} .*: delete it, and it is written again"):
            checkpoints.read_history(tmp_path)
    file.unlink()
    with pytest.raises(InputError, match="There is no"):
        checkpoints.read_history(tmp_path)
    assert loop.fit(small_net(), data, data, RECIPE, tmp_path) == history
    assert file.read_text() == text


def test_a_checkpoint_of_another_seed_is_refused(tmp_path):
    data = blobs()
    loop.fit(small_net(), data, data, RECIPE, tmp_path, seed=1)
    with pytest.raises(InputError, match="its seed was 1, and is 2 now"):
        loop.fit(small_net(), data, data, RECIPE, tmp_path, seed=2)


def test_a_network_is_loaded_to_be_asked_without_its_optimisers(tmp_path):
    trained, other = small_net(), small_net()
    loop.fit(trained, blobs(), None, RECIPE, tmp_path)
    with torch.no_grad():
        for weight in other.parameters():
            weight.zero_()
    checkpoints.load(other, tmp_path)
    for name, weight in trained.state_dict().items():
        assert torch.equal(other.state_dict()[name], weight), name


@pytest.mark.parametrize("damage", [None, b"", b"no checkpoint", b"PK\x03\x04", 0.5, 0.99])
def test_what_is_no_whole_checkpoint_is_not_loaded(damage, tmp_path):
    loop.fit(small_net(), blobs(), None, RECIPE, tmp_path)
    file = tmp_path / "last.pt"
    if damage is None:
        file.unlink()
    elif isinstance(damage, float):
        file.write_bytes(file.read_bytes()[: int(damage * file.stat().st_size)])
    else:
        file.write_bytes(damage)
    with pytest.raises(InputError, match=f"checkpoint {re.escape(str(file))}"):
        checkpoints.load(small_net(), tmp_path)


class Trap:
    """Unpickling it would be seen."""

    def __reduce__(self):
        return print, ("pwned",)


WHOLE = dict.fromkeys(checkpoints.KEYS)


@pytest.mark.parametrize(
    "saved",
    [Trap(), [1], {"net": {}}, WHOLE, WHOLE | {"net": 3}, WHOLE | {"net": {"a": torch.ones(1)}}],
)
def test_what_is_another_thing_is_not_loaded_nor_run(saved, tmp_path, capsys):
    torch.save(saved, tmp_path / "last.pt")
    with pytest.raises(InputError, match=f"checkpoint {re.escape(str(tmp_path))}"):
        checkpoints.load(small_net(), tmp_path)
    assert "pwned" not in capsys.readouterr().out


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    data = blobs()
    loop.fit(small_net(), data, data, RECIPE, tmp_path)
    wider = small_net(hidden=64)
    with pytest.raises(InputError, match="started from other weights"):
        loop.fit(wider, data, data, RECIPE, tmp_path)


def test_a_checkpoint_of_a_training_that_diverged_is_refused(tmp_path):
    data = blobs()
    loop.fit(small_net(), data, data, RECIPE, tmp_path)
    saved = torch.load(tmp_path / "last.pt", weights_only=True)
    saved["net"]["1.running_var"][3] = torch.inf  # of a batch norm
    torch.save(saved, tmp_path / "last.pt")
    with pytest.raises(InputError, match=r"values in 1\.running_var that are not finite"):
        loop.fit(small_net(), data, data, RECIPE, tmp_path)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda content: content[:-1000], "is damaged or not whole"),
        (lambda content: b"", "is empty"),
        (lambda content: content[:9000] + bytes(9) + content[9009:], "is damaged or not whole"),
        (lambda content: b"epoch 3", "is no file that torch.save or safetensors wrote"),
    ],
)
def test_a_damaged_checkpoint_is_refused(damage, words, tmp_path):
    data, file = blobs(), tmp_path / "last.pt"
    loop.fit(small_net(), data, data, RECIPE, tmp_path)
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)
    with pytest.raises(InputError, match=rf"last\.pt {words}: delete it, and its training starts"):
        loop.fit(small_net(), data, data, RECIPE, tmp_path)
    assert file.read_bytes() == damaged


def test_another_programs_file_is_no_checkpoint(tmp_path):
    torch.save({"model": small_net().state_dict()}, tmp_path / "last.pt")
    with pytest.raises(InputError, match=r"last\.pt is none of this course"):
        loop.fit(small_net(), blobs(), None, RECIPE, tmp_path)


# --- mode 1: stopped in the middle of an epoch ------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_on_a_full_disk_the_checkpoint_before_is_kept(tmp_path, monkeypatch):
    save = checkpoints.save

    def save_then_fill_the_disk(state, folder):
        save(state, folder)
        if len(state.history) == 1:
            (tmp_path / "last.pt.part").symlink_to("/dev/full")

    monkeypatch.setattr(checkpoints, "save", save_then_fill_the_disk)
    whole = rf"checkpoint of stream cannot be written to {tmp_path}: the disk of .* is full; make"
    with pytest.raises(InputError, match=whole):
        loop.fit(small_net(), blobs(), blobs(), RECIPE, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["history.json", "last.pt"]
    assert len(torch.load(tmp_path / "last.pt", weights_only=True)["history"]) == 1
    monkeypatch.setattr(checkpoints, "save", save)
    assert len(loop.fit(small_net(), blobs(), blobs(), RECIPE, tmp_path)) == RECIPE.epochs


def halves(tmp_path):
    """A training that stopped in its last epoch, and the checkpoints it left."""
    data, stopped = blobs(), PullPlugAt(3 * 3 - 1)  # three batches an epoch
    with pytest.raises(PulledPlug):
        loop.fit(small_net(), data, data, RECIPE, tmp_path, augment=stopped)
    return data, tmp_path / "last.pt", tmp_path / "before.pt"


@pytest.mark.parametrize("damage", ["cut", "flipped", "lost"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before_and_says_so(damage, tmp_path, capsys):
    whole = small_net()
    expected = loop.fit(whole, blobs(), blobs(), RECIPE, tmp_path / "whole", augment=FLIPS)
    data, last, before = halves(tmp_path / "cut")
    content = bytearray(last.read_bytes())
    if damage == "lost":
        last.unlink()
    elif damage == "cut":
        last.write_bytes(content[: len(content) // 2])
    else:
        content[len(content) // 2] ^= 1
        last.write_bytes(content)
    assert before.is_file()
    net = small_net()
    history = loop.fit(net, data, data, RECIPE, tmp_path / "cut", augment=FLIPS)
    said = capsys.readouterr().out
    assert damage == "lost" or f"goes on from the one before, {before}" in said
    assert timeless(history) == timeless(expected) and not before.exists()
    assert (tmp_path / "cut" / "damaged.pt").is_file() == (damage != "lost")
    for name, weight in whole.state_dict().items():
        assert torch.equal(weight, net.state_dict()[name]), name


def test_the_precision_matters_until_all_is_trained(tmp_path, monkeypatch):
    def train(numbers, augment=None):
        monkeypatch.setattr(precision, "choose", lambda *_: precision.Precision(numbers))
        return loop.fit(small_net(), blobs(), blobs(), RECIPE, tmp_path, augment=augment)

    with pytest.raises(PulledPlug):
        train("bfloat16", PullPlugAt(7))
    with pytest.raises(InputError, match=r"in bfloat16, and .* set TWOSTREAM_PRECISION=bfloat"):
        train("float32", FLIPS)
    done = train("bfloat16", FLIPS)
    assert train("float32", FLIPS) == done


def test_what_a_training_does_not_need_any_more_is_not_kept(tmp_path):
    """The optimiser of a finished phase, and of a finished training."""
    _, last, before = halves(tmp_path)
    kept = [torch.load(file, weights_only=True) for file in (before, last)]
    assert [saved["optimiser"] is None for saved in kept] == [True, False]
    loop.fit(small_net(), blobs(), blobs(), RECIPE, tmp_path, augment=FLIPS)
    assert torch.load(last, weights_only=True)["optimiser"] is None


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    return noise_clips(tmp_path_factory.mktemp("noise"), range(9, 27, 3))


def a_frame_stream(table, **changes):
    of = {"buffer": 40, "open_clips": 3} | changes
    return FrameStream(table, ["c0", "c1", "c2"], "rgb", (32, 32), **of)


def test_mode_1_stopped_at_any_batch_ends_in_the_very_same_weights(noise, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_MINUTES", 0.0)  # after every batch
    stream, valid = a_frame_stream(noise), blobs(12)
    recipe = Recipe(
        "test", (Phase("sgd", 0.02, 1), Phase("adamw", 2e-3, 1, "one-cycle")), batch_size=16
    )
    per_epoch = -(-len(stream) // 16)
    whole = small_net()
    history = loop.fit(whole, stream, valid, recipe, tmp_path / "whole", augment=FLIPS)

    # Stopped again and again, each time in another place: first batch, middle, last, next epoch.
    for stop in (0, 1, per_epoch - 3, 3):
        with pytest.raises(PulledPlug):
            loop.fit(small_net(), stream, valid, recipe, tmp_path / "cut", augment=PullPlugAt(stop))
        monkeypatch.setattr(frame_stream.joblib, "cpu_count", lambda n=1 + stop % 2: n)
    resumed = small_net()
    again = loop.fit(resumed, stream, valid, recipe, tmp_path / "cut", augment=FLIPS)

    for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert timeless(history) == timeless(again)


def test_a_checkpoint_of_other_clips_is_refused(noise, tmp_path):
    """Some of those that are held out now might have been trained on."""
    recipe = Recipe("test", (Phase("sgd", 0.02, 1),), batch_size=16)
    loop.fit(small_net(), a_frame_stream(noise[:5]), None, recipe, tmp_path)
    with pytest.raises(InputError, match="clips of its training data differ"):
        loop.fit(small_net(), a_frame_stream(noise), None, recipe, tmp_path)
    loop.fit(small_net(), a_frame_stream(noise[:5]), None, recipe, tmp_path)


def test_the_middle_of_an_epoch_over_other_clips_is_refused(noise, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_MINUTES", 0.0)
    recipe = Recipe("test", (Phase("sgd", 0.02, 1),), batch_size=16)
    with pytest.raises(PulledPlug):
        loop.fit(
            small_net(),
            a_frame_stream(noise),
            None,
            recipe,
            tmp_path,
            augment=PullPlugAt(2),
        )
    others = {
        "its training plan seed was 0, and is 1 now": a_frame_stream(noise, seed=1),
        "clips of its training data differ": a_frame_stream(noise[:5]),
    }
    for words, other in others.items():
        with pytest.raises(InputError, match=words):
            loop.fit(small_net(), other, None, recipe, tmp_path, augment=FLIPS)


def test_mode_1_is_not_written_down_after_every_batch(noise, tmp_path, monkeypatch):
    saved, save = [], checkpoints.save
    monkeypatch.setattr(checkpoints, "save", lambda *rest: saved.append(1) or save(*rest))
    recipe = Recipe("test", (Phase("sgd", 0.02, 1),), batch_size=16)
    loop.fit(small_net(), a_frame_stream(noise), None, recipe, tmp_path)
    assert len(saved) == 1
