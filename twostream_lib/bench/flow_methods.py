"""The cost of each flow method, and its error on motion that is known.

Times are processor times of one thread, which other programs do not change. Each pair of frames
goes through all methods in turn, and a ratio of times is the median of the pairs' ratios.
"""

import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

import cv2
import numpy as np
import pandas as pd
import torch

from twostream_lib import flow, video
from twostream_lib.data import cutting
from twostream_lib.errors import InputError
from twostream_lib.flow.estimators import METHODS, RAFT, Step, raft_file
from twostream_lib.planner.sets import HMDB51
from twostream_lib.stickhmdb import known_motion
from twostream_lib.stickhmdb.known_motion import Pair
from twostream_lib.threads import one_opencv_thread
from twostream_lib.training import devices

Array = np.ndarray
Size = tuple[int, int]  # height, width

SIZES = ((120, 160), (240, 320))
PICTURES = 6  # frames that are moved, each from another clip
RIM = 16  # pixels at the border that do not count: what is there may come from outside
# Pixels to the right and down, and degrees about the centre.
TRANSLATIONS = ((1, 0), (0, -2), (3.5, 1.25), (-6, 4))
ROTATIONS = (1.5, -4)
HMDB51_PAIRS = HMDB51.frames  # of neighbouring frames, about
LEAST_ERROR = 0.01  # pixels; what is nearer to the truth counts as this in a geometric mean
THE_FAST, THE_PLAIN = "dis-fast", "farneback"

Numbers = dict[str, float]
Motions = Callable[[pd.DataFrame, Size], list[Pair]]


