"""What data are, in a few short words: a network that was trained on others is not taken for one
that was trained on these."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from torch import nn
from torch.utils.data import Dataset, TensorDataset

AT_ONCE = 2**16  # rows of a column
# What is said of a word that differs.
NAMES = {
    "clips": "the clips",
    "labels": "the labels of clips",
    "classes": "the classes",
    "folds": "the folds",
    "windows": "which windows are cut",
    "pixels": "what the windows show",
    "tensors": "the numbers",
    "files": "the files of clips",
}
SENTENCES = {
    "question": "what is compared is made in another way now",
    "start": "it started from other weights (another machine may draw others by the same seed)",
    "precision": "it computes in {saved}, and this one would in {wanted}; to go on in the former, "
    "set TWOSTREAM_PRECISION={saved}",
}


def of(data: Dataset | None) -> dict[str, Any]:
    """The identity of data: `data.identity` where they have one, as windows and frames do.

    Raises:
        TypeError: of data that cannot be known again.
    """
    if data is None:
        return {}
    if isinstance(data, TensorDataset):
        arrays = [tensor.cpu().numpy() for tensor in data.tensors]
        kinds = [[list(array.shape), str(array.dtype)] for array in arrays]
        return {"tensors": word([kinds, *arrays])}
    if not hasattr(data, "identity"):
        raise TypeError(f"A {type(data).__name__} cannot be known again: give it an identity.")
    return data.identity


def of_network(net: nn.Module) -> str:
    """One short word for all weights and statistics of a network."""
    return word(value.detach().cpu().numpy() for value in net.state_dict().values())


def word(parts: Iterable[Any]) -> str:
    """One short word for bytes, arrays, columns of a table, or what JSON can write.

    A column counts as the list of its values.
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(sum(map(len, _pieces(part))).to_bytes(8, "little"))
        for piece in _pieces(part):
            digest.update(piece)
    return digest.hexdigest()[:16]


def _pieces(part: Any) -> Iterator[bytes]:
    """The bytes of which a part consists; of a column, which may be long, some rows at a time."""
    if isinstance(part, bytes):
        yield part
    elif isinstance(part, np.ndarray):
        yield np.ascontiguousarray(part).tobytes()
    elif hasattr(part, "iloc"):
        yield b"["
        for start in range(0, len(part), AT_ONCE):
            comma = ", " if start else ""
            yield (comma + json.dumps(part.iloc[start : start + AT_ONCE].tolist())[1:-1]).encode()
        yield b"]"
    else:
        yield json.dumps(part).encode()


def difference(saved: Any, wanted: Any, where: str = "") -> str:
    """What differs first between what made something and what would make it now; empty if nothing.

    Args:
        saved, wanted: what JSON can write, such as nested dicts.
        where: the names on the way, for the sentence.
    """
    if isinstance(saved, Mapping) and isinstance(wanted, Mapping):
        for name in [*wanted, *(name for name in saved if name not in wanted)]:
            there, here = saved.get(name), wanted.get(name)
            if there != here:
                return difference(there, here, f"{where} {name}".strip())
        return ""
    if saved == wanted:
        return ""
    before, _, name = where.rpartition(" ")
    if name in NAMES:
        return f"{NAMES[name]} of its {before} data differ".replace("its  data", "its data")
    sentence = SENTENCES.get(name, f"its {where} was {{saved}}, and is {{wanted}} now")
    return sentence.format(saved=saved, wanted=wanted)
