"""Weights files: what is in one, and whether it fits a network. No code in a file is ever run."""

from __future__ import annotations

import argparse
import errno
import re
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from twostream_lib.errors import InputError, cause_of

# How a file begins that is no weights → what it is, and what to do.
OTHER_FILES = {
    b"<": ("is a web page (HTML)", "fetch the file itself, the host may ask for a login"),
    b"version https://git-lfs": ("is a pointer of Git LFS", "fetch the file by `git lfs pull`"),
    b"\x89HDF": ("is an HDF5 file, as Keras writes", "give one by torch.save or safetensors"),
    b"\x1f\x8b": ("is compressed by gzip", "unpack it first"),
}
DAMAGED = "is damaged or not whole", "fetch or copy it again"

# Parts of names that come from what a network was wrapped in when it was saved.
WRAPPERS = {"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}
# Names in files that torchvision itself published → what it calls them now.
OLD_NAMES = (
    (re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12]\.)"), r"\1\2"),
    (re.compile(r"(mlp)\.linear_1\."), r"\1.0."),
    (re.compile(r"(mlp)\.linear_2\."), r"\1.3."),
)
# Counters that no answer depends on: of batch norms, which older files lack, and of a profiler.
COUNTERS = ("num_batches_tracked", "total_ops", "total_params")


def read(
    file: Path, device: str | torch.device = "cpu", kind: str = "Weights file", advice: str = ""
) -> Any:
    """What torch.save or safetensors wrote into a file, with its tensors on `device`.

    Only tensors and plain containers are read, and `argparse.Namespace`, in which many training
    scripts keep their arguments. The checksums of torch's files are compared.

    Args:
        kind: what the sentence calls the file that it refuses.
        advice: what the sentence says to do; empty: what suits a weights file.

    Raises:
        InputError: no such file; one that is damaged, of another kind, or holds other Python
            objects.
    """

    def refusal(what: str, usual_advice: str) -> InputError:
        return InputError(f"{kind} {file} {what}: {advice or usual_advice}.")

    if not file.is_file():
        what = "is a folder" if file.is_dir() else "is not there"
        raise refusal(what, "give 'imagenet', 'none' or a file")
    try:
        with open(file, "rb") as opened:
            head = opened.read(32)
        problem = _other_kind(file, head)
        if not problem:
            return _read_safetensors(file, device) if head[8:9] == b"{" else _load(file, device)
    except OSError as error:
        if error.errno == errno.EINVAL:  # a place before the file's beginning was asked for
            raise refusal(*DAMAGED) from error
        raise InputError(f"{kind} {file} cannot be read: {cause_of(error, file)}.") from error
    except Exception as error:  # torch and safetensors raise half a dozen kinds for a damaged file
        raise refusal(*_why_not_read(error, head)) from error
    raise refusal(*problem)


def _load(file: Path, device: str | torch.device) -> Any:
    with (
        torch.serialization.safe_globals([argparse.Namespace]),
        warnings.catch_warnings(action="ignore", category=UserWarning),  # of unusual pickles
    ):
        return torch.load(file, map_location=device, weights_only=True)


def _read_safetensors(file: Path, device: str | torch.device) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    return load_file(file, device=str(device))


def _other_kind(file: Path, head: bytes) -> tuple[str, str] | None:
    """What a file is if it is no whole file of weights, and what to do; None if it may be one."""
    if not head:
        return "is empty", "fetch or copy it again"
    for beginning, words in OTHER_FILES.items():
        if head.lstrip().startswith(beginning):
            return words
    if not head.startswith(b"PK"):
        return None
    try:
        with zipfile.ZipFile(file) as archive:
            names = {Path(name).name for name in archive.namelist()}
            if "constants.pkl" in names:
                return "is a TorchScript program, which is never run", "give its state dict"
            if "data.pkl" not in names:
                return "is an archive of other things", "give one by torch.save or safetensors"
            return DAMAGED if archive.testzip() else None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return DAMAGED


def _why_not_read(error: Exception, head: bytes) -> tuple[str, str]:
    found = (
        re.search(r"GLOBAL ([\w.]+)", str(error)) if isinstance(error, UnpicklingError) else None
    )
    if found:
        return (
            f"holds Python objects beside tensors ({found[1]}), which could run a program and are "
            "never loaded",
            "let the program that made it save the state dict alone",
        )
    if head.startswith((b"PK", b"\x80")) or head[8:9] == b"{":
        return DAMAGED
    return "is no file that torch.save or safetensors wrote", "give another"


