"""Mode 1: every frame of every training video once an epoch, mixed (paper, III.A).

A video can only be entered at its few key frames, so a single frame from its middle costs about as
much as the whole clip. Here each clip is decoded once, from its first frame to its last. Two things
mix the samples: many clips are decoded side by side, one frame of each in turn, and what they give
waits in a buffer, from which batches are drawn at random. An open decoder takes about as much
memory as a few waiting samples, and does more for the mixing.

Which sample comes when is known before anything is decoded, see `frameorder`: an epoch can be taken
up at any batch, and `mixing` can tell how good the shuffle is without a single picture.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice, repeat

import cv2
import joblib
import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from twostream_lib import clips, video
from twostream_lib.crops import Image, colour, crop_of, draw, three_gray
from twostream_lib.errors import InputError
from twostream_lib.frameorder import FrameOrder

Batch = tuple[Tensor, Tensor]
# Draws one sample into uint8 [h, w, 3].
Drawing = Callable[[Image], None]
# How many items a worker is ahead of the one that is being copied.
AHEAD = 2


class FrameStream(IterableDataset):
    """Every frame of every clip, once an epoch, mixed, randomly cropped and flipped.

    A sample is a part of a frame (`rgb`), or the same part of three consecutive gray ones (`sg3i`).
    See `crop_of` for how large a part. Its place and its coin depend on the seed, the epoch and
    the frame alone.

    Memory is bounded by `buffer` samples of `size` and by `open_clips` decoders with one or three
    frames each, however many and however long the clips are.

    Args:
        table: probed clips (`path, label, source, frames`), all of them usable.
        classes: class names; a label's place among them is its number.
        view: `rgb` or `sg3i`.
        size: height and width of a sample, pixels.
        seed: of order, crops and flips.
        buffer: how many samples wait to be drawn, one batch at least.
        open_clips: how many clips are decoded side by side.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        classes: Sequence[str],
        view: str,
        size: tuple[int, int],
        seed: int = 0,
        buffer: int = 2048,
        open_clips: int = 256,
    ) -> None:
        self.paths, self.names = table.path.tolist(), clips.names(table)
        self.frames = table.frames.to_numpy(np.int64)
        number = {name: i for i, name in enumerate(classes)}
        self.labels = np.array([number[label] for label in table.label], np.int64)
        self.sources = pd.factorize(table.source)[0]
        self.view, self.size, self.seed = view, size, seed
        self.buffer, self.open_clips = buffer, open_clips
        samples = np.maximum(self.frames - (0 if view == "rgb" else 2), 0)
        self.order = FrameOrder(samples, seed, buffer, open_clips)

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[tuple[Tensor, int]]:
        """The samples of epoch 0 one by one, decoded in this process."""
        if get_worker_info() is not None:
            raise InputError("A FrameStream starts its own workers: call its batches().")
        for images, labels in self.batches(64, workers=0):
            yield from zip(images, labels.tolist(), strict=True)

    @property
    def fingerprint(self) -> str:
        """What the order and the samples of an epoch follow from, as one word."""
        facts = [self.names, self.frames.tolist(), self.labels.tolist(), self.view, self.size]
        facts += [self.seed, self.buffer, self.open_clips]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def batches(
        self, batch: int, epoch: int = 0, start: int = 0, workers: int | None = None
    ) -> Iterator[Batch]:
        """The batches of an epoch, from batch number `start` on.

        A batch is uint8 `[N, 3, H, W]`, its channels last in memory, and int64 `[N]`. The same
        seed and epoch give the same batches, wherever they start and by however many workers.

        Args:
            batch: samples in a batch; the last one may be smaller.
            workers: processes that decode; None: one a core; 0: this process.

        Raises:
            InputError: a clip is damaged, or no longer has the frames that `table` says.
        """
        mixer = self.order.mixer(batch, epoch)
        for _ in range(start):
            mixer.draw()
        waiting = mixer.waiting()
        wanted = self.order.wanted(epoch, mixer.held[waiting], mixer.arrived) if start else None
        feed = self._feed(epoch, wanted, joblib.cpu_count() if workers is None else workers)

        images = np.empty((len(mixer.held), *self.size, 3), np.uint8)
        labels = np.empty(len(mixer.held), np.int64)

        def fill(places: np.ndarray) -> None:
            for place in places.tolist():
                images[place], labels[place] = next(feed)

        fill(waiting)
        while not mixer.is_done:
            places, _, refilled = mixer.draw()
            pictures, numbers = torch.from_numpy(images[places]), torch.from_numpy(labels[places])
            yield pictures.permute(0, 3, 1, 2), numbers
            fill(refilled)

    # --- the pictures --------------------------------------------------------------------

    def _feed(
        self, epoch: int, wanted: list[np.ndarray] | None, workers: int
    ) -> Iterator[tuple[np.ndarray, int]]:
        """The samples in the order of `FrameOrder.arrivals`, those that are not wanted left out.

        Each is to be copied before the next one is asked for.
        """
        workers = min(workers, len(self.paths), self.open_clips)
        desks = max(workers, 1)
        rows = -(-min(self.open_clips, len(self.paths)) // desks)
        shelf = torch.empty((desks, AHEAD + 1, rows, *self.size, 3), dtype=torch.uint8)
        if workers:
            shelf.share_memory_()
        loader = DataLoader(
            _Decoder(self, epoch, wanted, shelf),
            batch_size=None,
            num_workers=workers,
            prefetch_factor=AHEAD if workers else None,
            worker_init_fn=_one_thread if workers else None,
            generator=torch.Generator(),  # or it would take a number from torch's own
        )
        with one_opencv_thread():
            items = iter(loader)
        # Each worker has neighbouring lanes, and the loader takes from one worker after the other.
        for turn, labels in enumerate(items):
            if isinstance(labels, InputError):
                raise labels
            images = shelf[turn % desks, turn // desks % (AHEAD + 1)].numpy()
            yield from zip(images[: len(labels)], labels, strict=True)

    def drawings(
        self, clip: int, epoch: int, wanted: np.ndarray | None = None
    ) -> Iterator[Drawing | None]:
        """A function that draws it for each sample of a clip; None for those that are not wanted.

        A frame is converted when it is drawn, and only the part of it that is seen.
        """
        if wanted is not None and not wanted.any():
            yield from repeat(None, int(self.order.samples[clip]))
            return
        views = colour if self.view == "rgb" else three_gray
        for number, (shape, see) in enumerate(views(self._checked(clip))):
            if number == 0:
                part = crop_of(shape, self.size)
                crops = self._crops(clip, epoch, shape, part)
            is_wanted = wanted is None or wanted[number]
            yield partial(draw, see, part, *crops[number]) if is_wanted else None

    def _crops(
        self, clip: int, epoch: int, shape: tuple[int, int], part: tuple[int, int]
    ) -> list[tuple[int, int, bool]]:
        """Top, left (both even) and the flip of each sample of a clip."""
        random, count = self.order.random(epoch, "crops", clip), int(self.order.samples[clip])
        tops = 2 * random.integers((shape[0] - part[0]) // 2 + 1, size=count)
        lefts = 2 * random.integers((shape[1] - part[1]) // 2 + 1, size=count)
        coins = random.random(count) < 0.5
        return list(zip(tops.tolist(), lefts.tolist(), coins.tolist(), strict=True))

    def _checked(self, clip: int) -> Iterator:
        """The frames of a clip, just as many as the table says.

        Each is given when the next one is there, the last one when there is no next.
        """
        path, expected = self.paths[clip], int(self.frames[clip])
        before, count = None, 0
        for frame in video.frames(path):
            count += 1
            if count > expected:
                break
            if before is not None:
                yield before
            before = frame
        if count != expected:
            found = f"{count} frames" if count < expected else "more frames"
            raise InputError(
                f"{path} has {found}, and had {expected} when the clips were looked at: delete "
                "the run's clips.csv, so that they are looked at again."
            )
        yield before


class _Decoder(IterableDataset):
    """What one worker does in an epoch: it decodes some of the lanes, one sample of each in turn.

    The samples are drawn into `shelf`, uint8 `[workers, AHEAD + 1, n, h, w, 3]`, memory that all
    processes share; new memory for each item would cost more than the drawing. The loader lets a
    worker be `AHEAD` items ahead of the one that is being copied, so that none is drawn over. An
    item is the labels of the samples, or the error that ends the epoch: an error that is raised in
    a worker would arrive with a worker's traceback in its words.
    """

    def __init__(
        self, stream: FrameStream, epoch: int, wanted: list[np.ndarray] | None, shelf: Tensor
    ) -> None:
        self.stream, self.epoch, self.wanted, self.shelf = stream, epoch, wanted, shelf

    def __iter__(self) -> Iterator[list[int] | InputError]:
        worker = get_worker_info()
        number, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        order = self.stream.order
        lanes = order.lanes(self.epoch)
        mine = np.array_split(np.arange(len(lanes)), workers)[number]
        readers = [self._samples(lanes[lane]) for lane in mine]
        longest = max((int(order.samples[lane].sum()) for lane in lanes), default=0)
        desk = self.shelf[number].numpy()
        try:
            # Workers whose lanes are done go on with empty items, so that turns are kept.
            for turn in range(longest):
                arrived = [sample for reader in readers for sample in islice(reader, 1)]
                samples = [(label, draw) for label, draw in arrived if draw is not None]
                for out, (_, draw) in zip(desk[turn % len(desk)], samples, strict=False):
                    draw(out)
                yield [label for label, _ in samples]
        except InputError as error:
            yield error

    def _samples(self, lane: list[int]) -> Iterator[tuple[int, Drawing | None]]:
        for clip in lane:
            label = int(self.stream.labels[clip])
            wanted = None if self.wanted is None else self.wanted[clip]
            for drawing in self.stream.drawings(clip, self.epoch, wanted):
                yield label, drawing


def mixing(stream: FrameStream, batch: int = 128, epoch: int = 0) -> pd.DataFrame:
    """How well an epoch is mixed: what is in each batch, beside a true shuffle of the same samples.

    Nothing is decoded. Returns one row a batch: how many distinct `labels`, `sources` and `clips`
    it has, and the same for a true shuffle: `labels_shuffled, sources_shuffled, clips_shuffled`.
    """
    clip, _ = stream.order.arrivals(epoch)
    mixer, batches = stream.order.mixer(batch, epoch), []
    while not mixer.is_done:
        _, drawn, _ = mixer.draw()
        batches.append(clip[drawn])
    shuffled = np.random.default_rng(stream.seed).permutation(clip)
    truly = np.split(shuffled, range(batch, len(clip), batch))
    kinds = {
        "labels": stream.labels,
        "sources": stream.sources,
        "clips": np.arange(len(stream.paths)),
    }
    return pd.DataFrame(
        {
            name + ending: [len(np.unique(kind[drawn])) for drawn in drawn_batches]
            for name, kind in kinds.items()
            for ending, drawn_batches in (("", batches), ("_shuffled", truly))
        }
    )


@contextmanager
def one_opencv_thread() -> Iterator[None]:
    """OpenCV's threads end, and come back afterwards: a process that is forked meanwhile is sound.

    A forked process has OpenCV's thread pool without its threads, and waits for them for ever.
    """
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def _one_thread(worker: int) -> None:
    """A worker for each core is enough: OpenCV would start as many threads in each of them."""
    cv2.setNumThreads(1)
