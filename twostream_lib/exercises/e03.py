"""Exercises of notebook 03: the cross entropy of logits, and a mirror with one coin a sample."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from twostream_lib.exercises import Exercise, Lesson, attempt, differs, mistake, verdict

LESSON = Lesson(
    cross_entropy=Exercise(
        hint="The loss of a sample is log(sum(exp(logits))) minus the logit of its label. Take the "
        "largest logit of each row away first, so that exp cannot overflow; that changes nothing "
        "in the result. torch.logsumexp does both at once.",
        solution="""
def cross_entropy(logits, labels):
    rows = torch.arange(len(labels))
    return (torch.logsumexp(logits, dim=1) - logits[rows, labels]).mean()
""",
    ),
    mirror_some=Exercise(
        hint="images.flip(-1) mirrors every image. torch.where(condition, a, b) chooses for each "
        "place, and coins.view(-1, 1, 1, 1) gives the condition a shape that fits the images.",
        solution="""
def mirror_some(images, coins):
    return torch.where(coins.view(-1, 1, 1, 1), images.flip(-1), images)
""",
    ),
)
hint, solution = LESSON.hint, LESSON.solution


def check_cross_entropy(function: Callable) -> None:
    """Judge `function(logits, labels)`: float [N, C] and int [N] to the mean loss in nats."""
    logits = torch.tensor(
        [[2.0, -1.0, 0.5], [0.0, 3.0, 1.0], [1.0, 1.0, 1.0], [-2.0, 0.0, 0.3], [0.1, 0.2, -4.0]]
    )
    labels = torch.tensor([0, 2, 1, 2, 2])
    with _Called() as called:
        loss, problem = attempt(function, logits.clone(), labels.clone())
    problem = problem or _wrong_loss(loss, logits, labels)
    if not problem and called.names & {"cross_entropy", "nll_loss", "kl_div"}:
        problem = "The loss is right, and ready-made: write it out of exp, log and sums."
    if not problem:
        large, problem = attempt(function, 1000 * logits, labels.clone())
        problem = problem or _wrong_large_loss(large, 1000 * logits, labels)
    verdict(problem, "The loss is right, and logits of 3,000 do not upset it.")


class _Called(TorchFunctionMode):
    """The names of torch's functions that are called while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_function__(
        self, function: Callable, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        self.names.add(getattr(function, "__name__", ""))
        return function(*args, **(kwargs or {}))


def _wrong_loss(loss: Tensor, logits: Tensor, labels: Tensor) -> str:
    right = functional.cross_entropy(logits, labels)
    slips = {
        "It is the loss after a second softmax: take the logits as they are.": (
            functional.cross_entropy(logits.softmax(1), labels)
        ),
        "It is the sum over the samples: take their mean.": right * len(labels),
        "Its sign is wrong: a loss falls towards 0 when the network gets better.": -right,
        "It is one loss for each sample: take their mean.": (
            functional.cross_entropy(logits, labels, reduction="none")
        ),
        "It is the mean probability of the labels: take the negative logarithm of each.": (
            logits.softmax(1)[range(len(labels)), labels].mean()
        ),
        "It is in bits: torch.log is the natural logarithm, torch.log2 is not.": (
            right / torch.log(torch.tensor(2.0))
        ),
        "Your softmax runs down the samples (dim 0); the classes are dim 1.": (
            -logits.log_softmax(0)[range(len(labels)), labels].mean()
        ),
        "It is the logarithm of the mean probability: take the logarithm of each sample's first.": (
            -logits.softmax(1)[range(len(labels)), labels].mean().log()
        ),
    }
    return mistake(loss, right, slips, 1e-4)


def _wrong_large_loss(loss: Tensor, logits: Tensor, labels: Tensor) -> str:
    if not differs(loss, functional.cross_entropy(logits, labels), 1e-2):
        return ""
    return (
        f"Small logits are right, but with logits of 3,000 the loss is {loss}: exp overflows, or a "
        "probability is rounded to 0 before its logarithm. Use torch.logsumexp, or take the "
        "largest logit of each row away and the logarithm of the sum alone."
    )


def check_mirror_some(function: Callable) -> None:
    """Judge `function(images, coins)`: images uint8 [N, C, H, W], coins bool [N], to images."""
    random = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (5, 3, 4, 6), generator=random, dtype=torch.uint8)
    coins = torch.tensor([True, False, True, True, False])
    given = images.clone()
    mirrored, problem = attempt(function, given, coins.clone())
    problem = problem or _wrong_mirror(mirrored, images, coins)
    if not problem and not torch.equal(given, images):
        problem = (
            "The result is right, but your function changed the images that it was given, and the "
            "next epoch would start from mirrored ones: work on a copy."
        )
    verdict(problem, "Each image has a coin of its own.")


def _wrong_mirror(mirrored: Tensor, images: Tensor, coins: Tensor) -> str:
    each = coins.view(-1, 1, 1, 1)
    slips = {
        "You mirrored the whole batch: look at the coin of each image.": images.flip(-1),
        "You mirrored no image at all.": images,
        "You turned images upside down: the last axis is the width.": (
            torch.where(each, images.flip(-2), images)
        ),
        "You mirrored the images whose coin says no, and kept those whose coin says yes.": (
            torch.where(each, images, images.flip(-1))
        ),
        "Each image has the coin of another one: go through both in the same order.": (
            torch.where(each.flip(0), images.flip(-1), images)
        ),
        "You exchanged red and blue: the axes are sample, channel, height, width.": (
            torch.where(each, images.flip(1), images)
        ),
    }
    return mistake(mirrored, torch.where(each, images.flip(-1), images), slips)
