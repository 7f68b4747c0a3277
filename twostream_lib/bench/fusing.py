"""How long fusions take to learn from scores of HMDB-51's size, and to fuse its test part.

The scores are drawn by chance: 5,236 videos of 51 classes to learn from, and 1,530 videos with ten
windows each to fuse. The obvious alternatives are scikit-learn's: the SVM with its search for C,
and a network of FuseNet's size, batches and epochs.
"""

import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer
from sklearn.svm import LinearSVC

from twostream_lib.bench import rounds
from twostream_lib.fusion import FUSIONS, choosing, linear_svm
from twostream_lib.fusion.fusenet import HIDDEN
from twostream_lib.fusion.scores import Scores, log_probabilities
from twostream_lib.training.recipes import RECIPES

SWEPT = "fusenet-tuned"  # counted apart: it learns dozens of networks
STREAMS = ("spatial", "temporal-sg3i")


class Size(NamedTuple):
    """Of the scores: videos to learn from and to fuse, windows of each of the latter, classes."""

    learned: int = 5236
    fused: int = 1530
    windows: int = 10
    classes: int = 51


def measure(size: Size, turns: int) -> dict[str, float]:
    """Seconds of each fusion, of all but the sweep together, and of the alternatives; and videos a
    second of ours over theirs. Each number is the median of so many turns; the sweep has one."""
    learned = [drawn(name, size.learned, 1, size, seed) for seed, name in enumerate(STREAMS)]
    asked = [drawn(name, size.fused, size.windows, size, 9 + s) for s, name in enumerate(STREAMS)]

    def ours(name: str) -> int:
        FUSIONS[name](learned, 0)(asked)
        return 1

    ways: dict[str, Callable[[], int]] = {
        name: partial(ours, name) for name in FUSIONS if name != SWEPT
    }
    ways |= {
        "sklearn_svm": partial(svm_of_sklearn, learned, asked),
        "sklearn_fusenet": partial(network_of_sklearn, learned, asked),
    }
    found = rounds.throughputs(ways, turns)
    start = time.perf_counter()
    ours(SWEPT)
    seconds = {f"{name}_seconds": 1 / float(np.median(each)) for name, each in found.items()}
    return seconds | {
        f"{SWEPT}_seconds": time.perf_counter() - start,
        "together_seconds": sum(seconds[f"{name}_seconds"] for name in FUSIONS if name != SWEPT),
        "svm_ratio": rounds.ratio(found["svm"], found["sklearn_svm"]),
        "fusenet_ratio": rounds.ratio(found["fusenet"], found["sklearn_fusenet"]),
        "videos": size.learned + size.fused,
    }


def drawn(network: str, videos: int, windows: int, size: Size, seed: int) -> Scores:
    """Scores drawn by chance, in which the label's logit is raised; seven videos are of a source,
    and all of a source of one class."""
    chance = np.random.default_rng(seed)
    label = np.repeat(np.arange(videos) // 7 % size.classes, windows)
    logits = chance.normal(size=(len(label), size.classes)).astype(np.float32)
    logits[np.arange(len(label)), label] += 2.5
    return Scores(
        network,
        logits,
        np.repeat([f"v{number:05d}" for number in range(videos)], windows),
        np.tile(np.arange(windows), videos),
        label,
        np.full(len(label), "video-10"),
        tuple(f"class{number}" for number in range(size.classes)),
        "train" if windows == 1 else "test",
        np.repeat([f"s{number // 7:05d}" for number in range(videos)], windows),
    )


def svm_of_sklearn(learned: list[Scores], asked: list[Scores]) -> int:
    """The same SVM by scikit-learn's own search."""
    search = GridSearchCV(
        make_pipeline(Normalizer(), LinearSVC(random_state=0)),
        {"linearsvc__C": list(linear_svm.COSTS)},
        cv=StratifiedGroupKFold(choosing.FOLDS, shuffle=True, random_state=0),
    )
    search.fit(linear_svm.stacked(learned), learned[0].label, groups=learned[0].source)
    search.decision_function(linear_svm.stacked(asked))
    return 1


def network_of_sklearn(learned: list[Scores], asked: list[Scores]) -> int:
    """A network of FuseNet's size by scikit-learn, which has Adam."""
    recipe = RECIPES["fusenet"]
    net = MLPClassifier(
        (HIDDEN["fusenet"],),
        batch_size=min(recipe.batch_size, len(learned[0])),
        learning_rate_init=recipe.phases[0].lr,
        alpha=0,
        max_iter=recipe.epochs,
        n_iter_no_change=recipe.epochs + 1,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is told when to stop
        net.fit(log_probabilities(learned).numpy(), learned[0].label)
    net.predict_proba(log_probabilities(asked).numpy())
    return 1
