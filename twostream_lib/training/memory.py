"""A batch that a device has no room for is computed in pieces, and their gradients are added up.

The gradient is that of the whole batch, but for batch norm, which sees a piece at a time: its means
and variances are those of fewer images.
"""

from collections.abc import Callable

import torch

from twostream_lib.errors import InputError


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this is what torch says where memory is not enough; of a CPU's it is RuntimeError."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and "allocate memory" in str(error)


def pieces_that_fit(attempt: Callable[[int], None], samples: int) -> int:
    """In how many pieces a batch must be computed: the least of 1, 2, 4 … that fits.

    Args:
        attempt: computes the batch, cut into so many pieces; it raises torch's OutOfMemoryError
            where a piece is too large.
        samples: of the batch.

    Raises:
        InputError: not even a single sample fits.
    """
    pieces = 1
    while True:
        try:
            attempt(pieces)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            if pieces >= samples:
                raise InputError(
                    "The device has not the memory for a single sample: choose a smaller backbone "
                    "or smaller windows, or end what else uses the device."
                ) from error
            pieces = min(2 * pieces, samples)
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
