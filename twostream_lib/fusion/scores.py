"""Scores: what a trained network says of each window, and all that fusion and evaluation read."""

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from twostream_lib.data import identity
from twostream_lib.data.datasets import WindowDataset
from twostream_lib.errors import NOT_WHOLE, InputError, cause_of
from twostream_lib.files import replacing
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
# What a file has of each part: kinds of dtypes (numpy's letters), and the number of dimensions.
KEPT = {
    "logits": ("f", 2),
    "video": ("U", 1),
    "window": ("iu", 1),
    "label": ("iu", 1),
    "protocol": ("U", 1),
    "source": ("U", 1),
    "classes": ("U", 1),
}
# What a stream's scores are of: the clips that the tested network learned from, the training clips
# by networks that did not learn from their sources, and the test clips.
PARTS = IN_FOLD, OUT_OF_FOLD, TEST = "in-fold", "out-of-fold", "test"
MADE_BY = "made_by"  # one more array of a file: JSON
ANOTHER_RUN = "Delete the run's folders scores and checkpoints, or choose another run folder."


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
    total = np.zeros((len(first), len(scores.classes)))
    np.add.at(total, place, scores.probabilities())
    mean = total / np.bincount(place)[:, None]
    logits = np.log(np.maximum(mean, 1e-12)).astype(np.float32)
    return replace(scores.rows(first), logits=logits)


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


def save(parts: dict[str, Scores], file: Path, made_by: Mapping[str, Any] | None = None) -> None:
    """Write the scores of one network, by part (see `PARTS`), into one `.npz`.

    With them goes a digest of all of them, by which `load` sees that they are what was written; and
    `made_by`, what JSON can write of what made them.
    """
    arrays: dict[str, Any] = {}
    for part, scores in parts.items():
        arrays |= {f"{part}/{name}": np.asarray(getattr(scores, name)) for name in KEPT}
    arrays[MADE_BY] = np.array(json.dumps(made_by or {}))
    with replacing(file) as beside, open(beside, "wb") as out:
        np.savez_compressed(out, **arrays, digest=np.array(_digest(arrays)))


def load(
    file: Path,
    classes: Sequence[str] | None = None,
    made_by: Mapping[str, Any] | None = None,
    advice: str = ANOTHER_RUN,
) -> dict[str, Scores]:
    """The parts that `save` wrote; the network is the file's name.

    Args:
        file: the `.npz`.
        classes: those of the run, which the scores must be of; None: any.
        made_by: what would make them now, which must be what made them; None: anything.
        advice: what to do about scores that something else made.

    Raises:
        InputError: no such file, one that is damaged or holds no scores, scores of other classes,
            or ones that something else made.
    """
    if not file.is_file():
        raise InputError(f"There are no scores in {file}: train that stream first.")
    try:
        arrays = _arrays(file)
        names = {name.rpartition("/")[2] for name in arrays}
        if names >= KEPT.keys() - {"source"} and "source" not in names:
            raise InputError(
                f"The scores {file} are of an older version of the course: delete the run's "
                "folders scores and checkpoints, or choose another run folder."
            )
        parts = [name.removesuffix("/logits") for name in arrays if name.endswith("/logits")]
        found = {part: _read_part(arrays, part, file.stem) for part in parts}
        if not found:
            raise _Fault("no logits in it")
    except _Fault as fault:
        raise InputError(
            f"The scores {file} are damaged ({fault}): delete that file, and open the notebook "
            "that makes it, which goes on from its checkpoint."
        ) from fault
    if made_by is not None and (differs := _outdated(arrays, made_by)):
        raise InputError(f"The scores {file} are not of this run as it is now: {differs}. {advice}")
    for scores in found.values():
        if classes is not None and scores.classes != tuple(classes):
            odd = sorted(set(scores.classes) ^ set(classes)) or ["their order"]
            raise InputError(
                f"The scores {file} are of {len(scores.classes)} classes and the run is of "
                f"{len(classes)}, which differ in {', '.join(odd[:3])}: delete the run's folders "
                "scores and checkpoints, or choose another run folder."
            )
    return found


def load_part(
    file: Path,
    part: str,
    classes: Sequence[str] | None = None,
    made_by: Mapping[str, Any] | None = None,
) -> Scores:
    """One part of the scores in a file, see `load`.

    Raises:
        InputError: what `load` raises it for, or there is no such part.
    """
    parts = load(file, classes, made_by)
    if part not in parts:
        raise InputError(
            f"{file} has scores of the {' and '.join(parts)} part alone, and none of the {part} "
            "part: delete it, and open the notebook that makes it."
        )
    return parts[part]


def _outdated(arrays: Mapping[str, Array], made_by: Mapping[str, Any]) -> str:
    """What differs between what made the scores and what would make them now."""
    said = json.loads(str(arrays.get(MADE_BY, "{}")))
    if not said:
        return "nobody knows what made them"
    return identity.difference(said, json.loads(json.dumps(made_by)))


class _Fault(Exception):
    """What is wrong with a file of scores, in a few words."""


def _arrays(file: Path) -> dict[str, Array]:
    """The arrays of an `.npz`, each as its checksum in the archive and the digest of all say."""
    try:
        with zipfile.ZipFile(file) as archive:
            if broken := archive.testzip():
                raise _Fault(f"{broken} in it is no longer what was written")
        with np.load(file, allow_pickle=False) as opened:
            arrays = {name: opened[name] for name in opened}
    except OSError as error:
        raise InputError(f"The scores {file} cannot be read: {cause_of(error, file)}.") from error
    except NOT_WHOLE as error:
        raise _Fault("it is not the archive that was written") from error
    digest = arrays.pop("digest", None)  # older files have none
    if digest is not None and str(digest) != _digest(arrays):
        raise _Fault("it is no longer what was written, by its digest")
    return arrays


def _digest(arrays: Mapping[str, Array]) -> str:
    """SHA-256 of the names, types, shapes and bytes of arrays, in the order of the names."""
    all_of_them = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        all_of_them.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        all_of_them.update(np.ascontiguousarray(array).tobytes())
    return all_of_them.hexdigest()


def _read_part(arrays: Mapping[str, Array], part: str, network: str) -> Scores:
    missing = [name for name in KEPT if f"{part}/{name}" not in arrays]
    if missing:
        raise _Fault(f"no {missing[0]} of the {part} part in it")
    kept = {name: arrays[f"{part}/{name}"] for name in KEPT}
    for name, (kinds, dimensions) in KEPT.items():
        if kept[name].dtype.kind not in kinds or kept[name].ndim != dimensions:
            raise _Fault(f"{part}/{name} is {kept[name].dtype} {list(kept[name].shape)}")
    classes = tuple(str(name) for name in kept.pop("classes"))
    rows = {len(array) for array in kept.values()}
    if rows != {len(kept["logits"])} or kept["logits"].shape[1] != len(classes):
        raise _Fault(f"the arrays of the {part} part have different lengths")
    if not np.isfinite(kept["logits"]).all():
        raise _Fault(f"some logits of the {part} part are not finite")
    labels = kept["label"]
    if len(labels) and not 0 <= labels.min() <= labels.max() < len(classes):
        raise _Fault(f"some labels of the {part} part are of no class")
    return Scores(network=network, **kept, classes=classes, part=part)
