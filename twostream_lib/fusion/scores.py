"""Scores: what a trained network says of each window, and all that fusion and evaluation read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from twostream_lib.data.datasets import WindowDataset
from twostream_lib.errors import InputError
from twostream_lib.training.answers import answers

if TYPE_CHECKING:  # scores need no decoder
    from twostream_lib.data.positions import Positions

Array = np.ndarray
ROWS = (
    "logits",
    "video",
    "window",
    "label",
    "protocol",
    "source",
)  # what `Scores` has a row a window of
# What a stream's scores are of: the clips that the tested network learned from, the training clips
# by networks that did not learn from their sources, and the test clips.
PARTS = IN_FOLD, OUT_OF_FOLD, TEST = "in-fold", "out-of-fold", "test"


@dataclass(frozen=True)
class Scores:
    """Logits of windows, and what each window is.

    Attributes:
        network: whose logits these are, such as `spatial`.
        logits: float32 `[N, C]`, before the softmax.
        video: str `[N]`, `<label>/<file name>`. window: int `[N]`, its number in the video.
        label: int `[N]`, index into classes. protocol: str `[N]`, see `evaluation`.
        classes: the C class names.
        part: one of `PARTS`, or `validation` where a network of its own is judged on fold 0.
        source: str `[N]`, what the video was cut from; None: nobody knows, and each is its own.
    """

    network: str
    logits: Array
    video: Array
    window: Array
    label: Array
    protocol: Array
    classes: tuple[str, ...]
    part: str
    source: Array = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.source is None:
            object.__setattr__(self, "source", self.video)

    def under(self, protocol: str) -> "Scores":
        """The rows of one test protocol; empty where a part was not scored under it."""
        return self.rows(self.protocol == protocol)

    def rows(self, keep: Array) -> "Scores":
        """The rows that `keep` (bool or int `[N]`) picks."""
        return replace(self, **{name: getattr(self, name)[keep] for name in ROWS})

    def probabilities(self) -> Array:
        """Softmax of the logits, float32 `[N, C]`."""
        return torch.softmax(torch.from_numpy(self.logits), dim=1).numpy()

    def __len__(self) -> int:
        return len(self.label)


def predict(
    network: str, net: nn.Module, data: WindowDataset, part: str, batch_size: int = 64
) -> Scores:
    """Score every window of `data`, unflipped and uncropped, in order.

    Raises:
        InputError: `data` has no window, or an answer of `net` is NaN or infinite.
    """
    if not len(data):
        raise InputError(f"There is no {part} window that {network} could score: add clips to it.")
    logits = [logits for logits, _ in answers(net, data, batch_size)]
    return of_windows(network, torch.cat(logits).cpu().numpy(), data, part)


def of_windows(network: str, logits: Array, data: "WindowDataset | Positions", part: str) -> Scores:
    """The scores of a network that says `logits`, float `[N, C]`, of the windows of `data`.

    Raises:
        InputError: a logit is NaN or infinite.
    """
    rows = data.rows
    return Scores(
        network,
        _finite(logits.astype(np.float32, copy=False), network),
        rows.video.to_numpy(dtype=np.str_),
        rows.window.to_numpy(np.int64),
        np.asarray(data.labels, np.int64),
        rows.protocol.to_numpy(dtype=np.str_),
        tuple(data.classes),
        part,
        rows.source.to_numpy(dtype=np.str_),
    )


def per_video(scores: Scores) -> Scores:
    """One row a video: the logarithm of the mean of its windows' probabilities.

    Averaging after the softmax is what Simonyan & Zisserman do; the logarithm makes it a logit
    again.

    Raises:
        InputError: the rows are of several protocols.
    """
    if len(mixed := np.unique(scores.protocol)) > 1:
        raise InputError(
            f"The scores of {scores.network} are of {' and '.join(mixed)}: average those of one "
            "protocol at a time."
        )
    _, first, place = np.unique(scores.video, return_index=True, return_inverse=True)
    mean = mean_by(place, scores.probabilities())
    logits = np.log(np.maximum(mean, 1e-12)).astype(np.float32)
    return replace(scores.rows(first), logits=logits)


def mean_by(place: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The mean of the rows of `values`, `[N, C]`, that have the same place, int `[N]`, 0 up."""
    sums = [np.bincount(place, weights=column) for column in values.T]
    return np.stack(sums, axis=1) / np.bincount(place)[:, None]


def together(parts: Sequence[Scores]) -> Scores:
    """The rows of several parts of one network, one part after the other."""
    rows: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in ROWS
    }
    return replace(parts[0], **rows)


def check_aligned(all_scores: Sequence[Scores]) -> None:
    """Raise InputError unless all scores speak of the same windows in the same order.

    They have the same part, classes, videos, windows, protocols and labels; the first difference is
    named.
    """
    first = all_scores[0]
    for other in all_scores[1:]:
        if difference := _difference(first, other):
            raise InputError(
                f"The scores of {first.network} and {other.network} cannot be fused: {difference}. "
                "Score both streams on one part of one store."
            )


def _difference(first: Scores, other: Scores) -> str:
    """The first thing in which scores speak of other windows, in words; empty where there is none.

    A part that nobody has named, as of a film, is like any other.
    """
    if first.part != other.part:
        return f"the first are of the {first.part} part, the others of the {other.part} part"
    if first.classes != other.classes:
        pairs = zip_longest(first.classes, other.classes, fillvalue="none")
        ours, theirs = next((a, b) for a, b in pairs if a != b)
        return f"where the first have the class {ours}, the others have {theirs}"
    if len(first) != len(other):
        return f"the first are of {len(first):,} windows, the others of {len(other):,}"
    for name in ("video", "protocol", "window", "label"):
        ours, theirs = getattr(first, name), getattr(other, name)
        if (differ := ours != theirs).any():
            row = int(differ.argmax())
            return f"row {row + 1} has {name} {ours[row]} in the first, {theirs[row]} in the others"
    return ""


def with_logits(streams: Sequence[Scores], logits: Array, network: str) -> Scores:
    """Scores of the streams' windows with other logits, float `[N, C]`: those of `network`.

    Raises:
        InputError: a logit is NaN or infinite.
    """
    return replace(streams[0], network=network, logits=_finite(logits.astype(np.float32), network))


def _finite(logits: Array, network: str) -> Array:
    """The logits themselves. Of others, argmax would make a class, and an accuracy."""
    bad = ~np.isfinite(logits).all(axis=1)
    if bad.any():
        raise InputError(
            f"{network} answers {bad.sum():,} of {len(bad):,} windows with NaN or infinite logits, "
            "as a network does whose training diverged: train it anew, at a lower learning rate."
        )
    return logits


def log_probabilities(streams: Sequence[Scores]) -> Tensor:
    """What every learned fusion sees: the streams' log-probabilities, float `[N, streams * C]`.

    Raises:
        InputError: the scores speak of different windows.
    """
    check_aligned(streams)
    return torch.cat([torch.from_numpy(s.logits).log_softmax(dim=1) for s in streams], dim=1)
