"""No notebook says of the paper what the paper does not say (`course/paper`: not stated)."""

import re

import nbformat
import pytest

from tests.notebooks.claims import NOTEBOOKS
from twostream_lib.course import paper

# Words by which a sentence would claim something of a condition that the paper does not state.
CLAIMING = {
    "split": r"\bsplits? \d|\bsplit it used",
    "protocol": r"\b(each|per|single) windows?\b|\(windows|\bwindows right|\bper video\b"
    r"|\bcounts?\b|\bvideo-10?\b",
    "frames": r"\bconsecutive\b|\bfollow each other\b|\bneighbouring frames\b|\b1/30 s\b",
    "picture": r"\bpixels\b",
    "learning rate": r"\blearning rate\b",
    "learns from": r"\b(in|out of)[- ]fold\b|\bown training clips\b",
    "interval": r"\bintervals?\b",
}
# Words by which it denies it, or says whose words they are instead.
DENYING = re.compile(
    r"\bnot (say|stat|name|giv|tell|call|there)|\b(says|states|gives|names) (no|nothing|less)\b"
    r"|\bno (interval|learning rate|figure|split)\b|\bauthors\b|\bnotebooks\b|\bwhatever\b"
    r"|\bnobody\b",
    re.I,
)
THE_PAPER = re.compile(r"\bthe paper\b(?! profile)", re.I)


def sentences(path):
    """The sentences of a notebook's Markdown, and of the strings in its code."""
    for cell in nbformat.read(path, as_version=nbformat.NO_CONVERT).cells:
        text = cell.source
        if cell.cell_type == "code":
            text = ". ".join(re.findall(r'"([^"\n]{20,})"', text))
        text = re.sub(r"\n\s*(?=[-*|#>]|\n)", ". ", text)
        yield from ((cell.id, one) for one in re.split(r"(?<=[.?!])\s+", " ".join(text.split())))


def claims(sentence):
    """What a sentence claims of the paper that the paper does not say."""
    if not THE_PAPER.search(sentence) or DENYING.search(sentence):
        return []
    return [name for name, words in CLAIMING.items() if re.search(words, sentence, re.I)]


def test_each_condition_that_is_not_stated_has_its_words():
    assert set(CLAIMING) == set(paper.not_stated())


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_no_notebook_says_more_of_the_paper_than_the_paper_does(path):
    found = [(cell, claims(one), one) for cell, one in sentences(path) if claims(one)]
    assert not found, found


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("`window` takes each window by itself, as the paper does.", ["protocol"]),
        ("The paper's mode 1 takes consecutive frames.", ["frames"]),
        ("The paper does not say what it counts.", []),
        ("The paper names no split, and gives no interval.", []),
        ("In mode 2 the paper's learning rate is 0.01.", ["learning rate"]),
        ("The paper has FuseNet below the average.", []),
        ("A window has three frames.", []),
    ],
)
def test_the_words_find_what_is_claimed(sentence, found):
    assert claims(sentence) == found
