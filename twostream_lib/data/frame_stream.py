"""Mode 1: every frame of every training video once an epoch, mixed (paper, III.A).

A video can only be entered at its few key frames, so a single frame from its middle costs about as
much as the whole clip. Here each clip is decoded once, from its first frame to its last. Two things
mix the samples: many clips are decoded side by side, a few frames of each in turn, and what they
give waits in a buffer, from which batches are drawn at random. An open decoder takes about as much
memory as a few waiting samples, and does more for the mixing.

Which sample comes when, and waits where, is known before anything is decoded, see `frame_order`. So
workers put each sample right into its place in the buffer, which all processes share; an epoch can
be resumed at any batch; and `mixing` can tell how good the shuffle is without a single picture.
"""

import gc
import os
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import compress, islice, repeat
from typing import Any

import cv2
import joblib
import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from twostream_lib import clips, sampling, video
from twostream_lib.data import identity
from twostream_lib.data.crops import FRAME_VIEWS, crop_of, put
from twostream_lib.data.datasets import Batch
from twostream_lib.data.frame_order import CHUNK, Arrivals, FrameOrder
from twostream_lib.data.order import ALONE, Share
from twostream_lib.errors import InputError
from twostream_lib.files import size_of
from twostream_lib.threads import one_opencv_thread

# A worker reports so many times a turn, and may be so many reports ahead of the one waited for.
REPORTS, AHEAD = 8, 2
# Memory for all open decoders, bytes, and what one takes: about twenty frames of 1.5 bytes a pixel.
DECODERS, BYTES_A_PIXEL = 2**31, 30


