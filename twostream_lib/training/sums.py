"""What an epoch adds up to, on the device: nobody waits for it at each step."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import Dataset

from twostream_lib.data.order import Share
from twostream_lib.training import faults
from twostream_lib.training.answers import answers
from twostream_lib.training.devices import Fed
from twostream_lib.training.job import Job
from twostream_lib.training.schedule import Epoch


@dataclass
class Sums:
    """Losses and hits of an epoch, added up on the device; nobody waits for them at each step.

    Attributes:
        loss, right: of the samples that this process counts. In float64 a sum does not depend on
            when it was read, so that a resumed epoch tells the very same.
        bad: the number of the first batch whose loss was not finite, infinite where all were.
    """

    loss: Tensor
    right: Tensor
    bad: Tensor

    @classmethod
    def start(cls, job: Job) -> "Sums":
        """Those of the epoch so far, which the first process goes on with."""
        progress, device = job.state.progress, job.accelerator.device
        first = job.share.rank == 0
        kind = torch.float32 if device.type == "mps" else torch.float64  # it has no other
        numbers = (progress.loss_sum if first else 0, progress.right if first else 0, math.inf)
        return cls(*(torch.tensor(number, dtype=kind, device=device) for number in numbers))

    def add(self, fed: Fed, logits: Tensor, losses: Tensor) -> None:
        """A batch was trained on."""
        counted = losses * fed.counts
        self.loss += counted.sum()
        self.right += ((logits.argmax(1) == fed.labels) * fed.counts).sum()
        # Of a sample that does not count, NaN times 0 is NaN all the same: it is a divergence.
        self.bad = torch.where(counted.isfinite().all(), self.bad, self.bad.clamp(max=fed.number))

    def require_finite(self, job: Job, epoch: Epoch) -> None:
        """Wait for the device, and raise InputError if a loss was not finite."""
        batch, loss = self.bad.item(), self.loss.item()
        if math.isfinite(batch):
            raise faults.diverged(job, epoch, f"its training loss is {loss}", int(batch))

    def put(self, job: Job, epoch: Epoch) -> None:
        """Write the sums over all processes into the progress of the epoch."""
        self.require_finite(job, epoch)
        loss, right = self.loss, self.right
        if job.share.ranks > 1:
            loss, right = (job.accelerator.reduce(total.clone()) for total in (loss, right))
        progress = job.state.progress
        progress.loss_sum, progress.right = loss.item(), int(right.item())


def answered(net: nn.Module, data: Dataset, batch_size: int, share: Share) -> Tensor:
    """Of a part of the data: summed cross entropy, how many are right, and how many they are."""
    device = next(net.parameters()).device
    chosen = range(len(data))[share.rank :: share.ranks]  # type: ignore[arg-type]
    sums = torch.zeros(3, dtype=torch.float32 if device.type == "mps" else torch.float64)
    sums = sums.to(device)
    for logits, labels in answers(net, data, batch_size, chosen):
        sums[0] += functional.cross_entropy(logits, labels, reduction="sum")
        sums[1] += (logits.argmax(1) == labels).sum()
        sums[2] += len(labels)
    return sums


def judged(sums: Tensor) -> dict[str, float]:
    """Mean loss and accuracy, from what `answered` gives; the accuracy NaN where the loss is."""
    loss, right, seen = sums.tolist()
    return {"loss": loss / seen, "accuracy": right / seen if math.isfinite(loss) else math.nan}
