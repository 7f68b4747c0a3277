"""Which frames make the windows of a store, by the clip table alone: nothing is decoded for it."""

import numpy as np
import pandas as pd

from twostream_lib import clips, sampling
from twostream_lib.data.plan import Plan

Array = np.ndarray

# How an index holds its numbers in memory.
NUMBERS = {"tag": np.int8, "window": np.int32, "start": np.int32}


def plan_windows(table: pd.DataFrame, plan: Plan) -> tuple[pd.DataFrame, Array]:
    """The index of a store, and the frames behind each of its rows, int32 `[N, plan.frames]`.

    The index has one more column than that of a finished store: `clip`, the row of the table.
    """
    # One entry a clip and protocol:
    clip_of, protocols, found = [0], ["window"], [np.empty((0, plan.frames), np.int32)]
    for number, clip in enumerate(table.itertuples()):
        for protocol, of_clip in _windows_of(clip, plan).items():
            clip_of.append(number)
            protocols.append(protocol)
            found.append(of_clip.astype(np.int32))
    counts = [len(some) for some in found]
    rows, frames = np.repeat(np.array(clip_of, np.int32), counts), np.concatenate(found)
    columns = {
        "clip": rows,
        "video": pd.Categorical(clips.names(table))[rows],
        **{name: pd.Categorical(table[name])[rows] for name in ("label", "source")},
        "tag": table.tag.to_numpy(NUMBERS["tag"])[rows],
        "protocol": pd.Categorical(protocols).repeat(counts),
        "window": np.concatenate([np.arange(count, dtype=NUMBERS["window"]) for count in counts]),
        "start": frames[:, 0].astype(NUMBERS["start"]),
    }
    return pd.DataFrame(columns), frames


def _windows_of(clip, plan: Plan) -> dict[str, Array]:
    found = {"window": windows(clip, plan)}
    if clip.tag == 2:
        found |= {f"video-{count}": spread(clip, plan, count) for count in (1, 10)}
    return found


def windows(clip, plan: Plan) -> Array:
    """The frames of a clip's windows, one after the other, by its row of the clip table: int64
    `[windows, plan.frames]`, see `sampling.mode2`."""
    rate, times = _rate(clip, plan), clips.frame_times(clip)
    return sampling.mode2(clip.frames, clip.fps, rate, plan.frames, plan.step, times)


def spread(clip, plan: Plan, count: int) -> Array:
    """The frames of so many evenly spaced windows of a clip, a row of the clip table: int64
    `[count, plan.frames]`, see `sampling.spread`; `[0, plan.frames]` where it is too short."""
    rate, times = _rate(clip, plan), clips.frame_times(clip)
    return sampling.spread(clip.frames, clip.fps, count, rate, plan.frames, times)


def _rate(clip, plan: Plan) -> float:
    """At how many frames a second a clip's windows are taken."""
    if plan.kind != "flow":
        return plan.fps
    times = clips.frame_times(clip)
    # A frame that is taken twice would be a still field in the middle of a motion.
    return min(plan.fps, clip.fps if times is None else 1 / sampling.usual_step(times))
