"""A batch that a device has no room for is computed in pieces, and their gradients are added up.

The gradient is that of the whole batch, but for batch norm, which sees a piece at a time: its means
and variances are those of fewer images.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

from twostream_lib.errors import InputError
from twostream_lib.training.job import Job

# What torch says of a CPU's, and of Apple's and CUDA's, in a plain RuntimeError.
OUT_OF_MEMORY = ("allocate memory", "out of memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this is what torch says where memory is not enough; of a CPU's it is RuntimeError."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    words = str(error)
    return isinstance(error, RuntimeError) and any(said in words for said in OUT_OF_MEMORY)


def pieces_that_fit(attempt: Callable[[int], None], samples: int) -> int:
    """In how many pieces a batch must be computed: the least of 1, 2, 4 … that fits.

    A piece has two samples at least: batch norm cannot train on one.

    Args:
        attempt: computes the batch, cut into so many pieces; it raises torch's OutOfMemoryError
            where a piece is too large.
        samples: of the batch.

    Raises:
        InputError: not even two samples fit.
    """
    pieces, most = 1, max(1, samples // 2)
    while True:
        try:
            attempt(pieces)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            if pieces >= most:
                raise InputError(
                    "The device has not the memory for two samples: choose a smaller backbone or "
                    "smaller windows, or end what else uses the device."
                ) from error
            pieces = min(2 * pieces, most)
        else:
            return pieces
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def sentence(samples: int, pieces: int) -> str:
    """What the reader should know of it; empty where the batch is computed in one piece."""
    if pieces == 1:
        return ""
    return (
        f"Each batch of {samples} is computed in {pieces} pieces of {-(-samples // pieces)}, as "
        "the device has no memory for more at once; batch norm sees one piece at a time."
    )


@contextmanager
def tried_on(net: nn.Module) -> Iterator[None]:
    """Nothing is left of the passes in this block: no gradient, and batch statistics as before."""
    buffers = [buffer.clone() for buffer in net.buffers()]
    yield
    for buffer, before in zip(net.buffers(), buffers, strict=True):
        buffer.copy_(before)
    net.zero_grad()


def whole_batch(job: Job, *batch: Tensor) -> list[Tensor]:
    """This process's part of a whole batch, also where the given one is the small rest of an epoch.

    On a CPU it stays what it is: nothing is tried there.
    """
    device, samples = job.accelerator.device, len(batch[0])
    if device.type == "cpu":
        return list(batch)
    places = torch.arange(-(-job.recipe.batch_size // job.share.ranks), device=device) % samples
    return [of[places] for of in batch]


def pieces_of(job: Job, images: Tensor, labels: Tensor, weights: Tensor) -> int:
    """In how many pieces the batches of this training are computed, tried with a whole one.

    Nothing is left of the trial but what is said. On a CPU, which has as much memory as the
    machine, the trial would be a step for nothing: there it is one piece.
    """
    if job.accelerator.device.type == "cpu":
        return 1
    net, shell = job.state.net, getattr(job.net, "module", job.net)  # not by way of the others
    kept = [weight for weight in net.parameters() if weight.requires_grad]
    of_optimiser = [torch.empty_like(weight) for weight in kept for _ in range(2)]

    def attempt(pieces: int) -> None:
        cut = [batch.tensor_split(pieces) for batch in (images, labels, weights)]
        for some, their, counts in zip(*cut, strict=True):
            losses = functional.cross_entropy(shell(some).float(), their, reduction="none")
            job.accelerator.backward((losses * counts).sum())

    with tried_on(net):
        pieces = pieces_that_fit(attempt, len(images))
    del of_optimiser
    if job.share.ranks > 1:
        of_all = job.accelerator.gather(torch.tensor([pieces], device=job.accelerator.device))
        pieces = int(of_all.max())
    if said := sentence(len(images), pieces):
        print(said)
    return pieces
