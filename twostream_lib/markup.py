"""HTML and Markdown for notebooks and reports, with words where HTML is not shown.

Names that come from outside (of classes, clips, sources, data sets, files) are text, whatever
signs are in them: `text` puts one into HTML or Markdown, `show_table` and `tables_of_text` see to
tables, and `plain` is for lines that are printed.
"""

import base64
import html
import re
import string
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from IPython.display import Markdown, display

from twostream_lib.errors import InputError

# JupyterLab takes what stands between two $ for a formula, in Markdown, HTML and tables alike.
NO_MATHS = "tex2jax_ignore mathjax_ignore"
ORDINARY = re.compile(r"[A-Za-z0-9]+([ _][A-Za-z0-9]+)*")  # means nothing in HTML or Markdown
SIGNS = {ord(sign): f"&#{ord(sign)};" for sign in string.punctuation}
UNPRINTED = {"Cc", "Cs", "Zl", "Zp"}  # Unicode's controls, halves of characters, ends of lines
# Signs that turn what follows round, so that a name may pass for another one.
TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
# Words of a table are cut after 50 signs if nothing is said, and two clips look like one.
TABLES: tuple[Any, ...] = (
    *("display.html.use_mathjax", False, "styler.html.mathjax", False),
    *("display.max_colwidth", None),
)


def plain(name: object) -> str:
    r"""A name on one line: what is no letter but a control becomes an escape such as `\n`."""
    return "".join(ascii(sign)[1:-1] if _controls(sign) else sign for sign in str(name))


def _controls(sign: str) -> bool:
    turns = unicodedata.bidirectional(sign) in TURNING
    return turns or unicodedata.category(sign) in UNPRINTED


def text(name: object) -> str:
    """A name from outside for HTML or Markdown, where it is shown as it is.

    Punctuation becomes numbers that neither HTML nor Markdown takes for its own signs. The element
    around them keeps JupyterLab from reading a formula out of it, and names that are written from
    right to left from turning their neighbours round. In attributes, where there can be no element,
    use `html.escape`.
    """
    if ORDINARY.fullmatch(str(name)):
        return str(name)
    signs = plain(name).translate(SIGNS)
    spaces = re.sub(r"^ | $|(?<= ) ", "&#160;", signs)  # which browsers would leave out
    return f'<bdi class="{NO_MATHS}">{spaces}</bdi>'


def image_tag(png: bytes, alt: str) -> str:
    """An HTML image that carries its own bytes and its alternative text.

    Raises InputError for an empty text: people who listen to the page would miss the picture.
    """
    if not alt.strip():
        raise InputError("A picture has no alternative text; say in words what it shows.")
    data = base64.b64encode(png).decode("ascii")
    alt = html.escape(alt, quote=True)
    return f'<img alt="{alt}" style="max-width:100%" src="data:image/png;base64,{data}">'


def tables_of_text() -> None:
    """Let pandas show the words of a table whole and as they are, and no formulas between two `$`.

    It is for tables that a cell ends with: they escape HTML by themselves.
    """
    pd.set_option(*TABLES)


def show_table(
    table: pd.DataFrame,
    caption: str,
    looks: Mapping[str, str] | None = None,
    index: bool = True,
) -> None:
    """Display a table under a caption, or its words where HTML is not shown.

    Args:
        table: what is in its cells, index and columns is text, whatever signs it has.
        caption: text as well.
        looks: how the numbers of a column are written, such as `{:.1f}`; a missing one is a dash.
        index: whether the index is shown.
    """
    written = {
        column: [look.format(value) if pd.notna(value) else "–" for value in table[column]]
        for column, look in (looks or {}).items()
    }
    shown = table.assign(**written)
    with pd.option_context(*TABLES):
        # pandas 2 tells MathJax 2 alone, which is Colab's; JupyterLab 4 has MathJax 3.
        rows = shown.to_html(index=index, border=0, classes=NO_MATHS)
    above = f"<caption>{text(caption)}</caption>\n<thead>"
    show_html(rows.replace("<thead>", above, 1), f"{caption}\n{shown.to_string(index=index)}")


def template(file: Path) -> jinja2.Template:
    """A page with places for names: every name that is put into one is text, on one line.

    It may include the files beside it.
    """
    pages = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FileSystemLoader(file.parent),
        # A name that a record lacks must not become an empty cell.
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: plain(value) if type(value) is str else value,
    )
    return pages.get_template(file.name)


def show_html(markup: str, words: str) -> None:
    """Display HTML, or `words` where HTML is not shown."""
    display({"text/html": markup, "text/plain": words}, raw=True)


def say(words: str) -> None:
    """Display Markdown; names from outside are put into it by `text`."""
    display(Markdown(words))
