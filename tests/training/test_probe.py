"""A linear probe: features of a backbone as it is, kept by what made them, and told apart."""

import warnings

import numpy as np
import pytest
import torch
from torch.utils.data import TensorDataset

from tests.training.small import blobs, noise_clips, stream_net
from twostream_lib.data import store
from twostream_lib.data.datasets import WindowDataset
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.models.stream import StreamNet
from twostream_lib.training import precision, probe


@pytest.fixture
def computed(monkeypatch):
    """How many samples were shown to a backbone, a number for each time."""
    shown, plain = [], probe.answers

    def counted(net, data, batch_size):
        shown.append(len(data))
        return plain(net, data, batch_size)

    monkeypatch.setattr(probe, "answers", counted)
    return shown


def test_features_are_what_the_backbone_says_of_each_sample_as_it_is(tmp_path):
    net, data = stream_net().train(), blobs(150)
    found = probe.features(net, data, tmp_path)
    with torch.inference_mode():
        expected = net.eval().backbone(net.normalise(data.tensors[0])).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
    assert found.dtype == np.float32


def test_a_network_goes_on_training_as_before(tmp_path):
    net = stream_net().train()
    probe.features(net, blobs(), tmp_path)
    assert all(layer.training for layer in net.modules())


def test_the_same_backbone_is_shown_the_same_samples_once(tmp_path, computed):
    first = probe.features(stream_net(), blobs(), tmp_path)
    net = stream_net()
    torch.nn.init.zeros_(net.head[0].weight)  # what lies behind the backbone is not asked
    assert np.array_equal(probe.features(net, blobs(), tmp_path), first)
    assert computed == [48]


@pytest.mark.parametrize(("view", "channels"), [("rgb", 3), ("flow", 4)])
def test_mirrored_features_are_those_of_mirrored_pictures(tmp_path, view, channels):
    net = StreamNet("shufflenet_v2_x0_5", 3, channels, "none")
    pictures, labels = torch.randint(1, 256, (8, channels, 32, 32)).byte(), torch.zeros(8)
    data, mirrored = TensorDataset(pictures, labels), pictures.flip(-1)
    data.view = view
    if view == "flow":  # u1 v1 u2 v2: a movement to the right becomes one to the left
        mirrored[:, ::2] = (256 - mirrored[:, ::2].int()).byte()
    found = probe.features(net, data, tmp_path, mirror=True)
    expected = probe.features(net, TensorDataset(mirrored, labels), tmp_path)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
    assert not np.allclose(found, probe.features(net, data, tmp_path))


def test_a_probe_learns_each_window_as_it_is_and_mirrored(tmp_path):
    clips = noise_clips(tmp_path, [60] * 6).assign(tag=1, fps=30.0)
    windows = store.build(clips, tmp_path / "store", Plan("images", (32, 40)), jobs=1)
    everything = np.ones(len(windows.index), bool)
    data, net = WindowDataset(windows, everything, "rgb", ["c0", "c1", "c2"]), stream_net()
    learned = probe.learn(net, data, tmp_path)
    pictures, labels = data[list(range(len(data)))]
    both = TensorDataset(torch.cat([pictures, pictures.flip(-1)]), torch.cat([labels, labels]))
    given = probe.features(net, both, tmp_path)
    by_hand = probe.fit(given, both.tensors[1].numpy())
    for name in ("coef_", "intercept_"):
        mine, theirs = (getattr(judge[-1], name) for judge in (learned, by_hand))
        np.testing.assert_allclose(mine, theirs, rtol=0.01, atol=1e-3)
    said = probe.logits(learned, probe.features(net, data, tmp_path), 3)
    assert (said.argmax(1) == data.labels).mean() > 0.9


def others(change):
    net, (images, labels) = stream_net(), blobs().tensors
    if change == "pixels":
        images = images.flip(0)
    if change == "weights":
        next(net.backbone.parameters()).data.mul_(1.01)
    if change == "statistics":
        next(net.backbone.buffers()).add_(0.1)
    return net, TensorDataset(images, labels)


@pytest.mark.parametrize("change", ["pixels", "weights", "statistics"])
def test_features_of_others_are_not_taken_for_these(tmp_path, computed, change):
    first = probe.features(stream_net(), blobs(), tmp_path)
    assert not np.allclose(probe.features(*others(change), tmp_path), first)
    assert computed == [48, 48]


def test_features_in_another_precision_are_others(tmp_path, computed, monkeypatch):
    for name in ("float32", "bfloat16"):
        monkeypatch.setenv(precision.SWITCH, name)
        probe.features(stream_net(), blobs(), tmp_path)
    assert computed == [48, 48]


@pytest.mark.parametrize("spoil", ["cut", "flip", "empty"])
def test_damaged_features_are_computed_anew(tmp_path, computed, spoil):
    first = probe.features(stream_net(), blobs(), tmp_path)
    (file,) = tmp_path.glob("*.npz")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes({"cut": content[:1000], "flip": content, "empty": b""}[spoil])
    with pytest.warns(UserWarning, match="damaged"):
        again = probe.features(stream_net(), blobs(), tmp_path)
    assert np.array_equal(again, first) and computed == [48, 48]
    with warnings.catch_warnings(action="error"):
        probe.features(stream_net(), blobs(), tmp_path)
    assert computed == [48, 48]


def clouds(classes, samples=40, seed=0):
    """Features around a centre for each class, and their labels."""
    chance = np.random.default_rng(seed)
    labels = np.tile(classes, samples)
    centres = np.random.default_rng(7).normal(0, 5, (max(classes) + 1, 6))
    return (centres[labels] + chance.normal(size=(len(labels), 6))).astype(np.float32), labels


def test_a_probe_tells_apart_what_it_has_not_seen_whatever_the_features_scales():
    known, labels = clouds([0, 1, 2])
    new, theirs = clouds([0, 1, 2], seed=1)
    said = probe.logits(probe.fit(known, labels), new, 3)
    assert (said.argmax(1) == theirs).mean() > 0.95
    np.testing.assert_allclose(np.exp(said).sum(1), 1, atol=1e-5)
    scale, shift = np.float32([1e-3, 1, 1e3, 1, 1, 1]), np.float32(9)
    scaled = probe.logits(probe.fit(known * scale + shift, labels), new * scale + shift, 3)
    np.testing.assert_allclose(scaled, said, atol=0.01)


@pytest.mark.parametrize("classes", [[0, 2], [1, 2, 4]])
def test_a_class_without_a_window_to_learn_from_is_never_the_answer(classes):
    known, labels = clouds(classes)
    said = probe.logits(probe.fit(known, labels), known, 5)
    assert said.shape == (len(known), 5) and said.dtype == np.float32
    assert set(said.argmax(1)) == set(classes)
    absent = [number for number in range(5) if number not in classes]
    np.testing.assert_allclose(said[:, absent], np.log(probe.LEAST), rtol=1e-6)


def test_one_class_alone_is_refused():
    with pytest.raises(InputError, match="of one: add others"):
        probe.fit(*clouds([1]))
