"""Batches for a stream: windows of a store, in which order they come, and their augmentation."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
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

if TYPE_CHECKING:  # a batch needs neither the decoder behind a store nor pandas
    import pandas as pd

    from twostream_lib.data.store import Store

Batch = tuple[Tensor, Tensor]
UNLABELLED, NO_CLASS = "", -1  # the label of a clip that nobody has labelled, and its number
# Which channels of a store's window a stream sees.
CHANNELS = {"rgb": slice(0, 3), "sg3i": slice(3, 6), "flow": slice(None)}


class WindowDataset(Dataset):
    """Windows of a store as a stream sees them (mode 2).

    `data[3]` is `(image, label)`: uint8 `[C, H, W]` and the class index. `data[[3, 1]]` is a batch,
    `(images, labels)`: uint8 `[N, C, H, W]` and int64 `[N]`, read in one go.

    Args:
        store: where the windows are.
        keep: bool, one for each window of the store: whether it belongs to these data.
        view: what the stream sees of a window, `rgb`, `sg3i` or `flow`.
        classes: class names; a label's place among them is its number. That of `UNLABELLED` is -1.
        channels: the store's that make this view, where they are not those of `CHANNELS`.

    `rows` are the rows of the store's index that were kept, `labels` their class numbers.
    """

    def __init__(
        self,
        store: "Store",
        keep: np.ndarray,
        view: str,
        classes: Sequence[str],
        channels: slice | None = None,
    ) -> None:
        self.store, self.view, self.classes = store, view, list(classes)
        self.channels = channels or CHANNELS[view]
        self.places = np.flatnonzero(keep)
        self.rows: pd.DataFrame = store.index.iloc[self.places]
        number = {UNLABELLED: NO_CLASS} | {name: i for i, name in enumerate(self.classes)}
        self.labels = [number[label] for label in self.rows.label]

    def __len__(self) -> int:
        return len(self.places)

    @property
    def videos(self) -> list[str]:
        """Of each window the clip that it is from, `<label>/<file name>`."""
        return self.rows.video.tolist()

    def clip_balanced_weights(self) -> Tensor:
        """How likely each window is to be drawn, float `[N]`, so that long clips do not outweigh
        short ones: one over the number of windows of its clip."""
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


@runtime_checkable
class ResumableBatches(Protocol):
    """Data that give their own batches, from any batch of an epoch on, as mode 1's frames do."""

    @property
    def fingerprint(self) -> str:
        """A text that changes when the samples or their order change."""

    def batches(self, batch_size: int, epoch: int, start: int) -> Iterator[Batch]:
        """The batches of an epoch, from number `start` on."""


def in_batches(
    data: Dataset,
    batch_size: int,
    generator: torch.Generator | None = None,
    weights: Tensor | None = None,
) -> DataLoader[Batch]:
    """A loader that asks for whole batches, so that each is copied once and not put together again.

    Args:
        data: `data[list of indices]` must be a batch, as in torch's TensorDataset.
        batch_size: samples in a batch; the last one may be smaller.
        generator: makes a new shuffle for each epoch, the one that a plain DataLoader makes.
            Without it, the order is that of `data`.
        weights: float `[N]`. With them, `N` samples are drawn by chance, some more than once, and
            each by its weight.
    """
    items = range(len(data))  # type: ignore[arg-type]
    order: Sampler[int] = SequentialSampler(items)
    if weights is not None:
        order = WeightedRandomSampler(weights.tolist(), len(items), generator=generator)
    elif generator:
        order = RandomSampler(items, generator=generator)
    sampler = BatchSampler(order, batch_size, drop_last=False)
    return DataLoader(data, batch_size=None, sampler=sampler, generator=generator)


def flip(images: Tensor, view: str) -> Tensor:
    """Mirror a batch `[N, C, H, W]`. In flow, the horizontal component u changes its sign too."""
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
    """A batch as it is trained on: flipped and moved at random, flow made faster or slower as well.

    Args:
        images: uint8 `[N, C, H, W]`.
        view: `rgb`, `sg3i` or `flow`.
        random_translation: each image is moved by up to so many pixels each way. What moves in from
            outside repeats the border.
        generator: where the random numbers come from.
        flow_magnitude_jitter: quantised flow is multiplied by a random factor between one over this
            and this: the same movement by somebody slower or quicker, farther or nearer.

    Each image is mirrored with chance one half, whatever the others are: one flip for all would
    make batches of mirror images.
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
    moved = zip(edged, corners, strict=True)
    return torch.stack([image[:, y : y + height, x : x + width] for image, (y, x) in moved])
