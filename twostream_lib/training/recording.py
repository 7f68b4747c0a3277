"""A GPU's passes, recorded once and played back: the program need not ask for each part again.

A step of ResNet-50 is many hundred kernels, and the program asks the GPU for every one. That took
CPUs 18 to 32 ms, whatever the size of the batch, where an H200 computes a batch of 32 in 10, see
`planner.cards.STEPS`. What is the same in each step can be recorded instead (as a CUDA graph), and
is then asked for at once: the forward and the backward pass of a whole batch. The loss and the
optimiser stay as they are.
"""

import gc
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.func import functional_call

from twostream_lib.errors import InputError
from twostream_lib.training import devices, memory
from twostream_lib.training.job import Job
from twostream_lib.training.precision import Precision

SWITCH = "TWOSTREAM_RECORDING"  # an environment variable: 0, or empty
# So many times the memory that the passes take must be free: the recording keeps it, the rest of an
# epoch is computed beside it, and the optimiser and the validation part need some, too.
ROOM = 2.5
# What torch warns of while it records: that a way to find fault is new, and of a wait that is past
# when the recording is played back.
OF_NO_CONCERN = "Synchronization debug mode is|The AccumulateGrad node's stream"


def record(job: Job, images: Tensor) -> None:
    """From now on the network's training passes over as many images as these are played back.

    Nothing changes but the time. Other batches are computed as before; so are all of a training
    that computes each of them in pieces, or in several processes, and on other devices than CUDA's.
    A network that waits for the GPU in its passes, or for which there is no memory, is computed as
    before as well, and the reader is told so. `TWOSTREAM_RECORDING=0` has all computed so.

    What the network's own code does beside computing, such as counting its calls or drawing random
    numbers on the CPU, is done while it is recorded and never again.

    Args:
        images: a whole batch, as it is trained on. What they show does not matter.

    Raises:
        InputError: CUDA refused to record, after which it is unfit for use; the variable says
            something else.
    """
    asked = os.environ.get(SWITCH, "")
    if asked not in ("", "0"):
        raise InputError(f"{SWITCH} is {asked!r}: set it to 0, or unset it.")
    if asked or images.device.type != "cuda" or job.share.ranks > 1 or job.pieces > 1:
        return
    net, numbers = job.state.net, Precision(job.state.made_by["precision"])
    with devices.NOBODY_ELSE, memory.tried_on(net), warnings.catch_warnings():
        warnings.filterwarnings("ignore", OF_NO_CONCERN)
        obstacle = _obstacle(net, images, numbers)
        recorded = None if obstacle else _recorded(net, images.clone(), numbers)
    if recorded is None:
        print(f"The steps of this training are not recorded, and may be slower: {obstacle}.")
        return
    plain, weights = net.forward, tuple(net.parameters())
    shape, dtype = images.shape, images.dtype

    def forward(of: Tensor) -> Tensor:
        whole = net.training and (of.shape, of.dtype) == (shape, dtype)
        return recorded(of, *weights) if whole else plain(of)

    net.forward = forward


@contextmanager
def erased(net: nn.Module) -> Iterator[None]:
    """After this block nothing is left of a recording, nor the memory that it takes."""
    before = vars(net).get("forward")
    try:
        yield
    finally:
        if vars(net).get("forward") is not before:
            vars(net).pop("forward") if before is None else setattr(net, "forward", before)
            net.zero_grad()  # the gradients lie where they were recorded
            gc.collect()  # what was recorded holds itself
            torch._C._cuda_clearCublasWorkspaces()  # that of its stream; torch has no other name


def _obstacle(net: nn.Module, images: Tensor, numbers: Precision) -> str:
    """Why the passes cannot be recorded, found by trying them; empty where they can.

    A recording that fails leaves CUDA unfit for use.
    """
    before, mode = torch.cuda.memory_allocated(), torch.cuda.get_sync_debug_mode()
    torch.cuda.reset_peak_memory_stats()
    torch.cuda.set_sync_debug_mode("error")
    try:
        with numbers.autocast(images.device):
            logits = net(images)
        logits.float().sum().backward()
    except RuntimeError as error:
        return f"this network cannot be, as torch says {str(error).partition(chr(10))[0]!r}"
    finally:
        torch.cuda.set_sync_debug_mode(mode)
        net.zero_grad()
    taken = torch.cuda.max_memory_allocated() - before
    torch.cuda.empty_cache()
    free, _ = torch.cuda.mem_get_info()
    return "" if free >= ROOM * taken else "there is no memory for it"


def _recorded(net: nn.Module, images: Tensor, numbers: Precision) -> Callable[..., Tensor]:
    """What plays back the passes over a batch, which is copied to where `images` lie.

    It is recorded with other names for the same weights: the weights themselves would remember the
    stream of the recording, and each of their gradients would be waited for.

    Raises:
        InputError: CUDA refused.
    """
    names = [name for name, _ in net.named_parameters()]
    aliases = [weight.detach().requires_grad_(weight.requires_grad) for weight in net.parameters()]

    def forward(images: Tensor, *weights: Tensor) -> Tensor:
        # The forward pass alone: a backward pass in here would be brought to half the bits, too.
        # A weight in half the bits that is kept from one pass to the next would be an old one.
        with numbers.autocast(images.device, cached=False):
            return functional_call(net, dict(zip(names, weights, strict=True)), (images,))

    try:
        return torch.cuda.make_graphed_callables(  # type: ignore[return-value]
            forward, (images, *aliases), allow_unused_input=True
        )
    except RuntimeError as error:
        raise InputError(
            f"CUDA could not record the steps of this training ({str(error).partition(chr(10))[0]}"
            f"): set {SWITCH}=0 and start again, it goes on from its last checkpoint."
        ) from error
