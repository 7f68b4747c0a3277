"""Windows at evenly spaced positions of clips, cut out of the videos when they are asked for.

A store has ten of each test clip. More of them, and larger ones, are needed once at most: they are
cut, looked at and forgotten, and nothing is written.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from torch.utils.data import Dataset

from twostream_lib import clips
from twostream_lib.data import cutting, planning
from twostream_lib.data.datasets import CHANNELS, Batch
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError


class Positions(Dataset):
    """Evenly spaced windows of clips as a stream sees them; `data[[3, 1]]` is a batch, as that of
    `datasets.WindowDataset` is.

    The clips of a batch are decoded once each, and of them only its windows are in memory. So who
    asks for `count` of them at a time, in order, has each clip decoded once.

    Args:
        table: probed clips, see `clips.probe_clips`. Those that are too short for a window are left
            out. In a short clip the same window comes several times.
        plan: what a window is made of.
        view: what the stream sees of it, `rgb`, `sg3i` or `flow`.
        classes: class names; a label's place among them is its number.
        count: windows a clip.
        protocol: what the rows say that they are for.

    `rows` says what each window is: video, label, source, protocol, window (0 to count - 1).
    `labels` are their class numbers, int64.

    Raises:
        InputError: all clips are too short; and, where a batch is asked for, a clip that cannot be
            decoded.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        plan: Plan,
        view: str,
        classes: Sequence[str],
        count: int,
        protocol: str,
    ) -> None:
        found = [planning.spread(clip, plan, count) for clip in table.itertuples()]
        kept = [number for number, windows in enumerate(found) if len(windows)]
        if not kept:
            raise InputError(f"None of the {len(table)} clips is long enough for one window.")
        self.plan, self.view, self.classes, self.count = plan, view, list(classes), count
        self.frames = [found[number] for number in kept]
        table = table.iloc[kept]
        self.paths = table.path.tolist()
        self.rows = pd.DataFrame(
            {
                "video": clips.names(table),
                "label": table.label.tolist(),
                "source": table.source.tolist(),
                "protocol": protocol,
                "window": 0,
            }
        )
        self.rows = self.rows.loc[self.rows.index.repeat(count)].reset_index(drop=True)
        self.rows["window"] = np.tile(np.arange(count), len(kept))
        number = {name: place for place, name in enumerate(classes)}
        self.labels = self.rows.label.map(number).to_numpy(np.int64)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, items: list[int]) -> Batch:
        asked = np.asarray(items)
        height, width = self.plan.size
        channels = CHANNELS[self.view]
        depth = len(range(*channels.indices(self.plan.channels)))
        batch = np.empty((len(asked), depth, height, width), np.uint8)
        for clip in np.unique(asked // self.count):
            places = np.flatnonzero(asked // self.count == clip)
            wanted = self.frames[clip][asked[places] % self.count]
            for row, window in cutting.each_window(self.paths[clip], wanted, self.plan):
                batch[places[row]] = window[channels]
        return torch.from_numpy(batch), torch.from_numpy(self.labels[asked])


def larger(plan: Plan, by: float) -> Plan:
    """The same windows, each side so many times as long, in whole pixels.

    Flow is estimated as it was, and is in pixels of the larger size: whatever looks larger moves by
    more of them.
    """
    height, width = (round(by * side) for side in plan.size)
    return replace(plan, size=(height, width), estimate_at=plan.estimate_at or plan.size)
