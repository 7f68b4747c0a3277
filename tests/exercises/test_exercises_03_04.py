"""The exercises of notebooks 03 and 04: their solutions pass, and slips are called by name."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from twostream_lib.exercises import NOT_DONE, e03, e04

CHECKS = {
    "cross_entropy": (e03, e03.check_cross_entropy),
    "mirror_some": (e03, e03.check_mirror_some),
    "moving": (e04, e04.check_moving),
    "split_filters": (e04, e04.check_split_filters),
}
every_exercise = pytest.mark.parametrize("name", CHECKS)


def untouched(*_):
    raise NotImplementedError


def solved(name):
    """The function that a solution's lines define, where a notebook has imported no more."""
    module, _ = CHECKS[name]
    names = {"np": np, "torch": torch, "math": math}
    exec(module.SOLUTIONS[name], names)
    return names[name]


def verdict_on(name, function, capsys):
    CHECKS[name][1](function)
    return capsys.readouterr().out.strip()


def test_every_exercise_has_a_check_a_hint_and_a_solution():
    for module in (e03, e04):
        names = {name for name, (home, _) in CHECKS.items() if home is module}
        assert set(module.HINTS) == set(module.SOLUTIONS) == names
        assert {name for name in dir(module) if name.startswith("check_")} == {
            f"check_{name}" for name in names
        }


@every_exercise
def test_the_solution_passes_its_own_check(name, capsys):
    assert verdict_on(name, solved(name), capsys).startswith("Right. ")


@every_exercise
def test_an_untouched_stub_is_not_done_and_raises_nothing(name, capsys):
    assert verdict_on(name, untouched, capsys) == NOT_DONE


@every_exercise
def test_a_function_that_returns_nothing_or_stops_is_told_so(name, capsys):
    assert "return" in verdict_on(name, lambda *_: None, capsys)
    assert "stopped with ZeroDivisionError" in verdict_on(name, lambda *_: 1 / 0, capsys)


@every_exercise
def test_hint_and_solution_are_folded_away(name, monkeypatch):
    shown = []
    monkeypatch.setattr("twostream_lib.exercises.show_html", lambda *both: shown.append(both))
    module, _ = CHECKS[name]
    module.hint(name)
    module.solution(name)
    assert [markup.startswith("<details>") for markup, _ in shown] == [True, True]
    assert f"def {name}" in shown[1][1]


def overflowing(logits, labels):
    powers = logits.exp()
    return -(powers[range(len(labels)), labels] / powers.sum(1)).log().mean()


def in_place(images, coins):
    images[coins] = images[coins].flip(-1)
    return images


def steps(image):
    """Changes from frame to frame, in uint8: they wrap around."""
    return np.stack([image[..., 1] - image[..., 0], image[..., 2] - image[..., 1]], axis=-1)


def slice_split(weight):
    still = weight[:, :1].expand_as(weight)
    return still, weight - still


SLIPS = [
    ("cross_entropy", lambda x, y: functional.cross_entropy(x.softmax(1), y), "second softmax"),
    ("cross_entropy", lambda x, y: functional.cross_entropy(x, y, reduction="sum"), "the sum"),
    ("cross_entropy", lambda x, y: functional.cross_entropy(x, y, reduction="none"), "their mean"),
    ("cross_entropy", lambda x, y: -functional.cross_entropy(x, y), "sign"),
    ("cross_entropy", overflowing, "overflows"),
    ("mirror_some", lambda images, coins: images.flip(-1), "the whole batch"),
    ("mirror_some", lambda images, coins: images, "no image at all"),
    (
        "mirror_some",
        lambda images, coins: torch.where(coins.view(-1, 1, 1, 1), images.flip(-2), images),
        "upside down",
    ),
    (
        "mirror_some",
        lambda images, coins: torch.where(coins.view(-1, 1, 1, 1), images, images.flip(-1)),
        "whose coin says no",
    ),
    ("mirror_some", in_place, "changed the images"),
    ("moving", lambda image, t: np.ptp(image.astype(int), axis=-1) >= t, "use > and not >="),
    ("moving", lambda image, t: (steps(image) > t).any(-1), "wrap around"),
    ("moving", lambda image, t: np.abs(image[..., 2] - image[..., 0]) > t, "wrap around"),
    ("moving", lambda image, t: abs(image[..., 2] - image[..., 0].astype(int)) > t, "the middle"),
    (
        "moving",
        lambda image, t: (np.diff(image.astype(int), axis=-1) > t).any(-1),
        "miss what gets darker",
    ),
    ("split_filters", lambda weight: weight.mean(1, keepdim=True), "two tensors"),
    ("split_filters", slice_split, "one slice, so a still picture"),
    (
        "split_filters",
        lambda weight: (weight.mean(1, keepdim=True), weight - weight.mean(1, keepdim=True)),
        "repeat it",
    ),
    (
        "split_filters",
        lambda weight: (
            weight.sum(1, keepdim=True).expand_as(weight),
            weight - weight.sum(1, keepdim=True),
        ),
        "the sum of the three",
    ),
]


@pytest.mark.parametrize(("name", "wrong", "words"), SLIPS)
def test_a_typical_slip_is_called_by_name(name, wrong, words, capsys):
    said = verdict_on(name, wrong, capsys)
    assert said.startswith("Not yet. ")
    assert words in said


def test_a_result_of_another_kind_is_no_crash(capsys):
    for name in CHECKS:
        assert verdict_on(name, lambda *_: "words", capsys).startswith("Not yet. ")
