"""Values to draw, and one figure of each kind: functions without arguments, by name."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from twostream_lib import figures, networks
from twostream_lib.figures import speed
from twostream_lib.fusion.evaluation import Result
from twostream_lib.fusion.scores import Scores
from twostream_lib.stickhmdb.known_motion import Pair

TWELVE = [f"class_{letter}" for letter in "abcdefghijkl"]
TWENTY = [f"swing_baseball_{i}" for i in range(21)]
FIFTY_ONE = [f"swing_baseball_{i}" for i in range(51)]
NETWORKS = networks.names()


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def still(frames=3):
    return np.repeat(noise(1, 60, 80), frames, axis=0)


def clip_table(classes=TWELVE, each=6, fields=True):
    rng = np.random.default_rng(0)
    n = len(classes) * each
    codes = {
        "body": ["f", "u"],
        "camera": ["nm", "cm"],
        "people": [1, 2],
        "view": ["fr", "le"],
        "quality": ["goo", "bad"],
    }
    names = {name: rng.choice(values, n) if fields else None for name, values in codes.items()}
    return pd.DataFrame(
        {
            "label": np.repeat(classes, each),
            "tag": np.tile([0, 1, 1, 1, 2, 2], n // 6),
            **names,
            "seconds": rng.uniform(1, 3, n),
            "width": rng.choice([320, 416, 560], n),
            "height": 240,
            "ok": True,
        }
    )


def history(epochs):
    falling = np.exp(-np.arange(epochs) / 5)
    return [
        {
            "epoch": e + 1,
            "train_loss": 2.4 * x,
            "valid_loss": 2.4 * x + 0.3,
            "train_accuracy": 1 - 0.9 * x,
            "valid_accuracy": 0.6 - 0.5 * x,
            "seconds": 1.0,
        }
        for e, x in enumerate(falling)
    ]


def results(networks=NETWORKS, protocol="video-10"):
    values = np.linspace(0.5, 0.95, len(networks))
    return [
        Result(n, protocol, v, v - 0.06, v + 0.04, 240, 60)
        for n, v in zip(networks, values, strict=True)
    ]


STREAMS = ("spatial", "temporal-sg3i")


def class_table(classes, networks=("spatial", "temporal-sg3i", "average")):
    values = np.random.default_rng(2).random((len(classes), len(networks)))
    return pd.DataFrame(values, index=classes, columns=list(networks))


def confusions(classes):
    return np.random.default_rng(3).integers(0, 20, (len(classes), len(classes)))


def answers(classes):
    """What two streams and their average say of two videos: the average has class 0 on top."""
    logits = np.random.default_rng(7).normal(0, 1, (3, 2, len(classes))).astype(np.float32)
    logits[2, :, 0] = 3
    names = ("spatial", "temporal-sg3i", "average")
    video = np.array(["catch/film3_catch.avi", "sit/film3_sit.avi"])
    rest = (video, np.zeros(2, int), np.zeros(2, int), np.full(2, "video-10"), tuple(classes))
    return [Scores(name, each, *rest, "test") for name, each in zip(names, logits, strict=True)]


def spoken(network, classes, windows, seed):
    """What a network says of the windows of one film."""
    logits = np.random.default_rng(seed).normal(0, 2, (windows, len(classes))).astype(np.float32)
    video, label = np.full(windows, "/kitchen.mp4"), np.zeros(windows, int)
    rest = (video, np.arange(windows), label, np.full(windows, "window"), tuple(classes))
    return Scores(network, logits, *rest, "film")


def said_along(classes):
    """Of a film of 3.2 seconds: its windows, when they start, and the whole of it."""
    names = {"spatial": 6, "temporal-sg3i": 6, "temporal-flow": 5, "average": 6}
    windows = {
        n: spoken(n, classes, count, place) for place, (n, count) in enumerate(names.items())
    }
    whole = {name: spoken(name, classes, 1, 9 + place) for place, name in enumerate(names)}
    whole["average-three"] = spoken("average-three", classes, 1, 20)
    starts = {name: np.arange(count) / 2 for name, count in names.items()}
    return {"seconds": 3.2, "windows": windows, "starts": starts, "whole": whole}


def along(classes, film="kitchen.mp4", known=True):
    said = said_along(classes)
    return figures.along_time(film, **said, judge="average", known=known)


ALONG = said_along(TWELVE)
LEAKAGE = {
    "test_clips": 1530,
    "tags": {"1": {"leaking": 0, "share": 0.0}, "0+1": {"leaking": 647, "share": 647 / 1530}},
}


def shares(leaking, test=1530):
    return {"leaking": leaking, "share": leaking / test}


AUDITED = {
    split: {
        "test_clips": 1530,
        "tags": {
            "1": shares(0) | {"any_action": shares(12)},
            "0+1": shares(some) | {"any_action": shares(1500)},
        },
    }
    for split, some in ((1, 647), (2, 530), (3, 612))
}


def mixed(batches):
    """As `data.mixing` tells of an epoch; its last batch is a small one."""
    rng = np.random.default_rng(6)
    kinds = {"sources": 60, "labels": 40, "clips": 80}
    return pd.DataFrame(
        {
            kind + ending: np.append(rng.integers(most - 9, most, batches - 1), 1)
            for kind, most in kinds.items()
            for ending in ("", "_shuffled")
        }
    )


CEILINGS = {
    "spatial": 0.6,
    "temporal-sg3i": 0.7,
    "temporal-flow": 0.7,
    "joint": 1.0,
    "joint-three": 1.0,
}
SPEEDS = {
    f"{name}_frames_per_second": 900.0 + 200 * place
    for place, name in enumerate(
        ["gray", "to_ndarray_gray", "one_thread_gray", "bare_decode", "rgb", "to_ndarray_rgb"]
    )
} | {"to_ndarray_gray_ratio": 3.0, "one_thread_gray_ratio": 1.8, "to_ndarray_rgb_ratio": 0.9}
MODE1 = {
    "mode1_frames_per_second": 4000.0,
    "seek_frames_per_second": 50.0,
    "bare_decode_frames_per_second": 9000.0,
    "seek_ratio": 80.0,
}
HOURS = pd.DataFrame(
    {"this machine": [0.1, 0.5, 36.0], "T4": [0.1, 0.3, 0.35], "2 × A100": [0.1, 0.05, 0.03]},
    index=["getting and checking the clips", "stores", "the three streams"],
)
RATES = {"plain": 520.0, "channels_last": 640.0, "channels_last, mixed precision": 52_000.0}
SHARES = np.linspace(0, 1, 21)
RIGHT = np.random.default_rng(4).random(200) < 0.6
FLOW = np.random.default_rng(5).normal(0, 2, (60, 80, 2)).astype(np.float32)
METHODS = pd.DataFrame(
    {"error": [1.3, 1.6, 2.1, 0.2, 2.0], "milliseconds": [8, 1.7, 0.7, 749, 12]},
    index=["dis", "dis-fast", "dis-ultrafast", "tvl1", "farneback"],
)
SAID = [spoken(name, TWELVE, 300, place) for place, name in enumerate(STREAMS)]
LEARNED = pd.DataFrame(
    [
        {"fusion": name, "clips": clips, "sources": clips / 2, "accuracy": right}
        | {"low": right - 0.05, "high": right + 0.04, "n": 756, "n sources": 418}
        for name, grows in (("average", 0), ("svm", 0.05), ("fusenet", 0.1))
        for clips, right in ((63, 0.5), (126, 0.5 + grows), (504, 0.5 + 2 * grows))
    ]
)
PICTURES = {
    "sg3i-strip": lambda: figures.sg3i_strip(noise(3, 60, 80, 3), [f"gap {g}" for g in (1, 5, 9)]),
    "films": lambda: figures.views(
        dict.fromkeys(("sit", "stand"), (noise(60, 80, 3), noise(60, 80, 3), FLOW)), "a"
    ),
    "known": lambda: figures.known_flow(
        [Pair("sit, still camera", noise(2, 60, 80), FLOW, np.ones((60, 80), bool))], [FLOW], "dis"
    ),
    "first-layer": lambda: figures.first_layer(
        noise(60, 80, 3), {"none": 0 * FLOW[..., 0], "answer to the scene": FLOW[..., 0] ** 2}
    ),
    "strip": lambda: figures.frames_strip(noise(8, 60, 80, 3), [f"frame {i}" for i in range(8)]),
    "strip-1": lambda: figures.frames_strip(noise(1, 60, 80), title="one"),
    "fields-of-frame": lambda: figures.flow_fields([FLOW] * 2, ["a", "b"], "c", noise(60, 80)),
    "sg3i": lambda: figures.sg3i_explained(noise(3, 60, 80)),
    "sg3i-rgb": lambda: figures.sg3i_explained(noise(3, 60, 80), noise(60, 80, 3)),
    "wheel": lambda: figures.colour_wheel(),
    "views": lambda: figures.three_views(noise(60, 80, 3), noise(60, 80, 3), FLOW, 5),
}
CHARTS = {
    "hours_by_part": lambda: figures.hours_by_part(HOURS, "a run on HMDB-51"),
    "recorded": lambda: figures.recorded({32: (1233.0, 4031.0), 128: (4211.0, 4262.0)}),
    "throughputs": lambda: figures.throughputs(RATES, "images"),
    "throughputs-1": lambda: figures.throughputs({"plain": 8.53}, "images"),
    "top-five": lambda: figures.top_five(answers(TWELVE), 1),
    "top-five-of-2": lambda: figures.top_five(answers(["wave", "swing_baseball"])[1:], 0),
    "counts-12": lambda: figures.class_counts(clip_table()),
    "counts-51": lambda: figures.class_counts(clip_table(FIFTY_ONE)),
    "lengths": lambda: figures.clip_lengths(clip_table()),
    "leak": lambda: figures.leak(LEAKAGE),
    "sizes": lambda: figures.clip_sizes(clip_table()),
    "over-runs": lambda: figures.over_runs(
        ["2026-11-26 03:00", "2026-11-27 03:00"], [results(), results()[1:]]
    ),
    "leak-3": lambda: figures.leak_splits(AUDITED),
    "leak-of-1": lambda: figures.leak_splits({2: AUDITED[2]}),
    "speeds": lambda: speed.speeds(SPEEDS, MODE1),
    "planes": lambda: figures.two_planes(),
    "mixing": lambda: figures.mixing({"mixed": mixed(200), "clip after clip": mixed(200)}),
    "mixing-1": lambda: figures.mixing({"mixed": mixed(1)}),
    "curves-1": lambda: figures.curves(history(1), 12),
    "curves-20": lambda: figures.curves(history(20), 12),
    "curves-445": lambda: figures.curves(history(445), 51),
    "confusion-12": lambda: figures.confusion(confusions(TWELVE), TWELVE, "a title"),
    "confusion-51": lambda: figures.confusion(confusions(FIFTY_ONE), FIFTY_ONE, "a title"),
    "classes-12": lambda: figures.per_class(class_table(TWELVE)),
    "classes-51": lambda: figures.per_class(class_table(FIFTY_ONE)),
    "weights-12": lambda: figures.class_weights(1.5 * class_table(TWELVE, STREAMS)),
    "accuracies": lambda: figures.accuracies(results(), CEILINGS),
    "accuracies-1": lambda: figures.accuracies(results(["spatial"], "window")),
    "sureness": lambda: figures.sureness(dict.fromkeys(("in fold", "out of fold"), SAID)),
    "sureness-1": lambda: figures.sureness({"out of fold": SAID[:1]}),
    "learning-curve": lambda: figures.learning_curve(LEARNED),
    "learning-curve-1": lambda: figures.learning_curve(LEARNED[:1]),
    "saturation": lambda: figures.saturation({"1 frame": [8 * FLOW], "5 frames": [FLOW] * 3}, 20),
    "saturation-none": lambda: figures.saturation({"1 frame": [0 * FLOW]}, 20),
    "cost": lambda: figures.cost_and_error(METHODS),
    "cost-1": lambda: figures.cost_and_error(METHODS.iloc[:1]),
    "weights": lambda: figures.weights(SHARES, SHARES * (1 - SHARES), ("spatial", "average"), 756),
    "by-number": lambda: figures.by_number(
        {r.network: {1: r, 2: r, 3: r, 5: r, 10: r} for r in results()[:2]},
        "windows",
        "videos",
        "a",
    ),
    "by-number-1": lambda: figures.by_number({"spatial": {0.03: results()[0]}}, "s", "videos", "a"),
    "weights-at": lambda: figures.weights(SHARES, SHARES, ("spatial", "temporal-sg3i"), 756, 0.3),
}
PAIRS = pd.DataFrame(
    {
        "first": [NETWORKS[i] for i in range(len(NETWORKS)) for _ in range(i)],
        "second": [NETWORKS[j] for i in range(len(NETWORKS)) for j in range(i)],
        "difference": [0.021 * (i - j) for i in range(len(NETWORKS)) for j in range(i)],
        "real": [i - j > 3 for i in range(len(NETWORKS)) for j in range(i)],
    }
)
KINDS = {
    kind: results(["spatial", "temporal-sg3i", "temporal-flow", "average-three"])
    for kind in ("clubs, vague in appearance", "motion twins", "smoke")
}


def look(seed):
    """Two windows of noise, what a network says of them, and where it looked."""
    images, heat = noise(2, 60, 80, 3, seed=seed), noise(2, 60, 80, seed=seed) / 255
    return SimpleNamespace(images=images, answers=["sword_exercise", "hit"], heat=heat)


OTHERS = {
    "differences": lambda: figures.differences(PAIRS, NETWORKS[::-1]),
    "differences-1": lambda: figures.differences(PAIRS.iloc[:1], NETWORKS[1::-1]),
    "kinds": lambda: figures.by_kind(KINDS, {"smoke": CEILINGS}),
    "kinds-1": lambda: figures.by_kind({"all classes": results()[:3]}, {}),
    "looked": lambda: figures.looked_at(
        {"spatial": look(0), "temporal-sg3i": look(1)},
        {"true class": ["swing_baseball", "golf"], "average": ["hit", "sword_exercise"]},
        "a title",
    ),
    "confusion-21": lambda: figures.confusion(confusions(TWENTY), TWENTY, "a title"),
    "along": lambda: along(TWELVE),
    "along-51": lambda: along(FIFTY_ONE, known=False),
    "along-2": lambda: along(["wave", "swing_baseball"]),
    "along-long": lambda: along(["w" * 60, "i" * 300], film="w" * 200),
    "fields": lambda: figures.name_fields(clip_table()),
    "fields-none": lambda: figures.name_fields(clip_table(fields=False)),
    "agreement": lambda: figures.agreement(RIGHT, ~RIGHT, ("spatial", "temporal-sg3i")),
}
ALL = PICTURES | CHARTS | OTHERS
