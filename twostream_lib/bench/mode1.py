"""How fast mode 1 is read: our stream beside single frames at random, and decoding alone.

All ways have as many workers.
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
from twostream_lib.data.frame_stream import FrameStream, one_opencv_thread

# In a round, about. Filling the buffer takes most of a second, as in an epoch of any length:
# HMDB-51's have eight times as many frames.
FRAMES = 60_000
# One frame of so many is read where each is read by itself, which is slow; but so many at least.
SINGLE, FEWEST = 240, 128
BATCH = 64


def measure(table: pd.DataFrame, turns: int, least: int = FRAMES) -> dict[str, float]:
    """Frames a second of each way, and ours over theirs.

    Args:
        table: probed clips, all of them usable.
        turns: rounds; each number is the median of them.
        least: about how many frames a round should have; clips are repeated for it.
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
        rates = rounds.rates({name: partial(_total, way) for name, way in ways.items()}, turns)
    others = dict.fromkeys(ways.keys() - {"mode1"}, "mode1")
    found = rounds.summary(rates, "frames_per_second", others)
    sizes = {"crop": side, "workers": joblib.cpu_count(), "clips": len(many)}
    return found | sizes | {"frames": len(stream)}


def largest_crop(table: pd.DataFrame) -> int:
    """The side of a square that all frames have room for: 224, 112, or what there is."""
    smallest = int(min(table.height.min(), table.width.min()))
    return next((side for side in (224, 112) if side <= smallest), smallest // 2 * 2)


def _loader(data: Dataset, batch: int | None, samples: int | None = None) -> DataLoader:
    """Counts of frames: one a clip, or one a batch of single frames."""
    order = RandomSampler(data, num_samples=samples)  # type: ignore[arg-type]
    return DataLoader(
        data,
        batch,
        sampler=order,
        num_workers=joblib.cpu_count(),
        collate_fn=_stacked if batch else None,
    )


class _Clips(Dataset):
    """Clip by clip, how many frames were decoded."""

    def __init__(self, paths: list[str], count: Callable[[str], int]) -> None:
        self.paths, self.count = paths, count

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, clip: int) -> int:
        return self.count(self.paths[clip])


class _SingleFrames(Dataset):
    """Every frame an item of its own, `(video [1, 3, h, w], label)`: the obvious way."""

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
    """Put a batch together as for training, and count it; the first of an item is the video."""
    return len(torch.stack([sample[0][0] for sample in samples]))


def _total(way: Callable[[], Iterable]) -> int:
    return sum(int(count) for count in way())
