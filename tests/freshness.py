"""Which of Colab's packages have moved past what was tested: python -m tests.freshness FREEZE

FREEZE is what `pip freeze` writes in Colab; the repository googlecolab/backend-info publishes it.
What was tested stands in `tests/colab-versions.txt`, where `make colab` takes it from. Exit codes:
0 nothing has moved; 1 something has, and is named with both versions; 2 the file cannot be used.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from tests.fork import ROOT
from twostream_lib import bootstrap
from twostream_lib.errors import InputError, cause_of, shown

TESTED = ROOT / "tests" / "colab-versions.txt"
PINNED = re.compile(r"([\w.-]+)==([^\s;#]+)")  # other lines name an address, and no version
NONE = "none"
FEWEST = 20  # packages of a freeze file: an empty one would pass for one in which nothing moved


@dataclass(frozen=True)
class Moved:
    """A package of which Colab has another version than was tested.

    Attributes:
        package: its name on PyPI.
        tested, theirs: versions, or `none`.
        how: `newer`, `older`, `gone`, or `new`: what the first cell had to bring, Colab has now.
        lowest: what the course asks for, if it names the package; else empty.
    """

    package: str
    tested: str
    theirs: str
    how: str
    lowest: str

    @property
    def too_old(self) -> bool:
        """Whether the course refuses their version."""
        return bool(self.lowest) and self.theirs != NONE and _before(self.theirs, self.lowest)


def read(file: Path) -> dict[str, str]:
    """The versions in a freeze file by the packages' names, as PyPI writes them.

    Raises:
        InputError: the file cannot be read, or is no freeze file.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = cause_of(error) if isinstance(error, OSError) else "it is no text in UTF-8"
        raise InputError(f"{file}: {why}. Give what `pip freeze` writes in Colab.") from error
    pinned = filter(None, (PINNED.match(line.strip()) for line in lines))
    found = {str(canonicalize_name(pin[1])): pin[2] for pin in pinned}
    for name, version in found.items():
        try:
            Version(version)
        except InvalidVersion as error:
            raise InputError(
                f"{file} has {name} in '{version}', which is no version: give what `pip freeze` "
                "writes."
            ) from error
    if len(found) < FEWEST:
        raise InputError(
            f"{file} names {len(found)} packages (name==version): give the whole of what "
            "`pip freeze` writes in Colab."
        )
    return found


def moved(theirs: dict[str, str], tested: dict[str, str], needed: dict[str, str]) -> list[Moved]:
    """What has moved between two freeze files; what the course itself asks for comes first.

    theirs, tested: versions by name. needed: the lowest version of each package that the course
    names, see `bootstrap.requirements`.
    """
    names = tested.keys() | (needed.keys() & theirs.keys())
    pairs = {name: (tested.get(name, NONE), theirs.get(name, NONE)) for name in names}
    found = [
        Moved(name, *pair, how, needed.get(name, ""))
        for name, pair in pairs.items()
        if (how := _how(*pair))
    ]
    return sorted(found, key=lambda one: (not one.lowest, one.package))


def _how(tested: str, theirs: str) -> str:
    if NONE in (tested, theirs):
        return "new" if tested == NONE else "gone"
    if _before(tested, theirs):
        return "newer"
    return "older" if _before(theirs, tested) else ""


def _before(version: str, other: str) -> bool:
    """Whether it is an earlier one; of which build (`+cu128`), says nothing about that."""
    first, second = (Version(Version(one).public) for one in (version, other))
    return first < second


def table(found: list[Moved]) -> str:
    """What has moved in columns: package, tested version, theirs, and what that means."""
    rows = [("package", "tested", "theirs", ""), *map(_row, found)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def _row(one: Moved) -> tuple[str, str, str, str]:
    means = one.how
    if one.too_old:
        means += f"; too old: the course needs {one.lowest}"
    elif one.lowest:
        means += "; the course imports it"
    return one.package, one.tested, one.theirs, means


def main(arguments: list[str]) -> int:
    """Compare a freeze file with what was tested, and print what has moved."""
    try:
        if len(arguments) != 1 or not arguments[0]:
            raise InputError("Name one freeze file of Colab: make fresh FREEZE=file")
        theirs, tested = read(Path(arguments[0])), read(TESTED)
        found = moved(theirs, tested, bootstrap.requirements())
    except InputError as error:
        print(shown(str(error)), file=sys.stderr)
        return 2
    if not found:
        print(f"Colab has the {len(tested)} versions that were tested.")
        return 0
    print(table(found))
    print(
        f"Other than tested: {len(found)}. Put Colab's versions into tests/colab-versions.txt, "
        "and run `make colab`."
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
