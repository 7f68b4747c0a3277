"""The parameters of a notebook or a command, checked one by one: bad input gets one sentence."""

import os
from pathlib import Path

from twostream_lib.errors import InputError, cause_of

CHECKOUT = Path(__file__).resolve().parents[2]  # the folder around the package

NO_FILE = ("none", "imagenet")  # words for weights
LONGEST = 64  # letters of a wrong value that a sentence repeats, or bits of a number


def whole_number(name: str, value: int, low: int, high: int) -> None:
    """Raise InputError unless `value` is a whole number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        long = isinstance(value, int) and value.bit_length() > LONGEST
        given = "a number of many digits" if long else f"{value!r}"[:LONGEST]
        raise InputError(f"{name} = {given} is not a whole number from {low} to {high}.")


def possible_path(name: str, path: str) -> None:
    """Raise InputError where no file can have that path, or none that JSON and HTML can tell of."""
    text = str(path)
    if "\0" in text or text != text.encode(errors="replace").decode():
        raise InputError(f"{name} = '{text}' is no name in UTF-8: give another path.")


def existing_folder(name: str, folder: str) -> Path | None:
    """The folder as a path; None where no folder was given."""
    if not folder:
        return None
    if os.path.isfile(folder):
        raise InputError(f"{name} = '{folder}' is a file: give a folder.")
    if not os.path.isdir(folder):  # which has no error for a name that no file can have
        raise InputError(f"The folder {name} = '{folder}' is not there: check the path.")
    return Path(folder).resolve()


def known_weights(weights: str) -> str:
    """`weights` as they are given, a file by its whole path."""
    if weights in ("", *NO_FILE):
        return weights
    if not os.path.isfile(weights):
        raise InputError(f"Weights '{weights}' is no file: give 'imagenet', 'none' or a file.")
    return str(Path(weights).resolve())


def make_writable(folder: Path) -> None:
    """Make the folder if need be, and raise InputError unless files can be written into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise InputError(
            f"The run folder {folder} cannot be written: {cause_of(error, folder)}."
        ) from error


def repository() -> Path:
    """The checkout that the notebook lies in, or the present folder where there is none."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "notebooks").is_dir() and (folder / "pyproject.toml").is_file():
            return folder
    return here
