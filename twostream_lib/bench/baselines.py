"""Baselines: the usual ways to read a video, which the library's own way is compared with.

PyAV is always there. torchcodec and decord are measured where they are installed and can be loaded;
nothing else uses them.
"""

from __future__ import annotations

import functools
import importlib
import sys
from types import ModuleType
from typing import Any

import av
import cv2
import numpy as np

from twostream_lib.video.opening import LENIENT
from twostream_lib.video.planes import ONE_THREAD

Frames = dict[int, np.ndarray]  # by their number

OPTIONAL = {"torchcodec": "torchcodec.decoders", "decord": "decord"}


@functools.cache
def optional(name: str) -> ModuleType | None:
    """One of the optional packages; None if it is missing or cannot be loaded."""
    try:
        return importlib.import_module(OPTIONAL[name])
    except (ImportError, OSError, RuntimeError):  # the last two: its FFmpeg libraries are missing
        return None


def missing() -> str:
    """A sentence on the alternatives that cannot be measured here; empty if there are none."""
    names = [name for name in OPTIONAL if optional(name) is None]
    if not names:
        return ""
    return (
        f"Not measured, because not usable here: {' and '.join(names)}. "
        "Install them with `python -m pip install --editable '.[bench]'`; "
        "torchcodec needs FFmpeg as well."
    )


def say_what_is_missing() -> None:
    """Print `missing` to stderr, so that the JSON on stdout stays as it is."""
    if sentence := missing():
        print(sentence, file=sys.stderr)


def count_frames(path: str) -> int:
    """Decode a clip on one core, and do nothing with its frames."""
    with av.open(path, **LENIENT) as container:
        container.streams.video[0].thread_type = "NONE"
        return sum(1 for _ in container.decode(video=0))


def to_ndarray(path: str, layout: str) -> np.ndarray:
    """All frames by PyAV's `to_ndarray`; PyAV 17 and later start threads for every frame."""
    with av.open(path, **LENIENT) as container:
        frames = [frame.to_ndarray(format=layout) for frame in container.decode(video=0)]
    return np.stack(frames)


def to_ndarray_one_thread(path: str, layout: str) -> np.ndarray:
    """The same without any threads."""
    with av.open(path, **LENIENT) as container:
        container.streams.video[0].thread_type = "NONE"
        decoded = container.decode(video=0)
        frames = [frame.to_ndarray(format=layout, **ONE_THREAD) for frame in decoded]
    return np.stack(frames)


def with_torchcodec(path: str, frames: int) -> np.ndarray:
    """RGB of all frames, uint8 `[T, H, W, 3]`.

    torchcodec believes the header. In many clips of HMDB-51 the header counts one frame too many;
    for these torchcodec raises RuntimeError, even if it is asked for the other frames only.
    """
    return _torchcodec(path)[:frames].numpy()


def with_decord(path: str, frames: int) -> np.ndarray:
    """RGB of all frames, uint8 `[T, H, W, 3]`; decord, too, believes the header."""
    decord: Any = optional("decord")
    return decord.VideoReader(path, num_threads=1).get_batch(range(frames)).asnumpy()


def one_frame(path: str, number: int) -> np.ndarray:
    """One frame: PyAV jumps to the key frame before it, decodes up to it, and converts it."""
    with av.open(path, **LENIENT) as container:
        stream = container.streams.video[0]
        when = int(number / stream.average_rate / stream.time_base)
        container.seek(when, stream=stream)
        for frame in container.decode(stream):
            if frame.pts is None or frame.pts >= when:
                break
        return frame.to_ndarray(format="rgb24")


def some_frames(path: str, wanted: dict[str, set[int]]) -> dict[str, Frames]:
    """The wanted frames of each layout, by PyAV in one pass over the clip."""
    last = max(max(numbers) for numbers in wanted.values())
    found: dict[str, Frames] = {layout: {} for layout in wanted}
    with av.open(path, **LENIENT) as container:
        for number, frame in enumerate(container.decode(video=0)):
            for layout, numbers in wanted.items():
                if number in numbers:
                    found[layout][number] = frame.to_ndarray(format=layout)
            if number == last:
                break
    return found


def some_frames_with_torchcodec(path: str, wanted: dict[str, set[int]]) -> dict[str, Frames]:
    """The same by torchcodec, which gives RGB only; gray is made from it."""
    numbers = sorted(set().union(*wanted.values()))
    pictures = _torchcodec(path).get_frames_at(numbers).data.numpy()
    rgb = dict(zip(numbers, pictures, strict=True))
    convert = {"rgb24": lambda one: one, "gray": lambda one: cv2.cvtColor(one, cv2.COLOR_RGB2GRAY)}
    return {
        layout: {number: convert[layout](rgb[number]) for number in of}
        for layout, of in wanted.items()
    }


def _torchcodec(path: str) -> Any:
    decoders: Any = optional("torchcodec")
    return decoders.VideoDecoder(path, dimension_order="NHWC", num_ffmpeg_threads=1)
