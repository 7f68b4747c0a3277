"""A small piece of work that is the same every time: a run's seconds are told as ratios to it.

Seconds of another machine, or of this one beside other work, compare with nothing. The work is what
training on a CPU mostly is, convolutions and their gradients, and it is timed before each notebook
and after the last, by as many threads as the notebooks have.
"""

import statistics
import time

import torch
from torch.nn import functional

ROUNDS = 3  # each time; one more comes first, in which memory is fetched and threads are started
IMAGES, CHANNELS, SIDE = 8, 16, 48


def rounds(threads: int) -> list[float]:
    """The seconds of each of `ROUNDS` rounds, by so many threads of torch's."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        images = torch.linspace(-1, 1, IMAGES * CHANNELS * SIDE**2)
        images = images.reshape(IMAGES, CHANNELS, SIDE, SIDE)
        weights = torch.linspace(-1, 1, CHANNELS**2 * 9).reshape(CHANNELS, CHANNELS, 3, 3)
        return [_seconds(images, weights) for _ in range(ROUNDS + 1)][1:]
    finally:
        torch.set_num_threads(before)


def _seconds(images: torch.Tensor, weights: torch.Tensor) -> float:
    start = time.perf_counter()
    weights = weights.clone().requires_grad_()
    with torch.enable_grad():
        found = images
        for _ in range(6):
            found = functional.conv2d(found, weights, padding=1).tanh()
        found.sum().backward()
    return time.perf_counter() - start


def loop_seconds(measured: list[float]) -> float | None:
    """The seconds of one loop in a run, of all its rounds: their median; None of none."""
    return statistics.median(measured) if measured else None
