"""What the clips of a run cannot give, worked out from their table before anything is trained.

A folder that somebody filmed may have no clip to test on, no whole source to validate on, or clips
too short for a stack of flow. What can be had is had all the same, and a sentence says what cannot.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from twostream_lib import clips
from twostream_lib.clips import apart
from twostream_lib.clips.folders import PATTERN_FILE
from twostream_lib.clips.texts import first_three
from twostream_lib.data import planning
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.training.profiles import Profile

TRAIN, VALIDATION, TEST = "training", "validation", "test"


@dataclass(frozen=True)
class Limits:
    """What a run makes of its clips.

    Attributes:
        classes: labels that have something to train on, in alphabetical order.
        folds: the fold of each training clip that can be held out, by name; none where each class
            has only one clip. A fold's clips are left out of the training of its network.
        lacking: what cannot be had, each with its sentence: `test`, `temporal-flow`, `gap-sweep`.
        sentences: all that a reader of this run's figures must know of its parts.
    """

    classes: list[str]
    folds: dict[str, int]
    lacking: dict[str, str]
    sentences: list[str]

    @classmethod
    def of(cls, table: pd.DataFrame, settings: Profile, listed: bool, name: str) -> "Limits":
        """The limits of a probed clip table whose clips have their tags.

        Args:
            table: the clip table, bad clips included.
            settings: of the run.
            listed: whether split files gave the tags.
            name: of the clips, for a reader.

        Raises:
            InputError: there are not two classes with something to train on.
        """
        trained = table.ok & table.tag.isin(settings.train_tags)
        long_enough = count_windows(table, settings.plan) > 0
        classes = clips.classes(table[trained & long_enough])
        _require_two(classes, clips.classes(table), settings.plan, name)
        left_out = sorted(set(clips.classes(table)) - set(classes))
        table = table[table.ok & (trained | (table.tag == clips.TEST)) & long_enough]
        table = table[table.label.isin(classes)].reset_index(drop=True)
        training = table[table.tag != clips.TEST].reset_index(drop=True)
        # Always dealt alike, whatever the seed: runs of several seeds can then be compared.
        fold = apart.spared_folds(training, seed=0, count=settings.folds)
        named = zip(clips.names(training), fold.tolist(), strict=True)
        folds = {name: number for name, number in named if number != apart.NO_FOLD}
        too_short, partial = _short_streams(table, folds, settings)
        lacking = _no_test(table, listed) | too_short
        return cls(
            classes,
            folds,
            lacking,
            [
                *_dealt(table, listed),
                *_left_out(left_out, settings.plan),
                *_untested(table, classes),
                *_dealt_badly(training, fold, advised=TEST in lacking and not listed),
                *lacking.values(),
                *partial,
            ],
        )

    def of_fold(self, fold: int) -> set[str]:
        """The names of a fold's clips."""
        return {name for name, number in self.folds.items() if number == fold}


def count_windows(table: pd.DataFrame, plan: Plan) -> np.ndarray:
    """How many windows each clip of a probed table gives, int `[len(table)]`; a bad clip none."""
    return np.array(
        [len(planning.windows(clip, plan)) if clip.ok else 0 for clip in table.itertuples()], int
    )


def window_words(plan: Plan) -> str:
    """What a clip must be long enough for."""
    return f"a window of {plan.frames} frames, {plan.fps:g} a second"


def _require_two(classes: list[str], there: list[str], plan: Plan, name: str) -> None:
    if len(classes) > 1:
        return
    if len(there) == 1:
        raise InputError(
            f"All clips of {name} are of one class ({there[0]}), and a network needs two to tell "
            "apart: add a folder with clips of another one."
        )
    have = f"Only one class of {name} ({classes[0]}) has" if classes else f"No class of {name} has"
    raise InputError(
        f"{have} training clips that are whole and long enough for {window_words(plan)}, and a "
        "network needs two classes: add longer clips, or correct the split files."
    )


def _dealt(table: pd.DataFrame, listed: bool) -> list[str]:
    tested = sorted(set(table.source[table.tag == clips.TEST]))
    if listed or not tested:
        return []
    all_of = table.source.nunique()
    return [
        f"There are no split files, so {len(tested)} of {all_of} sources are tested on "
        f"({first_three(tested)})."
    ]


def _left_out(labels: list[str], plan: Plan) -> list[str]:
    if not labels:
        return []
    return [
        f"Left out: {first_three(labels)}, of which no training clip is whole and long enough for "
        f"{window_words(plan)}."
    ]


