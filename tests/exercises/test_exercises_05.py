"""The exercises of notebook 05: their solutions pass, and slips are called by name."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from twostream_lib.data import datasets
from twostream_lib.exercises import NOT_DONE, e05

CHECKS = {"flip_stack": e05.check_flip_stack, "loss_bounds": e05.check_loss_bounds}
every_exercise = pytest.mark.parametrize("name", CHECKS)


def untouched(*_):
    raise NotImplementedError


def solved(name):
    names = {"np": np, "math": math}
    exec(e05.SOLUTIONS[name], names)
    return names[name]


def verdict_on(name, function, capsys):
    CHECKS[name](function)
    return capsys.readouterr().out.strip()


def test_every_exercise_has_a_check_a_hint_and_a_solution():
    assert set(e05.HINTS) == set(e05.SOLUTIONS) == set(CHECKS)


@every_exercise
def test_the_solution_passes_its_own_check(name, capsys):
    assert verdict_on(name, solved(name), capsys).startswith("Right. ")


@every_exercise
def test_an_untouched_stub_is_not_done_and_raises_nothing(name, capsys):
    assert verdict_on(name, untouched, capsys) == NOT_DONE


@every_exercise
def test_a_function_that_stops_or_returns_another_kind_is_told_so(name, capsys):
    assert "stopped with ZeroDivisionError" in verdict_on(name, lambda *_: 1 / 0, capsys)
    for nonsense in (None, "words"):
        assert verdict_on(name, lambda *_, it=nonsense: it, capsys).startswith("Not yet. ")


@every_exercise
def test_hint_and_solution_are_folded_away(name, monkeypatch):
    shown = []
    monkeypatch.setattr("twostream_lib.exercises.show_html", lambda *both: shown.append(both))
    e05.hint(name)
    e05.solution(name)
    assert [markup.startswith("<details>") for markup, _ in shown] == [True, True]


def test_the_solved_flip_is_the_librarys():
    stack = np.random.default_rng(1).integers(1, 256, (4, 5, 6), dtype=np.uint8)
    expected = datasets.flip(torch.from_numpy(stack)[None], "flow")[0]
    assert np.array_equal(solved("flip_stack")(stack), expected.numpy())


@pytest.mark.parametrize("classes", [2, 12, 51])
def test_no_probabilities_leave_the_solved_bounds_and_the_surest_ones_reach_them(classes):
    low, high = solved("loss_bounds")(classes)
    sure = torch.eye(classes)[:2]
    reached = [functional.cross_entropy(sure[[i]], torch.tensor([0])).item() for i in (0, 1)]
    assert reached == pytest.approx([low, high], abs=1e-5)
    logits = 5 * torch.randn(500, classes, generator=torch.Generator().manual_seed(0))
    losses = functional.cross_entropy(
        logits.softmax(1), torch.arange(500) % classes, reduction="none"
    )
    assert low - 1e-5 <= losses.min() and losses.max() <= high + 1e-5


def in_place(stack):
    stack[:] = solved("flip_stack")(stack)
    return stack


def flipped(stack, negate, whole=256, axis=-1):
    mirrored = np.flip(stack, axis).astype(int)
    mirrored[negate] = whole - mirrored[negate]
    return mirrored


U, V, BOTH = slice(0, None, 2), slice(1, None, 2), slice(None)
SLIPS = [
    ("flip_stack", lambda stack: stack[..., ::-1], "negate it"),
    ("flip_stack", lambda stack: flipped(stack, V), "You negated v"),
    ("flip_stack", lambda stack: flipped(stack, BOTH), "u and v:"),
    ("flip_stack", lambda stack: flipped(stack, U, 255), "from 256, not from 255"),
    ("flip_stack", lambda stack: flipped(stack, U, axis=1), "top and bottom"),
    ("flip_stack", lambda stack: flipped(stack[..., ::-1], U), "mirror them too"),
    ("flip_stack", lambda stack: flipped(stack, slice(0, 3)), "take turns"),
    ("flip_stack", in_place, "work on a copy"),
    ("loss_bounds", lambda classes: math.log(classes), "two numbers"),
    ("loss_bounds", lambda c: (math.log(math.e + c - 1), math.log(math.e + c - 1) - 1), "first"),
    ("loss_bounds", lambda c: (math.log(math.e + c - 1) - 1, math.log(c)), "pays more"),
    ("loss_bounds", lambda c: (math.log(math.e + c) - 1, math.log(math.e + c)), "classes - 1"),
    ("loss_bounds", lambda c: (0, math.inf), "probabilities"),
]


@pytest.mark.parametrize(("name", "wrong", "words"), SLIPS)
def test_a_typical_slip_is_called_by_name(name, wrong, words, capsys):
    said = verdict_on(name, wrong, capsys)
    assert said.startswith("Not yet. ")
    assert words in said
