"""How networks learn: recipes as data, one loop, checkpoints, several trainings side by side."""

from twostream_lib.training.loop import best_device, evaluate, fit

__all__ = ["best_device", "evaluate", "fit"]
