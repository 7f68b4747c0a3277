"""What a notebook must make before it can go on, and about how long that takes on this machine.

Whoever opens notebook 06 first trains three streams with it. The line that each notebook begins
with says so. How long is worked out from this machine's rate: a moment of the same work, on one
clip of this run and on a few images of noise.
"""

import io
import os
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import joblib
import pandas as pd
import torch

from twostream_lib import stickhmdb
from twostream_lib.clips.probing import probe_clip
from twostream_lib.course.limits import count_windows
from twostream_lib.course.run import Run
from twostream_lib.data import cutting, planning
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError, shown
from twostream_lib.models.stream import StreamNet
from twostream_lib.training import devices, loop, precision
from twostream_lib.training.devices import best_device
from twostream_lib.training.profiles import TRIAL_WINDOWS, trial_rounds
from twostream_lib.training.recipes import Recipe
from twostream_lib.video import encoding

# What each notebook reads of a run, in the order in which it is made.
STREAMS = ("images", "spatial", "temporal-sg3i")
READS = {
    "00": (),
    "01": ("images",),
    "02": (),
    "03": ("images", "spatial"),
    "04": (*STREAMS, "dense", "gap-sweep"),
    "05": (*STREAMS, "flow", "flow-trials", "temporal-flow"),
    "06": (*STREAMS, "flow", "temporal-flow"),
    "07": STREAMS,
    "08": STREAMS,
    "09": ("images",),
}
WORDS = {
    "clips": "the drawn clips",
    "table": "the clip table",
    "images": "the store of images",
    "dense": "the store of gray frames",
    "flow": "the store of flow",
    "spatial": "the spatial stream",
    "temporal-sg3i": "the SG3I stream",
    "temporal-flow": "the flow stream",
    "gap-sweep": "a stream for each of four gaps",
    "flow-trials": "the streams of the laboratory",
}
# What of these is made for something that clips may be too short for, see `Limits`.
MADE_FOR = {
    **dict.fromkeys(("flow", "flow-trials", "temporal-flow"), "temporal-flow"),
    **dict.fromkeys(("dense", "gap-sweep"), "gap-sweep"),
}
GAPS = 4  # that notebook 04 tries
# The laboratory of notebook 05 trains 13 streams for a few epochs each. Together they take about as
# long as so many epochs of the flow stream on a window for each second, or as many as a trial sees.
LABORATORY = 120
STICK_FILMS, STICK_TRAINED = 1680, 756 / 1680  # clips, and the share of them that is trained on
TIMED_IMAGES, LONGEST_MEASUREMENT = 16, 0.5  # images in a step; seconds after which no step follows
TRAINED = 0.7  # the same share where the run deals the clips out itself
SAMPLE_SIZES = (0.0, 0.5, 0.9)  # places among the clips by size: the smallest, the middle, a large
LARGEST_SAMPLE = 50 * 2**20  # bytes; more would take longer than the answer is worth


def opening(run: Run, number: str) -> str:
    """What a notebook says first: which run it works in, and what is still to be made.

    Args:
        run: the run.
        number: of the notebook, such as `06`.

    Raises:
        InputError: what `clips.read` has to say of the folder of clips.
    """
    name = run.dataset if run.videos else "StickHMDB"
    weights = "random weights" if run.weights == "none" else Path(run.weights).name
    first = (
        f"Run {run.folder.name} in {run.folder}: clips of {name}, split {run.split}, seed "
        f"{run.seed}, {run.backbone} from {weights}."
    )
    first, wanted = shown(first), missing(run, number)
    if not wanted:
        return f"{first}\nAll that this notebook starts from is there."
    listed = ", ".join(WORDS[each] for each in wanted)
    return f"{first}\nStill to be made here: {listed}. {_how_long(run, wanted)}"


