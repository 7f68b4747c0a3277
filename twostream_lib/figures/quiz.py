"""Questions that answer back, for readers with and without a kernel."""

import html
from collections.abc import Sequence

from IPython.display import display
from ipywidgets import HTML, RadioButtons, VBox

from twostream_lib.errors import InputError
from twostream_lib.markup import show_html


def ask(question: str, options: Sequence[str], answer: int, why: str) -> None:
    """Ask a question twice: as a widget that answers back, and on a page without widgets.

    answer is the place of the right option, from 0. Raises InputError if there is no such place.
    """
    display(quiz(question, options, answer, why))
    show_quiz(question, options, answer, why)


def quiz(question: str, options: Sequence[str], answer: int, why: str) -> VBox:
    """A question that answers back; answer is the place of the right option, from 0.

    A wrong choice may be mended, and the reason `why` comes with the right one.
    """
    check_quiz(options, answer)
    choice = RadioButtons(options=[(text, i) for i, text in enumerate(options)], value=None)
    choice.layout.width = "max-content"  # or long options are cut off
    verdict = HTML()

    def judge(_: object) -> None:
        words = f"<b>Right.</b> {html.escape(why)}"
        if choice.value != answer:
            words = "<b>Not this one.</b> Try another."
        verdict.value = f'<div role="status">{words}</div>'

    choice.observe(judge, "value")
    return VBox([HTML(f"<b>{html.escape(question)}</b>"), choice, verdict])


def show_quiz(question: str, options: Sequence[str], answer: int, why: str) -> None:
    """Display a question with its answer folded away: the static twin of `quiz`.

    answer is the place of the right option, from 0. Raises InputError if there is no such place.
    """
    check_quiz(options, answer)
    # numbers, as JupyterLab takes the attribute away that would make them letters
    items = "".join(f"<li>{html.escape(option)}</li>" for option in options)
    solution = f"<b>{answer + 1}.</b> {html.escape(options[answer])}<br>{html.escape(why)}"
    markup = (
        f"<p><b>{html.escape(question)}</b></p><ol>{items}</ol>"
        f"<details><summary>Answer</summary><p>{solution}</p></details>"
    )
    lines = [f"{place}. {option}" for place, option in enumerate(options, 1)]
    show_html(markup, "\n".join([question, *lines, f"Answer: {answer + 1}. {why}"]))


def check_quiz(options: Sequence[str], answer: int) -> None:
    """Raise InputError if the right answer is none of the options."""
    if answer not in range(len(options)):
        raise InputError(f"Answer {answer} is none of {len(options)} options; count from 0.")
