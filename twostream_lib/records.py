"""JSON files that tell when they are no longer what was written.

A file has its own checksum among its entries. Files of older versions have none, and are believed
if they are JSON. Who changes a file by hand takes its line with the checksum out.
"""

import hashlib
import json
import math
from pathlib import Path
from typing import Any, NoReturn

from twostream_lib.errors import InputError, cause_of
from twostream_lib.files import write_text

CHECKSUM = "checksum"
LONGEST = 120  # characters of a value that a sentence quotes


def write(file: Path, content: dict[str, Any]) -> None:
    """Write `content` and its checksum in one step.

    Raises:
        ValueError: it has a number that is not finite, which JSON cannot hold.
    """
    sealed = content | {CHECKSUM: checksum(content)}
    write_text(file, json.dumps(sealed, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read(file: Path, advice: str) -> dict[str, Any]:
    """What `write` wrote, without the checksum.

    Args:
        file: the file.
        advice: how the sentence goes on that says what is wrong, such as `delete it.`.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: it cannot be read, is no JSON object, or has another checksum than it says.
    """
    content = parse(file, advice)
    if not isinstance(content, dict):
        raise InputError(f"{file} holds no JSON object: {advice}")
    said = content.pop(CHECKSUM, None)
    if said is not None and said != checksum(content):
        raise InputError(f"{file} is no longer what was written, by its checksum: {advice}")
    return content


def parse(file: Path, advice: str) -> Any:
    """The JSON in a file, whatever it is; numbers are finite.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: it cannot be read, or is no JSON.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")  # some editors put a mark before the text
        return json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise InputError(f"{file} cannot be read: {cause_of(error, file)}.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file} is no whole JSON file: {advice}") from error


def checksum(content: Any) -> str:
    """The first 16 digits of the SHA-256 of a JSON value, however it is indented and ordered."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def misfit(content: Any, schema: dict) -> str:
    """Where and how a JSON value fails a schema, in a few words; empty where it does not."""
    # Whoever has no schema does without the package, which takes a moment to load.
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(schema).iter_errors(content))
    if error is None:
        return ""
    place = error.json_path.removeprefix("$").removeprefix(".")
    why = error.message
    why = why if len(why) <= LONGEST else f"{why[:LONGEST]} …"
    return f"{place}: {why}" if place else why


def _finite(digits: str) -> float:
    value = float(digits)
    return value if math.isfinite(value) else _no_number(digits)


def _no_number(digits: str) -> NoReturn:
    raise ValueError(f"{digits} is not a finite number")
