"""How fast streams are trained and asked: the course's loop, beside a plain loop and the bare step.

The loop reads windows of a store and augments them, as in a run. The plain loop does the same, one
thing after the other, in float32, in torch's usual layout and by its usual AdamW; on a CPU in a
process of its own, because the course's loop settles how its process keeps freed memory. The bare
step trains again and again on one batch that lies on the device, and asks for every part of it, as
torch does by itself: no loop that does so can be faster. Scoring reads the same windows and asks
the network. All of it is done on noise.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from joblib.externals.loky import ProcessPoolExecutor
from torch.nn import functional

from twostream_lib.bench import rounds
from twostream_lib.data import order
from twostream_lib.data.augmentation import Augmentation
from twostream_lib.data.datasets import WindowDataset, in_batches
from twostream_lib.data.plan import Plan
from twostream_lib.data.store import Store
from twostream_lib.models.stream import StreamNet
from twostream_lib.training import devices, loop, precision
from twostream_lib.training.answers import answers
from twostream_lib.training.optimisers import make_optimiser
from twostream_lib.training.recipes import Phase, Recipe

CLASSES = 12
PHASE = Phase("adamw", 1e-3, 1)
Numbers = dict[str, float]


@dataclass(frozen=True)
class Case:
    """A stream that is trained: its backbone, what it sees, the size of its windows, and batches.

    `size`: height and width, pixels, as they are stored. `batch`: windows. `batches`: how many are
    timed. `seen_at`: the size that the network sees them at, where that is another.
    """

    backbone: str
    view: str
    size: tuple[int, int]
    batch: int
    batches: int
    seen_at: tuple[int, int] | None = None

    @property
    def plan(self) -> Plan:
        """What its windows are made of."""
        kind = "flow" if self.view == "flow" else "images"
        return Plan(kind, self.size, length=LENGTH[self.view])

    @property
    def channels(self) -> int:
        return self.plan.channels if self.view == "flow" else 3


LENGTH = {"rgb": 3, "flow": 10}
# The stream of the quick run, and larger ones as people have them; on a GPU those of the paper.
ON_CPU = (
    Case("resnet8", "rgb", (72, 96), 32, 40),
    Case("resnet8", "flow", (72, 96), 32, 40),
    Case("resnet18", "rgb", (224, 224), 16, 6),
    Case("mobilenet_v2", "rgb", (224, 224), 16, 6),
    Case("resnet50", "rgb", (224, 224), 16, 4),
)
ON_GPU = (
    Case("resnet50", "rgb", (224, 224), 128, 60),
    Case("resnet50", "flow", (112, 112), 128, 40, seen_at=(224, 224)),
    Case("resnet50", "rgb", (224, 224), 32, 80),
    Case("mobilenet_v2", "rgb", (224, 224), 128, 40),
)


def cases() -> tuple[Case, ...]:
    """What is measured on this machine."""
    return ON_CPU if devices.best_device().type == "cpu" else ON_GPU


def measure(turns: int) -> Numbers:
    """Of each case the images a second of every way, and what the loop's are beside the others.

    `…_plain_ratio` and `…_bare_ratio` are the loop's rate over that of the other way, and
    `…_scoring_over_loop` is scoring's over the loop's: medians of `turns` rounds in which they take
    turns. `…_waiting` is the share of the loop's time in which the device waited for data, and
    `…_bits` says in which numbers it computed.
    """
    found: Numbers = {}
    for case in cases():
        name = f"{case.backbone}_{case.view}_{case.size[0]}_batch{case.batch}"
        found |= {f"{name}_{key}": value for key, value in of_case(case, turns).items()}
    return found


def of_case(case: Case, turns: int) -> Numbers:
    """The numbers of one case."""
    with tempfile.TemporaryDirectory() as folder:
        data, augment = noise(case, Path(folder)), Augmentation(case.view, 8, 1.4)
        if case.view != "flow":
            augment = replace(augment, flow_magnitude_jitter=1.0)
        waited: list[float] = []  # of each round; the first one warms up
        with _plain(case, data, augment) as plain:
            ways: Mapping[str, Callable[[], int]] = {
                "plain": plain,
                "bare": _bare(case),
                "loop": _loop(case, data, augment, Path(folder), waited),
                "scoring": _scoring(case, data),
            }
            rates = rounds.throughputs(ways, turns)
    bits = 32 if _precision(case).name == "float32" else 16
    pairs = {"plain": "loop", "bare": "loop"}
    return rounds.summary(rates, "images_per_second", pairs) | {
        "scoring_over_loop": rounds.ratio(rates["scoring"], rates["loop"]),
        "waiting": float(np.median(waited[1:] or waited)),
        "bits": bits,
    }


def noise(case: Case, folder: Path) -> WindowDataset:
    """So many windows of noise in a store, each a clip of its own."""
    plan, count = case.plan, case.batch * case.batches
    shape = (count, plan.channels, *plan.size)
    array = np.lib.format.open_memmap(folder / "windows.npy", "w+", np.uint8, shape)
    chance = np.random.default_rng(0)
    for window in array:
        window[:] = chance.integers(0, 256, window.shape, np.uint8)
    array.flush()
    index = pd.DataFrame({"video": [f"{number}" for number in range(count)], "window": 0})
    index["label"] = [f"c{number % CLASSES}" for number in range(count)]
    index["start"] = 0
    store = Store(folder / "windows.npy", index, plan, {})
    names = sorted(set(index.label))
    return WindowDataset(store, np.ones(count, bool), case.view, names)


def _new(case: Case) -> StreamNet:
    torch.manual_seed(0)
    net = StreamNet(case.backbone, CLASSES, case.channels, "none", size=case.seen_at)
    return net.to(devices.best_device()).train()


def _precision(case: Case) -> precision.Precision:
    return precision.choose(_new(case), devices.best_device())


def _recipe(case: Case) -> Recipe:
    return Recipe("a benchmark", (PHASE,), batch_size=case.batch)


@contextmanager
def _plain(case: Case, data: WindowDataset, augment: Augmentation) -> Iterator[Callable[[], int]]:
    if devices.best_device().type != "cpu":  # whose memory another process would share
        yield PlainLoop(case, data, augment)
        return
    with ProcessPoolExecutor(1, initializer=_begin, initargs=(case, data, augment)) as elsewhere:
        yield lambda: elsewhere.submit(_go_on).result()


def _begin(case: Case, data: WindowDataset, augment: Augmentation) -> None:
    global plain_loop
    plain_loop = PlainLoop(case, data, augment)


def _go_on() -> int:
    return plain_loop()


class PlainLoop:
    """An epoch as most would write it, each time that it is called; gives the number of windows."""

    def __init__(self, case: Case, data: WindowDataset, augment: Augmentation) -> None:
        self.batch, self.data, self.augment = case.batch, data, augment
        self.net, self.device = _new(case), devices.best_device()
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=1e-3)

    def __call__(self) -> int:
        chance, device = np.random.default_rng(0), self.device
        whole = order.epoch(len(self.data), 0, 0)
        for images, labels in in_batches(self.data, self.batch, whole):
            images, labels = self.augment(images, chance).to(device), labels.to(device)
            self.optimiser.zero_grad()
            loss = functional.cross_entropy(self.net(images.contiguous()), labels)
            loss.backward()
            self.optimiser.step()
            loss.item()  # as most loops do, to show it
        return len(self.data)


plain_loop: PlainLoop  # of the process that has one


def _bare(case: Case) -> Callable[[], int]:
    net, device = _new(case).to(memory_format=torch.channels_last), devices.best_device()
    accelerator = devices.accelerator(precision.choose(net, device))
    shell = accelerator.prepare_model(devices.Shell(net))
    optimiser = accelerator.prepare_optimizer(make_optimiser(net, PHASE, _recipe(case)))
    shape = (case.batch, case.channels, *case.size)
    images = torch.randint(256, shape, dtype=torch.uint8, device=device)
    images = images.contiguous(memory_format=torch.channels_last)
    labels = torch.arange(case.batch, device=device) % CLASSES
    weights = torch.full((case.batch,), 1 / case.batch, device=device)
    step = (accelerator, shell, optimiser, images, labels, weights, _recipe(case))

    def steps() -> int:
        devices.keep_freed_memory()
        for _ in range(case.batches):
            _, losses = loop.training_step(*step)
        losses.tolist()  # waits for a GPU to finish
        return case.batch * case.batches

    return steps


def _loop(
    case: Case, data: WindowDataset, augment: Augmentation, folder: Path, waited: list[float]
) -> Callable[[], int]:
    turn = iter(range(10**9))

    def epoch() -> int:
        place = folder / f"run{next(turn)}"
        start = time.perf_counter()
        recipe = replace(_recipe(case), phases=(replace(PHASE, epochs=2),))
        _, row = loop.fit(_new(case), data, None, recipe, place, augment=augment)
        waited.append(row["waiting"])
        # The first epoch makes room for gradients and choices of kernels, as the other ways have
        # done before they are timed. The rate is that of the second, checkpoints left out.
        return round(len(data) / row["seconds"] * (time.perf_counter() - start))

    return epoch


def _scoring(case: Case, data: WindowDataset) -> Callable[[], int]:
    net = _new(case).to(memory_format=torch.channels_last)

    def score() -> int:
        torch.cat([logits for logits, _ in answers(net, data, case.batch)]).tolist()
        return len(data)

    return score
