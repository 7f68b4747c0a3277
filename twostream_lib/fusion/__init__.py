"""What the streams say of each video, joined and judged.

Fusion reads scores, never images. What is learned here is learned on the scores of the *validation
part*: clips that the streams were not trained on. On its own training clips a stream is nearly
always right, and a network that learns from those scores learns to believe the more self-assured
stream.
"""

from twostream_lib.fusion.averages import average, average_of_videos, best_weight
from twostream_lib.fusion.fusenet import FuseNet, apply_fusenet, fit_fusenet
from twostream_lib.fusion.svm import svm

__all__ = [
    "FuseNet",
    "apply_fusenet",
    "average",
    "average_of_videos",
    "best_weight",
    "fit_fusenet",
    "svm",
]
