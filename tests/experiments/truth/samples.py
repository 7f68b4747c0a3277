"""Questions that no training is needed for, the real ones without theirs, and a record by hand."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd

from twostream_lib import clips, fusion
from twostream_lib.experiments import flow_setups, flow_trials, gaps, joint, leak, plain
from twostream_lib.experiments.flow_trials import Trial
from twostream_lib.experiments.truth.questions import Pair, Question
from twostream_lib.fusion.scores import PARTS, Scores
from twostream_lib.training.profiles import PROFILES

CLASSES = ("down", "left", "right")


def said(right, source=None, classes=CLASSES, network="x"):
    """Scores, a row a video, of classes that take turns; those in `right` are named rightly."""
    right = np.asarray(right, bool)
    count = len(right)
    label = np.arange(count) % len(classes)
    logits = np.eye(len(classes), dtype=np.float32)[np.where(right, label, (label + 1) % 3)]
    videos = np.array([f"{classes[number]}/v{n:03d}.avi" for n, number in enumerate(label)])
    source = np.array([f"s{n // 2}" for n in range(count)] if source is None else source)
    rows = videos, np.zeros(count, np.int64), label, np.full(count, "video-10")
    return Scores(network, logits, *rows, tuple(classes), "test", source)


asked_so_far = []  # of which question which run was asked, in their order


def guesses(name, arms):
    """A function that gives arms of made-up answers about the test videos of a run."""

    def ask(run):
        asked_so_far.append((name, run.seed))
        tests = run.used_clips[run.used_clips.tag == clips.TEST]
        random = np.random.default_rng([run.seed, len(name)])
        label = np.array([run.classes.index(one) for one in tests.label])
        source, videos = tests.source.to_numpy(str), np.array(clips.names(tests))
        zeros, kind = np.zeros(len(label), np.int64), np.full(len(label), "video-10")
        found = {}
        for arm in arms:
            right = random.random(len(label)) < 0.5
            answer = np.where(right, label, (label + 1) % len(run.classes))
            logits = np.eye(len(run.classes), dtype=np.float32)[answer]
            rows = videos, zeros, label, kind, tuple(run.classes), "test", source
            found[arm] = Scores(arm, logits, *rows)
        return found

    return ask


def question(name, arms=("one", "other"), notebook="05", pairs=None, **more):
    """A small question, about two arms if nothing else is said."""
    pairs = (Pair(*arms, promised=True),) if pairs is None else pairs
    rest = guesses(name, arms), pairs
    return Question(name, notebook, f"What of {name}?", "test videos, video-10", *rest, **more)


# --- the real questions --------------------------------------------------------------------------


class Trained:
    """A run on StickHMDB, of which everything is trained that a question asks for."""

    seed, weights, uses_stickhmdb = 0, "none", True
    settings = PROFILES["quick"]
    limits = SimpleNamespace(folds={"a": 0, "b": 1, "c": 2})

    @property
    def table(self):
        """Every second source has a clip of tag 0 beside its test clip."""
        tested = np.unique(of_windows().source)
        rows = [(source, 2) for source in tested] + [(source, 0) for source in tested[::2]]
        return pd.DataFrame(rows, columns=["source", "tag"])

    def scores_of(self, network):
        """Each part under all protocols, which is more than a real one has."""
        return {part: replace(of_windows(network), part=part) for part in PARTS}


def of_windows(network="x", protocols=("window", "video-1", "video-10")):
    """Twelve videos under some protocols."""
    once = said(np.arange(12) % 4 > 0, network=network)
    times = len(protocols)
    rows = {
        name: np.concatenate([getattr(once, name)] * times)
        for name in ("logits", "video", "window", "label", "source")
    }
    return replace(once, **rows, protocol=np.repeat(protocols, 12))


def without_training(patch):
    """Let the questions find everything trained: what they ask for keeps its names."""
    alone = of_windows(protocols=("window",))
    trials = {name: Trial(name, setup, [], alone) for name, setup in flow_setups.SETUPS.items()}
    lab = SimpleNamespace(trials=lambda names: {name: trials[name] for name in names})
    patch.setattr(flow_trials, "lab_of", lambda run, fold: lab)
    patch.setattr(gaps, "sweep", lambda run, wide, *_: dict.fromkeys(wide, alone))
    patch.setattr(leak, "arms", lambda run, network: dict.fromkeys(leak.ARMS, of_windows()))
    patch.setattr(plain, "first_layer", lambda run: of_windows())
    patch.setattr(plain, "fine_tuned", lambda run, network: of_windows())
    patch.setattr(joint, "score", lambda run, network: of_windows())
    patch.setattr(joint, "trained_on", lambda run, network: of_windows())
    for name in fusion.FUSIONS:
        patch.setitem(fusion.FUSIONS, name, lambda streams, seed: fusion.average)


# --- a record ------------------------------------------------------------------------------------


def found(mean, low, high, **more):
    """An arm, or with `more` a pair, of a record."""
    return {"mean": mean, "low": low, "high": high, "n": 1200, "sources": 310} | (
        {"by_run": [mean, mean]} | more
    )


def pair(mean, low, high, promised=False, classes=(), first="joint", second="svm"):
    return found(
        mean, low, high, first=first, second=second, classes=list(classes), promised=promised
    )


def record(**more):
    """A record of two questions, of two runs."""
    questions = {
        "joint": {
            "asks": "Does it help?",
            "notebook": "06",
            "judged": "test videos, video-10",
            "arms": {"joint": found(0.6, 0.55, 0.65), "svm": found(0.5, 0.45, 0.55)},
            "pairs": [
                pair(0.1, 0.042, 0.158, promised=True, classes=("throw", "catch")),
                pair(-0.004, -0.02, 0.012, promised=True),
            ],
        },
        "gaps": {
            "asks": "How far apart?",
            "notebook": "04",
            "judged": "validation videos",
            "arms": {"gap of 1": found(0.2, 0.1, 0.3), "gap of 2": found(0.3, 0.2, 0.4)},
            "pairs": [pair(-0.1, -0.2, -0.05, True, first="gap of 1", second="gap of 2")],
        },
    }
    return {
        "date": "2026-01-02",
        "git": "abc1234",
        "device": "cpu with 2 cores",
        "versions": {"python": "3.11"},
        "seconds": 3540,
        "data": "StickHMDB",
        "backbone": "resnet8",
        "weights": "none",
        "runs": [{"seed": 0, "split": 1}, {"seed": 2, "split": 3}],
        "questions": questions,
        "lacking": {},
    } | more
