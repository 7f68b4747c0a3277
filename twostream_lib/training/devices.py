"""The devices of this machine, and what brings a training to them."""

import ctypes
import os
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from torch import Tensor, nn

from twostream_lib.data.augmentation import Draws
from twostream_lib.errors import InputError
from twostream_lib.training.precision import Precision

# As malloc.h of glibc numbers them; and the largest piece of memory, bytes, that it may be told to
# take from its heap, where freed memory can stay: it takes no larger number.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGEST_IN_HEAP = 32 * 2**20
STEPS_AHEAD = 2  # so many steps may be queued on a GPU before the next batch is asked for
# Held by whoever tells a GPU of batches that are read ahead: CUDA records no steps meanwhile.
NOBODY_ELSE = threading.Lock()


def best_device() -> torch.device:
    """CUDA where there is one, else Apple's GPU, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def keep_freed_memory() -> None:
    """Have Linux's C library keep what is freed for what is asked for next.

    A step on a CPU frees what it computed, and the next one asks for as much again. By itself the
    library gives most of it back to the system at once, and gets it anew page by page, each of
    which is cleared first: of a step of MobileNetV2 that was a third of the time. Whoever has it
    kept gives it back in the end, see `give_back_memory`.
    """
    set_limit = getattr(_c_library(), "mallopt", None)
    if set_limit:
        set_limit(M_MMAP_THRESHOLD, LARGEST_IN_HEAP)
        set_limit(M_TRIM_THRESHOLD, 2**31 - 1)


def give_back_memory() -> None:
    """Let the system have what this process has freed, which Linux's C library keeps for later.

    After a network of 90 million weights that was 280 MB.
    """
    trim = getattr(_c_library(), "malloc_trim", None)
    if trim:
        trim(0)


@contextmanager
def memory_for_steps() -> Iterator[None]:
    """In this block freed memory is kept, and before and after it given back."""
    give_back_memory()
    keep_freed_memory()
    try:
        yield
    finally:
        give_back_memory()


@contextmanager
def one_core() -> Iterator[None]:
    """In this block torch computes on one core of the CPU: where there is little to compute, others
    only wait for it, and where other programs want them, everybody waits for everybody."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _c_library() -> ctypes.CDLL | None:
    """Linux's; those of other systems have no such functions."""
    return ctypes.CDLL(None) if sys.platform == "linux" else None


def seed(number: int, device: torch.device) -> None:
    """Seed the random numbers of a device, and those of the CPU.

    `torch.manual_seed` seeds all devices that there might be. For those of CUDA that are not in use
    it remembers with each call where it came from, for ever.
    """
    torch.default_generator.manual_seed(number)
    if device.type == "cuda":
        torch.cuda.manual_seed(number)
    elif device.type == "mps":
        torch.mps.manual_seed(number)


def accelerator(precision: Precision) -> Accelerator:
    """Hugging Face Accelerate for a training in this precision.

    It knows the device and, where a launcher started several processes, the others. It remembers
    the first precision of a process for ever, unless it is told to forget it.

    Raises:
        InputError: a launcher started several processes that do not find each other. Each of them
            would train a network of its own.
    """
    AcceleratorState._reset_state()
    on_cpu = best_device().type == "cpu"  # or Accelerate does not look for others
    found = Accelerator(cpu=on_cpu, mixed_precision=precision.mixed)
    if found.num_processes != (started := int(os.environ.get("WORLD_SIZE", "1"))):
        raise InputError(
            f"{started} processes were started, and this one finds {found.num_processes}: start "
            "them by torchrun or accelerate launch, one for each device."
        )
    return found


class Shell(nn.Module):
    """A network in a shell for Accelerate, which leaves its marks on what it prepares.

    A network with these marks would be passed over the next time, and compute in float32.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, images: Tensor) -> Tensor:
        return self.net(images)


class Fed(NamedTuple):
    """A batch, or this process's part of one, on its way to the device.

    `number`: of the batch in its epoch. `samples`: of the whole batch. `images`: `[n, ...]`.
    `labels`: int64 `[n]`. `counts`: float32 `[n]`, 0 for samples that another process counts.
    `draws`: what is to be done to them, or None.
    """

    number: int
    samples: int
    images: Tensor
    labels: Tensor
    counts: Tensor
    draws: Draws | None


def pinned(tensor: Tensor) -> Tensor:
    """The same in memory from which a GPU copies by itself, while the program goes on.

    numpy fills it, on one core. torch's `pin_memory` does so on all cores, whose threads then spin
    for a while, and hold up the one that tells the GPU what to do.
    """
    there = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    there.numpy()[...] = tensor.numpy()
    return there


def brought(batches: Iterator[Fed], device: torch.device) -> Iterator[Fed]:
    """The batches on CUDA's device; run in a thread of its own, see `data.ahead`.

    They are copied from pinned memory, beside what the GPU computes. For another device they stay
    where they are, see `there`: Apple's bears no second thread.
    """
    if device.type != "cuda":
        yield from batches
        return
    copying, computing = _copying_stream(device), torch.cuda.default_stream(device)

    def copied(tensor: Tensor) -> Tensor:
        there = pinned(tensor).to(device, non_blocking=True)
        there.record_stream(computing)  # or its memory would be given away while it is still read
        return there

    for batch in batches:
        with NOBODY_ELSE, torch.cuda.device(device), torch.cuda.stream(copying):
            found = _moved(batch, copied)
            # Waited for in this thread: whoever gets the batch need not.
            copying.record_event().synchronize()
        yield found


@cache
def _copying_stream(device: torch.device) -> torch.cuda.Stream:
    """One for all epochs: freed memory is kept apart for each stream that there ever was."""
    return torch.cuda.Stream(device)


def there(batch: Fed, device: torch.device) -> Fed:
    """The batch on the device, where it may be already."""
    return _moved(batch, lambda tensor: tensor.to(device))


def _moved(batch: Fed, move) -> Fed:
    draws = batch.draws and Draws(*map(move, batch.draws))
    return batch._replace(
        images=move(batch.images),
        labels=move(batch.labels),
        counts=move(batch.counts),
        draws=draws,
    )


class Pace:
    """Keeps the program a few steps before its GPU, and knows when the GPU has nothing to do.

    Without it, all of an epoch's batches could be queued before the first one is computed. A CPU
    has finished each step when the program goes on.
    """

    def __init__(self, device: torch.device) -> None:
        self._cuda = device.type == "cuda"
        self._events: deque[torch.cuda.Event] = deque()

    def step(self) -> None:
        """A step was queued: wait until no more than `STEPS_AHEAD` are."""
        if self._cuda:
            event = torch.cuda.Event()
            event.record()
            self._events.append(event)
            if len(self._events) > STEPS_AHEAD:
                self._events.popleft().synchronize()

    def idle(self) -> bool:
        """Whether all that was queued is done."""
        return not self._events or self._events[-1].query()
