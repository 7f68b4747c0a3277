"""Pictures out of a set's clips: what is in one of them, and which belong together.

A clip is a row of a probed clip table.
"""

from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

from twostream_lib import clips, flow, sampling, video
from twostream_lib.clips import TEST, TRAINING, frame_times, leakage
from twostream_lib.data.planning import plan_windows
from twostream_lib.data.store import Store
from twostream_lib.errors import InputError
from twostream_lib.figures.display import Picture
from twostream_lib.figures.pictures import COLUMNS, draw_fields, frames_strip, grid, key
from twostream_lib.figures.style import STYLE
from twostream_lib.markup import plain

LONGER_SIDE = 640  # pixels of a frame that is shown, at most
STEPS, CONTRAST = 5, 4  # of a stack of flow that are shown; of what is stored, for the eye alone


def clip_frames(clip: pd.Series) -> Picture:
    """Six frames of a clip, evenly spaced from its first to its last."""
    picked = np.linspace(0, clip.frames - 1, COLUMNS).round().astype(int).tolist()
    titles = [f"frame {number}" for number in picked]
    frames = video.decode(clip.path, picked, LONGER_SIDE)
    figure = frames_strip(frames, titles, plain(f"{clip.label}: {Path(clip.path).name}"))
    return figure.described(f"{COLUMNS} frames of one clip, from its first to its last")


def siblings(table: pd.DataFrame) -> Picture:
    """The middle frames of a test clip, of its sibling, and of a training clip that is none.

    The first two are cut from the source that leaks most where tags 0 and 1 are trained on, see
    `clips.leakage`; the third is of the same class. What the table does not have is left out.
    Raises InputError for a table without a test clip that can be read.
    """
    whole = table[table["ok"]]
    tested = whole[whole["tag"] == TEST]
    if tested.empty:
        raise InputError("There is no test clip that can be read; look at the column 'why'.")
    worst = leakage(whole)["tags"]["0+1"]["worst"]
    label, source = [worst[0][key] if worst else tested.iloc[0][key] for key in ("label", "source")]
    of_class = whole[whole["label"] == label]
    of_source = of_class[of_class["source"] == source]
    groups = {
        "a test clip": of_source[of_source["tag"] == TEST],
        "its sibling": of_source[of_source["tag"] != TEST],
        "another source": of_class[(of_class["source"] != source) & (of_class["tag"] == TRAINING)],
    }
    shown = {name: rows.iloc[0] for name, rows in groups.items() if len(rows)}
    middles = [
        video.decode(clip.path, [clip.frames // 2], LONGER_SIDE)[0] for clip in shown.values()
    ]
    found = f"two clips cut from {source}" if worst else "no test clip has a sibling in training"
    figure = grid([middles], [""], list(shown), plain(f"{label}: {found}"))
    return figure.described(f"Middle frames: {', '.join(shown)}")


def windows_by_mode(clip: pd.Series) -> Picture:
    """The three gray frames of one window of each mode, from the middle of a clip.

    A mode that the clip is too short for is left out; InputError for a clip too short for either.
    """
    times = frame_times(clip)
    modes = {
        "mode 1": sampling.mode1(clip.frames, times=times),
        "mode 2": sampling.mode2(clip.frames, clip.fps, times=times),
    }
    windows = {mode: every[len(every) // 2] for mode, every in modes.items() if len(every)}
    if not windows:
        raise InputError(f"{clip.path} is too short for any window; choose a longer clip.")
    grays = [video.decode_gray(clip.path, window, LONGER_SIDE) for window in windows.values()]
    seconds = np.arange(clip.frames) / clip.fps if times is None else times
    rows = [f"{mode}\n{np.ptp(seconds[window]):.2f} s" for mode, window in windows.items()]
    changes = [np.abs(gray[2].astype(int) - gray[0]).mean() for gray in grays]
    words = [f"{change:.1f} in {mode}" for change, mode in zip(changes, windows, strict=True)]
    title = f"First to last frame, levels of gray: {', '.join(words)}"
    figure = grid([list(gray) for gray in grays], rows, ["earliest", "middle", "latest"], title)
    return figure.described(f"The three frames of one window of {' and of one of '.join(windows)}")


@matplotlib.rc_context(STYLE)
def stored_stack(table: pd.DataFrame, windows: Store, place: int) -> Picture:
    """Steps of a stack of flow as a store has them, below the frames of the clip they lie between.

    Above, the frame that a step starts from, out of the clip's file. Below it, u and v as they are
    stored, and the two in one picture.

    Args:
        table: the clips of the store.
        windows: the store, of flow.
        place: the number of the stack in it.
    """
    row, plan = windows.index.iloc[place], windows.plan
    clip = table[np.array(clips.names(table)) == row.video]
    index, frames = plan_windows(clip, plan)
    (of_stack,) = frames[(index.protocol == row.protocol) & (index.window == row.window)]
    steps = np.unique(np.linspace(0, plan.length - 1, STEPS).round().astype(int))
    pictures = video.decode(clip.path.iloc[0], of_stack[steps].tolist(), LONGER_SIDE)
    levels = windows.read(np.array([place]))[0].reshape(plan.length, 2, *plan.size)[steps]
    stretched = 128 + CONTRAST * (levels.astype(int) - 128)
    u, v = stretched.clip(0, 255).astype(np.uint8).swapaxes(0, 1)
    fields = flow.dequantise(levels, plan.bound).transpose(0, 2, 3, 1)
    drawn, top, seen = draw_fields(list(fields))
    more = f"stored\n(contrast × {CONTRAST})"
    rows = ["frame\nof the clip", f"u, {more}", f"v, {more}", "both,\nin colour"]
    columns = [f"step {step + 1}" for step in steps]
    title = plain(f"{row.label}: of the frames, the store keeps no look, but motion")
    figure = grid([list(pictures), list(u), list(v), drawn], rows, columns, title)
    key(figure.axes[-1], fields[-1])
    height, width = plan.size
    said = "; ".join(f"{name}, {words}" for name, words in zip(columns, seen, strict=True))
    return figure.described(
        f"Frames of {plain(Path(clip.path.iloc[0]).name)}, and below them its flow in {width} × "
        f"{height} pixels, u and v at {CONTRAST} times the contrast and both as colours ({top:.1f} "
        f"pixels a step or more: full colour). {said}"
    )