def known_pairs(table: pd.DataFrame, size: Size) -> list[Pair]:
    """Pairs of frames of a size whose motion is known.

    They are the middle frames of some clips, shifted and turned, and those drawn pairs of
    `known_motion` that have this size. Motion near the border counts as unknown.
    """
    some = table.iloc[np.linspace(0, len(table) - 1, min(PICTURES, len(table))).astype(int)]
    middles = [video.decode_gray(c.path, [int(c.frames) // 2]) for c in some.itertuples()]
    pictures = [cutting.resize(middle, size)[0] for middle in middles]
    moved = [
        moved_frame(picture, affine) for picture in pictures for affine in affine_motions(size)
    ]
    return moved + [pair for pair in known_motion.drawn() if pair.known.shape == size]


def affine_motions(size: Size) -> list[Array]:
    """Each motion as a matrix `[2, 3]` from a place (x, y, 1) to where it moves."""
    centre = ((size[1] - 1) / 2, (size[0] - 1) / 2)
    shifts = [np.array([[1, 0, right], [0, 1, down]], float) for right, down in TRANSLATIONS]
    return shifts + [cv2.getRotationMatrix2D(centre, degrees, 1) for degrees in ROTATIONS]


def moved_frame(picture: Array, affine: Array) -> Pair:
    """A picture, uint8 `[H, W]`, before and after a motion; near its border nothing is known."""
    pair = known_motion.warp("moved", picture, affine)
    rows, columns = np.indices(picture.shape)
    places = np.stack([columns, rows], -1)
    last = np.array(picture.shape[::-1]) - 1 - RIM
    both = np.stack([places, places + pair.truth])
    inside = ((both >= RIM) & (both <= last)).all((0, -1))
    return pair._replace(known=pair.known & inside)


def measure(
    table: pd.DataFrame, motions: Motions = known_pairs, sizes: Sequence[Size] = SIZES
) -> Numbers:
    """Milliseconds and end-point errors by method and size; DIS fast with decoding; ratios.

    Args:
        table: probed clips.
        motions: a function that makes known motion of clips at a size.
        sizes: heights and widths; HMDB-51's hours and the ratios are those of the last one.
    """
    steps = at_hand(METHODS)
    found: Numbers = {}
    with devices.one_core(), one_opencv_thread():
        for size in sizes:
            known = motions(table, size)
            rows = pd.DataFrame(row for pair in known for row in _one_pair(steps, pair))
            found |= _of_size(rows, size)
        found |= _hmdb51(rows) | _ratios(rows)
        found[f"{THE_FAST}_pairs_per_second"] = pairs_per_second(table, THE_FAST, sizes[-1])
    return found | {"pairs": len(known)}


def compare(pairs: Sequence[Pair], methods: Iterable[str]) -> pd.DataFrame:
    """How far each method is off on each pair of frames, and what a pair costs.

    Returns one row a method that is at hand, in the order asked for. Under the name of each pair is
    the end-point error in pixels, the mean over the pixels that move. `error` is the geometric mean
    of these, each counted as `LEAST_ERROR` at least: half the error counts the same in an easy pair
    as in a hard one, so that no single pair decides. `milliseconds` is the processor's time for the
    median pair, in one thread.
    Raises InputError for an unknown method, for a pair in which nothing is known to move, and where
    there is nothing to measure.
    """
    steps = at_hand(methods)
    moving = [pair._replace(known=known_motion.moving(pair)) for pair in pairs]
    with devices.one_core(), one_opencv_thread():
        rows = [{"pair": pair.name} | row for pair in moving for row in _one_pair(steps, pair)]
    if not rows:
        raise InputError("There is nothing to measure; give a pair of frames and a method.")
    measured = pd.DataFrame(rows).set_index(["method", "pair"])
    errors = measured["error"].unstack().loc[list(steps), [pair.name for pair in pairs]]
    return errors.rename_axis(index=None, columns=None).assign(
        error=np.exp(np.log(errors.clip(lower=LEAST_ERROR)).mean(axis=1)),
        milliseconds=measured["ms"].groupby("method").median(),
    )


def at_hand(methods: Iterable[str]) -> dict[str, Step]:
    """The methods that need nothing to be fetched or installed; a warning names each other one.

    Raises InputError for an unknown method.
    """
    found = {}
    for method in methods:
        flow.check_method(method)
        try:
            if method in RAFT and torch.cuda.is_available():
                raise InputError(f"{method!r} runs on the GPU here: no core's time.")
            if method in RAFT and not raft_file(RAFT[method]).is_file():
                raise InputError(f"Flow method {method!r} has no weights here yet: use it once.")
            found[method] = METHODS[method]()
        except InputError as error:
            warnings.warn(f"Not measured: {error}", stacklevel=2)
    return found


def pairs_per_second(table: pd.DataFrame, method: str, size: Size) -> float:
    """Fields a second of a method on all neighbouring frames of all clips, decoding included."""
    start, fields = time.process_time(), 0
    for path in table.path:
        gray = cutting.resize(video.decode_gray(path), size)
        fields += sum(1 for _ in flow.between(gray, list(pairwise(range(len(gray)))), method))
    return fields / (time.process_time() - start)


def _one_pair(steps: dict[str, Step], pair: Pair) -> Iterator[dict]:
    for method, step in steps.items():
        start = time.process_time()
        found = step(*pair.frames)
        seconds = time.process_time() - start
        errors = known_motion.end_point_errors(found, pair.truth, pair.known)
        yield {
            "method": method,
            "ms": 1000 * seconds,
            "error": float(errors.mean()),
            "median_error": float(np.median(errors)),
        }


def _of_size(rows: pd.DataFrame, size: Size) -> Numbers:
    """The time of the median pair, the mean of all errors, and the median of the pairs' medians."""
    by_method = rows.groupby("method", sort=False)
    columns = by_method.agg({"ms": "median", "error": "mean", "median_error": "median"})
    return {
        f"{method}_{size[1]}x{size[0]}_{name}": float(value)
        for method, row in columns.iterrows()
        for name, value in row.items()
    }


def _hmdb51(rows: pd.DataFrame) -> Numbers:
    """Core-hours for the flow of all of HMDB-51, without decoding."""
    hours = rows.groupby("method", sort=False).ms.median() * HMDB51_PAIRS / 3.6e6
    return {f"{method}_hmdb51_core_hours": float(value) for method, value in hours.items()}


def _ratios(rows: pd.DataFrame) -> Numbers:
    """Farneback's time and error over those of DIS fast: above 1 where DIS fast is better."""
    fast, plain = (rows[rows.method == method] for method in (THE_FAST, THE_PLAIN))
    return {
        "speed_ratio": float(np.median(plain.ms.to_numpy() / fast.ms.to_numpy())),
        "error_ratio": float(plain.error.mean() / fast.error.mean()),
    }
