"""How often is a run asked about what it has never seen, and says so? Measured with classes that
are held out of its training: see `fusion.familiar`.

The streams are trained once more without some classes, by the run's own recipes, and the rule is
chosen anew on the validation videos of the classes that are left. Then the rule judges the test
videos of all classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from twostream_lib.course.run import Run
from twostream_lib.data.datasets import WindowDataset
from twostream_lib.data.store import Store
from twostream_lib.errors import InputError
from twostream_lib.fusion import evaluation, familiar, scores
from twostream_lib.fusion.scores import Scores, per_video

LEAST = 2  # classes that are left to be told apart
NEVER = -1e4  # the logit of a class that is no answer: its probability is 0
STREAMS = ("spatial", "temporal-sg3i")


@dataclass(frozen=True)
class WithoutClasses(Run):
    """A run that trains and validates without some classes, on the clips and stores of another."""

    whole: Run
    unseen: frozenset[str]

    @property
    def table(self) -> pd.DataFrame:
        """The clip table of the whole run."""
        return self.whole.table

    @property
    def used_clips(self) -> pd.DataFrame:
        """The clips of the whole run, but the training clips of the classes that are held out."""
        clips = self.whole.used_clips
        return clips[(clips.tag == 2) | ~clips.label.isin(self.unseen)].reset_index(drop=True)

    def store_of(self, network: str) -> Store:
        """The store of the whole run."""
        return self.whole.store_of(network)

    def part(self, network: str, part: str, channels: slice | None = None) -> WindowDataset:
        """The whole run's part; without the classes that are held out, unless it is the test."""
        whole = self.whole.part(network, part, channels)
        if part == "test":
            return whole
        keep = np.zeros(len(whole.store.index), bool)
        keep[whole.places[~whole.rows.label.isin(self.unseen)]] = True
        return WindowDataset(whole.store, keep, whole.view, whole.classes, channels)


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
    same = {field.name: getattr(run, field.name) for field in fields(Run)}
    place = run.folder / "unseen" / "-".join(sorted(set(unseen)))
    return WithoutClasses(**same | {"folder": place}, whole=run, unseen=frozenset(unseen))


def in_groups(classes: Sequence[str], groups: int) -> list[list[str]]:
    """The classes dealt into so many groups, each of which can be held out in its turn."""
    return [list(classes[first::groups]) for first in range(groups)]


def judged(run: Run, unseen: Sequence[str]) -> pd.DataFrame:
    """What the rule says of each test video, where these classes were held out of training.

    Both image streams are trained unless the run folder has them.

    Returns:
        One row a test video: `video`, `label`, `seen` (whether its class was trained on),
        `familiarity`, and `known` (what the rule says).
    """
    part = without(run, unseen)
    both = [_scores(part, network) for network in STREAMS]
    rule = familiar.choose([_among(said["validation"], part.unseen) for said in both])
    test = [_among(said["test"].under("window"), part.unseen) for said in both]
    videos, found = per_video(test[0]), familiar.familiarity(test)
    label = np.array(run.classes)[videos.label]
    return pd.DataFrame(
        {
            "video": videos.video,
            "label": label,
            "seen": ~np.isin(label, list(part.unseen)),
            "familiarity": found,
            "known": rule.knows(found),
        }
    )


def rates(judged: pd.DataFrame) -> pd.DataFrame:
    """How many videos were not known, of classes that were held out and of all others.

    Args:
        judged: what `judged` gives, of one group of classes or of several.

    Returns:
        A table to look at: `not known`, `of` (videos, each as often as it was judged), `share (%)`
        and its `95 % interval`, for which classes that were held out, or videos of the others, are
        drawn anew with replacement; `class by class (%)` has the least and the largest share.
    """
    rows = {}
    for name, some, cluster in (
        ("held out of training", judged[~judged.seen], "label"),
        ("trained on", judged[judged.seen], "video"),
    ):
        unknown = ~some.known.to_numpy(bool)
        low, high = evaluation.cluster_bootstrap(unknown, some[cluster].to_numpy())
        of_class = 100 * (1 - some.groupby("label").known.mean())
        rows[name] = {
            "not known": int(unknown.sum()),
            "of": len(some),
            "share (%)": f"{100 * unknown.mean():.0f}",
            "95 % interval": f"{100 * low:.0f} to {100 * high:.0f}",
            "class by class (%)": f"{of_class.min():.0f} to {of_class.max():.0f}",
        }
    return pd.DataFrame(rows).T


def _scores(part: WithoutClasses, network: str) -> dict[str, Scores]:
    """The scores of a stream that has not seen these classes; where it has none, it is trained."""
    file = part.scores_file(network)
    if file.is_file():
        return scores.load(file)
    net = part.new_stream(network)
    part.train(network, net)
    return part.score(network, net)


def _among(said: Scores, unseen: frozenset[str]) -> Scores:
    """The scores without the classes that were held out: none of them can be the answer."""
    held_out = [name in unseen for name in said.classes]
    return replace(said, logits=np.where(held_out, NEVER, said.logits).astype(np.float32))
