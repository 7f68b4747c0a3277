"""How often is a run asked about what it has never seen, and says so? Measured with classes that
are held out of its training: see `fusion.familiar`.

The streams are trained once more without some classes, by the run's own recipes, and the rule is
chosen anew on the videos of fold 0, of the classes that are left. Then the rule judges the test
videos of all classes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from twostream_lib import clips
from twostream_lib.course.judges import PAIR
from twostream_lib.course.run import Run
from twostream_lib.errors import InputError
from twostream_lib.experiments.restricted import Restricted, fields_of
from twostream_lib.fusion import evaluation, familiar, score_files, scores
from twostream_lib.fusion.scores import Scores, per_video

LEAST = 2  # classes that are left to be told apart
NEVER = -1e4  # the logit of a class that is no answer: its probability is 0


@dataclass(frozen=True)
class WithoutClasses(Restricted):
    """A run that trains and validates without some classes, on the clips and stores of another."""

    unseen: frozenset[str]


def without(run: Run, unseen: Sequence[str]) -> WithoutClasses:
    """The run without these classes; it keeps what it trains in `unseen/` in the run's folder.

    Raises:
        InputError: a class that the run does not have, or too few that would be left.
    """
    if strange := sorted(set(unseen) - set(run.classes)):
        raise InputError(
            f"There is no class {', '.join(strange)} in this run: hold out some of "
            f"{', '.join(run.classes)}."
        )
    left = len(set(run.classes) - set(unseen))
    if not unseen or left < LEAST:
        raise InputError(
            f"Of {len(run.classes)} classes {left} would be left: hold out at least one, and leave "
            f"at least {LEAST}."
        )
    used = run.used_clips
    left_in = used[(used.tag != clips.TEST) & ~used.label.isin(unseen)]
    # One fold, as each group of classes costs its trainings: the rule then has fewer videos.
    same = fields_of(
        run,
        run.folder / "unseen" / "-".join(sorted(set(unseen))),
        settings=replace(run.settings, trained_folds=1),
    )
    learned = frozenset(clips.names(left_in))
    return WithoutClasses(**same, whole=run, learned=learned, unseen=frozenset(unseen))


# Gives the scores of a stream that has not seen the classes that are held out, by part.
Score = Callable[[WithoutClasses, str], Mapping[str, Scores]]


def trained(part: WithoutClasses, network: str) -> Mapping[str, Scores]:
    """The scores of a stream that has not seen the classes that are held out, by part; where the
    run folder has none, the stream is trained."""
    file = part.scores_file(network)
    if file.is_file():
        return score_files.load(file, part.classes, part.made_by)
    net = part.new_stream(network)
    part.train(network, net)
    return part.score(network, net)


def judged(
    run: Run,
    unseen: Sequence[str],
    score: Score = trained,
) -> pd.DataFrame:
    """What the rule says of each test video, where these classes were held out of training.

    Args:
        run: the run. unseen: the classes.
        score: gives the scores of both image streams, by part.

    Returns:
        One row a test video: `video`, `label`, `source`, `seen` (whether its class was trained on),
        `familiarity`, `known` (what the rule says), and the rule's `threshold`, which so many
        validation videos gave: `chosen on`.
    """
    part = without(run, unseen)
    both = [score(part, network) for network in PAIR]
    rule = familiar.choose([_among(said[scores.OUT_OF_FOLD], part.unseen) for said in both])
    test = [_among(said["test"].under("window"), part.unseen) for said in both]
    videos, found = per_video(test[0]), familiar.familiarity(test)
    label = np.array(run.classes)[videos.label]
    return pd.DataFrame(
        {
            "video": videos.video,
            "label": label,
            "source": videos.source,
            "seen": ~np.isin(label, list(part.unseen)),
            "familiarity": found,
            "known": rule.knows(found),
            "threshold": rule.threshold,
            "chosen on": rule.videos,
        }
    )


@dataclass(frozen=True)
class Unknown:
    """How many videos were not known; `low` and `high` are a 95 % interval of their share, 0..1."""

    not_known: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """0..1."""
        return self.not_known / self.of


def unknown(known: np.ndarray, cluster: np.ndarray) -> Unknown:
    """How many videos are not known, where only clusters (`[N]`, any names) are independent.

    Args:
        known: bool `[N]`, what the rule says of each video.
        cluster: what is independent, as sources are in `evaluation.interval`.
    """
    return Unknown(int((~known).sum()), len(known), *evaluation.interval(~known, cluster))


def held_out(judged: pd.DataFrame) -> Unknown:
    """How many videos were not known, of classes that were held out of training. In the interval
    whole classes are independent, because the next film is of another class than these. `judged`
    is of one group of classes or of several."""
    new = judged[~judged.seen]
    return unknown(new.known.to_numpy(bool), new.label.to_numpy())


def trained_on(judged: pd.DataFrame) -> Unknown:
    """How many videos were not known, of classes that were trained on, each as often as it was
    judged. In the interval their sources are independent, however often they were judged."""
    old = judged[judged.seen]
    return unknown(old.known.to_numpy(bool), old.source.to_numpy())


def rates(judged: pd.DataFrame) -> pd.DataFrame:
    """How many videos were not known, of classes that were held out and of all others.

    Args:
        judged: what `judged` gives, of one group of classes or of several.

    Returns:
        A table to look at: `not known`, `of` (videos), `share (%)` and its `95 % interval`, see
        `held_out` and `trained_on`; `class by class (%)` has the least and the largest share.
    """
    rows = {}
    for name, found, some in (
        ("held out of training", held_out(judged), judged[~judged.seen]),
        ("trained on", trained_on(judged), judged[judged.seen]),
    ):
        of_class = 100 * (1 - some.groupby("label").known.mean())
        rows[name] = {
            "not known": found.not_known,
            "of": found.of,
            "share (%)": f"{100 * found.share:.0f}",
            "95 % interval": f"{100 * found.low:.0f} to {100 * found.high:.0f}",
            "class by class (%)": f"{of_class.min():.0f} to {of_class.max():.0f}",
        }
    return pd.DataFrame(rows).T


def _among(said: Scores, unseen: frozenset[str]) -> Scores:
    """The scores without the classes that were held out: none of them can be the answer."""
    held_out = [name in unseen for name in said.classes]
    return replace(said, logits=np.where(held_out, NEVER, said.logits).astype(np.float32))
