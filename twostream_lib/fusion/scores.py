"""What a stream says of each window: the only thing that fusion and evaluation read."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from twostream_lib.errors import InputError

Array = np.ndarray


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
        names = ("logits", "video", "window", "label", "protocol")
        return replace(self, **{name: getattr(self, name)[keep] for name in names})

    def probabilities(self) -> Array:
        """Softmax of the logits, float32 `[N, C]`."""
        return torch.softmax(torch.from_numpy(self.logits), dim=1).numpy()

    def __len__(self) -> int:
        return len(self.label)


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
        same = (
            first.classes == other.classes
            and len(first) == len(other)
            and np.array_equal(first.video, other.video)
            and np.array_equal(first.window, other.window)
            and np.array_equal(first.protocol, other.protocol)
        )
        if not same:
            raise InputError(
                f"The scores of {first.network} and {other.network} speak of different windows: "
                "score both streams on one store."
            )


def with_logits(streams: list[Scores], logits: Array, network: str) -> Scores:
    """Scores of the streams' windows with other logits, float `[N, C]`: those of `network`."""
    return replace(streams[0], network=network, logits=logits.astype(np.float32))


def log_probabilities(streams: list[Scores]) -> Tensor:
    """What every learned fusion sees: the streams' log-probabilities, float `[N, streams * C]`.

    Raises:
        InputError: the scores speak of different windows.
    """
    check_aligned(streams)
    return torch.cat([torch.from_numpy(s.logits).log_softmax(dim=1) for s in streams], dim=1)


def save(parts: dict[str, Scores], file: Path) -> None:
    """Write the scores of one network, by part (`validation`, `test`), into one `.npz`."""
    arrays = {}
    for part, scores in parts.items():
        for name in ("logits", "video", "window", "label", "protocol"):
            arrays[f"{part}/{name}"] = getattr(scores, name)
        arrays[f"{part}/classes"] = np.array(scores.classes)
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".part")
    with open(beside, "wb") as out:
        np.savez_compressed(out, **arrays)
    os.replace(beside, file)


def load(file: Path) -> dict[str, Scores]:
    """The parts that `save` wrote; the network is the file's name.

    Raises:
        InputError: no such file.
    """
    if not file.is_file():
        raise InputError(f"There are no scores in {file}: train that stream first.")
    with np.load(file, allow_pickle=False) as arrays:
        return {part: _read_part(arrays, part, file.stem) for part in _parts(arrays)}


def _parts(arrays) -> Iterator[str]:
    return (name.split("/")[0] for name in arrays if name.endswith("/logits"))


def _read_part(arrays, part: str, network: str) -> Scores:
    names = ("logits", "video", "window", "label", "protocol")
    values = {name: arrays[f"{part}/{name}"] for name in names}
    classes = tuple(str(name) for name in arrays[f"{part}/classes"])
    return Scores(network=network, **values, classes=classes, part=part)
