"""The README's five findings, their pictures and sentences: python -m tests.tour

It draws the pictures into docs/images and prints what the README has to say beside them. All of it
is made of the recorded truth run, and of what was recorded of the quick run; a finding has a
sentence with the figures of that record, and what must hold for its words.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.fork import ROOT
from tests.notebooks.claims import compared
from tests.notebooks.claims import recorded as of_quick_run
from twostream_lib import networks
from twostream_lib.experiments.truth import page, words
from twostream_lib.experiments.truth.recorded import question
from twostream_lib.figures.display import Picture, to_png
from twostream_lib.files import replacing

IMAGES = ROOT / "docs" / "images"
DESCRIPTION = "Description"  # the text in a picture's file that has its alternative text
COLOURS = 64  # dots and letters need no more, and take half as many bytes
SPATIAL, SG3I, FLOW = "spatial", "temporal-sg3i", "temporal-flow"
STREAMS = (SPATIAL, SG3I, FLOW)


@dataclass(frozen=True)
class Finding:
    """One of the course's findings.

    Attributes:
        name: of its picture's file.
        notebook: the number of the one that tells of it.
        title: the finding in a few words.
        draw: draws it under a title, with its alternative text.
        sentence: what the README says of it, with the record's figures.
        holds: whether the words of title and sentence are true of the record.
    """

    name: str
    notebook: str
    title: str
    draw: Callable[[str], Picture]
    sentence: Callable[[], str]
    holds: Callable[[], bool]

    @property
    def file(self) -> Path:
        return IMAGES / f"{self.name}.png"

    def picture(self) -> Picture:
        return self.draw(self.title)

    def markdown(self) -> str:
        """The finding as the README has it."""
        image = f"![{self.picture().alt}]({self.file.relative_to(ROOT).as_posix()})"
        return f"**{self.title}.** {self.sentence()} (notebook {self.notebook})\n\n{image}"


def arms(name: str, *shown: str) -> Callable[[str], Picture]:
    """Draws how often some networks of a question of the truth run are right."""

    def draw(title: str) -> Picture:
        found = {networks.get(arm).words: question(name)["arms"][arm] for arm in shown}
        return shares(title, question(name)["judged"], found)

    return draw


def shares(title: str, judged: str, found: Mapping[str, dict[str, Any]]) -> Picture:
    """How often each of these is right, on an axis from 0 on."""
    figure = page.arms({"asks": title, "judged": judged, "arms": found})
    figure.axes[0].set_xlim(0, 102)
    return figure


def pairs(name: str, ahead: str, **shown: tuple[str, ...]) -> Callable[[str], Picture]:
    """Draws who is ahead in some pairs of a question, each under words of its own.

    ahead: what the first of a pair is, see `page.pairs`.
    """

    def draw(title: str) -> Picture:
        found = {label: compared(name, *one) for label, one in shown.items()}
        return page.pairs({"pairs": list(found.values())}, list(found), ahead, title)

    return draw


def right(name: str, arm: str) -> str:
    """How often an arm is right, in percent, such as `69.2`."""
    return f"{100 * question(name)['arms'][arm]['mean']:.1f}"


def right_between(name: str, arm: str) -> str:
    """The interval of that, such as `65.2 to 73.1`."""
    return _ends(question(name)["arms"][arm])


def ahead(name: str, *pair: str) -> str:
    """By how many points the first of a pair is ahead, such as `5.6`."""
    return f"{100 * compared(name, *pair)['mean']:.1f}"


def between(name: str, *pair: str) -> str:
    """The interval of that, such as `-1.4 to 4.8`."""
    return _ends(compared(name, *pair))


def _ends(found: Mapping[str, Any]) -> str:
    return f"{100 * found['low']:.1f} to {100 * found['high']:.1f}"


def shows(name: str, verdict: str, *shown: tuple[str, ...]) -> bool:
    """Whether this is the verdict on each of these pairs."""
    return all(words.verdict(compared(name, *one)) == verdict for one in shown)


# --- a film played either way --------------------------------------------------------------------


def twins() -> dict[str, dict[str, Any]]:
    """How often each stream of the quick run tells *sit* from *stand*."""
    return of_quick_run("05")["twins"]


def twins_picture(title: str) -> Picture:
    found = {
        networks.get(name).words: one | {"mean": one["accuracy"], "by_run": [one["accuracy"]]}
        for name in STREAMS
        if (one := twins()[name])
    }
    figure = shares(title, "test videos of sit and stand, asked which of the two", found)
    (axes,) = figure.axes
    axes.axvline(50, color="0.3", linestyle=":")
    axes.set_xlabel(f"{axes.get_xlabel()}; dotted: tossing a coin")
    return figure


def twins_sentence() -> str:
    n, low, high = (twins()[SPATIAL][name] for name in ("n", "low", "high"))
    frames, sg3i, flow = (round(twins()[name]["accuracy"] * n) for name in STREAMS)
    return (
        "*Sit* is *stand* played backwards. Asked which of the two it sees, the network on single "
        f"frames is right about {frames} of {n} test videos, as by tossing a coin (95 % interval "
        f"{100 * low:.0f} to {100 * high:.0f} %); those on motion are right about {sg3i} and "
        f"{flow}."
    )


def twins_hold() -> bool:
    frames, *motion = (twins()[name] for name in STREAMS)
    return frames["low"] < 0.5 < frames["high"] and all(one["low"] > 0.8 for one in motion)


# --- the findings --------------------------------------------------------------------------------

FUSED = ("average", "product", "per-class", "svm")
UNRELATED = "average, tag 1 and unrelated clips"
MORE, LEAK = (UNRELATED, "average, tag 1"), ("average, tags 0 and 1", UNRELATED)
RELATED = tuple(f"{arm}: videos with relatives in tag 0" for arm in LEAK)
IN_HEAD = {
    "cost of ReLU and dropout": ("working", "ReLU and dropout"),
    "cost of a softmax": ("working", "softmax"),
}
IN_FLOW = {
    "cost of stretching each field by itself": ("working", "each field stretched by itself"),
    "cost of a flip without negation": ("working", "flip without negation"),
    "cost of averaging u and v": ("working", "u and v averaged with each other"),
    "cost of no scaling": ("working", "no scaling"),
}
HEAD, SOFTMAX = IN_HEAD.values()
AVERAGED = IN_FLOW["cost of averaging u and v"]
LAUGH, SMOKE = (FLOW, SG3I, "laugh", "smile"), (SG3I, FLOW, "smoke")

FINDINGS = (
    Finding(
        "twins",
        "05",
        "One picture does not know which way time runs",
        twins_picture,
        twins_sentence,
        twins_hold,
    ),
    Finding(
        "fusion",
        "06",
        "Two streams know more than one",
        arms("fusions", SPATIAL, SG3I, *FUSED),
        lambda: (
            f"Alone they are right about {right('fusions', SPATIAL)} and "
            f"{right('fusions', SG3I)} % of the test videos, their plain average about "
            f"{right('fusions', 'average')} % ({right_between('fusions', SPATIAL)}, "
            f"{right_between('fusions', SG3I)} and {right_between('fusions', 'average')}; "
            f"{question('fusions')['arms']['average']['n']:,} videos of "
            f"{len(question('fusions')['arms']['average']['by_run'])} runs); a linear SVM on both "
            f"is {ahead('fusions', 'svm', 'average')} points ahead of that "
            f"({between('fusions', 'svm', 'average')})."
        ),
        lambda: (
            question("fusions")["arms"]["average"]["low"]
            > max(question("fusions")["arms"][name]["high"] for name in (SPATIAL, SG3I))
            and shows("fusions", words.AHEAD, ("svm", "average"))
        ),
    ),
    Finding(
        "motion",
        "05",
        "SG3I and optical flow see different things",
        pairs(
            "motion",
            words.AHEAD,
            **{
                "flow over SG3I, on laugh and smile": LAUGH,
                "SG3I over flow, on smoke": SMOKE,
                "flow over SG3I, on all classes": (FLOW, SG3I),
            },
        ),
        lambda: (
            f"Flow is {ahead('motion', *LAUGH)} points ahead on *laugh* and *smile*, SG3I "
            f"{ahead('motion', *SMOKE)} points on *smoke*; over all classes no difference is "
            f"shown ({between('motion', FLOW, SG3I)} points)."
        ),
        lambda: (
            shows("motion", words.AHEAD, LAUGH, SMOKE)
            and shows("motion", words.NOT_SHOWN, (FLOW, SG3I))
        ),
    ),
    Finding(
        "failures",
        "05",
        "What stands behind its last layer can cost a flow stream most of what it learns",
        pairs("failures", "lost on validation videos", **IN_HEAD, **IN_FLOW),
        lambda: (
            f"A stream that works has {right('failures', 'working')} % of "
            f"{question('failures')['arms']['working']['n']:,} validation videos right. ReLU and "
            f"dropout on the logits cost {ahead('failures', *HEAD)} points "
            f"({between('failures', *HEAD)}), a softmax before the loss "
            f"{ahead('failures', *SOFTMAX)} ({between('failures', *SOFTMAX)}); that averaging u "
            f"and v with each other costs anything is not shown "
            f"({between('failures', *AVERAGED)})."
        ),
        lambda: (
            shows("failures", words.AHEAD, HEAD, SOFTMAX)
            and shows("failures", words.NOT_SHOWN, AVERAGED)
            and min(compared("failures", *one)["low"] for one in IN_HEAD.values())
            > max(compared("failures", *one)["high"] for one in IN_FLOW.values())
        ),
    ),
    Finding(
        "leak",
        "01",
        "More clips help; that leaking ones help more is not shown",
        pairs(
            "leak",
            words.AHEAD,
            **{
                "unrelated clips over none": MORE,
                "as many of tag 0 over those": LEAK,
                "the same, on videos with relatives in tag 0": RELATED,
            },
        ),
        lambda: (
            f"Further clips of unrelated sources bring the average {ahead('leak', *MORE)} points "
            f"({between('leak', *MORE)}); as many of tag 0, some cut from the same sources as test "
            f"clips, bring {ahead('leak', *LEAK)} more, which luck can explain "
            f"({between('leak', *LEAK)})."
        ),
        lambda: (
            shows("leak", words.AHEAD, MORE)
            and shows("leak", words.NOT_SHOWN, LEAK)
            and compared("leak", *LEAK)["mean"] > 0
        ),
    ),
)


def draw() -> None:
    """Draw all pictures, and print what the README has to have."""
    for finding in FINDINGS:
        picture = finding.picture()
        image = Image.open(io.BytesIO(to_png(picture))).convert("RGB").quantize(COLOURS)
        says = PngInfo()
        says.add_itxt(DESCRIPTION, picture.alt)
        with replacing(finding.file) as beside:
            image.save(beside, "png", optimize=True, pnginfo=says)
    print("\n\n".join(finding.markdown() for finding in FINDINGS))


if __name__ == "__main__":
    draw()
