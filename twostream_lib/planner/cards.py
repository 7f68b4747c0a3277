"""GPUs by what was measured on them, each figure with its source: data, and how two count.

All rates are those of ResNet-50 on 224 × 224 pixels in 16-bit numbers, images a second.
"""

from dataclasses import dataclass

import pandas as pd

MEASURED, PUBLISHED, PASSED_ON, ASSUMED = "measured", "published", "passed on", "assumed"
NVIDIA = (
    "NVIDIA DeepLearningExamples, PyTorch, ResNet-50 v1.5, container 21.03: https://github.com/"
    "NVIDIA/DeepLearningExamples/blob/master/PyTorch/Classification/ConvNets/resnet50v1.5/README.md"
)
# Scoring is one forward pass; training is one forward pass and a backward pass twice as long. Where
# nobody has published it; three by the sums alone, and 2.5 to 3.0 as measured on H200s.
SCORING_OVER_TRAINING = 2.0
# Four machines with 16 cores each: 4,350 images a second on the one that was measured with recorded
# steps (3,660 to 4,160 on the three before it), and 10,000 to 12,900 in scoring on all four.
BENCH = "this course's `bench train`, batch 128, torch 2.11, 27 November 2026"
# ResNet-50 on the last of them, images a second by batch: where the program asks for each part of a
# step (the bare step), and where the passes are recorded and played back (the course's loop). Part
# by part, such machines' processors handed out so many of batches of 32.
STEPS = {32: (1_010, 3_303), 128: (4_299, 4_351)}
HANDED_OUT = (1_010, 1_780)
# Of eight A100 in that list, which train 16,621 images a second where one trains 2,470.
TOGETHER = 16_621 / (8 * 2_470)


@dataclass(frozen=True)
class Figure:
    """A number, how it is known, and from where.

    It was `measured` by this course, `published`, `passed on` without a first source, or `assumed`.
    """

    value: float
    known: str
    source: str


@dataclass(frozen=True)
class Card:
    """A GPU, or some of one kind, and the processor beside it.

    Attributes:
        training, scoring: images a second. cores: of the processor, which decodes.
    """

    training: Figure
    scoring: Figure
    cores: Figure


def _scored(training: float, others: str = "") -> Figure:
    words = f"{SCORING_OVER_TRAINING:g} times its training{others}"
    return Figure(SCORING_OVER_TRAINING * training, ASSUMED, words)


def _cores(count: int, where: str) -> Figure:
    return Figure(count, ASSUMED, where)


T4 = Card(
    # A V100 trains 1,200 and scores 3,249 in NVIDIA's list: by this ratio a T4 would train 440.
    Figure(300, PASSED_ON, "no first source; the careful one of 300 and 440 (by a V100's ratio)"),
    Figure(1_190, PUBLISHED, f"{NVIDIA} (batch 128)"),
    _cores(2, "Colab's free machine"),
)
L4 = Card(
    Figure(600, ASSUMED, "twice a T4: 300 GB/s of memory against 320, newer arithmetic"),
    _scored(600, "; up to 4.4 times a T4's in Palaniappan 2026 (DEEP-GAP, arXiv 2604.14552)"),
    _cores(12, "as Colab is said to give"),
)
A100 = Card(
    Figure(2_470, PUBLISHED, f"{NVIDIA} (DGX A100 80GB)"),
    _scored(2_470),
    _cores(12, "as Colab is said to give"),
)
H100 = Card(
    Figure(3_000, PASSED_ON, "no first source"),
    _scored(3_000),
    _cores(12, "as beside an A100"),
)
H200 = Card(
    Figure(4_350, MEASURED, BENCH),
    Figure(10_000, MEASURED, BENCH),
    Figure(16, MEASURED, BENCH),
)


def two_of(card: Card) -> Card:
    """Two GPUs of a kind that share every batch, with the cores of two machines."""

    def twice(figure: Figure) -> Figure:
        words = f"two with {TOGETHER:.0%} of each, as of eight A100"
        return Figure(2 * TOGETHER * figure.value, ASSUMED, words)

    cores = Figure(2 * card.cores.value, ASSUMED, "twice those of one")
    return Card(twice(card.training), twice(card.scoring), cores)


CARDS = {
    "T4": T4,
    "L4": L4,
    "A100": A100,
    "H100": H100,
    "H200": H200,
    "2 × T4": two_of(T4),
    "2 × A100": two_of(A100),
}


def ledger() -> pd.DataFrame:
    """Every figure, how it is known and from where: a row each, to look at."""
    rows = [
        {
            "GPU": name,
            "what": what,
            "value": round(figure.value),
            "known": figure.known,
            "source": figure.source,
        }
        for name, card in CARDS.items()
        for what, figure in vars(card).items()
    ]
    return pd.DataFrame(rows).set_index(["GPU", "what"])
