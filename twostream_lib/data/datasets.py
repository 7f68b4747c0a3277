"""torch datasets: what a stream is fed, from a store or straight from the videos."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    WeightedRandomSampler,
)

from twostream_lib.data.frame_stream import FrameStream as FrameStream
from twostream_lib.data.store import Store

# Which channels of a store's window a stream sees.
CHANNELS = {"rgb": slice(0, 3), "sg3i": slice(3, 6), "flow": slice(None)}


class WindowDataset(Dataset):
    """Windows of a store as a stream sees them (mode 2).

    An item is `(image, label)`: uint8 `[C, H, W]` and the class index. A list of items is a batch,
    `(images, labels)`: uint8 `[N, C, H, W]` and int64 `[N]`, fetched in one go. `rows` is the part
    of the store's index that is used, `view` one of `rgb`, `sg3i`, `flow`; `channels` are the
    store's that make this view, where they are not those of `CHANNELS`.
    """

    def __init__(
        self,
        store: Store,
        keep: np.ndarray,
        view: str,
        classes: Sequence[str],
        channels: slice | None = None,
    ) -> None:
        self.store, self.view, self.classes = store, view, list(classes)
        self.channels = channels or CHANNELS[view]
        self.places = np.flatnonzero(keep)
        self.rows: pd.DataFrame = store.index.iloc[self.places]
        number = {name: i for i, name in enumerate(self.classes)}
        self.labels = [number[label] for label in self.rows.label]

    def __len__(self) -> int:
        return len(self.places)

    def clip_balanced_weights(self) -> Tensor:
        """Weights float `[N]` by which windows are drawn if long clips shall not outweigh short
        ones: one over the number of windows of the window's clip."""
        counts = self.rows.video.map(self.rows.video.value_counts())
        return torch.from_numpy(1 / counts.to_numpy(float))

    def __getitem__(self, item: int | list[int]) -> tuple[Tensor, Tensor | int]:
        if isinstance(item, list):
            windows = self.store.read(self.places[item], self.channels)
            return torch.from_numpy(windows), torch.tensor([self.labels[i] for i in item])
        window = self.store.read(self.places[[item]], self.channels)[0]
        return torch.from_numpy(window), self.labels[item]

    def __getitems__(self, items: list[int]) -> list[tuple[Tensor, int]]:
        """What a plain DataLoader asks for: a batch that it will collate itself."""
        images, labels = self[items]
        return list(zip(images, labels.tolist(), strict=True))  # type: ignore[union-attr]


def in_batches(
    data: Dataset,
    batch: int,
    generator: torch.Generator | None = None,
    weights: Tensor | None = None,
) -> DataLoader[tuple[Tensor, Tensor]]:
    """A loader that asks for whole batches, so that each is copied once and not put together again.

    `data[list of items]` must be a batch, as it is here and in torch's TensorDataset. The order is
    a new shuffle for each epoch by `generator`, the one that a plain DataLoader gives; without a
    generator, it is the order of `data`. With `weights`, float `[N]`, as many items are drawn by
    chance, with replacement.
    """
    items = range(len(data))  # type: ignore[arg-type]
    order: Sampler[int] = SequentialSampler(items)
    if weights is not None:
        order = WeightedRandomSampler(weights.tolist(), len(items), generator=generator)
    elif generator:
        order = RandomSampler(items, generator=generator)
    sampler = BatchSampler(order, batch, drop_last=False)
    return DataLoader(data, batch_size=None, sampler=sampler, generator=generator)


def flip(images: Tensor, view: str) -> Tensor:
    """Mirror a batch `[N, C, H, W]`. In flow the horizontal part u changes its sign as well."""
    mirrored = images.flip(-1)
    if view == "flow":
        # 128 is still; 0 would become 256, so the far end is kept at 255.
        mirrored[:, 0::2] = (256 - mirrored[:, 0::2].int()).clamp(max=255).to(images.dtype)
    return mirrored


def augment(
    images: Tensor,
    view: str,
    random_translation: int,
    generator: torch.Generator,
    flow_magnitude_jitter: float = 1.0,
) -> Tensor:
    """Flip each image of a batch with chance one half, and move it by up to so many pixels.

    Each sample is flipped by a chance of its own: one for a whole batch would make batches of
    mirror images. What moves in from outside repeats the border. Quantised flow can be made up to
    `flow_magnitude_jitter` times as fast or as slow: the same movement by somebody quicker, nearer
    or taller.
    """
    flips = torch.rand(len(images), generator=generator) < 0.5
    images = torch.where(flips.view(-1, 1, 1, 1), flip(images, view), images)
    if flow_magnitude_jitter > 1:
        factor = flow_magnitude_jitter ** (
            2 * torch.rand(len(images), 1, 1, 1, generator=generator) - 1
        )
        flow = (images.float() - 128) * factor + 128  # still is 128
        images = flow.round().clamp(0, 255).to(images.dtype)
    most = random_translation
    if not most:
        return images
    moves = torch.randint(-most, most + 1, (len(images), 2), generator=generator)
    height, width = images.shape[-2:]
    # torch repeats the border of floats alone, which hold 8 bits exactly.
    edged = functional.pad(images.float(), (most,) * 4, "replicate").to(images.dtype)
    corners = (most + moves).tolist()
    parts = zip(edged, corners, strict=True)
    return torch.stack([image[:, y : y + height, x : x + width] for image, (y, x) in parts])
