"""Scores in files, each with a digest and what made it, so that no others are taken for them."""

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from twostream_lib.data import identity
from twostream_lib.errors import NOT_WHOLE, InputError, cause_of
from twostream_lib.files import replacing
from twostream_lib.fusion.scores import Array, Scores

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
MADE_BY = "made_by"  # one more array of a file: JSON
ANOTHER_RUN = (
    "Delete the run's folders scores, checkpoints and retrained, or choose another run folder."
)


def save(parts: dict[str, Scores], file: Path, made_by: Mapping[str, Any] | None = None) -> None:
    """Write the scores of one network, by part (see `scores.PARTS`), into one `.npz`.

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
                f"The scores {file} are of an older version of the course. {ANOTHER_RUN}"
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
                f"{len(classes)}, which differ in {', '.join(odd[:3])}. {ANOTHER_RUN}"
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
