"""Scores of the flow laboratory's trials."""

import numpy as np

from twostream_lib.fusion.scores import Scores

CLASSES = ["down", "up"]


def scored(right):
    """Videos of two classes, of which those in `right` are named rightly."""
    label = np.arange(len(right)) % 2
    said = np.where(right, label, 1 - label)
    logits = np.eye(2, dtype=np.float32)[said]
    names = np.array([f"v{n:03d}" for n in range(len(right))])
    zeros = np.zeros(len(right), np.int64)
    kind = np.full(len(right), "window")
    return Scores("x", logits, names, zeros, label, kind, tuple(CLASSES), "validation")
