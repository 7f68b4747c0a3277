"""Exercises of notebook 04: the moving pixels of an SG3I, and the filters that see change alone."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from twostream_lib.exercises import Exercise, Lesson, attempt, differs, mistake, verdict

LESSON = Lesson(
    moving=Exercise(
        hint="uint8 cannot hold a negative number: 10 - 20 becomes 246. Make the channels wider "
        "first, with image.astype(int). np.ptp(values, axis=-1) is the largest minus the smallest.",
        solution="""
def moving(image, threshold):
    return np.ptp(image.astype(int), axis=-1) > threshold
""",
    ),
    split_filters=Exercise(
        hint="On a still picture all three channels are equal, so only the mean of a filter's "
        "three slices matters there. weight.mean(dim=1, keepdim=True) is that mean, and "
        "expand_as(weight) repeats it. The change part is what is left of the filter.",
        solution="""
def split_filters(weight):
    still = weight.mean(dim=1, keepdim=True).expand_as(weight)
    return still, weight - still
""",
    ),
)
hint, solution = LESSON.hint, LESSON.solution

# One pixel each in three frames, and what the threshold 30 makes of it.
PIXELS = [
    (90, 90, 90),  # still
    (20, 60, 200),  # gets brighter
    (200, 60, 20),  # gets darker
    (50, 90, 50),  # differs in the middle alone
    (90, 85, 80),  # gets darker by too little; in uint8 85 - 90 is 251
    (10, 10, 40),  # changes by just the threshold, which is not more
    (100, 120, 140),  # two small steps in one direction, which make a large one
    (50, 70, 50),  # a small step, and back again
    (60, 40, 80),  # a small step to either side of the first, which are far apart
    (40, 80, 60),  # the same of the last
]
OTHER_THRESHOLD = 100


def check_moving(function: Callable) -> None:
    """Judge `function(image, threshold)`: an SG3I, uint8 [H, W, 3], to bool [H, W]."""
    image = np.array([PIXELS[:5], PIXELS[5:]], np.uint8)
    problem = ""
    for threshold in (30, OTHER_THRESHOLD):
        found, stopped = attempt(function, image.copy(), threshold)
        problem = problem or stopped or _wrong_moving(found, image.astype(int), threshold)
    verdict(problem, "Every kind of change is found, and nothing else.")


def _wrong_moving(found: np.ndarray, image: np.ndarray, threshold: int) -> str:
    span, steps = np.ptp(image, axis=-1), np.diff(image, axis=-1)
    whole = image[..., 2] - image[..., 0]
    slips = {
        "You compare each frame with the next one: two small steps in one direction span as much "
        "as a large one.": np.abs(steps).max(axis=-1) > threshold,
        "You add up the steps: a pixel that goes there and back again spans one step, not two.": (
            np.abs(steps).sum(axis=-1) > threshold
        ),
        "You used another threshold than the one that you were given.": span > 30,
        "A pixel that changes by just the threshold counts as still: use > and not >=.": (
            span >= threshold
        ),
        "You compare the first frame with the last: the middle one may differ from both.": (
            np.abs(whole) > threshold
        ),
        "You compare the others with the first frame alone: they may lie to either side of it, and "
        "far from each other.": np.abs(image[..., 1:] - image[..., :1]).max(axis=-1) > threshold,
        "You compare the others with the last frame alone: they may lie to either side of it, and "
        "far from each other.": np.abs(image[..., :2] - image[..., 2:]).max(axis=-1) > threshold,
        "You see what gets brighter and miss what gets darker: mind the sign.": (
            steps.max(axis=-1) > threshold
        ),
    }
    problem = mistake(found, span > threshold, slips)
    if problem and problem not in slips and _wraps(found, image, threshold):
        return (
            "Differences of uint8 wrap around (10 - 20 becomes 246): use image.astype(int) first."
        )
    if not problem and np.asarray(found).dtype != bool:
        return f"The values are right: give them back as bool, not as {np.asarray(found).dtype}."
    return problem


def _wraps(found: np.ndarray, image: np.ndarray, threshold: int) -> bool:
    """Whether the answer is one that comes from subtracting in uint8."""
    steps = np.diff(image, axis=-1)
    whole = image[..., 2:] - image[..., :1]
    differences = (steps, -steps, whole, -whole, np.concatenate([steps, whole], axis=-1))
    answers = [(some.astype(np.uint8) > threshold).any(axis=-1) for some in differences]
    return any(not differs(found, answer) for answer in answers)


def check_split_filters(function: Callable) -> None:
    """Judge `function(weight)`: filters float [F, 3, h, w] to their still part and change part,
    both of the same shape."""
    weight = torch.randn(4, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    given = weight.clone()
    parts, problem = attempt(function, given)
    problem = problem or _wrong_pair(parts) or _wrong_parts(parts, weight)
    if not problem and not torch.equal(given, weight):
        problem = "The parts are right, but you changed the filters that you were given: copy them."
    good = "The still part sees the scene; the change part is blind until something moves."
    verdict(problem, good)


def _wrong_pair(parts: object) -> str:
    if isinstance(parts, tuple | list | np.ndarray | Tensor) and len(parts) == 2:
        return ""
    return "Give back two tensors: `return still, change`."


def _wrong_parts(parts: tuple[Tensor, Tensor], weight: Tensor) -> str:
    mean = weight.mean(dim=1, keepdim=True).expand_as(weight)
    slips = {
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
    return next(
        (words for words, slip in slips.items() if not _differ(parts, slip)),
        _differ(parts, (mean, weight - mean)),
    )


def _differ(parts: tuple[Tensor, Tensor], expected: tuple[Tensor, Tensor]) -> str:
    pairs = zip(parts, expected, strict=True)
    return next(filter(None, (differs(one, other, 1e-5) for one, other in pairs)), "")
