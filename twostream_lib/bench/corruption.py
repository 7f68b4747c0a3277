"""Corruption: clips are damaged as disks, downloads and people damage them, and then verified.

Some damage no decoder notices, such as a flipped bit in a coefficient: the clip still has as many
frames of the same size. Only a comparison with the original shows it, so it is counted apart.
"""

import hashlib
import io
import time
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import psutil
from PIL import Image

from twostream_lib import video
from twostream_lib.clips import verification
from twostream_lib.errors import InputError

Random = np.random.Generator
HEADER = 2048  # bytes: more than the headers of an .avi file take
CODEC = slice(188, 192)  # where an .avi file of one stream names its codec
INTACT = 0.2  # the share of clips that are left as they are
# Names as people write them, with characters that mean something to patterns, shells and FFmpeg.
NAMES = (
    "plain",
    "two words",
    "l'été",
    'quo"te',
    "日本",
    "50%03d",
    "#1 [a]",
    "-v",
    "a,b;c",
    "100 %",
)


def flip(data: bytes, random: Random, count: int, end: int | None = None) -> bytes:
    """Flip ``count`` random bits in the first ``end`` bytes, or anywhere."""
    flipped = np.frombuffer(data, np.uint8).copy()
    places = random.integers(0, end or len(data), count)
    np.bitwise_xor.at(flipped, places, np.uint8(1) << random.integers(0, 8, count, np.uint8))
    return flipped.tobytes()


def zeros(data: bytes, random: Random) -> bytes:
    """Zeros in place of a piece of the file, as a download with holes leaves it."""
    start, end = _piece(data, random)
    return data[:start] + bytes(end - start) + data[end:]


def missing_piece(data: bytes, random: Random) -> bytes:
    """The file without a piece from its middle."""
    start, end = _piece(data, random)
    return data[:start] + data[end:]


def cut(data: bytes, random: Random) -> bytes:
    """The beginning of the file, as an interrupted download leaves it."""
    return data[: int(random.integers(len(data)))]


def _piece(data: bytes, random: Random) -> list[int]:
    return sorted(random.integers(0, len(data), 2).tolist())


