"""What a clip holds, by decoding all of it, and what is wrong or unusual about it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import av
import numpy as np

from twostream_lib.errors import InputError
from twostream_lib.video.opening import Frame, Header, frames
from twostream_lib.video.planes import SINCE_17, ToRgb, rare_colours
from twostream_lib.video.timing import FASTEST, LONGEST, SLOWEST, Timing, timing

# FFmpeg's numbers (AVCOL_TRC_*) of the curves of HDR, of which an 8-bit picture is a poor copy.
HDR = {16: "PQ", 18: "HLG"}
_switch, _listeners = threading.Lock(), 0  # used by `_complaints`


def probe(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What a clip holds, by decoding all of it: headers of real clips miscount their frames.

    Returns ``frames, fps, width, height, seconds, ok, why, damage, unusual, times``. Width and
    height are those of the upright picture. ``fps`` and ``seconds`` follow from the timestamps;
    where the frames are not evenly spaced, ``fps`` is their mean rate, and ``times`` has the
    seconds from the first frame to each, float ``[T]`` (else None).

    No error is raised for a file that cannot be used: it gets ``ok=False``, one sentence in
    ``why``, and what was found before the error. ``damage`` describes what is wrong with a clip
    that can be used all the same: the decoder met errors, or the header promises another number of
    frames than there is. ``unusual`` names what is right but not as in other clips: uneven times,
    interlaced fields, pixels that are not square, HDR, a rare coding of colours.
    """
    found: dict[str, Any] = {"frames": 0, "fps": 0.0, "width": 0, "height": 0, "seconds": 0.0}
    why, stamps, base, last, interlaced = "", [], None, None, False
    with _complaints() as heard:
        try:
            for last in frames(path):
                stamps.append(last.image.pts)
                base = base or last.image.time_base
                interlaced = interlaced or last.image.interlaced_frame
        except InputError as error:
            why = str(error)
    times, damage, unusual = None, "", ""
    if last:
        when = timing(stamps, base, last.header.rates)
        times = when.times
        found = {
            "frames": len(stamps),
            "fps": when.fps,
            "width": last.width,
            "height": last.height,
            "seconds": when.seconds,
        }
        why = why or _impossible(path, when) or _unconverted(last)
        if not why:
            damage = _damage(heard, len(stamps), when, last.header)
            unusual = _unusual(when, last, interlaced)
    kind = {"ok": not why, "why": why, "damage": damage, "unusual": unusual, "times": times}
    return found | kind


def beginning(path: str | os.PathLike[str], seconds: float) -> tuple[int, Timing]:
    """How many frames the first seconds of a clip have, and when these are shown.

    Nothing after them is decoded. The errors are those of ``decode``.
    """
    stamps: list[int | None] = []
    with closing(frames(path)) as found:
        for frame in found:
            stamps.append(frame.image.pts)
            base, rates = frame.image.time_base, frame.header.rates
            first, last = stamps[0], stamps[-1]
            if first is None or last is None or base is None:
                shown = len(stamps) / rates[0] if rates else 0.0
            else:
                shown = float((last - first) * base)
            if shown >= seconds:
                break
    return len(stamps), timing(stamps, base, rates)


def _impossible(path: str | os.PathLike[str], when: Timing) -> str:
    """Why a clip's times cannot be those of a film; empty where they can."""
    if not SLOWEST <= when.fps <= FASTEST:
        return f"{path} claims {when.fps:.3g} frames a second: re-encode it at its true rate."
    if when.seconds > LONGEST:
        return f"{path} claims to last {when.seconds / 3600:.0f} hours: re-encode it or cut it."
    return ""


def _unconverted(frame: Frame) -> str:
    """Why a clip's frames make no pictures; empty where they do, or where PyAV cannot be asked."""
    if not SINCE_17:
        return ""
    try:
        ToRgb()(frame)
    except InputError as error:
        return str(error)
    except MemoryError:
        return f"{frame.path} needs more memory than there is: make its frames smaller."
    return ""


def _damage(heard: list[str], frames: int, when: Timing, header: Header) -> str:
    """What is wrong with a clip that can be decoded all the same."""
    words = []
    if heard:
        met = "an error" if len(heard) == 1 else f"{len(heard)} errors, the first"
        words.append(f"the decoder met {met}: {heard[0]}")
    # One too many is normal: DivX often ends with an empty frame, which headers count. Frames that
    # an edit list cuts off, or that a converter left out, are promised too: then the time is whole.
    if header.frames and abs(header.frames - frames) > 1 and not _is_whole(when, header):
        words.append(f"its header promises {header.frames} frames, and {frames} are there")
    return "; ".join(words)


def _is_whole(when: Timing, header: Header) -> bool:
    """Whether the film ends when the header says, to within one and a half of its frames."""
    if not when.told or not header.seconds or not header.rates:
        return False
    frame = 1 / header.rates[0]
    ends = (when.last + frame, when.seconds)  # writers give the last frame either length
    return min(abs(end - header.seconds) for end in ends) <= 1.5 * frame


def _unusual(when: Timing, frame: Frame, interlaced: bool) -> str:
    """What is unlike other clips, though nothing is wrong."""
    words = []
    if when.times is not None:
        steps = np.diff(when.times)
        words.append(
            f"its frames are {steps.min():.3f} to {steps.max():.3f} s apart, "
            f"{when.fps:.3g} a second on average"
        )
    if not when.told:
        words.append(f"it tells no times, so that {when.fps:.3g} frames a second are assumed")
    if interlaced:
        words.append("it is interlaced: what moves has combs; deinterlace it to be rid of them")
    if (aspect := frame.header.aspect) != 1:
        words.append(
            f"its pixels are {aspect.numerator}:{aspect.denominator} wide, and are taken as square"
        )
    if curve := HDR.get(frame.header.curve):
        words.append(f"it is HDR ({curve}), and its colours are taken as they are: too pale")
    if rare := rare_colours(frame.image):
        told, taken = rare
        words.append(f"its colours are coded {told}, and are taken for {taken}: not the true ones")
    return "; ".join(words)


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """FFmpeg's error messages of this thread, complete when the block ends.

    PyAV drops them unless a switch is set, which is one for the whole process. Several threads may
    probe at once, so the last one to leave puts it back.
    """
    global _listeners
    heard: list[str] = []
    with _switch:
        _listeners += 1
        av.logging.set_level(av.logging.ERROR)
        av.logging.set_skip_repeated(False)  # two clips may say the same
    try:
        with av.logging.Capture() as said:
            yield heard
    finally:
        heard += [message.strip() for _, _, message in said]
        with _switch:
            _listeners -= 1
            if not _listeners:
                av.logging.set_level(None)
