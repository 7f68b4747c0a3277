"""What is displayed has words for those who do not see it, and names from outside are text."""

from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.display import Markdown
from jinja2 import UndefinedError
from markupsafe import Markup

from tests.names import HOSTILE
from tests.pages import Page, render
from twostream_lib import markup
from twostream_lib.errors import InputError

SHOWN_AS_IT_IS = [name for name in HOSTILE if markup.plain(name) == name]
every_name = pytest.mark.parametrize("name", HOSTILE)
names = st.text(min_size=1) | st.text(
    st.sampled_from("ab1 $\\`*_{}[]()<>#+-.!|~&;:/@\n"), min_size=1
)


def on_the_page(name):
    """What a reader sees of a name: browsers keep a space that must not break, and drop others."""
    return markup.plain(name).replace(" ", "\u00a0")


def alike(words):
    return words.replace(" ", "\u00a0")


@given(names)
def test_markdown_shows_a_name_as_it_is(name):
    page = Page(
        render(f"- Most often **{markup.text(name)}** is\n- taken for {markup.text(name)}.")
    )
    assert set(page.elements) <= {"ul", "li", "strong", "bdi"}
    seen = on_the_page(name)
    assert [alike(words.strip("\n")) for words in page.words["li"]] == [
        alike("Most often ") + seen + alike(" is"),
        alike("taken for ") + seen + ".",
    ]
    assert alike(page.words["strong"][0]) == seen
    assert not set("$\\") & set(page.formulas)


@given(names)
def test_a_name_at_the_start_of_a_line_begins_nothing(name):
    page = Page(render(markup.text(name)))
    assert set(page.elements) <= {"p", "bdi"}
    assert alike(page.words["p"][0].strip("\n")) == on_the_page(name)


@every_name
def test_html_shows_a_name_as_it_is(name):
    page = Page(f"<p>{markup.text(name)}</p>")
    assert set(page.elements) <= {"p", "bdi"}
    assert alike(page.words["p"][0]) == on_the_page(name)
    assert not set("$\\") & set(page.formulas)


@pytest.mark.parametrize("name", ["wave", "swing_baseball", "StickHMDB", "my clips 2"])
def test_ordinary_names_stay_readable_in_the_source(name):
    assert markup.text(name) == name


def test_a_printed_name_is_one_line_without_controls():
    assert markup.plain("a\nb\x1b[31m\u2028c\ud800") == "a\\nb\\x1b[31m\\u2028c\\ud800"
    assert markup.plain("photo\u202egpj.exe") == "photo\\u202egpj.exe"
    assert markup.plain("e\u0301 走る 😀 $") == "e\u0301 走る 😀 $"


def cells(page):
    return [words for tag in ("th", "td", "caption") for words in page.words.get(tag, [])]


@pytest.mark.parametrize("name", SHOWN_AS_IT_IS)
def test_tables_show_names_as_they_are(name, monkeypatch):
    shown = []
    monkeypatch.setattr(markup, "display", lambda bundle, raw: shown.append(bundle))
    table = pd.DataFrame({name: [name, 1]}, index=pd.Index([name, "other"], name=name))
    markup.show_table(table, name)
    page = Page(shown[0]["text/html"])
    assert set(page.elements) <= {"table", "caption", "bdi", "thead", "tbody", "tr", "th", "td"}
    found = [alike(words.strip()) for words in cells(page)]
    assert found.count(alike(name.strip())) == 5  # caption, column, index, its name, and the cell
    assert on_the_page(name) == alike(page.words["caption"][0])
    assert "$" not in page.formulas
    assert name in shown[0]["text/plain"]


@pytest.mark.parametrize("name", SHOWN_AS_IT_IS)
def test_a_table_that_a_cell_ends_with_shows_names_as_they_are(name):
    markup.tables_of_text()
    html = pd.DataFrame({"clip": [name]}, index=[name])._repr_html_()
    if pd.__version__.startswith("2."):  # which tells MathJax 2 alone, as Colab has it
        html = html.replace("tex2jax_ignore", "mathjax_ignore")
    page = Page(html)
    assert [alike(words.strip()) for words in cells(page)].count(alike(name.strip())) == 2
    assert "$" not in page.formulas


def test_numbers_of_a_table_look_as_they_are_told_to(monkeypatch):
    shown = []
    monkeypatch.setattr(markup, "display", lambda bundle, raw: shown.append(bundle))
    table = pd.DataFrame({"p": [0.12345, None], "n": [1234, 5]}, index=["a", "b"])
    markup.show_table(table, "Two rows", {"p": "{:.2g}", "n": "{:,}"}, index=False)
    page = Page(shown[0]["text/html"])
    assert page.words["td"] == ["0.12", "1,234", "–", "5"]
    assert page.words["th"] == ["p", "n"]
    assert shown[0]["text/plain"].split() == ["Two", "rows", "p", "n", "0.12", "1,234", "–", "5"]


def test_an_image_carries_its_bytes_and_its_text():
    tag = markup.image_tag(b"\x89PNG", 'a "wave" & more')
    assert 'src="data:image/png;base64,iVBORw=="' in tag
    assert 'alt="a &quot;wave&quot; &amp; more"' in tag


@every_name
def test_an_alternative_text_says_names_as_they_are(name):
    images = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: images.append((tag, dict(attrs)))
    parser.feed(markup.image_tag(b"", f"A clip of {name}."))
    ((tag, attrs),) = images
    assert tag == "img" and attrs["alt"] == f"A clip of {name}."


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_image_without_words_is_refused(text):
    with pytest.raises(InputError, match="no alternative text"):
        markup.image_tag(b"", text)


def test_what_is_displayed_is_html_with_words_or_markdown(monkeypatch):
    shown = []
    monkeypatch.setattr(markup, "display", lambda what, **how: shown.append((what, how)))
    markup.show_html("<b>wave</b>", "wave")
    markup.say("**wave**")
    assert shown[0] == ({"text/html": "<b>wave</b>", "text/plain": "wave"}, {"raw": True})
    assert isinstance(shown[1][0], Markdown) and shown[1][0].data == "**wave**"


def test_a_name_in_a_page_is_text_on_one_line_and_one_that_is_lacking_an_error(tmp_path):
    file = tmp_path / "page.jinja"
    file.write_text("<p>{{ name }}{{ count }}</p>{% include 'part.jinja' %}")
    (tmp_path / "part.jinja").write_text("{{ made }}")
    page = markup.template(file)
    said = page.render(name="<b>\n\u202e", count=3, made=Markup("<i>\n</i>"))
    assert said == "<p>&lt;b&gt;\\n\\u202e3</p><i>\n</i>"
    with pytest.raises(UndefinedError, match="count"):
        page.render(name="a", made="b")
