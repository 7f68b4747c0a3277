"""The exercises' checks, hints and solutions: one module a notebook, and here what they share.

A check calls the reader's function on small cases, and prints one verdict. It never raises: a stub
that nobody has filled in yet is `NOT_DONE`, so that a notebook runs from top to bottom untouched.
"""

import html
from collections.abc import Callable
from typing import Any

import numpy as np

from twostream_lib.markup import show_html

NOT_DONE = "Not done yet: put your own lines in place of `raise NotImplementedError`."


def attempt(function: Callable, *args: Any) -> tuple[Any, str]:
    """What the reader's function returns, and what went wrong: an empty string if nothing did.

    A stub gives (None, `NOT_DONE`); an error in the function becomes a sentence that names it.
    """
    try:
        return function(*args), ""
    except NotImplementedError:
        return None, NOT_DONE
    except Exception as error:  # whatever it is, the reader gets to see it
        return None, f"Your function stopped with {type(error).__name__}: {error}"


def differs(value: Any, expected: Any, tolerance: float = 1e-6) -> str:
    """What is wrong with a number, array or tensor that should equal `expected`; empty if nothing.

    Types may differ, shapes may not, and values by `tolerance` at most.
    """
    if value is None:
        return "Your function returns None: give back the result with `return`."
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    try:
        got, want = np.asarray(value, float), np.asarray(expected, float)
    except (TypeError, ValueError):
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


def verdict(ok: bool, good: str, bad: str) -> None:
    """Print what the check found: `good` if ok, else `bad`; `NOT_DONE` is no mistake."""
    if ok:
        print(f"Right. {good}")
    else:
        print(bad if bad == NOT_DONE else f"Not yet. {bad}")


def hint(text: str) -> None:
    """Display a hint, folded away."""
    _fold("Hint", f"<p>{html.escape(text)}</p>", text)


def solution(code: str) -> None:
    """Display the lines of a solution, folded away."""
    _fold("Solution", f"<pre><code>{html.escape(code.strip())}</code></pre>", code.strip())


def _fold(title: str, markup: str, text: str) -> None:
    show_html(f"<details><summary>{title}</summary>{markup}</details>", f"{title}:\n{text}")
