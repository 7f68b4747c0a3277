"""What can go wrong in a training, each in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from twostream_lib.errors import InputError
from twostream_lib.models.weights import not_finite
from twostream_lib.training import checkpoints, memory
from twostream_lib.training.job import Job
from twostream_lib.training.schedule import Epoch


@contextmanager
def enough_memory(job: Job) -> Iterator[None]:
    """In this block a lack of memory is said in a sentence."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not memory.is_out_of_memory(error):
            raise
        raise InputError(
            f"The memory of {job.accelerator.device} is not enough to train "
            f"{job.state.made_by['name']} in batches of {job.recipe.batch_size}: end what else "
            "uses it, or choose a smaller backbone or smaller windows. What was trained until the "
            "last checkpoint is kept."
        ) from error


def require_finite_weights(job: Job, epoch: Epoch) -> None:
    """Raise InputError if the network has weights that are not finite: nothing of it is kept."""
    bad = not_finite(job.state.net.state_dict())
    if bad:
        raise diverged(job, epoch, f"values in {bad} are NaN or infinite")


def diverged(job: Job, epoch: Epoch, what: str, step: int | None = None) -> InputError:
    """The error that says of a training where and how it diverged, and what is left of it."""
    step = job.state.progress.batches if step is None else step
    kept = job.folder / checkpoints.LAST
    left = f" ({kept} is from before that)" if kept.is_file() else ""
    return InputError(
        f"The training of {job.state.made_by['name']} diverged in epoch {epoch.number + 1}, after "
        f"{step} of its {epoch.batches} steps, at a learning rate of {epoch.lr(step):.2g}, as "
        f"{what}: lower the learning rate of its recipe, or start from other weights{left}."
    )
