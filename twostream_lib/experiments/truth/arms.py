"""The arms of the truth run's questions: what is trained for each, and what each arm says of each
video."""

from collections.abc import Mapping

import numpy as np

from twostream_lib import clips, fusion
from twostream_lib.course.judges import PAIR
from twostream_lib.course.run import Run
from twostream_lib.experiments import flow_setups, flow_trials, gaps, joint, leak, plain
from twostream_lib.fusion import choosing
from twostream_lib.fusion.scores import IN_FOLD, OUT_OF_FOLD, TEST, Scores, per_video

FLOW, SG3I, SPATIAL = "temporal-flow", "temporal-sg3i", "spatial"
# Frames of a dense window of StickHMDB, 30 a second.
GAPS = (1, 2, 5, 8, 12)
# Only from in-fold scores, and from out-of-fold ones: which fusions have both.
TRAPPED = ("per-class", "svm", "fusenet")

# Test videos, by whether a clip of tag 0 is cut from the same source.
RELATED, OTHERS = "videos with relatives in tag 0", "other videos"

Arms = Mapping[str, Scores]  # one row a video


def of_leak(run: Run) -> Arms:
    """A stream trained in each arm of the leak, and their average; that also by kind of video."""
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
    return _by_ten({arm: of_arm for arm, of_arm in said.items() if arm not in no_others(run)})


def no_others(run: Run) -> frozenset[str]:
    """The arms on other videos, where all that are tested have relatives in tag 0."""
    tested = set(run.table.source[run.table.tag == clips.TEST])
    if not tested <= leak.related_sources(run.table):
        return frozenset()
    return frozenset(f"average, {arm}: {OTHERS}" for arm in leak.ARMS)


def of_recipes(run: Run) -> Arms:
    """Each stream by the run's recipe and by a plain fine-tune, and their averages."""
    said = {}
    for network in (SPATIAL, SG3I, FLOW):
        said[plainly(network)] = plain.fine_tuned(run, network)
        said[network] = run.scores_of(network)[TEST]
    for name, of in (("average", str), (plainly("average"), plainly)):
        said[name] = fusion.average([said[of(network)] for network in (SPATIAL, SG3I)])
    return _by_ten(said)


def plainly(network: str) -> str:
    """The name of the arm that is tuned plainly."""
    return f"{network}, plain fine-tune"


def of_gaps(run: Run) -> Arms:
    """A short training for each gap, on all windows and on half of them."""
    narrow = [gap for gap in GAPS if gap <= gaps.widest(run.settings.dense_plan)]
    folds = run.settings.trained_folds
    return {
        gap_words(gap, sparser): per_video(said)
        for sparser in (1, 2)
        for gap, said in gaps.sweep(run, narrow, sparser, folds).items()
    }


def too_wide(run: Run) -> frozenset[str]:
    """The gaps that the dense windows of a run do not have."""
    wide = [gap for gap in GAPS if gap > gaps.widest(run.settings.dense_plan)]
    return frozenset(gap_words(gap, sparser) for gap in wide for sparser in (1, 2))


def gap_words(gap: int, sparser: int = 1) -> str:
    """The name of an arm of the gaps."""
    return f"gap of {gap}" + (", half the windows" if sparser == 2 else "")


def of_first_layer(run: Run) -> Arms:
    """SG3I by the first layer that sees change alone, and by a plain one."""
    return _by_ten(
        {
            "plain first layer": plain.first_layer(run),
            "change alone": run.scores_of(SG3I)[TEST],
        }
    )


def of_windows(run: Run) -> Arms:
    """Both streams by one window of each video, and by ten."""
    tests = {network: run.scores_of(network)[TEST] for network in (SPATIAL, SG3I)}
    return {
        f"{network}, {count}": per_video(test.under(protocol))
        for network, test in tests.items()
        for count, protocol in (("one window", "video-1"), ("ten windows", "video-10"))
    }


def of_failures(run: Run) -> Arms:
    """All setups of the failure laboratory.

    Runs on clips that were given have the same clips, and few sources may be in a fold: so each
    seed holds out another one.
    """
    folds = {0, *run.limits.folds.values()}
    fold = 0 if run.uses_stickhmdb else run.seed % len(folds)
    trials = flow_trials.lab_of(run, fold).trials(flow_setups.SETUPS)
    return {name: per_video(trial.scores) for name, trial in trials.items()}


def of_motion(run: Run) -> Arms:
    """SG3I and flow."""
    return _by_ten({network: run.scores_of(network)[TEST] for network in (SG3I, FLOW)})


def of_fusions(run: Run) -> Arms:
    """Both streams and all fusions, learned out of fold, and some in fold."""
    streams = [run.scores_of(network) for network in PAIR]
    mine, others, test = ([said[part] for said in streams] for part in (IN_FOLD, OUT_OF_FOLD, TEST))
    said = dict(zip(PAIR, test, strict=True))
    for name, learn in fusion.FUSIONS.items():
        said[name] = learn(others, run.seed)(test)
    for name in TRAPPED:
        learn = fusion.FUSIONS[name]
        said[in_fold(name)] = learn(choosing.on_purpose(mine), run.seed)(test)
    return _by_ten(said)


def in_fold(name: str) -> str:
    """The name of the arm of a fusion that learned in fold."""
    return f"{name}, learned in fold"


def of_joint(run: Run) -> Arms:
    """Both streams as one network, fusions of their scores, and as much more training of each."""
    streams = [run.scores_of(network) for network in PAIR]
    others, test = ([said[part] for said in streams] for part in (OUT_OF_FOLD, TEST))
    said = {name: fusion.FUSIONS[name](others, run.seed)(test) for name in ("average", "svm")}
    said |= {network: joint.score(run, network) for network in joint.NETWORKS}
    more = [joint.trained_on(run, network) for network in PAIR]
    return _by_ten(said | {"average, trained on": fusion.average(more)})


def _by_ten(said: Arms) -> Arms:
    return {name: per_video(of_arm.under("video-10")) for name, of_arm in said.items()}
