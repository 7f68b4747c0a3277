"""Pages of executed notebooks: what is on them, and that nothing in them does more than be read."""

import os
import re

import nbformat
import pytest
from nbformat import v4

from tests.pages import Page
from twostream_lib.course import notebook_pages
from twostream_lib.errors import InputError

EVIL = "<img src=x onerror=alert(1)>"


def leave(folder, name, *cells):
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell(f"# {name}"), *cells])
    folder.mkdir(exist_ok=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")
    return folder / f"{name}.ipynb"


def ran(source, *outputs, **metadata):
    return v4.new_code_cell(source, outputs=list(outputs), metadata=metadata)


def test_the_page_has_words_code_and_outputs_and_needs_no_other_file(tmp_path):
    copy = leave(
        tmp_path,
        "03_spatial",
        ran("print(1)", v4.new_output("stream", text="said 1")),
        ran("folded()", v4.new_output("stream", text="said 2"), jupyter={"source_hidden": True}),
        ran(
            "table",
            v4.new_output(
                "execute_result",
                {"text/html": "<table><tr><td>7</td></tr></table>", "text/plain": "plain"},
            ),
        ),
    )
    page = notebook_pages.render(copy)
    seen = Page(page)
    assert seen.words["h1"][0].startswith("03_spatial") and seen.words["td"] == ["7"]
    assert "said 1" in page and "said 2" in page and "folded" not in page and "plain" not in page
    assert not {"script", "link"} & set(seen.elements)
    assert re.findall(r'src="(?!data:)', page) == []


def test_names_in_outputs_are_text_and_the_browser_is_told_to_run_nothing(tmp_path):
    error = v4.new_output("error", ename="InputError", evalue=EVIL, traceback=[f"\x1b[31m{EVIL}"])
    script = {"application/javascript": "alert(2)", "text/plain": EVIL}
    copy = leave(
        tmp_path,
        "00_a",
        ran(f"'{EVIL}'", v4.new_output("stream", text=EVIL), error),
        ran("x", v4.new_output("display_data", script)),
    )
    page = notebook_pages.render(copy)
    seen = Page(page)
    assert "img" not in seen.elements and "script" not in seen.elements
    assert sum(EVIL in words for words in seen.words["pre"]) == 4
    assert "default-src 'none'" in page and "alert(2)" not in page


def test_pages_are_written_where_they_lack_or_are_older_and_taken_away_with_their_notebook(
    tmp_path,
):
    first, second = leave(tmp_path, "00_a"), leave(tmp_path, "01_b $x_{1}$")
    pages = notebook_pages.bring_up_to_date(tmp_path)
    assert [page.name for page in pages] == ["00_a.html", "01_b $x_{1}$.html"]
    assert notebook_pages.bring_up_to_date(tmp_path) == []
    os.utime(pages[0], (1000, 1000))
    assert notebook_pages.bring_up_to_date(tmp_path) == pages[:1]
    text = pages[0].read_text()
    assert 'href="01_b%20%24x_%7B1%7D%24.html"' in text and 'href="../report.html"' in text
    second.unlink()
    assert notebook_pages.bring_up_to_date(tmp_path) == [] and not pages[1].exists()
    first.unlink()


def test_links_go_to_pages_and_where_there_is_none_to_the_notebook(tmp_path):
    leave(tmp_path / "notebooks", "00_a")
    notebook_pages.bring_up_to_date(tmp_path / "notebooks")
    leave(tmp_path / "notebooks", "01_b")
    assert notebook_pages.links(tmp_path / "notebooks") == {
        "00_a": "notebooks/00_a.html",
        "01_b": "notebooks/01_b.ipynb",
    }


def test_a_copy_that_is_no_notebook_is_named(tmp_path):
    (tmp_path / "00_a.ipynb").write_text("{ no notebook")
    with pytest.raises(InputError, match=r"00_a.ipynb is no whole notebook: delete it"):
        notebook_pages.render(tmp_path / "00_a.ipynb")
