"""Headers of clips that lie."""

from pathlib import Path


def promise(path: Path, there: int, said: int) -> None:
    """Let the header of a clip claim other frames than there are."""
    data = path.read_bytes()
    numbers = (count.to_bytes(4, "little") for count in (there, said))
    path.write_bytes(data[:300].replace(*numbers) + data[300:])
