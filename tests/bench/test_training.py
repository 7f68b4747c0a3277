"""The benchmark of training trains what it says, by the library's own loop."""

from dataclasses import replace

import pytest

from twostream_lib.bench import training
from twostream_lib.bench.training import Case
from twostream_lib.data.augmentation import Augmentation
from twostream_lib.training.answers import answers

SMALL = Case("resnet8", "flow", (24, 32), 4, 3)


@pytest.mark.parametrize(("view", "channels"), [("rgb", 3), ("flow", 20)])
def test_its_windows_are_as_a_stream_sees_them(view, channels, tmp_path):
    case = Case("resnet8", view, (24, 32), 4, 3)
    data = training.noise(case, tmp_path)
    images, labels = data[list(range(12))]
    assert images.shape == (12, channels, 24, 32) and case.channels == channels
    assert images.float().std() > 60 and len(set(labels.tolist())) == 12


@pytest.mark.slow
def test_the_plain_loop_of_a_cpu_has_a_process_of_its_own_and_goes_on(tmp_path):
    data = training.noise(SMALL, tmp_path)
    with training._plain(SMALL, data, Augmentation("flow")) as plain:
        assert plain() == plain() == 12
    assert not hasattr(training, "plain_loop")  # here


def test_a_network_may_see_windows_larger_than_they_are_stored():
    case = replace(SMALL, seen_at=(48, 64))
    assert training._new(case).normalise.size == (48, 64)


def test_its_numbers_say_what_the_loop_is_beside_the_other_ways(monkeypatch):
    rates = {"plain": [1.0, 2.0, 4.0], "bare": [8.0, 8.0, 8.0], "loop": [4.0, 4.0, 4.0]}
    rates["scoring"] = [8.0, 10.0, 12.0]
    monkeypatch.setattr(
        training.rounds,
        "throughputs",
        lambda ways, turns: [ways["loop"]() for _ in rates] and rates,
    )
    monkeypatch.setattr(training, "_loop", lambda *of: lambda: of[-1].append(0.25) or 1)
    found = training.of_case(SMALL, 3)
    assert found["plain_ratio"] == 2.0 and found["bare_ratio"] == 0.5
    assert found["scoring_over_loop"] == 2.5 and found["bits"] in (16, 32)


def test_scoring_asks_of_every_window_once(tmp_path, monkeypatch):
    asked = []

    def listen(net, data, batch_size):
        for logits, labels in answers(net, data, batch_size):
            asked.append(len(logits))
            yield logits, labels

    monkeypatch.setattr(training, "answers", listen)
    assert training._scoring(SMALL, training.noise(SMALL, tmp_path))() == 12
    assert asked == [4, 4, 4]