# Ways to damage a clip: from its bytes and those of another clip to damaged bytes.
HARMS: dict[str, Callable[[bytes, bytes, Random], bytes]] = {
    "a bit flipped": lambda data, _, random: flip(data, random, 1),
    "bits flipped": lambda data, _, random: flip(data, random, max(1, len(data) // 4096)),
    "header's bits flipped": lambda data, _, random: flip(data, random, 8, 300),
    "cut": lambda data, _, random: cut(data, random),
    "zeros": lambda data, _, random: zeros(data, random),
    "a piece missing": lambda data, _, random: missing_piece(data, random),
    "another's header": lambda data, other, _: other[:HEADER] + data[HEADER:],
    "another's end": lambda data, other, _: data[: len(data) // 2] + other[len(other) // 2 :],
    "unknown codec": lambda data, *_: data.replace(data[CODEC], b"ZZZZ"),
}


def foreign_files() -> dict[str, bytes]:
    """Files of other formats, none of which is a clip, by what they are."""
    picture, movie, sound, archive = (io.BytesIO() for _ in range(4))
    Image.new("RGB", (64, 48), "red").save(picture, "PNG")
    Image.new("RGB", (64, 48), "red").save(movie, "GIF")
    with wave.open(sound, "wb") as recording:
        recording.setparams((1, 2, 8000, 0, "NONE", ""))
        recording.writeframes(bytes(16000))
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("clip.avi", bytes(1000))
    return {
        "nothing": b"",
        "only zeros": bytes(20_000),
        "a picture": picture.getvalue(),
        "a still gif": movie.getvalue(),
        "sound": sound.getvalue(),
        "an archive": archive.getvalue(),
        "a web page": b"<!DOCTYPE html><title>404</title><h1>Not found</h1>" * 40,
        "a play list": b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n",
        "a list of files": b"ffconcat version 1.0\nfile /dev/zero\n",
        "a stream's address": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\n"
        b"m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    }


def write_clips(folder: Path, originals: list[Path], count: int, seed: int = 0) -> pd.DataFrame:
    """Fill ``folder/wave`` with ``count`` files: intact and damaged copies, and other formats.

    Returns a row a file: ``path, original, harm``. ``harm`` is empty for an intact copy and
    ``original`` for a file of another format. The same seed gives the same files.
    """
    random, rows = np.random.default_rng(seed), []
    contents = {path: path.read_bytes() for path in originals}
    strange = foreign_files()
    harms = [*HARMS, *strange]
    (folder / "wave").mkdir(parents=True)
    for number in range(count):
        path = folder / "wave" / f"{NAMES[number % len(NAMES)]} {number}_wave.avi"
        mine, other = (originals[i] for i in random.permutation(len(originals))[:2])
        harm = "" if random.random() < INTACT else harms[number % len(harms)]
        if harm in strange:
            data, mine = strange[harm], Path()
        else:
            harmed = HARMS[harm] if harm else lambda data, *_: data
            data = harmed(contents[mine], contents[other], random)
        path.write_bytes(data)
        rows.append((str(path), str(mine) if mine.name else "", harm))
    return pd.DataFrame(rows, columns=["path", "original", "harm"])


def measure(folder: Path, written: pd.DataFrame) -> dict[str, float]:
    """Verify and decode what ``write_clips`` wrote, in this process, and count what went wrong.

    - ``named``: damaged files that the report names.
    - ``unnamed``: damaged files that it does not name although it should. They are no clips, or
      their frames have another size or another number than the original's (real headers are off by
      one, so one frame more or less is allowed).
    - ``unnoticed``: the other damaged files: only their pixels can differ.
    - ``unequal``: intact copies that are named or do not decode to the same bytes.
    - ``handles_leaked``: how many more files are open at the end than at the start.
    - ``slowest_seconds``: the longest time that one file took to decode.
    """
    known = {path: _decoded(path) for path in written["original"].unique() if path}
    handles = _open_handles()
    start = time.perf_counter()
    with joblib.parallel_config(backend="threading"):
        table, report = verification.verify(folder)
    seconds = time.perf_counter() - start
    named = _named(report)
    counts = dict.fromkeys(("named", "unnamed", "unnoticed", "unequal"), 0)
    slowest = 0.0
    for row in written.itertuples():
        start = time.perf_counter()
        found = _decoded(row.path)
        slowest = max(slowest, time.perf_counter() - start)
        is_named = f"wave/{Path(row.path).name}" in named
        outcome = _outcome(row.harm, is_named, found, known.get(row.original))
        if outcome:
            counts[outcome] += 1
    return {
        "clips": len(table),
        "damaged": int((written["harm"] != "").sum()),
        **counts,
        "handles_leaked": _open_handles() - handles,
        "slowest_seconds": slowest,
        "clips_verified_per_second": len(table) / seconds,
    }


def _decoded(path: str) -> tuple[tuple[int, ...], str] | None:
    """The shape of a clip's frames and a digest of colour and gray; None if it has no frames."""
    try:
        rgb, gray = video.decode_both(path, None, None)
    except InputError:
        return None
    return rgb.shape, hashlib.sha256(rgb.tobytes() + gray.tobytes()).hexdigest()


def _named(report: dict) -> set[str]:
    """Clips that are named for what is in them: not as duplicates, which damaged clips can be."""
    return {one["clip"] for kind in ("broken", "damaged", "short") for one in report[kind]}


def _outcome(harm: str, is_named: bool, found: tuple | None, original: tuple | None) -> str:
    """The count of ``measure`` that a file belongs to; empty for an intact copy that fares well."""
    if not harm:
        return "" if found == original and not is_named else "unequal"
    if is_named:
        return "named"
    if found is None or original is None or not _alike(found[0], original[0]):
        return "unnamed"
    return "unnoticed"


def _alike(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether frames have the same size, and differ in number by at most one."""
    return shape[1:] == other[1:] and abs(shape[0] - other[0]) <= 1


def _open_handles() -> int:
    process = psutil.Process()
    return process.num_fds() if hasattr(process, "num_fds") else process.num_handles()
