"""The parameters of a notebook or a command, checked one by one: bad input gets one sentence."""

from pathlib import Path

from twostream_lib.errors import InputError, cause_of

CHECKOUT = Path(__file__).resolve().parents[2]  # the folder around the package


def whole_number(name: str, value: int, low: int, high: int) -> None:
    """Raise InputError unless `value` is a whole number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{name} = {value!r} is not a whole number from {low} to {high}.")


def existing_folder(name: str, folder: str) -> Path | None:
    """The folder as a path; None where no folder was given."""
    if not folder:
        return None
    if not Path(folder).is_dir():
        raise InputError(f"The folder {name} = '{folder}' is not there: check the path.")
    return Path(folder).resolve()


def known_weights(weights: str) -> str:
    """`weights` as they are given, a file by its whole path."""
    if weights in ("", "none", "imagenet"):
        return weights
    if not Path(weights).is_file():
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
