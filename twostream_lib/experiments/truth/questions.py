"""The questions of the truth run, as data: pairs of arms that differ in one thing."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from twostream_lib import stickhmdb
from twostream_lib.course.run import Run
from twostream_lib.experiments import flow_setups, leak
from twostream_lib.experiments.truth.arms import (
    FLOW,
    GAPS,
    OTHERS,
    RELATED,
    SG3I,
    SPATIAL,
    TRAPPED,
    Arms,
    gap_words,
    in_fold,
    no_others,
    of_failures,
    of_first_layer,
    of_fusions,
    of_gaps,
    of_joint,
    of_leak,
    of_motion,
    of_recipes,
    of_windows,
    plainly,
    too_wide,
)

HELD_OUT_VIDEOS = "training videos, each by a stream that has not seen its source"
VALIDATION_VIDEOS = "validation videos, the mean over all windows"
TEST_VIDEOS = "test videos, video-10"


def nothing(run: Run) -> frozenset[str]:
    """No arm: the clips of a run can give all."""
    return frozenset()


@dataclass(frozen=True)
class Pair:
    """Two arms that differ in one thing.

    Attributes:
        first, second: the arms. The difference is how much more often the first is right.
        classes: what is counted; empty: all.
        promised: how StickHMDB is made promises that the first is ahead.
    """

    first: str
    second: str
    classes: tuple[str, ...] = ()
    promised: bool = False


@dataclass(frozen=True)
class Question:
    """One experiment.

    Attributes:
        name: also of the file of its answers.
        notebook: the number of the notebook that tells of it.
        asks: the question, for a reader.
        judged: what is counted, and under which protocol.
        arms: trains what is missing, and gives what each arm says of each video.
        pairs: which arms are compared.
        made_of: what the arms follow from beside the run, such as the setups of a laboratory.
        lacking: which arms a run cannot have, though it can have others.
    """

    name: str
    notebook: str
    asks: str
    judged: str
    arms: Callable[[Run], Arms]
    pairs: tuple[Pair, ...]
    made_of: str = ""
    lacking: Callable[[Run], frozenset[str]] = nothing

    def asked_of(self, run: Run) -> tuple[Pair, ...]:
        """The pairs that can be compared on the clips of a run.

        What is promised, and what tells which classes apart, is known of StickHMDB alone.
        """
        known, lacking = run.uses_stickhmdb, self.lacking(run)
        return tuple(
            replace(pair, promised=pair.promised and known)
            for pair in self.pairs
            if (known or not pair.classes) and not {pair.first, pair.second} & lacking
        )


_LEAK_PAIRS = (
    *(
        Pair(f"{network}, {first}", f"{network}, {second}", promised=second == leak.UNRELATED)
        for network in (SPATIAL, SG3I, "average")
        for first, second in ((leak.TAGS_0_1, leak.UNRELATED), (leak.UNRELATED, leak.TAG_1))
    ),
    *(
        Pair(
            f"average, {leak.TAGS_0_1}: {whose}",
            f"average, {leak.UNRELATED}: {whose}",
            promised=whose == RELATED,
        )
        for whose in (RELATED, OTHERS)
    ),
)

_GAP_PAIRS = (
    Pair(gap_words(2), gap_words(1), promised=True),
    Pair(gap_words(2), gap_words(12), promised=True),
    # A shake of *laugh* takes five frames: three that far apart meet it at the same place.
    Pair(gap_words(2), gap_words(5), ("laugh", "smile"), promised=True),
    Pair(gap_words(2), gap_words(5)),
    Pair(gap_words(5), gap_words(12)),
    *(Pair(gap_words(gap), gap_words(gap, 2)) for gap in GAPS),
)

_FAILURE_PAIRS = tuple(
    Pair(flow_setups.control_of(name), name)
    for name in flow_setups.SETUPS
    if name != "working" and name not in flow_setups.TWINS
)

_BOTH_SEE = tuple(
    label
    for label in stickhmdb.ACTIONS
    if stickhmdb.kinds.kind_of(label).startswith(("clubs", "motion twins"))
)

_FUSION_PAIRS = (
    Pair("svm", "average", promised=True),
    Pair("per-class", "average", promised=True),
    Pair("product", "average", promised=True),
    *(Pair(name, "average") for name in ("weighted", "fusenet", "fusenet-linear", "fusenet-tuned")),
    *(Pair(name, in_fold(name), promised=True) for name in TRAPPED),
)

_TOGETHER = tuple(label for pair in stickhmdb.JOINT_TWINS for label in pair)
_JOINT_PAIRS = (
    Pair("joint", "svm", _TOGETHER, promised=True),
    Pair("joint", "average", _TOGETHER, promised=True),
    Pair("features", "svm", _TOGETHER, promised=True),
    Pair("joint", "average, trained on"),
    Pair("joint", "average"),
    Pair("joint", "svm"),
    Pair("features", "average"),
    Pair("joint", "features"),
)

QUESTIONS = (
    Question(
        "leak",
        "01",
        "Does training on tag 0 pay more than as many other clips do?",
        TEST_VIDEOS,
        of_leak,
        _LEAK_PAIRS,
        lacking=no_others,
    ),
    Question(
        "recipes",
        "03",
        "Is a recipe for few clips better than a plain fine-tune of the same weights?",
        TEST_VIDEOS,
        of_recipes,
        tuple(Pair(name, plainly(name)) for name in (SPATIAL, SG3I, FLOW, "average")),
    ),
    Question(
        "gaps",
        "04",
        "How far apart should the three frames be, and how many windows are needed?",
        HELD_OUT_VIDEOS,
        of_gaps,
        _GAP_PAIRS,
        made_of=f"{GAPS}, all folds, equal steps",
        lacking=too_wide,
    ),
    Question(
        "first-layer",
        "04",
        "Is a first layer better that sees nothing but change?",
        TEST_VIDEOS,
        of_first_layer,
        (Pair("change alone", "plain first layer"),),
    ),
    Question(
        "windows",
        "04",
        "What are ten windows of a video worth against one?",
        "test videos, video-1 and video-10",
        of_windows,
        tuple(
            Pair(f"{network}, ten windows", f"{network}, one window") for network in (SPATIAL, SG3I)
        ),
    ),
    Question(
        "failures",
        "05",
        "Which of the paper's faults keeps a flow stream from learning?",
        VALIDATION_VIDEOS,
        of_failures,
        _FAILURE_PAIRS,
        made_of=str(flow_setups.SETUPS),
    ),
    Question(
        "motion",
        "05",
        "SG3I or flow?",
        TEST_VIDEOS,
        of_motion,
        (
            Pair(FLOW, SG3I, ("laugh", "smile"), promised=True),
            Pair(SG3I, FLOW, ("smoke",), promised=True),
            Pair(FLOW, SG3I, _BOTH_SEE),
            Pair(FLOW, SG3I),
        ),
    ),
    Question(
        "fusions",
        "06",
        "Which fusion is best, and what does learning in fold cost?",
        TEST_VIDEOS,
        of_fusions,
        _FUSION_PAIRS,
    ),
    Question(
        "joint",
        "06",
        "Does it help to train both streams together?",
        TEST_VIDEOS,
        of_joint,
        _JOINT_PAIRS,
    ),
)
