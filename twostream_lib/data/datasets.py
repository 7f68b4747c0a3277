"""Batches for a stream: windows of a store as it sees them."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from twostream_lib.data import identity, order

if TYPE_CHECKING:  # a batch needs neither the decoder behind a store nor pandas
    import pandas as pd

    from twostream_lib.data.store import Store

Batch = tuple[Tensor, Tensor]
UNLABELLED, NO_CLASS = "", -1  # the label of a clip that nobody has labelled, and its number
# Which channels of a store's window a stream sees.
CHANNELS = {
    "rgb": slice(0, 3),
    "sg3i": slice(3, 6),
    "both": slice(0, 6),
    "flow": slice(None),
}


class WindowDataset(Dataset):
    """Windows of a store as a stream sees them (mode 2).

    `data[3]` is `(image, label)`: uint8 `[C, H, W]` and the class index. `data[[3, 1]]` is a batch,
    `(images, labels)`: uint8 `[N, C, H, W]` and int64 `[N]`, read in one go.

    Args:
        store: where the windows are.
        keep: bool, one for each window of the store: whether it belongs to these data.
        view: what the stream sees of a window, `rgb`, `sg3i`, `both` of these or `flow`.
        classes: class names; a label's place among them is its number. That of `UNLABELLED` is -1.
        channels: the store's that make this view, where they are not those of `CHANNELS`.

    `rows` are the rows of the store's index that were kept, `labels` their class numbers, int64.
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
        label, labels = self.rows.label.factorize()
        self.labels = np.array([number[name] for name in labels], np.int64)[label]

    def __len__(self) -> int:
        return len(self.places)

    def only(self, rows: np.ndarray, view: str = "") -> "WindowDataset":
        """Some of these windows, each once.

        Args:
            rows: bool or int `[N]`, which of them. They keep their order in the store.
            view: as which they are seen, by the channels that `CHANNELS` has of it; empty: as these
                are.
        """
        keep = np.zeros(len(self.store.index), bool)
        keep[self.places[rows]] = True
        channels = None if view else self.channels
        return WindowDataset(self.store, keep, view or self.view, self.classes, channels)

    @property
    def videos(self) -> list[str]:
        """Of each window the clip that it is from, `<label>/<file name>`."""
        return self.rows.video.tolist()

    @property
    def identity(self) -> dict[str, Any]:
        """What these data are, see `data.identity`."""
        rows, of_clips = self.rows, self.rows.drop_duplicates("video", keep="last")
        labels = dict(zip(of_clips.video, of_clips.label, strict=True))
        channels = [self.channels.start, self.channels.stop, self.channels.step]
        return {
            "clips": identity.word(sorted(labels)),
            "labels": identity.word(sorted(labels.items())),
            "classes": self.classes,
            "plan": asdict(self.store.plan) | {"view": self.view, "channels": channels},
            "windows": identity.word([rows.video, rows.start]),
            "pixels": identity.word(self.store.checksums(self.places)),
        }

    def clip_balanced_weights(self) -> np.ndarray:
        """How likely each window is to be drawn, float `[N]`, so that long clips do not outweigh
        short ones: one over the number of windows of its clip."""
        clip, _ = self.rows.video.factorize()
        return 1 / np.bincount(clip)[clip]

    def __getitem__(self, item: int | list[int]) -> tuple[Tensor, Tensor | int]:
        if isinstance(item, list):
            windows = self.store.read(self.places[item], self.channels)
            return torch.from_numpy(windows), torch.from_numpy(self.labels[item])
        window = self.store.read(self.places[[item]], self.channels)[0]
        return torch.from_numpy(window), int(self.labels[item])

    def __getitems__(self, items: list[int]) -> list[tuple[Tensor, int]]:
        """What a plain DataLoader asks for: a batch that it will collate itself."""
        images, labels = self[items]
        return list(zip(images, labels.tolist(), strict=True))  # type: ignore[union-attr]


@runtime_checkable
class ResumableBatches(Protocol):
    """Data that give their own batches, from any batch of an epoch on, as mode 1's frames do."""

    def batches(
        self, batch_size: int, epoch: int, start: int, *, share: order.Share
    ) -> Iterator[Batch]:
        """Somebody's part of the batches of an epoch, from number `start` on."""


def in_batches(data: Dataset, batch_size: int, chosen: np.ndarray | None = None) -> Iterator[Batch]:
    """Whole batches, each read in one go and not put together again.

    Args:
        data: `data[list of indices]` must be a batch, as in torch's TensorDataset.
        batch_size: samples in a batch; the last one may be smaller.
        chosen: which samples, in which order, int `[N]`, see `order.epoch`; None: all, in the order
            of `data`.
    """
    chosen = np.arange(len(data)) if chosen is None else chosen  # type: ignore[arg-type]
    for batch in order.batches(chosen, batch_size):
        yield data[batch.tolist()]
