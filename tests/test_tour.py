"""The README's findings: what it says is what the records say, and its pictures are theirs."""

import re

import pytest
from PIL import Image

from tests import tour
from twostream_lib.experiments.truth import recorded

README = (tour.ROOT / "README.md").read_text(encoding="utf-8")
LARGEST = 60_000  # bytes of a picture
MOST_WORDS = 1_200  # five minutes at 240 words a minute

each = pytest.mark.parametrize("finding", tour.FINDINGS, ids=lambda finding: finding.name)


@each
def test_the_readme_says_the_finding_with_its_figures_and_shows_its_picture(finding):
    assert finding.markdown() in README, f"Put this in:\n{finding.markdown()}"


@each
def test_the_record_bears_the_finding_out(finding):
    assert finding.holds(), f"{finding.title}: the record contradicts it"


@each
def test_the_notebook_that_is_named_tells_of_it(finding):
    asked = {one["notebook"] for one in recorded.record()["questions"].values()}
    assert finding.notebook in asked


@each
def test_its_picture_is_small_and_drawn_of_these_figures(finding):
    """Dots depend on matplotlib's version; so each file says in words what was drawn."""
    assert finding.file.stat().st_size <= LARGEST
    with Image.open(finding.file) as image:
        assert image.text[tour.DESCRIPTION] == finding.picture().alt, "make pictures"


def test_no_picture_is_left_over():
    assert set(tour.IMAGES.iterdir()) == {finding.file for finding in tour.FINDINGS}


def test_the_readme_is_read_in_five_minutes():
    prose = re.sub(r"!\[.*?\]\(.*?\)|^\|.*$|^    .*$", "", README, flags=re.MULTILINE)
    assert len(prose.split()) < MOST_WORDS
