"""Scores to fuse and to judge."""

import numpy as np

from twostream_lib.fusion.scores import Scores


def random_scores(
    network="spatial", videos=40, windows=3, classes=4, seed=0, strength=1.0, part="test"
):
    """Random scores whose label's logit is raised by `strength`."""
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(videos) % classes, windows)
    logits = rng.normal(size=(videos * windows, classes)).astype(np.float32)
    logits[np.arange(len(label)), label] += strength
    return Scores(
        network,
        logits,
        np.repeat([f"v{i}.avi" for i in range(videos)], windows),
        np.tile(np.arange(windows), videos),
        label,
        np.full(len(label), "video-10"),
        tuple(f"class{i}" for i in range(classes)),
        part,
    )
