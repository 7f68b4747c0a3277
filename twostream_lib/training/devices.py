"""The devices of this machine, and what brings a training to them."""

import ctypes
import os
import sys
from collections import deque
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from torch import Tensor, nn

from twostream_lib.data.augmentation import Draws
from twostream_lib.errors import InputError
from twostream_lib.training.precision import Precision

STEPS_AHEAD = 2  # so many steps may be queued on a GPU before the next batch is asked for


def best_device() -> torch.device:
    """CUDA where there is one, else Apple's GPU, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def give_back_memory() -> None:
    """Let the system have what this process has freed, which Linux's C library keeps for later.

    After a network of 90 million weights that was 280 MB.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim:
        trim(0)


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
        there = tensor.pin_memory().to(device, non_blocking=True)
        there.record_stream(computing)  # or its memory would be given away while it is still read
        return there

    for batch in batches:
        with torch.cuda.device(device), torch.cuda.stream(copying):
            found = _moved(batch, copied)
            done = copying.record_event()
        done.synchronize()  # in this thread: whoever gets the batch need not wait for it
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
