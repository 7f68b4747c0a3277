"""How networks learn: recipes as data, one loop, checkpoints, several trainings side by side."""

from twostream_lib.training.devices import best_device
from twostream_lib.training.loop import evaluate, fit

__all__ = ["best_device", "evaluate", "fit"]
