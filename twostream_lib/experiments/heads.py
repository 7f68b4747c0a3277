"""Which outputs of a flow stream still learn, with other layers behind its last one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count, islice
from typing import cast

from torch import Tensor, channels_last, manual_seed, nn
from torch.nn import functional

from twostream_lib.data import datasets, order
from twostream_lib.experiments.flow_setups import WORKING, build_network
from twostream_lib.experiments.flow_trials import Lab
from twostream_lib.training import optimisers
from twostream_lib.training.devices import best_device

STEPS = 20


def learning_outputs(
    lab: Lab, behind: Sequence[nn.Module], last_layer: str = "small", steps: int = STEPS
) -> list[int]:
    """Train a stream by hand, and count at each step the outputs whose weights get a gradient.

    It is the laboratory's working stream, but for what stands behind its last layer. The learning
    rate is the highest of the laboratory's recipe, from the first step on, and no window is moved
    or mirrored.

    Args:
        lab: gives the windows, the network's start and the recipe.
        behind: layers behind the last one; none: the stream that works.
        last_layer: how its weights begin, see `flow_setups.Setup`.
        steps: how many.

    Returns:
        Of each step how many classes have an output with a gradient. Where an output has none for
        any window of a batch, the step cannot change it.
    """
    manual_seed(lab.seed)
    setup, classes = replace(WORKING, last_layer=last_layer), len(lab.train.classes)
    plan = lab.train.store.plan
    net = build_network(setup, lab.backbone, lab.weights, lab.spatial, classes, plan)
    last = cast(nn.Linear, net.head[-1])
    net.head.extend(behind)
    device = best_device()
    net = net.to(device).to(memory_format=channels_last).train()  # a CPU is faster with it
    optimiser = optimisers.make_optimiser(net, lab.recipe.phases[0], lab.recipe)
    counts = []
    for images, labels in islice(_batches(lab), steps):
        loss = functional.cross_entropy(net(images.to(device)), labels.to(device))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        counts.append(int(cast(Tensor, last.weight.grad).any(dim=1).sum()))
    return counts


def _batches(lab: Lab) -> Iterator[datasets.Batch]:
    """Batches of training windows, epoch after epoch."""
    for epoch in count():
        mixed = order.epoch(len(lab.train), lab.seed, epoch)
        yield from datasets.in_batches(lab.train, lab.recipe.batch_size, mixed)
