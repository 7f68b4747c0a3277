"""Executed notebooks as HTML, beside the copies: to be read in any browser, without Jupyter.

A page needs no other file and no network, and its browser is told to run no script of it, so that
nothing in an output can do more than be read. Formulas stay as they were typed.
"""

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
from markupsafe import Markup

from twostream_lib.errors import InputError, cause_of
from twostream_lib.files import write_text
from twostream_lib.markup import template

TEMPLATE = Path(__file__).with_name("notebook.html.jinja")
# Of what an output offers, the first of these is shown: a widget or a script never is.
SHOWN = ("text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain")


def bring_up_to_date(folder: Path) -> list[Path]:
    """Write the page of each executed notebook in `folder` that has none, or an older one.

    A page whose notebook is gone is taken away.

    Returns:
        The pages that were written. Of the quick run's ten notebooks a page has 1.2 MB, and takes
        a second on one core.

    Raises:
        InputError: a copy is no notebook.
    """
    for page in folder.glob("*.html"):
        if not page.with_suffix(".ipynb").is_file():
            page.unlink()
    written = []
    for copy in sorted(folder.glob("*.ipynb")):
        page = copy.with_suffix(".html")
        if not page.is_file() or page.stat().st_mtime_ns <= copy.stat().st_mtime_ns:
            write_text(page, render(copy))
            written.append(page)
    return written


def links(folder: Path) -> dict[str, str]:
    """The page of each executed notebook, or the notebook where it has none, by its name; as a
    report beside `folder` links to them."""
    files = {copy.stem: copy for copy in sorted(folder.glob("*.ipynb"))}
    there = {name: copy.with_suffix(".html") for name, copy in files.items()}
    return {
        name: f"{folder.name}/{quote((page if page.is_file() else files[name]).name)}"
        for name, page in there.items()
    }


def render(copy: Path) -> str:
    """The page of one executed notebook; code that is folded away in it is left out.

    Raises:
        InputError: it cannot be read, or is no notebook.
    """
    from pygments.formatters import HtmlFormatter

    body, _ = _exporter().from_notebook_node(_folded(_read(copy)))
    names = [file.stem for file in sorted(copy.parent.glob("*.ipynb"))]
    place = names.index(copy.stem)
    return template(TEMPLATE).render(
        name=copy.stem,
        before=names[place - 1] if place else "",
        after=names[place + 1] if place + 1 < len(names) else "",
        body=Markup(body),
        colours=Markup(HtmlFormatter(style="default").get_style_defs(".highlight")),
    )


@cache
def _exporter() -> Any:
    # It takes a second to load, and only a run needs it.
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    config = Config({"NbConvertBase": {"display_data_priority": list(SHOWN)}})
    return HTMLExporter(config=config, template_name="basic")


def _read(copy: Path) -> Any:
    try:
        return nbformat.read(copy, as_version=4)
    except OSError as error:
        raise InputError(f"{copy} cannot be read: {cause_of(error, copy)}.") from error
    except (ValueError, nbformat.reader.NotJSONError) as error:
        raise InputError(
            f"{copy} is no whole notebook: delete it, and run its number again with --only."
        ) from error


def _folded(notebook: Any) -> Any:
    """The notebook without the code that a reader of it finds folded away."""
    for cell in notebook.cells:
        if cell.metadata.get("jupyter", {}).get("source_hidden"):
            cell.metadata["transient"] = {"remove_source": True}
    return notebook
