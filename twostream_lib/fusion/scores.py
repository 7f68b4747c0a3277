"""Scores: what a trained network says of each window, and all that fusion and evaluation read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from twostream_lib.data.datasets import WindowDataset, in_batches
from twostream_lib.errors import InputError
from twostream_lib.files import replacing

Array = np.ndarray
ROWS = ("logits", "video", "window", "label", "protocol")  # what `Scores` has a row a window of


@dataclass(frozen=True)
class Scores:
    """Logits of windows, and what each window is.

    Attributes:
        network: whose logits these are, such as `spatial`.
        logits: float32 `[N, C]`, before the softmax.
        video: str `[N]`, `<label>/<file name>`. window: int `[N]`, its number in the video.
        label: int `[N]`, index into classes. protocol: str `[N]`, see `evaluation`.
        classes: the C class names.
        part: `train`, `validation` or `test`.
    """

    network: str
    logits: Array
    video: Array
    window: Array
    label: Array
    protocol: Array
    classes: tuple[str, ...]
    part: str

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


@torch.inference_mode()
def predict(
    network: str, net: nn.Module, data: WindowDataset, part: str, batch_size: int = 64
) -> Scores:
    """Score every window of `data`, unflipped and uncropped, in order.

    Raises:
        InputError: `data` has no window, or an answer of `net` is NaN or infinite.
    """
    if not len(data):
        raise InputError(f"There is no {part} window that {network} could score: add clips to it.")
    device = next(net.parameters()).device
    net.eval()
    logits = [net(images.to(device)).float().cpu() for images, _ in in_batches(data, batch_size)]
    rows = data.rows
    return Scores(
        network,
        _finite(torch.cat(logits).numpy(), network),
        rows.video.to_numpy(dtype=np.str_),
        rows.window.to_numpy(np.int64),
        np.asarray(data.labels, np.int64),
        rows.protocol.to_numpy(dtype=np.str_),
        tuple(data.classes),
        part,
    )


def per_video(scores: Scores) -> Scores:
    """One row a video: the logarithm of the mean of its windows' probabilities.

    Averaging after the softmax is what Simonyan & Zisserman do; the logarithm makes it a logit
    again. All rows must be of one protocol.
    """
    _, first, place = np.unique(scores.video, return_index=True, return_inverse=True)
    total = np.zeros((len(first), len(scores.classes)))
    np.add.at(total, place, scores.probabilities())
    mean = total / np.bincount(place)[:, None]
    logits = np.log(np.maximum(mean, 1e-12)).astype(np.float32)
    return replace(scores.rows(first), logits=logits)


def check_aligned(all_scores: list[Scores]) -> None:
    """Raise InputError unless all scores speak of the same windows in the same order."""
    first = all_scores[0]
    for other in all_scores[1:]:
        same = first.classes == other.classes and all(
            np.array_equal(getattr(first, name), getattr(other, name))
            for name in ("video", "window", "protocol")
        )
        if not same:
            raise InputError(
                f"The scores of {first.network} and {other.network} speak of different windows: "
                "score both streams on one store."
            )


def with_logits(streams: list[Scores], logits: Array, network: str) -> Scores:
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


def log_probabilities(streams: list[Scores]) -> Tensor:
    """What every learned fusion sees: the streams' log-probabilities, float `[N, streams * C]`.

    Raises:
        InputError: the scores speak of different windows.
    """
    check_aligned(streams)
    return torch.cat([torch.from_numpy(s.logits).log_softmax(dim=1) for s in streams], dim=1)


def save(parts: dict[str, Scores], file: Path) -> None:
    """Write the scores of one network, by part (`validation`, `test`), into one `.npz`."""
    arrays: dict[str, Any] = {}
    for part, scores in parts.items():
        arrays |= {f"{part}/{name}": getattr(scores, name) for name in (*ROWS, "classes")}
    with replacing(file) as beside, open(beside, "wb") as out:
        np.savez_compressed(out, **arrays)


def load(file: Path) -> dict[str, Scores]:
    """The parts that `save` wrote; the network is the file's name.

    Raises:
        InputError: no such file.
    """
    if not file.is_file():
        raise InputError(f"There are no scores in {file}: train that stream first.")
    with np.load(file, allow_pickle=False) as arrays:
        parts = [name.removesuffix("/logits") for name in arrays if name.endswith("/logits")]
        return {part: _read_part(arrays, part, file.stem) for part in parts}


def _read_part(arrays: Mapping[str, Array], part: str, network: str) -> Scores:
    rows = {name: arrays[f"{part}/{name}"] for name in ROWS}
    classes = tuple(str(name) for name in arrays[f"{part}/classes"])
    return Scores(network=network, **rows, classes=classes, part=part)