@dataclass(frozen=True)
class Fit:
    """How well the tensors of a weights file fit a network, by the network's names.

    Attributes:
        where: of the file's dicts the one they are in, such as `state_dict`; empty for the file.
        prefix: what stood before each name, such as `backbone.`.
        used: the tensors that the network takes. unused: names of the file's others, and of its
            classifier's at the end.
        wanted: how many tensors besides the classifier and counters the network needs.
        missing, strange: names that the network needs and the file lacks; names in the network's
            own blocks that it does not have, so that the file is of another network.
        wrong: names of tensors with another shape → the file's shape and the network's.
    """

    where: str
    prefix: str
    used: dict[str, Tensor]
    unused: list[str]
    wanted: int
    missing: list[str]
    strange: list[str]
    wrong: dict[str, tuple[list[int], list[int]]]

    @property
    def is_whole(self) -> bool:
        return not (self.missing or self.strange or self.wrong)


def fit(content: Any, own: dict[str, Tensor], classifier: str) -> Fit | None:
    """How the tensors in a file fit a network; None if there is no tensor with a name.

    Of the state dicts in the file, and of the prefixes of their names, those are taken with which
    most names are the network's; of equals the one with the shorter name.

    Args:
        content: what `read` gives.
        own: the network's state dict.
        classifier: how the names of its classifier begin, which is thrown away: the file may lack
            it, or have one for other classes.
    """
    found = [(where, *_by_own_names(given, own)) for where, given in _state_dicts(content)]
    if not found:
        return None
    where, prefix, given = min(found, key=lambda f: (-len(f[2].keys() & own), len(f[0])))
    wanted = [n for n in own if not n.startswith(classifier) and not n.endswith(COUNTERS)]
    blocks = {name.split(".")[0] for name in wanted}
    return Fit(
        where=where,
        prefix=prefix,
        used={n: t for n, t in given.items() if n in own and t.shape == own[n].shape},
        unused=sorted(
            (name for name in given if name not in own or name.startswith(classifier)),
            key=lambda name: name.startswith(classifier),
        ),
        wanted=len(wanted),
        missing=[name for name in wanted if name not in given],
        strange=[
            name
            for name in given
            if name not in own and name.split(".")[0] in blocks and not name.endswith(COUNTERS)
        ],
        wrong={
            name: (list(given[name].shape), list(own[name].shape))
            for name in wanted
            if name in given and given[name].shape != own[name].shape
        },
    )


def _state_dicts(content: Any, where: str = "", depth: int = 3) -> Iterator[tuple[str, dict]]:
    """The dicts of tensors by names in what was read, each with the keys that lead to it."""
    if not isinstance(content, dict):
        return
    tensors = {k: v for k, v in content.items() if isinstance(k, str) and isinstance(v, Tensor)}
    if tensors:
        yield where, tensors
    if depth:
        for key, value in content.items():
            yield from _state_dicts(value, f"{where}.{key}".lstrip("."), depth - 1)


def _by_own_names(given: dict[str, Tensor], own: dict[str, Tensor]) -> tuple[str, dict]:
    """The prefix before the network's names that most names have, and the tensors without it."""
    clean = {_clean(name): tensor for name, tensor in given.items()}
    prefixes: Counter[str] = Counter()
    for name in clean:
        parts = name.split(".")
        for start in range(len(parts)):
            if ".".join(parts[start:]) in own:
                prefixes["".join(f"{part}." for part in parts[:start])] += 1
    prefix = min(prefixes, key=lambda p: (-prefixes[p], len(p)), default="")
    return prefix, {n.removeprefix(prefix): t for n, t in clean.items() if n.startswith(prefix)}


def _clean(name: str) -> str:
    """A name without what the network was wrapped in, and as torchvision writes it now."""
    name = ".".join(part for part in name.split(".") if part not in WRAPPERS)
    for old, new in OLD_NAMES:
        name = old.sub(new, name)
    return name


def not_finite(tensors: dict[str, Tensor]) -> str:
    """The name of the first tensor with a value that is NaN or infinite; empty if there is none."""
    return next((name for name, t in tensors.items() if not torch.isfinite(t).all()), "")