def _no_test(table: pd.DataFrame, listed: bool) -> dict[str, str]:
    if (table.tag == clips.TEST).any():
        return {}
    why = (
        "the split files list no test clip that is whole and long enough"
        if listed
        else "no whole source can be spared, so add clips of one more person or film"
        + _to_tell_more(table, ", or, ")
    )
    return {TEST: f"There is no test part, and no accuracy of test clips: {why}."}


def _untested(table: pd.DataFrame, classes: list[str]) -> list[str]:
    tested = set(table.label[table.tag == clips.TEST])
    without = sorted(set(classes) - tested)
    if not tested or not without:
        return []
    return [f"No test clips of {first_three(without)}: the accuracies say nothing of them."]


def _to_tell_more(table: pd.DataFrame, joint: str) -> str:
    """What helps where the names of clips may tell fewer sources than there are, after `joint`."""
    sources = sorted(set(table.source))
    if len(sources) == len(table):
        return ""
    number = f"{len(sources)} source{'s' if len(sources) > 1 else ''} ({first_three(sources)})"
    return (
        f"{joint}if the {len(table)} clips come from more than {number}, which is what their names "
        f"tell, write a regular expression with a group named source into {PATTERN_FILE} beside "
        "the class folders, such as (?P<source>.+) where each clip is another film"
    )


def _dealt_badly(training: pd.DataFrame, fold: np.ndarray, advised: bool) -> list[str]:
    always = fold == apart.NO_FOLD
    if always.all():
        return [
            "No training clip can be spared, so the validation part and the out-of-fold scores are "
            "of the training clips themselves: what is measured on them is much too good."
        ]
    found = []
    if (training.assign(fold=fold).groupby(["label", "source"]).fold.nunique() > 1).any():
        found += [
            "The training clips come from too few sources, so clips are held out for validation "
            "whose siblings are trained on: what is measured on them is too good"
            f"{'' if advised else _to_tell_more(training, '; ')}."
        ]
    if always.any():
        found += [
            f"All training clips of {first_three(sorted(set(training.label[always])))} are needed "
            "for training, so no fusion learns from them."
        ]
    return found


def _short_streams(
    table: pd.DataFrame, folds: dict[str, int], settings: Profile
) -> tuple[dict[str, str], list[str]]:
    """The streams whose windows are longer than those of images: those that cannot be had, and
    sentences on the classes that others have no training or no test windows of."""
    tested = (table.tag == clips.TEST).to_numpy()
    held_out = np.array([folds.get(name) == 0 for name in clips.names(table)])
    part = np.where(tested, TEST, np.where(held_out, VALIDATION, TRAIN))
    wanted = {
        "temporal-flow": (settings.flow_plan, "The stream of optical flow"),
        "gap-sweep": (settings.dense_plan, "The comparison of gaps"),
    }
    found: dict[str, str] = {}
    partial: list[str] = []
    for stream, (plan, words) in wanted.items():
        sweep, long_enough = stream == "gap-sweep", count_windows(table, plan) > 0
        lacking = sorted(set(part) - ({TEST} if sweep else set()) - set(part[long_enough]))
        # Gaps are tried without the validation part, which they are compared on.
        known = set(table.label[long_enough & (part == TRAIN if sweep else ~tested)])
        if lacking:
            found[stream] = (
                f"{words} cannot be had: no {' and no '.join(lacking)} clip is long enough for "
                f"{window_words(plan)}."
            )
        elif len(known) < 2:
            found[stream] = (
                f"{words} cannot be had: of {first_three(sorted(known)) or 'no class'} alone there "
                f"are training clips long enough for {window_words(plan)}, and a network needs two "
                "classes."
            )
        else:
            partial += _unknown(table, tested, known, words, plan)
            if not sweep:
                partial += _not_asked(table, tested, long_enough, words, plan)
    return found, partial


def _unknown(
    table: pd.DataFrame, tested: np.ndarray, known: set[str], words: str, plan: Plan
) -> list[str]:
    unknown = sorted(set(table.label[~tested]) - known)
    if not unknown:
        return []
    return [
        f"{words} knows nothing of {first_three(unknown)}: no training clip of {_them(unknown)} is "
        f"long enough for {window_words(plan)}."
    ]


def _not_asked(
    table: pd.DataFrame, tested: np.ndarray, long_enough: np.ndarray, words: str, plan: Plan
) -> list[str]:
    unasked = sorted(set(table.label[tested]) - set(table.label[tested & long_enough]))
    if not unasked:
        return []
    return [
        f"{words} is not tested on {first_three(unasked)}: no test clip of {_them(unasked)} is "
        f"long enough for {window_words(plan)}."
    ]


def _them(labels: list[str]) -> str:
    return "it" if len(labels) == 1 else "them"
