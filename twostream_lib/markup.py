"""HTML and Markdown for notebooks and reports, with words where HTML is not shown."""

import base64
import html

from IPython.display import Markdown, display

from twostream_lib.errors import InputError


def image_tag(png: bytes, alt: str) -> str:
    """An HTML image that carries its own bytes and its alternative text.

    Raises InputError for an empty text: people who listen to the page would miss the picture.
    """
    if not alt.strip():
        raise InputError("A picture has no alternative text; say in words what it shows.")
    data = base64.b64encode(png).decode("ascii")
    alt = html.escape(alt, quote=True)
    return f'<img alt="{alt}" style="max-width:100%" src="data:image/png;base64,{data}">'


def show_html(markup: str, text: str) -> None:
    """Display HTML, or `text` where HTML is not shown."""
    display({"text/html": markup, "text/plain": text}, raw=True)


def say(text: str) -> None:
    """Display Markdown."""
    display(Markdown(text))
