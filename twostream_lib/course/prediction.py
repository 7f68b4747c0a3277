"""A run asked about a film that nobody has labelled: what its networks say, and when they say it.

The film goes the way of every clip of the run: windows are cut out of it by the run's own plans,
and the networks by which the run was tested score them. So a clip of the run gets the very scores
that the run has of it. The answer for the whole film is the mean of its windows' probabilities.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from twostream_lib import clips, figures, fusion
from twostream_lib.course.judges import PAIR, Judges
from twostream_lib.data import planning, store
from twostream_lib.data.datasets import WindowDataset
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.fusion import familiar, scores
from twostream_lib.fusion.familiar import Rule
from twostream_lib.fusion.scores import Scores

# The fusion whose streams are fed different windows: it says something of whole films alone.
THREE, ALL_THREE = "average-three", (*PAIR, "temporal-flow")


@dataclass(frozen=True)
class Prediction:
    """What the networks of a run say of one film.

    Attributes:
        file: the film. content: the SHA-256 of its bytes. seconds: its length.
        damage, unusual: what is wrong or odd with it, see `video.probe`; mostly empty.
        windows: the scores of the film's windows, by network, in the order of time.
        starts: when these windows begin, seconds, float `[N]`, by network.
        whole: the scores of the whole film, one row, by network.
        judge: the network whose answer counts.
        familiarity: how familiar the film looks to the streams, see `fusion.familiar`.
        known: whether that is familiar enough. Both are None where the run has no rule for it.
        rule: how that is told.
        left_out: the networks that say nothing of this film, each with the reason.
    """

    file: Path
    content: str
    seconds: float
    damage: str
    unusual: str
    windows: Mapping[str, Scores]
    starts: Mapping[str, np.ndarray]
    whole: Mapping[str, Scores]
    judge: str
    familiarity: float | None
    known: bool | None
    rule: Rule | None
    left_out: dict[str, str]

    @property
    def figure(self) -> figures.Picture:
        """What each network says along the film's time."""
        return figures.along_time(
            self.file.name,
            self.seconds,
            self.windows,
            self.starts,
            self.whole,
            self.judge,
            self.known,
        )

    def _ipython_display_(self) -> None:
        figures.show(self.figure)
        print(familiar_words(self))


@dataclass(frozen=True)
class Refused:
    """A file that was not asked about, and the reason in one sentence."""

    file: Path
    why: str

    def _ipython_display_(self) -> None:
        print(self.why)


def ask_all(judges: Judges, paths: Iterable[Path]) -> Iterator[Prediction | Refused]:
    """What a run's networks say of each film. One that cannot be asked about stops no other."""
    for path in paths:
        try:
            yield ask(judges, path)
        except InputError as error:
            yield Refused(Path(path).absolute(), str(error))


def ask(judges: Judges, path: Path) -> Prediction:
    """What a run's networks say of a film.

    The film is decoded a few times and never held in memory; its windows lie in a temporary folder
    while it is looked at.

    Raises:
        InputError: no film that can be read, see `clips.read_unlabelled`; or one that is too short.
    """
    film = clips.read_unlabelled(path)
    (clip,) = film.itertuples()
    with tempfile.TemporaryDirectory(prefix="twostream-") as place:
        windows, starts, left_out = _streams(judges, film, Path(place))
    if not windows:
        raise InputError(f"{clip.path} cannot be asked about. {' '.join(left_out.values())}")
    if all(name in windows for name in PAIR):
        pair = [windows[name] for name in PAIR]
        windows |= {name: fuse(pair) for name, fuse in judges.fusions.items()}
        starts |= dict.fromkeys(judges.fusions, starts[PAIR[0]])
    whole = {name: scores.per_video(said) for name, said in windows.items()}
    if judges.run.scores_file(THREE).is_file() and all(name in windows for name in ALL_THREE):
        whole[THREE] = fusion.average_of_videos([windows[name] for name in ALL_THREE], THREE)
    familiarity, is_known = _familiarity(judges, windows)
    return Prediction(
        file=Path(clip.path),
        content=clip.content,
        seconds=float(clip.seconds),
        damage=clip.damage,
        unusual=clip.unusual,
        windows=windows,
        starts=starts,
        whole=whole,
        judge=judges.judge if judges.judge in windows else next(iter(windows)),
        familiarity=familiarity,
        known=is_known,
        rule=judges.rule,
        left_out=left_out,
    )


def _familiarity(judges: Judges, windows: Mapping[str, Scores]) -> tuple[float | None, bool | None]:
    """How familiar the film is to the streams behind the judge, and whether that is enough."""
    if judges.rule is None or not all(name in windows for name in judges.heard):
        return None, None
    (found,) = familiar.familiarity([windows[name] for name in judges.heard])
    return float(found), bool(judges.rule.knows(found))


def _streams(
    judges: Judges, film: pd.DataFrame, place: Path
) -> tuple[dict[str, Scores], dict[str, np.ndarray], dict[str, str]]:
    """The window scores of each stream, when the windows begin, and why a stream has none."""
    windows: dict[str, Scores] = {}
    starts: dict[str, np.ndarray] = {}
    left_out: dict[str, str] = {}
    for plan, names in judges.by_plan().items():
        try:
            cut = _cut(film, plan, place / plan.kind)
        except InputError as error:
            left_out |= dict.fromkeys(names, str(error))
            continue
        everything = np.ones(len(cut.index), bool)
        for name in names:
            view = judges.run.view_of(name)
            data = WindowDataset(cut, everything, view, judges.classes)
            windows[name] = scores.predict(name, judges.streams[name].net, data, "film")
            starts[name] = _seconds(cut.index.start, film)
    return windows, starts, left_out


def _cut(film: pd.DataFrame, plan: Plan, folder: Path) -> store.Store:
    """The windows of one film as a store: they lie on the disk, whatever their number.

    Raises:
        InputError: the film is too short for one, or cannot be decoded.
    """
    index, _ = planning.plan_windows(film, plan)
    if index.empty:
        raise InputError(
            f"A window of {plan.frames} frames, {plan.fps:g} a second, is longer than the film: "
            "give a longer one."
        )
    return store.build(film, folder, plan, jobs=1)


def _seconds(frames: pd.Series, film: pd.DataFrame) -> np.ndarray:
    """When these frames of a film are shown, float `[N]`, seconds from its first frame."""
    (clip,) = film.itertuples()
    times = clips.frame_times(clip)
    return frames.to_numpy() / clip.fps if times is None else times[frames]


def familiar_words(one: Prediction) -> str:
    """Whether a film looks like what the run has seen, in a sentence or two."""
    rule = one.rule
    if rule is None or one.known is None:
        return (
            "Nobody knows whether the run has seen the like: too few of its training videos are "
            "answered rightly out of fold to tell."
        )
    found = (
        f"familiarity {one.familiarity:.2f}, where {rule.videos - rule.below} of {rule.videos} "
        f"training videos that are answered rightly out of fold have {rule.threshold:.2f} or more"
    )
    if one.known:
        return f"Looks familiar ({found}). That is no proof."
    return f"Looks like nothing that the run has seen ({found}): all of its classes may be wrong."
