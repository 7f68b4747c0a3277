"""How figures look, and how they are put before the reader together with their words.

Alternative text that is kept in display metadata gets lost in nbconvert and JupyterLab. So every
picture is displayed as a bundle: HTML with an `alt` text, the PNG, and the plain words.
"""

import base64
import html
import io
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imsave
from seaborn import color_palette

from twostream_lib.errors import InputError

# Figures are 9 inches wide: 900 pixels, with letters of 14 pixels and more.
STYLE: Any = {
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "figure.titlesize": 13,
    "figure.titleweight": "bold",
    "font.size": 10.5,
    "axes.titlesize": 11,
    "axes.labelsize": 11,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
WIDTH = 9.0
BLUE, ORANGE, GREEN, VERMILION, PURPLE, BROWN, PINK, GRAY, YELLOW, SKY = color_palette(
    "colorblind"
).as_hex()
NETWORK_COLOURS = {
    "spatial": BLUE,
    "temporal-sg3i": ORANGE,
    "temporal-flow": VERMILION,
    "average": GREEN,
    "average-three": YELLOW,
    "weighted": BROWN,
    "svm": GRAY,
    "fusenet": PURPLE,
    "fusenet-linear": PINK,
    "joint": SKY,
}


def percent(share: float) -> str:
    """A share 0..1 in whole percent, for titles."""
    return f"{100 * share:.0f} %"


def rows_figure(rows: int, inch: float = 0.36, least: float = 2.6) -> tuple[Figure, Axes]:
    """A figure for a horizontal chart with so many rows."""
    figure = Figure(figsize=(WIDTH, max(least, rows * inch + 1.4)))
    axes = figure.subplots()
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
    return figure, axes


def to_png(figure: Figure) -> bytes:
    """The figure as the bytes of a PNG file; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(buffer, format="png", facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


def image_tag(png: bytes, alt: str) -> str:
    """An HTML image that carries its own bytes and its alternative text.

    Raises InputError where the text is empty: somebody listens to this page.
    """
    if not alt.strip():
        raise InputError("A picture has no alternative text; say in words what it shows.")
    data = base64.b64encode(png).decode("ascii")
    alt = html.escape(alt, quote=True)
    return f'<img alt="{alt}" style="max-width:100%" src="data:image/png;base64,{data}">'


def show(figure: Figure, alt: str) -> None:
    """Display a figure; `alt` says in one or two sentences what can be seen in it."""
    _show_png(to_png(figure), alt)


def show_image(array: np.ndarray, alt: str) -> None:
    """Display an image, uint8 [H, W] or [H, W, 3], pixel for pixel."""
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=-1)
    buffer = io.BytesIO()
    imsave(buffer, array, format="png")
    _show_png(buffer.getvalue(), alt)


def show_html(markup: str, text: str) -> None:
    """Display HTML, and `text` where there is no HTML."""
    display({"text/html": markup, "text/plain": text}, raw=True)


def show_quiz(question: str, options: Sequence[str], answer: int, why: str) -> None:
    """Display a question with its answer folded away: the static twin of `widgets.quiz`.

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


def _show_png(png: bytes, alt: str) -> None:
    bundle = {"text/html": image_tag(png, alt), "image/png": png, "text/plain": alt}
    display(bundle, raw=True)
