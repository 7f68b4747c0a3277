"""Markdown and HTML as a browser takes them: elements, words, and what may be a formula."""

from html.parser import HTMLParser

import mistune

render = mistune.create_markdown(
    escape=False, plugins=["strikethrough", "table", "url", "footnotes", "math"]
)


class Page(HTMLParser):
    """The elements of a page, and its words where JupyterLab may and may not see formulas."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.words, self.open, self.formulas = [], {}, [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.open.append((tag, "mathjax_ignore" in (dict(attrs).get("class") or "")))
        self.words.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        for tag, _ in self.open:
            self.words[tag][-1] += data
        if not any(ignored for _, ignored in self.open):
            self.formulas += data
