"""How fast mode 1 is read: by our stream, by jumping to single frames, and by decoding alone.

Each way has as many workers as there are cores.
"""

import itertools
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from math import ceil
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, RandomSampler
from torchvision import datasets as torchvision_datasets
from torchvision import transforms

from twostream_lib import clips
from twostream_lib.bench import baselines, rounds
from twostream_lib.data.frame_stream import FrameStream
from twostream_lib.threads import one_opencv_thread

# About so many frames are read in a round. Filling the buffer takes nearly a second, however long
# the epoch is; an epoch of HMDB-51 has eight times as many frames.
FRAMES = 60_000
# Reading frames one by one is slow: only one of SINGLE is read, but at least FEWEST of them.
SINGLE, FEWEST = 240, 128
BATCH = 64


def measure(table: pd.DataFrame, turns: int, least: int = FRAMES) -> dict[str, float]:
    """Frames a second of each way, and the ratio of ours to each other way.

    Args:
        table: probed clips, all of them usable.
        turns: the number of rounds; each result is their median.
        least: about how many frames a round should have; clips are repeated until there are enough.
    """
    side = largest_crop(table)
    repeats = ceil(least / table.frames.sum())
    many = pd.concat([table] * repeats, ignore_index=True)
    stream = FrameStream(many, clips.classes(table), "rgb", (side, side))
    theirs = _torchvision(table, side)
    epochs = itertools.count()  # every round has an order of its own
    ways: dict[str, Callable[[], Iterable]] = {
        "mode1": lambda: (len(labels) for _, labels in stream.batches(BATCH, next(epochs))),
        "bare_decode": lambda: _loader(_Clips(many.path.tolist(), baselines.count_frames), None),
    }
    single = theirs or _SingleFrames(table, _transform(side))
    some = max(len(stream) // SINGLE, FEWEST)
    ways["torchvision" if theirs else "seek"] = lambda: _loader(single, BATCH, some)
    with one_opencv_thread():
        frames = rounds.throughputs(
            {name: partial(_total, way) for name, way in ways.items()}, turns
        )
    others = dict.fromkeys(ways.keys() - {"mode1"}, "mode1")
    found = rounds.summary(frames, "frames_per_second", others)
    sizes = {"crop": side, "workers": joblib.cpu_count(), "clips": len(many)}
    return found | sizes | {"frames": len(stream)}


def largest_crop(table: pd.DataFrame) -> int:
    """The side of a square that fits into all frames: 224, 112, or the largest even number."""
    smallest = int(min(table.height.min(), table.width.min()))
    return next((side for side in (224, 112) if side <= smallest), smallest // 2 * 2)


def _loader(data: Dataset, batch: int | None, samples: int | None = None) -> DataLoader:
    """A loader of counts of frames: one for each clip, or one for each batch of single frames."""
    order = RandomSampler(data, num_samples=samples)  # type: ignore[arg-type]
    return DataLoader(
        data,
        batch,
        sampler=order,
        num_workers=joblib.cpu_count(),
        collate_fn=_stacked if batch else None,
    )


class _Clips(Dataset):
    """An item for each clip: the number of frames that were decoded."""

    def __init__(self, paths: list[str], count: Callable[[str], int]) -> None:
        self.paths, self.count = paths, count

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, clip: int) -> int:
        return self.count(self.paths[clip])


class _SingleFrames(Dataset):
    """Every frame is an item, `(video [1, 3, h, w], label)`: the plain way to read mode 1."""

    def __init__(self, table: pd.DataFrame, transform: Callable[[Tensor], Tensor]) -> None:
        self.paths, self.labels = table.path.tolist(), pd.factorize(table.label)[0]
        self.ends = np.cumsum(table.frames.to_numpy())
        self.transform = transform

    def __len__(self) -> int:
        return int(self.ends[-1])

    def __getitem__(self, item: int) -> tuple[Tensor, int]:
        clip = int(np.searchsorted(self.ends, item, side="right"))
        number = item - (int(self.ends[clip - 1]) if clip else 0)
        frame = torch.from_numpy(baselines.one_frame(self.paths[clip], number))
        return self.transform(frame.permute(2, 0, 1)[None]), int(self.labels[clip])


def _torchvision(table: pd.DataFrame, side: int) -> Dataset | None:
    """torchvision's HMDB51 of single frames, or None where it lacks its decoder, torchcodec."""
    if baselines.optional("torchcodec") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        names = "".join(f"{Path(path).name} 1\n" for path in table.path)
        (Path(folder) / "all_test_split1.txt").write_text(names)
        return torchvision_datasets.HMDB51(
            str(Path(table.path.iloc[0]).parents[1]),
            folder,
            frames_per_clip=1,
            transform=_transform(side),
            output_format="TCHW",
        )


def _transform(side: int) -> Callable[[Tensor], Tensor]:
    return transforms.Compose([transforms.RandomCrop(side), transforms.RandomHorizontalFlip()])


def _stacked(samples: list[tuple]) -> int:
    """Put a batch together as for training, and count it; an item's first value is its video."""
    return len(torch.stack([sample[0][0] for sample in samples]))


def _total(way: Callable[[], Iterable]) -> int:
    return sum(int(count) for count in way())