def missing(run: Run, number: str) -> list[str]:
    """What a notebook reads of its run that is not there yet, in the order in which it is made;
    without what the clips are known not to give."""
    there = {
        "clips": bool(run.videos) or stickhmdb.is_stickhmdb(run.folder.parent / "stickhmdb"),
        "table": (run.folder / "clips.csv").is_file(),
        "gap-sweep": any(run.folder.glob("checkpoints/gap-*/history.json")),
        "flow-trials": any(run.folder.glob("checkpoints/flow-trials/*/*.npz")),
    }
    for name in ("images", "dense", "flow"):
        there[name] = (run.stores / name / "windows.npy").is_file()
    for name in ("spatial", "temporal-sg3i", "temporal-flow"):
        there[name] = run.scores_file(name).is_file()
    wanted = [name for name in ("clips", "table", *READS[number]) if not there[name]]
    # Of clips that nobody has looked at, nobody knows it; and the embedded ones can give all.
    known = bool(run.videos) and there["table"] and any(name in MADE_FOR for name in wanted)
    lacking = _lacking(run) if known else set()
    return [name for name in wanted if MADE_FOR.get(name) not in lacking]


@contextmanager
def unheard() -> Iterator[None]:
    """In this block clips are looked at without a word. The run that follows will say what there is
    to say of them, and fail where they cannot be used."""
    silent = warnings.catch_warnings(action="ignore"), redirect_stdout(io.StringIO())
    with suppress(InputError), silent[0], silent[1]:
        yield


def _lacking(run: Run) -> set[str]:
    """What the clips of a run cannot give, see `Limits`."""
    with unheard():
        return set(replace(run).limits.lacking)
    return set()


def _how_long(run: Run, wanted: list[str]) -> str:
    with tempfile.TemporaryDirectory() as folder:  # for a drawn clip to measure on
        rate = Rate.of(run, Path(folder))
        if rate is None:
            return "How long that takes was not measured: it would need a small clip with a window."
        total = sum(rate.seconds(name) for name in wanted)
    return f"On this machine that takes {in_words(total)}, by a short measurement."


def in_words(seconds: float) -> str:
    """A rough time: `a few seconds`, `about 40 seconds`, `about 3 minutes`, `about 5 hours`."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 95:
        return f"about {round(seconds, -1):.0f} seconds"
    if seconds < 95 * 60:
        return f"about {seconds / 60:.0f} minutes"
    return f"about {seconds / 3600:.0f} hours"


@dataclass(frozen=True)
class Rate:
    """How fast this machine does the work of a run.

    Attributes:
        run: the run.
        sample: one clip of it, as a probed table of one row.
        probing: seconds that looking at it took, and drawing: those that drawing it took.
        clips: how many times its work all clips of the run are; trained: those that are trained on.
    """

    run: Run
    sample: pd.DataFrame
    probing: float
    drawing: float
    clips: float
    trained: float

    @classmethod
    def of(cls, run: Run, folder: Path) -> "Rate | None":
        """Measured on a clip of the run that has a window; None where no small one was found."""
        if not run.videos:
            return cls._of_stick(run, folder)
        with warnings.catch_warnings(action="ignore"):  # the run will give them
            found = run.found()
        sizes = found.path.map(os.path.getsize)
        trained = sizes[found.tag.isin(run.settings.train_tags)].sum()
        for share in SAMPLE_SIZES:
            place = sizes.sort_values().index[int(share * len(sizes))]
            if sizes[place] > LARGEST_SAMPLE:
                return None
            sample, seconds = _looked_at(found.loc[[place]])
            if count_windows(sample, run.settings.plan)[0]:
                all_of = sizes.sum() / sizes[place]
                learned = trained / sizes[place] if run.lists else TRAINED * all_of
                return cls(run, sample, seconds, 0.0, all_of, learned)
        return None

    @classmethod
    def _of_stick(cls, run: Run, folder: Path) -> "Rate":
        start, file = time.perf_counter(), folder / "film_sit.avi"
        encoding.write(file, stickhmdb.render("sit", 132), 30)
        drawing = time.perf_counter() - start
        row = {"path": [str(file)], "label": ["sit"], "source": ["film"], "tag": [1]}
        sample, probing = _looked_at(pd.DataFrame(row))
        trained = STICK_FILMS * STICK_TRAINED
        return cls(run, sample, probing, drawing, STICK_FILMS, trained)

    def seconds(self, name: str) -> float:
        """About how long it takes to make one of `WORDS` here."""
        cores, settings = joblib.cpu_count(), self.run.settings
        if name == "clips":
            return self.clips * self.drawing / cores
        if name == "table":
            return self.clips * self.probing / cores
        if name == "flow-trials":
            return self._laboratory()
        if name == "dense":
            return self.trained * self._cutting(settings.dense_plan) / cores
        if name in ("images", "flow"):
            return self.clips * self._cutting(self.plan_of(name)) / cores
        return self._training(name)

    def plan_of(self, name: str) -> Plan:
        """The plan of a store, or of the store that a stream reads."""
        settings = self.run.settings
        if name in ("flow", "temporal-flow"):
            return settings.flow_plan
        return settings.dense_plan if name in ("dense", "gap-sweep") else settings.plan

    def _cutting(self, plan: Plan) -> float:
        """Seconds in which the sample's windows are cut; 0 where it is too short for one."""
        if not count_windows(self.sample, plan)[0]:
            return 0.0
        start = time.perf_counter()
        _, frames = planning.plan_windows(self.sample, plan)
        cutting.windows_of_clip(self.sample.path.iloc[0], frames, plan)
        return time.perf_counter() - start

    def _laboratory(self) -> float:
        plan = self.plan_of("temporal-flow")
        each_second = replace(plan, step=max(1.0, plan.step))
        windows = self.trained * int(count_windows(self.sample, each_second)[0])
        windows = min(windows, TRIAL_WINDOWS)
        rounds = trial_rounds(max(1, round(windows)), self.run.recipe("temporal-flow").batch_size)
        step = step_seconds(self.run.backbone, plan.channels, plan.size)
        return LABORATORY * rounds * windows * step / TIMED_IMAGES

    def _training(self, name: str) -> float:
        recipe, plan = self.run.recipe(name), self.plan_of(name)
        samples = self.trained * int(count_windows(self.sample, plan)[0])
        if self.run.settings.mode == "mode 1" and name != "temporal-flow":
            samples = self.trained * int(self.sample.frames.iloc[0])
        settings = self.run.settings
        networks = GAPS if name == "gap-sweep" else settings.trained_folds
        # The network that is tested learns from all of these clips: anew where the folds have
        # theirs, and otherwise for a little longer.
        anew = name != "gap-sweep" and networks > 1
        again = recipe.epochs if anew else recipe.retrain_epochs
        epochs = networks * (1 - 1 / settings.folds) * recipe.epochs + again
        channels = plan.channels if plan.kind == "flow" else 3
        step = step_seconds(self.run.backbone, channels, self.run.settings.seen_at(plan))
        return epochs * samples * step / TIMED_IMAGES


