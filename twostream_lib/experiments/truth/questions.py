"""The questions of the truth run, as data: arms that differ in one thing, and pairs of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from twostream_lib import clips, fusion, stickhmdb
from twostream_lib.course.run import Run
from twostream_lib.experiments import flow_setups, gaps, joint, leak, plain
from twostream_lib.experiments.flow_trials import Lab
from twostream_lib.fusion import choosing
from twostream_lib.fusion.scores import IN_FOLD, OUT_OF_FOLD, TEST, Scores, per_video

FLOW, SG3I, SPATIAL = "temporal-flow", "temporal-sg3i", "spatial"
HELD_OUT_VIDEOS = "training videos, each by a stream that has not seen its source"
VALIDATION_VIDEOS = "validation videos, the mean over all windows"
TEST_VIDEOS = "test videos, video-10"
# Frames of a dense window of StickHMDB, 30 a second.
GAPS = (1, 2, 5, 8, 12)
# Only from in-fold scores, and from out-of-fold ones: which fusions have both.
TRAPPED = ("per-class", "svm", "fusenet")

# Test videos, by whether a clip of tag 0 is cut from the same source.
RELATED, OTHERS = "videos with relatives in tag 0", "other videos"

Arms = Mapping[str, Scores]  # one row a video


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


# --- notebook 01 ---------------------------------------------------------------------------------


def _leak(run: Run) -> Arms:
    streams = {network: leak.arms(run, network) for network in (SPATIAL, SG3I)}
    said = {
        f"{network}, {arm}": of_arm
        for network, arms in streams.items()
        for arm, of_arm in arms.items()
    }
    related = list(leak.related_sources(run.table))
    for arm in leak.ARMS:
        both = fusion.average([arms[arm] for arms in streams.values()])
        of_related = np.isin(both.source, related)
        said |= {
            f"average, {arm}": both,
            f"average, {arm}: {RELATED}": both.rows(of_related),
            f"average, {arm}: {OTHERS}": both.rows(~of_related),
        }
    return _by_ten({arm: of_arm for arm, of_arm in said.items() if arm not in _no_others(run)})


def _no_others(run: Run) -> frozenset[str]:
    """The arms on other videos, where all that are tested have relatives in tag 0."""
    tested = set(run.table.source[run.table.tag == clips.TEST])
    if not tested <= leak.related_sources(run.table):
        return frozenset()
    return frozenset(f"average, {arm}: {OTHERS}" for arm in leak.ARMS)


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


# --- notebook 03 ---------------------------------------------------------------------------------


def _recipes(run: Run) -> Arms:
    said = {}
    for network in (SPATIAL, SG3I, FLOW):
        said[_plain(network)] = plain.fine_tuned(run, network)
        said[network] = run.scores_of(network)[TEST]
    for name, of in (("average", str), (_plain("average"), _plain)):
        said[name] = fusion.average([said[of(network)] for network in (SPATIAL, SG3I)])
    return _by_ten(said)


def _plain(network: str) -> str:
    return f"{network}, plain fine-tune"


# --- notebook 04 ---------------------------------------------------------------------------------


def _gaps(run: Run) -> Arms:
    narrow = [gap for gap in GAPS if gap <= gaps.widest(run.settings.dense_plan)]
    folds = run.settings.trained_folds
    return {
        _gap_words(gap, sparser): per_video(said)
        for sparser in (1, 2)
        for gap, said in gaps.sweep(run, narrow, sparser, folds).items()
    }


def _too_wide(run: Run) -> frozenset[str]:
    wide = [gap for gap in GAPS if gap > gaps.widest(run.settings.dense_plan)]
    return frozenset(_gap_words(gap, sparser) for gap in wide for sparser in (1, 2))


def _gap_words(gap: int, sparser: int = 1) -> str:
    return f"gap of {gap}" + (", half the windows" if sparser == 2 else "")


_GAP_PAIRS = (
    Pair(_gap_words(2), _gap_words(1), promised=True),
    Pair(_gap_words(2), _gap_words(12), promised=True),
    # A shake of *laugh* takes five frames: three that far apart meet it at the same place.
    Pair(_gap_words(2), _gap_words(5), ("laugh", "smile"), promised=True),
    Pair(_gap_words(2), _gap_words(5)),
    Pair(_gap_words(5), _gap_words(12)),
    *(Pair(_gap_words(gap), _gap_words(gap, 2)) for gap in GAPS),
)


def _first_layer(run: Run) -> Arms:
    return _by_ten(
        {
            "plain first layer": plain.first_layer(run),
            "colour alone": run.scores_of(SG3I)[TEST],
        }
    )


def _windows(run: Run) -> Arms:
    tests = {network: run.scores_of(network)[TEST] for network in (SPATIAL, SG3I)}
    return {
        f"{network}, {count}": per_video(test.under(protocol))
        for network, test in tests.items()
        for count, protocol in (("one window", "video-1"), ("ten windows", "video-10"))
    }


# --- notebook 05 ---------------------------------------------------------------------------------


def lab_of(run: Run) -> Lab:
    """The failure laboratory of a run; its spatial stream is trained if it is not yet."""
    spatial = run.new_stream(SPATIAL)
    run.train(SPATIAL, spatial)
    return Lab(
        train=run.part(FLOW, "train"),
        valid=run.part(FLOW, "validation"),
        backbone=run.backbone,
        weights=run.weights,
        spatial=spatial,
        recipe=run.recipe(FLOW),
        folder=run.checkpoint("flow-trials"),
        seed=run.seed,
    )


def _failures(run: Run) -> Arms:
    trials = lab_of(run).trials(flow_setups.SETUPS)
    return {name: per_video(trial.scores) for name, trial in trials.items()}


_FAILURE_PAIRS = tuple(
    Pair(flow_setups.control_of(name), name)
    for name in flow_setups.SETUPS
    if name != "working" and name not in flow_setups.TWINS
)


def _motion(run: Run) -> Arms:
    return _by_ten({network: run.scores_of(network)[TEST] for network in (SG3I, FLOW)})


_BOTH_SEE = tuple(
    label
    for label in stickhmdb.ACTIONS
    if stickhmdb.kinds.kind_of(label).startswith(("clubs", "motion twins"))
)


# --- notebook 06 ---------------------------------------------------------------------------------


def _fusions(run: Run) -> Arms:
    streams = [run.scores_of(network) for network in joint.PAIR]
    mine, others, test = ([said[part] for said in streams] for part in (IN_FOLD, OUT_OF_FOLD, TEST))
    said = dict(zip(joint.PAIR, test, strict=True))
    for name, learn in fusion.FUSIONS.items():
        said[name] = learn(others, run.seed)(test)
    for name in TRAPPED:
        learn = fusion.FUSIONS[name]
        said[_in_fold(name)] = learn(choosing.on_purpose(mine), run.seed)(test)
    return _by_ten(said)


def _in_fold(name: str) -> str:
    return f"{name}, learned in fold"


_FUSION_PAIRS = (
    Pair("svm", "average", promised=True),
    Pair("per-class", "average", promised=True),
    Pair("product", "average", promised=True),
    *(Pair(name, "average") for name in ("weighted", "fusenet", "fusenet-linear", "fusenet-tuned")),
    *(Pair(name, _in_fold(name), promised=True) for name in TRAPPED),
)


def _joint(run: Run) -> Arms:
    streams = [run.scores_of(network) for network in joint.PAIR]
    others, test = ([said[part] for said in streams] for part in (OUT_OF_FOLD, TEST))
    said = {name: fusion.FUSIONS[name](others, run.seed)(test) for name in ("average", "svm")}
    said |= {network: joint.score(run, network) for network in joint.NETWORKS}
    more = [joint.trained_on(run, network) for network in joint.PAIR]
    return _by_ten(said | {"average, trained on": fusion.average(more)})


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


def _by_ten(said: Arms) -> Arms:
    return {name: per_video(of_arm.under("video-10")) for name, of_arm in said.items()}


QUESTIONS = (
    Question(
        "leak",
        "01",
        "Does training on tag 0 pay more than as many other clips do?",
        TEST_VIDEOS,
        _leak,
        _LEAK_PAIRS,
        lacking=_no_others,
    ),
    Question(
        "recipes",
        "03",
        "Is a recipe for few clips better than a plain fine-tune of the same weights?",
        TEST_VIDEOS,
        _recipes,
        tuple(Pair(name, _plain(name)) for name in (SPATIAL, SG3I, FLOW, "average")),
    ),
    Question(
        "gaps",
        "04",
        "How far apart should the three frames be, and how many windows are needed?",
        HELD_OUT_VIDEOS,
        _gaps,
        _GAP_PAIRS,
        made_of=f"{GAPS}, all folds, equal steps",
        lacking=_too_wide,
    ),
    Question(
        "first-layer",
        "04",
        "Is a first layer better that sees nothing but colour?",
        TEST_VIDEOS,
        _first_layer,
        (Pair("colour alone", "plain first layer"),),
    ),
    Question(
        "windows",
        "04",
        "What are ten windows of a video worth against one?",
        "test videos, video-1 and video-10",
        _windows,
        tuple(
            Pair(f"{network}, ten windows", f"{network}, one window") for network in (SPATIAL, SG3I)
        ),
    ),
    Question(
        "failures",
        "05",
        "Which of the paper's faults keeps a flow stream from learning?",
        VALIDATION_VIDEOS,
        _failures,
        _FAILURE_PAIRS,
        made_of=str(flow_setups.SETUPS),
    ),
    Question(
        "motion",
        "05",
        "SG3I or flow?",
        TEST_VIDEOS,
        _motion,
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
        _fusions,
        _FUSION_PAIRS,
    ),
    Question(
        "joint",
        "06",
        "Does it help to train both streams together?",
        TEST_VIDEOS,
        _joint,
        _JOINT_PAIRS,
    ),
)
