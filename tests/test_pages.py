"""The pages beside the notebooks lead somewhere: files, headings, and their own list of changes."""

import re
from pathlib import Path

import pytest
import yaml

import twostream_lib
from tests.fork import repository
from tests.pages import Page, render

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


class Links(Page):
    """Where a page leads, and the pictures that it shows with their alternative texts."""

    def __init__(self, page):
        self.targets, self.pictures = [], {}
        super().__init__(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "a" and "href" in found:
            self.targets.append(found["href"])
        if tag == "img":
            self.pictures[found["src"]] = found.get("alt", "")
        super().handle_starttag(tag, attrs)


def links(page):
    return Links(render(page.read_text(encoding="utf-8")))


def anchors(page):
    """The names that GitHub gives to the headings of a page."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def leads_nowhere(page, target):
    """What is wrong with a link within the repository; empty if it leads somewhere."""
    if re.match(r"[a-z]+:", target):  # an address elsewhere: these are followed by night
        return ""
    name, _, anchor = target.partition("#")
    place = (page.parent / name) if name else page
    if not place.resolve().is_relative_to(ROOT) or not place.exists():
        return f"{target}: no such file"
    return f"{target}: no such heading" if anchor and anchor not in anchors(place) else ""


@each_page
def test_every_link_within_the_repository_leads_to_a_file_and_a_heading(page):
    found = links(page)
    wrong = [leads_nowhere(page, target) for target in [*found.targets, *found.pictures]]
    assert [one for one in wrong if one] == []


def test_what_leads_nowhere_is_found(tmp_path):
    page = ROOT / "README.md"
    assert leads_nowhere(page, "docs/no-such.md") and leads_nowhere(page, "#no-such-heading")
    assert leads_nowhere(page, "../elsewhere.md")
    assert not leads_nowhere(page, "#run-it") and not leads_nowhere(page, "https://example.org")
    other = tmp_path / "page.md"
    other.write_text("[one](a.md) ![two](b.png)\n\n    [code](c.md)\n")
    assert (links(other).targets, links(other).pictures) == (["a.md"], {"b.png": "two"})


@each_page
def test_every_picture_has_an_alternative_text(page):
    assert all(len(alt) > 20 for alt in links(page).pictures.values())


@each_page
def test_addresses_elsewhere_are_encrypted(page):
    assert [target for target in links(page).targets if target.startswith("http:")] == []


def test_every_page_of_docs_is_reached_from_the_readme():
    reached = set(links(ROOT / "README.md").targets)
    for page in PAGES:
        if page.name != "README.md":
            assert page.relative_to(ROOT).as_posix() in reached, page.name


def test_the_readme_names_every_notebook():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"| `{path.stem}` |" in text for path in NOTEBOOKS) and len(NOTEBOOKS) == 10


def test_the_newest_version_of_the_changelog_is_the_librarys():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(\S+)\](?: - (\d{4}-\d\d-\d\d))?$", text, flags=re.MULTILINE)
    assert versions[0] == ("Unreleased", "")
    assert versions[1][0] == twostream_lib.__version__
    dates = [date for _, date in versions[1:]]
    assert all(dates) and dates == sorted(dates, reverse=True)


def test_the_citation_names_this_version_this_place_and_the_paper():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == twostream_lib.__version__
    assert cited["repository-code"] == f"https://github.com/{repository()}"
    assert cited["license"] == "MIT"
    (paper,) = cited["references"]
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    names = ", ".join(one["family-names"] for one in paper["authors"])
    assert f"*{paper['title']}* ({names})" in readme