@cache
def step_seconds(backbone: str, channels: int, size: tuple[int, int]) -> float:
    """Seconds of one step of training a stream on `TIMED_IMAGES` images of noise, measured once."""
    device = best_device()
    # The notebook's own random numbers stay as they are.
    with torch.random.fork_rng([torch.cuda.current_device()] if device.type == "cuda" else []):
        net = StreamNet(backbone, 2, channels, "none").to(device).train()
        net.to(memory_format=torch.channels_last)
        accelerator = devices.accelerator(precision.choose(net, device))
        prepared = accelerator.prepare_model(devices.Shell(net))
        shape = (TIMED_IMAGES, channels, *size)
        images = torch.randint(256, shape, dtype=torch.uint8, device=device)
        labels = torch.arange(TIMED_IMAGES, device=device) % 2
        images = images.contiguous(memory_format=torch.channels_last)
        weights = torch.full((TIMED_IMAGES,), 1 / TIMED_IMAGES, device=device)
        optimiser = accelerator.prepare_optimizer(torch.optim.SGD(net.parameters(), lr=1e-3))
        step = (accelerator, prepared, optimiser, images, labels, weights, Recipe("none", ()))
        took: list[float] = []
        while len(took) < 3 and sum(took) < LONGEST_MEASUREMENT:
            start = time.perf_counter()
            _, losses = loop.training_step(*step)
            losses.tolist()  # waits for a GPU to finish
            took.append(time.perf_counter() - start)
    return min(took)  # the first one warms up


def _looked_at(table: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """A table of one clip with what probing says of it, and the seconds that it took."""
    start = time.perf_counter()
    found = probe_clip(table.path.iloc[0])
    seconds = time.perf_counter() - start
    return table.assign(**{name: [value] for name, value in found.items()}), seconds
