"""Exercises that answer back: each module has those of one notebook, and here is what they share.

An exercise `name` of notebook NN is judged by `eNN.check_name(function)`; `eNN.hint("name")` and
`eNN.solution("name")` help a reader who is stuck. A check calls the reader's function on small
cases and prints one verdict. It never raises: what nobody has filled in yet is not done, and no
mistake, so that a notebook runs from top to bottom untouched.
"""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twostream_lib.errors import InputError
from twostream_lib.markup import show_html

NOT_DONE = "Not done yet: put your own lines in place of `raise NotImplementedError`."
NOT_PREDICTED = "Not done yet: put your predictions in place of `None`."


@dataclass(frozen=True)
class Exercise:
    """What helps with one exercise: a hint in words, and the lines of one right solution."""

    hint: str
    solution: str


class Lesson:
    """The exercises of one notebook by their names, and how their help is shown."""

    def __init__(self, **exercises: Exercise) -> None:
        self.exercises = exercises

    def hint(self, name: str) -> None:
        """Display the hint of an exercise, folded away; InputError if there is no such one."""
        text = self._named(name).hint
        _fold("Hint", f"<p>{html.escape(text)}</p>", text)

    def solution(self, name: str) -> None:
        """Display a solution of an exercise, folded away; InputError if there is no such one."""
        code = self._named(name).solution.strip()
        _fold("Solution", f"<pre><code>{html.escape(code)}</code></pre>", code)

    def _named(self, name: str) -> Exercise:
        if name not in self.exercises:
            known = ", ".join(self.exercises)
            raise InputError(f"This notebook has no exercise '{name}': choose one of {known}.")
        return self.exercises[name]


def _fold(title: str, markup: str, text: str) -> None:
    show_html(f"<details><summary>{title}</summary>{markup}</details>", f"{title}:\n{text}")


def attempt(function: Callable, *args: Any) -> tuple[Any, str]:
    """What the reader's function returns, and what went wrong: an empty string if nothing did.

    A stub gives (None, `NOT_DONE`); an error in the function becomes a sentence that names it.
    torch raises NotImplementedError too, of operations that a type of numbers lacks, with words.
    """
    try:
        return function(*args), ""
    except Exception as error:  # whatever it is, the reader gets to see it
        if isinstance(error, NotImplementedError) and not error.args:
            return None, NOT_DONE
        return None, f"Your function stopped with {type(error).__name__}: {error}"


def differs(value: Any, expected: Any, tolerance: float = 1e-6) -> str:
    """What is wrong with a number, array or tensor that should equal `expected`; empty if nothing.

    Types may differ, shapes may not, and values by `tolerance` at most.
    """
    if value is None:
        return "Your function returns None: give back the result with `return`."
    got, want = as_numbers(value), np.asarray(expected, float)
    if got is None:
        return f"The result should be numbers, and yours is {type(value).__name__}: {value!r:.60}."
    if got.shape != want.shape:
        return f"The shape should be {list(want.shape)}, and yours is {list(got.shape)}."
    wrong = ~np.isclose(got, want, rtol=0, atol=tolerance, equal_nan=True)
    if not wrong.any():
        return ""
    place = tuple(int(i) for i in np.argwhere(wrong)[0])
    where = f" (the first at {list(place)})" if place else ""
    count = f"{wrong.sum():,} of {wrong.size:,} values are" if place else "The value is"
    return f"{count} wrong{where}: {got[place]:.6g} should be {want[place]:.6g}."


def as_numbers(value: Any) -> np.ndarray | None:
    """A number, list, array or tensor as an array of float; None if it is nothing of the kind."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    try:
        found = np.asarray(value)
        return None if found.dtype.kind in "SU" else found.astype(float)  # NumPy would read "0.5"
    except (TypeError, ValueError):
        return None


def are_numbers(value: Any, count: int) -> bool:
    """Whether a value is so many numbers in a row: a tuple, list, array or tensor."""
    found = as_numbers(value)
    return found is not None and found.shape == (count,)


def mistake(value: Any, expected: Any, slips: Mapping[str, Any], tolerance: float = 1e-6) -> str:
    """What is wrong with a value that should equal `expected`; empty if nothing.

    slips: what to say of a typical slip → the value that it gives. If the reader's value is none of
    these, the plain difference is told, see `differs`.
    """
    difference = differs(value, expected, tolerance)
    if not difference:
        return ""
    made = (words for words, slip in slips.items() if not differs(value, slip, tolerance))
    return next(made, difference)


def verdict(problem: str, good: str) -> None:
    """Print what a check found: `good` if there is no problem; not done is no mistake."""
    if not problem:
        print(f"Right. {good}")
    else:
        print(problem if problem in (NOT_DONE, NOT_PREDICTED) else f"Not yet. {problem}")
