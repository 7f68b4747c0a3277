"""FuseNet's fair chance: how right fusions are by the number of clips that they learned from.

The paper blames tuning for what FuseNet did (V.C), see `fusenet.sweep`. Too little to learn from
may be to blame as well. Here whole sources are held out in turn, and each fusion learns from more
and more of the others.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from twostream_lib.fusion import FUSIONS, choosing, evaluation
from twostream_lib.fusion.scores import Scores, per_video

COLUMNS = ["fusion", "clips", "sources", "accuracy", "low", "high", "n", "n sources"]
CURVES = ("average", "weighted", "svm", "fusenet-linear", "fusenet")


def learning_curve(
    streams: Sequence[Scores], clips: Sequence[int], fusions: Sequence[str] = CURVES, seed: int = 0
) -> pd.DataFrame:
    """How right fusions are about clips that they did not learn from, by how many they learned.

    The average learns nothing: its line is level. Sources are held out in as many folds as those
    by which a setting is chosen, so each clip is judged once. Of the others those are learned from
    that come first: all classes in turn, each class's in an order drawn by chance.

    Args:
        streams: scores of one part, which nobody learned from.
        clips: from about how many clips to learn: as few whole sources as have so many, and a clip
            of each class, or all.
        fusions: their names in the registry.
        seed: of the folds, the order of sources, and of what learns by chance.

    Returns:
        A row for each fusion and number: `fusion`, `clips` and `sources` learned from (the means
        over folds), `accuracy` of clips by the mean of their windows, its 95 % interval over
        sources, `low` and `high` (all 0..1), and of how many clips and sources, `n` and
        `n sources`. No row where no source can be held out, as of a single one.

    Raises:
        InputError: the scores are of test clips.
    """
    choosing.require_choice(streams)
    folds = choosing.folds(streams, seed)
    rows = []
    for wanted in clips if folds else ():
        chosen = [(first(streams[0].rows(some), wanted, seed), some, rest) for some, rest in folds]
        learned = [([s.rows(some[keep]) for s in streams], rest) for keep, some, rest in chosen]
        known = [streams_of_fold[0] for streams_of_fold, _ in learned]
        sizes = {
            "clips": np.mean([len(np.unique(scores.video)) for scores in known]),
            "sources": np.mean([len(np.unique(scores.source)) for scores in known]),
        }
        for name in fusions:
            said = [
                per_video(FUSIONS[name](some, seed)([s.rows(rest) for s in streams]))
                for some, rest in learned
            ]
            right = np.concatenate([evaluation.correct(scores) for scores in said])
            source = np.concatenate([scores.source for scores in said])
            found = evaluation.counted(name, "", right, source)
            rows.append(
                {"fusion": name}
                | sizes
                | {"accuracy": found.accuracy, "low": found.low, "high": found.high}
                | {"n": found.n, "n sources": found.sources}
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def first(scores: Scores, clips: int, seed: int) -> np.ndarray:
    """Which rows are of the first sources that have so many clips together, bool `[N]`, and a clip
    of each class: nobody learns to tell classes apart from one of them.

    The first source of each class comes before the second one of any. A source of several classes
    counts as one of its first row's.
    """
    names, row = np.unique(scores.source, return_index=True)
    mixed = np.random.default_rng(seed).permutation(len(names))
    table = pd.DataFrame({"source": names[mixed], "label": scores.label[row[mixed]]})
    table["turn"] = table.groupby("label").cumcount()
    ordered = table.sort_values("turn", kind="stable").source.to_numpy()
    has = pd.Series(scores.video).groupby(scores.source).nunique()[ordered].cumsum().to_numpy()
    place = pd.Series(range(len(ordered)), ordered)[scores.source].to_numpy()
    of_all_classes = pd.Series(place).groupby(scores.label).min().max()
    return place <= max(np.searchsorted(has, clips), of_all_classes)