class FrameStream(IterableDataset):
    """Every frame of every clip, once an epoch, mixed, randomly cropped and flipped.

    A sample is a crop of a frame (`rgb`), or the same crop of three consecutive gray ones (`sg3i`).
    See `crop_of` for its size. Where it is cut and whether it is mirrored depend on the seed, the
    epoch and the frame alone.

    An SG3I is made of frames as far apart in time as is usual in their clip: those around a pause
    make none, see `sampling.mode1`.

    Memory is bounded by `buffer` samples of `size`, some more of which arrive ahead of their time,
    and by `open_clips` decoders with their frames, however many and however long the clips are.

    Args:
        table: probed clips (`path, label, source, frames, width, height, times`, and `content`
            where it is known), all of them usable.
        classes: class names; a label's place among them is its number.
        view: `rgb` or `sg3i`.
        size: height and width of a sample, pixels, even.
        seed: of order, crops and flips.
        buffer: how many samples wait to be drawn, one batch at least.
        open_clips: how many clips are decoded side by side, at most: fewer where their frames are
            so large that the decoders would need more than `DECODERS` bytes.

    Raises:
        InputError: a side of `size` is odd.
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
        self.contents = table.content.tolist() if "content" in table else []
        self.frames, self.classes = table.frames.to_numpy(np.int64), list(classes)
        number_of = {name: i for i, name in enumerate(classes)}
        self.labels = np.array([number_of[label] for label in table.label], np.int64)
        self.sources = pd.factorize(table.source)[0]
        self.view, self.size, self.seed = view, size, seed
        if size[0] % 2 or size[1] % 2:
            raise InputError(f"A sample of mode 1 cannot have {size} pixels: both must be even.")
        pixels = int((table.width * table.height).max()) if len(table) else 1
        self.buffer = buffer
        self.open_clips = max(1, min(open_clips, DECODERS // (pixels * BYTES_A_PIXEL)))
        length = FRAME_VIEWS[view].frames
        # Of each clip whose frames are not evenly spaced, the frames at which a sample starts.
        self.starts = {
            number: _starts(clip, length)
            for number, clip in enumerate(table.itertuples())
            if clip.times
        }
        samples = np.maximum(self.frames - length + 1, 0)
        for number, starts in self.starts.items():
            samples[number] = len(starts)
        self.order = FrameOrder(samples, seed, buffer, self.open_clips)

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[tuple[Tensor, int]]:
        """The samples of epoch 0 one by one, decoded in this process."""
        if get_worker_info() is not None:
            raise InputError("A FrameStream starts its own workers: call its batches().")
        for images, labels in self.batches(64, workers=0):
            yield from zip(images, labels.tolist(), strict=True)

    @property
    def videos(self) -> list[str]:
        """The clips that the frames are from, `<label>/<file name>`."""
        return self.names

    @property
    def identity(self) -> dict[str, Any]:
        """What these data are and in which order they come, see `data.identity`."""
        names = ("view", "size", "seed", "buffer", "open_clips")
        plan = {name: getattr(self, name) for name in names}
        return {
            "clips": identity.word(sorted(self.names)),
            "labels": identity.word(sorted(zip(self.names, self.labels.tolist(), strict=True))),
            "classes": self.classes,
            "plan": plan | {"chunk": CHUNK},
            "windows": identity.word([self.names, self.order.samples.tolist()]),
            "pixels": identity.word([*map(size_of, self.paths), *self.contents]),
        }

    def batches(
        self,
        batch_size: int,
        epoch: int = 0,
        start: int = 0,
        workers: int | None = None,
        share: Share = ALONE,
    ) -> Iterator[Batch]:
        """The batches of an epoch, from batch number `start` on.

        A batch is uint8 `[N, 3, H, W]`, its channels last in memory, and int64 `[N]`. The same
        seed and epoch give the same batches, wherever they start and by however many workers.

        Args:
            batch_size: samples in a batch; the last one may be smaller.
            epoch, start: numbers from 0 on.
            workers: processes that decode; None: one a core; 0: this process.
            share: whose part of each batch is given. The clips are shared out by the slots in which
                they are decoded, so that each is decoded by one process; the order of all samples
                is the same for any number of processes. A part may be empty.

        Raises:
            InputError: a clip is damaged, or no longer has the frames that `table` says; the system
                has too little memory that processes can share.
        """
        if start * batch_size >= len(self):
            return
        arrivals = self.order.arrivals(epoch)
        draws = self.order.drawn(arrivals, batch_size, epoch, start, share)
        if workers is None:  # the processes of one machine share its cores
            workers = max(1, joblib.cpu_count() // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
        workers = min(workers, len(self.paths), self.open_clips)
        groups = self.order.groups(REPORTS * max(workers, 1))
        # Room for all that workers may finish early, and for the item that is awaited.
        ahead = (AHEAD * max(workers, 1) + 1) * max(map(len, groups)) * CHUNK
        room = max(self.buffer, batch_size) + ahead
        view, (height, width) = FRAME_VIEWS[self.view], self.size
        shapes = [(min(room, len(self)), height // by, width // by) for by in view.shrink]
        waiting_planes = [torch.empty(shape, dtype=torch.uint8) for shape in shapes]
        shared_places = torch.from_numpy(self.order.places(draws, room))
        if workers:
            _share([*waiting_planes, shared_places])
        places, waiting = shared_places.numpy(), [planes.numpy() for planes in waiting_planes]
        group = np.repeat(np.arange(len(groups)), [len(slots) for slots in groups])
        decoder = _Decoder(self, epoch, arrivals, shared_places, waiting_planes)
        done, ready = self._done(decoder, workers), -1
        for drawn in draws:
            samples = arrivals.at(drawn)
            item = samples.turn.astype(np.int64) * len(groups) + group[samples.slot]
            while ready < item.max(initial=-1):
                next(done)
                ready += 1
            pictures = np.empty((0, height, width, 3), np.uint8)
            if len(drawn):
                pictures = view.pictures(waiting, places[drawn])
            labels = torch.from_numpy(self.labels[samples.clip])
            yield torch.from_numpy(pictures).permute(0, 3, 1, 2), labels

    # --- the pictures --------------------------------------------------------------------

    def _done(self, decoder: "_Decoder", workers: int) -> Iterator[None]:
        """One item after the other: its samples are in their places in the buffer.

        An item is a chunk of each slot of a group, and a turn has an item of each group.
        """
        loader = DataLoader(
            decoder,
            batch_size=None,
            num_workers=workers,
            prefetch_factor=AHEAD if workers else None,
            worker_init_fn=_start_worker if workers else None,
            generator=torch.Generator(),  # or it would take a number from torch's own
        )
        with one_opencv_thread():
            items: Any = iter(loader)
        try:
            for error in items:  # the loader takes from one worker after the other
                if error is not None:
                    raise error
                yield
        finally:
            if workers:  # else the loader may live on with an error, and waits for them in the end
                items._shutdown_workers()

    def put_clip(
        self, clip: int, epoch: int, places: np.ndarray, waiting_planes: Sequence[np.ndarray]
    ) -> Iterator[None]:
        """Put each sample of a clip into its place in the buffer, one a step.

        Args:
            places: of each sample of the clip; -1: it is not wanted. A clip with no other samples
                is not decoded.
            waiting_planes: the three planes of all places, each uint8 `[places, h, w]`.
        """
        if (places < 0).all():
            yield from repeat(None, len(places))
            return
        view = FRAME_VIEWS[self.view]
        found = view.planes(self._checked(clip))
        if clip in self.starts:
            wanted = np.zeros(self.frames[clip], bool)
            wanted[self.starts[clip]] = True
            found = compress(found, wanted)
        for number, (shape, planes) in enumerate(found):
            if number == 0:
                crop = crop_of(shape, self.size)
                corners = self._corners(clip, epoch, shape, crop)
            if places[number] >= 0:
                top, left, flipped = corners[number].tolist()
                for plane, by, places_of in zip(planes, view.shrink, waiting_planes, strict=True):
                    put(plane, by, crop, top, left, flipped, places_of[places[number]])
            yield

    def _corners(
        self, clip: int, epoch: int, shape: tuple[int, int], crop: tuple[int, int]
    ) -> np.ndarray:
        """Top and left (both even) of each sample of a clip, and whether it is mirrored: uint16
        `[samples, 3]`."""
        random, count = self.order.random(epoch, "crops", clip), int(self.order.samples[clip])
        corners = np.empty((count, 3), np.uint16)
        corners[:, 0] = 2 * random.integers((shape[0] - crop[0]) // 2 + 1, size=count)
        corners[:, 1] = 2 * random.integers((shape[1] - crop[1]) // 2 + 1, size=count)
        corners[:, 2] = random.random(count) < 0.5
        return corners

    def _checked(self, clip: int) -> Iterator:
        """The frames of a clip, just as many as the table says."""
        path, expected = self.paths[clip], int(self.frames[clip])
        frames, count = video.frames(path), 0
        for count, frame in enumerate(frames, 1):
            # Looked at before the last frame is given, because nobody may ask for more.
            if count == expected and next(frames, None) is not None:
                raise self._changed(path, "more frames", expected)
            yield frame
        if count < expected:
            raise self._changed(path, f"{count} frames", expected)

    def _changed(self, path: str, found: str, expected: int) -> InputError:
        return InputError(
            f"{path} has {found}, and had {expected} when the clips were looked at: delete "
            "the run's clips.csv, so that they are looked at again."
        )


class _Decoder(IterableDataset):
    """What one worker does in an epoch: it decodes the slots of some groups, a chunk of each.

    The samples are put into `waiting_planes`, three planes of each: these and `places` are memory
    that all processes share. The loader lets a worker be `AHEAD` items ahead of the one that is
    waited for, and `places` has room for as many, so that none is lost under another. An item is
    None, or the error that ends the epoch: raised in a worker, it would arrive with a worker's
    traceback in its words.
    """

    def __init__(
        self,
        stream: FrameStream,
        epoch: int,
        arrivals: Arrivals,
        places: Tensor,
        waiting_planes: list[Tensor],
    ) -> None:
        self.stream, self.epoch, self.arrivals = stream, epoch, arrivals
        self.places, self.waiting_planes = places, waiting_planes

    def __iter__(self) -> Iterator[InputError | None]:
        worker = get_worker_info()
        number, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        waiting_planes = [planes.numpy() for planes in self.waiting_planes]
        places = self.places.numpy()

        def read(slot: int) -> Iterator[None]:
            for clip, of_clip in self.arrivals.of_slot(slot, places):
                yield from self.stream.put_clip(clip, self.epoch, of_clip, waiting_planes)

        readers = [read(slot) for slot in range(len(self.arrivals.slots))]
        mine = self.stream.order.groups(REPORTS * workers)[number::workers]
        try:
            # Workers whose slots are done go on with empty items, so that turns are kept.
            for _ in range(self.arrivals.turns):
                for group in mine:
                    for slot in group:
                        deque(islice(readers[slot], CHUNK), maxlen=0)
                    yield None
        except InputError as error:
            yield error


def _share(tensors: Sequence[Tensor]) -> None:
    """Move tensors into memory that all processes share; InputError where there is too little."""
    try:
        for tensor in tensors:
            tensor.share_memory_()
    except RuntimeError as error:  # torch's, whatever the system says
        needed = sum(tensor.nbytes for tensor in tensors) / 1e6
        raise InputError(
            f"Mode 1 keeps the samples that wait in {needed:.0f} MB of shared memory, which are "
            f"not to be had ({str(error).splitlines()[0]}): start a container with more of it "
            "(docker run --shm-size 4g), make room in /dev/shm, or choose a profile of mode 2."
        ) from error


def _starts(clip: Any, length: int) -> np.ndarray:
    """The frames of a clip at which a sample of so many frames starts, int32 `[samples]`."""
    times = clips.frame_times(clip)
    return sampling.mode1(clip.frames, length=length, times=times)[:, 0].astype(np.int32)


def _start_worker(worker: int) -> None:
    """What a worker does first."""
    cv2.setNumThreads(1)  # a worker for each core is enough: OpenCV would start as many in each
    gc.freeze()  # or all that was there before would be looked through for garbage, and copied
