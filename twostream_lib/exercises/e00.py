"""The exercise of notebook 00: one more class, and which ceilings it lets fall."""

from collections.abc import Mapping

from twostream_lib import stickhmdb
from twostream_lib.exercises import Exercise, Lesson, verdict

VIEWS = ("shows", "gray", "flow")

LESSON = Lesson(
    bow=Exercise(
        hint="A ceiling is the number of different words that a reader sees, divided by the number "
        "of classes. One more class always adds one to the second number. When does it add one to "
        "the first as well?",
        solution="""
# `bow` has the words of `sit`. No word is new, but there is one class more: all three ceilings
# fall. Only the ceiling of one picture falls if its picture is old, and its motion is new to gray
# frames and to flow, for example:
bow = {
    "label": "bow",
    "shows": "figure and stool",
    "gray": "body leans forward",
    "flow": "body leans forward",
}
# The ceilings of gray frames and of flow even rise a little: this class has a word of its own.
""",
    ),
)
hint, solution = LESSON.hint, LESSON.solution

# Which ceilings fall → why.
SLIPS = {
    ("shows", "gray", "flow"): "Each of its words is taken by another class, so all three fall.",
    ("shows", "gray"): "Flow sees that it is new, and three gray frames do not: their ceiling "
    "falls as well.",
    ("shows", "flow"): "Three gray frames see that it is new, and flow does not: its ceiling falls "
    "as well.",
    ("gray", "flow"): "Its picture is new and its motion is not, so the ceilings of motion fall: "
    "you want it the other way round.",
    ("gray",): "Its picture is new, so the ceiling of one picture does not fall.",
    ("flow",): "Its picture is new, so the ceiling of one picture does not fall.",
    (): "All of its words are new, so that no ceiling falls.",
}


def check_bow(bow: Mapping[str, str]) -> None:
    """Judge a class that comes to those that words tell apart, by what one picture `shows`, and
    what `gray` frames and `flow` see of it: only the ceiling of one picture should fall."""
    good = "Its picture is one of another class, and its motion is new."
    verdict(_wrong_class(bow), good)


def _wrong_class(bow: Mapping[str, str]) -> str:
    given = [bow.get(view) for view in VIEWS] if isinstance(bow, Mapping) else [None]
    if not all(isinstance(word, str) and word.strip() for word in given):
        return "The new class is a dict with words for `shows`, for `gray` and for `flow`."
    words = dict(zip(VIEWS, map(_plain, map(str, given)), strict=True))
    fallen, clubs = [], False
    for view, word in words.items():
        taken = {_plain(getattr(act, view)): act for act in stickhmdb.ACTIONS.values()}
        clubs |= word in taken and taken[word].place is not None
        fallen += [view] if word in taken else []
    if clubs:
        return "Acts with two clubs differ by degrees, which words do not tell: take other words."
    return "" if fallen == ["shows"] else SLIPS[tuple(fallen)]


def _plain(words: str) -> str:
    """The same words in other capitals or with other spaces are no new picture or motion."""
    return " ".join(words.split()).casefold()
