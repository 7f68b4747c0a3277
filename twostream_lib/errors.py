"""The errors that a person's input can cause; and what others say, as part of a sentence.

Names come from outside, and so do the errors of the system: `shown` makes the former printable, and
`cause_of` says of the latter what they are and what helps.
"""

import errno
import os
import re
import struct
import zipfile
import zlib
from pathlib import Path

# They join letters and emoji, show nothing themselves, and change no direction of reading.
JOINERS = "\u200c\u200d"
LONGEST_NAME = 255  # bytes that a common disk takes for one name in a path
# What Python and numpy say, each in its own way, of an archive that is not whole.
NOT_WHOLE = (
    EOFError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


class InputError(ValueError):
    """A file, folder, name or value that was given cannot be used.

    The message is one sentence that says what is wrong, where, and what to do about it. The command
    line and the notebooks print it without a traceback. Names in it come from outside, so it is as
    `shown` makes it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(shown(message))

    def _render_traceback_(self) -> list[str]:
        """What IPython prints in a notebook in place of a traceback."""
        return [str(self)]


class CannotBeHad(InputError):
    """Something that the clips of a run cannot give, such as a test part or a stream of flow.

    The clips can be used all the same: whatever does not need it goes on.
    """


def shown(text: object) -> str:
    r"""A name, or other text from outside, so that it can be printed on one line.

    What can be printed stays as it is. A control character, a line break, a sign that turns the
    direction of reading, a space that looks like another one, or a byte that is no text becomes an
    escape with a backslash, such as `\x1b`. So a file name cannot rewrite what a console shows.
    """
    text = str(text)
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() or sign in JOINERS else sign.encode("unicode_escape").decode()
        for sign in text
    )


# --- errors of the system --------------------------------------------------------------------

ROOM = "make room there, or choose another folder"
MOVE = "move it, or choose another place"
LIMIT = "more files are open than the system allows; close other programs, or raise it (ulimit -n)"
NO_ANSWER = "the disk of {folder} does not answer; connect it again"
IN_USE = "another program uses {path}; close it and try again"
DENIED = "you have no permission for {path}; change its rights, or choose another place"
# What the system means by its numbers, and what helps. `path` is what was read or written, the
# others are facts about it, see `_facts`.
CAUSES = {
    errno.ENOSPC: f"the disk of {{folder}} is full; {ROOM}",
    errno.EDQUOT: f"your share of the disk of {{folder}} is used up; {ROOM}",
    errno.EFBIG: "the disk of {folder} takes no file as large as {name}; choose a folder elsewhere",
    errno.EROFS: "the disk of {folder} can only be read; choose another folder",
    errno.EACCES: DENIED,
    errno.EPERM: DENIED,
    errno.ENAMETOOLONG: "{longest} is too long for the disk; choose a shorter one",
    errno.ENOENT: "there is no {missing} (any more); check the path",
    errno.ENOTDIR: f"the file {{no_folder}} is where a folder must be; {MOVE}",
    errno.EEXIST: f"the {{kind}} {{no_folder}} is in the way; {MOVE}",
    errno.EISDIR: f"the folder {{path}} is where a file must be; {MOVE}",
    errno.ENOTEMPTY: f"the folder {{path}} is not empty; {MOVE}",
    errno.ELOOP: "links in {path} lead in a circle; mend them, or check the path",
    errno.EBUSY: IN_USE,
    errno.ETXTBSY: IN_USE,
    errno.EIO: "the disk of {folder} makes errors; check it, or choose another folder",
    errno.ENOTCONN: NO_ANSWER,
    errno.ESTALE: NO_ANSWER,
    errno.ENODEV: NO_ANSWER,
    errno.ENXIO: NO_ANSWER,
    errno.ETIMEDOUT: NO_ANSWER,
    errno.EMFILE: LIMIT,
    errno.ENFILE: LIMIT,
    errno.ENOMEM: "the memory is used up; close other programs",
}
# Where no path is known.
NAMELESS = {
    errno.ENOSPC: "a disk is full; make room, also where temporary files are",
    errno.EDQUOT: "your share of a disk is used up; make room, also where temporary files are",
    errno.ENOENT: "a file or folder is not there any more; check the present folder, and the paths",
    errno.EMFILE: LIMIT,
    errno.ENFILE: LIMIT,
    errno.ENOMEM: CAUSES[errno.ENOMEM],
}
NETWORK = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EHOSTDOWN})
NETWORK_MODULES = frozenset({"http", "requests", "socket", "ssl", "urllib", "urllib3"})


def cause_of(error: OSError, place: str | os.PathLike[str] = "") -> str:
    """The true cause of an error of the system and what helps, without a full stop at the end.

    It is `<cause>; <advice>`, to stand behind what could not be done: "The table cannot be written:
    the disk of /runs is full; make room there, or choose another folder".

    Args:
        error: as it was raised. Where it names a path, that path is the one that is meant.
        place: the file or folder that was read or written; for an error that names none, such as
            that of a full disk.
    """
    named = _path_of(error)
    path = named or (Path(place) if str(place) else None)
    words = " ".join(str(error.strerror or error).split()).rstrip(".") or type(error).__name__
    words = re.sub(r"^<urlopen error (.*)>$", r"\1", words)
    if _is_of_network(error, named):
        return f"the network does not give it ({words}); connect to it, or try later"
    causes, number = CAUSES if path else NAMELESS, error.errno or 0
    if number not in causes:
        about = f"of {path} " if path else ""
        return f"the system says {about}'{words}'; check the path, or choose another place"
    return causes[number].format_map(_facts(path) if path else {})


def _is_of_network(error: OSError, named: Path | None) -> bool:
    """Whether a server, or the way to it, is the matter; not where a path on a disk is named.

    TLS and the name service count their errors on their own: their 1 is not the system's. What
    urllib names is an address.
    """
    if type(error).__module__.split(".")[0] in NETWORK_MODULES:
        return True
    of_network = isinstance(error, ConnectionError | TimeoutError) or error.errno in NETWORK
    return of_network and not named


def _path_of(error: OSError) -> Path | None:
    """The path that an error names; some name a number or nothing.

    Of two, as in renaming, it is the second: the first one is there, or else it is the matter.
    """
    named = error.filename
    if error.filename2 and os.path.lexists(named):
        named = error.filename2
    return Path(os.fsdecode(named)) if isinstance(named, str | bytes) and named else None


def _facts(path: Path) -> dict[str, object]:
    """What the sentences of `CAUSES` say of a path."""
    folder = path if os.path.isdir(path) else path.parent
    no_folder = next((part for part in _down_to(path) if os.path.isfile(part)), path)
    return {
        "path": path,
        "folder": folder if folder.parts else "the present folder",
        "name": path.name,
        "longest": _longest(path),
        "missing": next((part for part in _down_to(path) if not os.path.lexists(part)), path),
        "no_folder": no_folder,
        "kind": "folder" if os.path.isdir(no_folder) else "file",
    }


def _down_to(path: Path) -> list[Path]:
    """The folders above a path, the highest first, and the path."""
    return [*reversed(path.parents), path]


def _longest(path: Path) -> str:
    """The name in a path that is longer than a disk takes, shortened; or else the path."""
    name = max(path.parts, key=lambda part: len(os.fsencode(part)), default="")
    size = len(os.fsencode(name))
    return f"the name {name[:20]}… of {size} bytes" if size > LONGEST_NAME else f"the path {path}"
