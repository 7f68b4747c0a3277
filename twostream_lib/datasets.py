"""torch datasets: what a stream is fed, from a store or straight from the videos."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.utils.data import Dataset, IterableDataset

from twostream_lib import sampling, video
from twostream_lib.store import Store

# Which channels of a store's window a stream sees.
VIEWS = {"rgb": slice(0, 3), "sg3i": slice(3, 6), "flow": slice(None)}


class WindowDataset(Dataset):
    """Windows of a store as a stream sees them (mode 2).

    An item is `(image, label)`: uint8 `[C, H, W]` and the class index. `rows` is the part of the
    store's index that is used, `view` one of `rgb`, `sg3i`, `flow`.
    """

    def __init__(self, store: Store, keep: np.ndarray, view: str, classes: Sequence[str]) -> None:
        self.store, self.view, self.classes = store, view, list(classes)
        self.places = np.flatnonzero(keep)
        self.rows: pd.DataFrame = store.index.iloc[self.places]
        number = {name: i for i, name in enumerate(self.classes)}
        self.labels = [number[label] for label in self.rows.label]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, item: int) -> tuple[Tensor, int]:
        window = self.store.array[self.places[item]][..., VIEWS[self.view]]
        return torch.from_numpy(window.transpose(2, 0, 1).copy()), self.labels[item]


class FrameStream(IterableDataset):
    """Every frame of every training video, once an epoch, mixed (mode 1; paper, III.A).

    Each clip is decoded once and in full; its samples then wait in a buffer of bounded size, from
    which they are drawn at random, so that a batch mixes many clips. A sample is a random crop of
    the frame (`rgb`), or of three consecutive frames in gray (`sg3i`). Same seed and epoch, same
    order, for a given number of workers.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        classes: Sequence[str],
        view: str,
        size: tuple[int, int],
        seed: int = 0,
        buffer: int = 2048,
    ) -> None:
        self.paths, self.frames = table.path.tolist(), table.frames.tolist()
        number = {name: i for i, name in enumerate(classes)}
        self.labels = [number[label] for label in table.label]
        self.view, self.size, self.seed, self.buffer = view, size, seed, buffer
        self.epoch = 0

    def __len__(self) -> int:
        length = 1 if self.view == "rgb" else 3
        return sum(max(0, frames - length + 1) for frames in self.frames)

    def __iter__(self) -> Iterator[tuple[Tensor, int]]:
        worker = torch.utils.data.get_worker_info()
        start, step = (worker.id, worker.num_workers) if worker else (0, 1)
        order = np.random.default_rng([self.seed, self.epoch]).permutation(len(self.paths))
        rng = np.random.default_rng([self.seed, self.epoch, start])
        return _mixed(self._samples(order[start::step], rng), self.buffer, rng)

    def _samples(self, clips: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[Tensor, int]]:
        for clip in clips:
            for image in self._images(self.paths[clip]):
                cropped = random_crop(image, self.size, rng)
                yield torch.from_numpy(cropped.transpose(2, 0, 1).copy()), self.labels[clip]

    def _images(self, path: str) -> Iterator[np.ndarray]:
        if self.view == "rgb":
            yield from video.decode(path)
            return
        gray = video.decode_gray(path)
        for window in sampling.mode1(len(gray)):
            yield gray[window].transpose(1, 2, 0)


def _mixed(
    samples: Iterator[tuple[Tensor, int]], size: int, rng: np.random.Generator
) -> Iterator[tuple[Tensor, int]]:
    """The samples in the order in which a random place of a full buffer is taken."""
    buffer: list[tuple[Tensor, int]] = []
    for sample in samples:
        if len(buffer) < size:
            buffer.append(sample)
            continue
        place = rng.integers(size)
        buffer[place], sample = sample, buffer[place]
        yield sample
    rng.shuffle(buffer)
    yield from buffer


def random_crop(image: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A random part of an image `[H, W, C]`, after its short side was scaled to 8/7 of the crop's.

    224 pixels are cut from 256, as is usual for ImageNet networks.
    """
    height, width = size
    scale = max(height / image.shape[0], width / image.shape[1]) * 8 / 7
    scaled = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    top = rng.integers(scaled.shape[0] - height + 1)
    left = rng.integers(scaled.shape[1] - width + 1)
    return scaled[top : top + height, left : left + width]


def flip(images: Tensor, view: str) -> Tensor:
    """Mirror a batch `[N, C, H, W]`. In flow the horizontal part u changes its sign as well."""
    mirrored = images.flip(-1)
    if view == "flow":
        # 128 is still; 0 would become 256, so the far end is kept at 255.
        mirrored[:, 0::2] = (256 - mirrored[:, 0::2].int()).clamp(max=255).to(images.dtype)
    return mirrored


def augment(images: Tensor, view: str, shift: int, generator: torch.Generator) -> Tensor:
    """Flip each image of a batch with chance one half, and move it by up to `shift` pixels.

    Each sample has a coin of its own; one coin for a whole batch would make batches of mirror
    images. What moves in from outside repeats the border.
    """
    coins = torch.rand(len(images), generator=generator) < 0.5
    images = torch.where(coins.view(-1, 1, 1, 1), flip(images, view), images)
    if not shift:
        return images
    moves = torch.randint(-shift, shift + 1, (len(images), 2), generator=generator)
    height, width = images.shape[-2:]
    rows = (torch.arange(height) + moves[:, :1]).clamp(0, height - 1)
    columns = (torch.arange(width) + moves[:, 1:]).clamp(0, width - 1)
    sample = torch.arange(len(images)).view(-1, 1, 1, 1)
    channel = torch.arange(images.shape[1]).view(1, -1, 1, 1)
    return images[sample, channel, rows[:, None, :, None], columns[:, None, None, :]]
