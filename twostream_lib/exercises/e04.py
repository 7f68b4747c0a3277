"""Exercises of notebook 04: the moving pixels of an SG3I, and the filters that see change alone."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from twostream_lib import exercises
from twostream_lib.exercises import attempt, differs, verdict

HINTS = {
    "moving": "uint8 cannot hold a negative number: 10 - 20 becomes 246. Make the channels wider "
    "first, with image.astype(int). np.ptp(values, axis=-1) is the largest minus the smallest.",
    "split_filters": "On a still picture all three channels are equal, so only the mean of a "
    "filter's three slices matters there. weight.mean(dim=1, keepdim=True) is that mean, and "
    "expand_as(weight) repeats it. The change part is what is left of the filter.",
}
SOLUTIONS = {
    "moving": """
def moving(image, threshold):
    return np.ptp(image.astype(int), axis=-1) > threshold
""",
    "split_filters": """
def split_filters(weight):
    still = weight.mean(dim=1, keepdim=True).expand_as(weight)
    return still, weight - still
""",
}


def hint(name: str) -> None:
    """Display the hint of the exercise whose function is called `name`, folded away."""
    exercises.hint(HINTS[name])


def solution(name: str) -> None:
    """Display a solution of the exercise whose function is called `name`, folded away."""
    exercises.solution(SOLUTIONS[name])


# One pixel each in three frames, and what the threshold 30 makes of it.
PIXELS = [
    (90, 90, 90),  # still
    (20, 60, 200),  # gets brighter
    (200, 60, 20),  # gets darker
    (50, 90, 50),  # differs in the middle alone
    (90, 85, 80),  # gets darker by too little; in uint8 85 - 90 is 251
    (10, 10, 40),  # changes by just the threshold, which is not more
]


def check_moving(function: Callable) -> None:
    """Judge `function(image, threshold)`: an SG3I, uint8 [H, W, 3], to bool [H, W]."""
    image = np.array([PIXELS], np.uint8)
    found, problem = attempt(function, image.copy(), 30)
    problem = problem or _wrong_moving(found, image.astype(int), 30)
    verdict(not problem, "Every kind of change is found, and nothing else.", problem)


def _wrong_moving(found: np.ndarray, image: np.ndarray, threshold: int) -> str:
    steps = np.diff(image, axis=-1)
    wrong = differs(found, np.ptp(image, axis=-1) > threshold)
    first, last = image[..., 0], image[..., 2]
    likely = {
        "A pixel that changes by just the threshold counts as still: use > and not >=.": (
            np.ptp(image, axis=-1) >= threshold
        ),
        "You compare the first frame with the last: the middle one may differ from both.": (
            np.abs(last - first) > threshold
        ),
        "You see what gets brighter and miss what gets darker: mind the sign.": (
            steps.max(axis=-1) > threshold
        ),
    }
    for words, value in likely.items():
        if wrong and not differs(found, value):
            return words
    if wrong and _wraps(found, image, threshold):
        return (
            "Differences of uint8 wrap around (10 - 20 becomes 246): use image.astype(int) first."
        )
    return wrong


def _wraps(found: np.ndarray, image: np.ndarray, threshold: int) -> bool:
    """Whether the answer is one that comes from subtracting in uint8."""
    steps = np.diff(image, axis=-1)
    whole = image[..., 2] - image[..., 0]
    answers = [
        (change.astype(np.uint8) > threshold).reshape(*image.shape[:2], -1).any(axis=-1)
        for change in (steps, -steps, whole, -whole)
    ]
    return any(not differs(found, answer) for answer in answers)


def check_split_filters(function: Callable) -> None:
    """Judge `function(weight)`: filters float [F, 3, h, w] to their still part and change part,
    both of the same shape."""
    weight = torch.randn(4, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    parts, problem = attempt(function, weight.clone())
    problem = problem or _wrong_pair(parts) or _wrong_parts(parts, weight)
    good = "The still part sees the scene; the change part is blind until something moves."
    verdict(not problem, good, problem)


def _wrong_pair(parts: object) -> str:
    if isinstance(parts, tuple) and len(parts) == 2:
        return ""
    return "Give back two tensors: `return still, change`."


def _wrong_parts(parts: tuple[Tensor, Tensor], weight: Tensor) -> str:
    still, change = parts
    mean = weight.mean(dim=1, keepdim=True).expand_as(weight)
    wrong = differs(still, mean, 1e-5) or differs(change, weight - mean, 1e-5)
    likely = {
        "You gave the change part first: the still part comes first.": (weight - mean, mean),
        "Your still part is the sum of the three slices: with their mean, still and change add up "
        "to the filter.": (3 * mean, weight - 3 * mean),
        "Your still part is one slice, so a still picture wakes your change part: use the mean of "
        "the three.": (weight[:, :1].expand_as(weight), weight - weight[:, :1]),
        "You took the mean over the filters (axis 0): the input channels are axis 1.": (
            weight.mean(0, keepdim=True).expand_as(weight),
            weight - weight.mean(0, keepdim=True),
        ),
        "Your still part has one slice: repeat it for the three channels with expand_as.": (
            mean[:, :1],
            weight - mean,
        ),
    }
    for words, (one, other) in likely.items():
        if wrong and not (differs(still, one, 1e-5) or differs(change, other, 1e-5)):
            return words
    return wrong
