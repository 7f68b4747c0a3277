"""What the streams say of each video, joined and judged.

Fusion reads scores, never images. What is learned here is learned on scores of clips that the
streams were not trained on. On its own training clips a stream is nearly always right, and a
network that learns from those scores learns to believe the more self-assured stream.
"""

from twostream_lib.fusion.averages import (
    average,
    average_of_videos,
    best_weight,
    of_videos,
    per_class,
    product,
    weighted,
)
from twostream_lib.fusion.fusenet import FuseNet, apply_fusenet, fit_fusenet
from twostream_lib.fusion.linear_svm import svm
from twostream_lib.fusion.registry import FUSIONS
from twostream_lib.fusion.temperature import calibrated

__all__ = [
    "FUSIONS",
    "FuseNet",
    "apply_fusenet",
    "average",
    "average_of_videos",
    "best_weight",
    "calibrated",
    "fit_fusenet",
    "of_videos",
    "per_class",
    "product",
    "svm",
    "weighted",
]
