"""What is displayed has words for those who do not see it."""

import pytest
from IPython.display import Markdown

from twostream_lib import markup
from twostream_lib.errors import InputError


def test_an_image_carries_its_bytes_and_its_text():
    tag = markup.image_tag(b"\x89PNG", 'a "wave" & more')
    assert 'src="data:image/png;base64,iVBORw=="' in tag
    assert 'alt="a &quot;wave&quot; &amp; more"' in tag


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
