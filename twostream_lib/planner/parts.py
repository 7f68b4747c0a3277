"""The parts of a whole run, in the order in which they are made, and how much each has to do.

All of it is counted from the profile, its recipes and plans, and the laboratory's setups: nothing
is measured here, and no number of theirs is typed a second time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from twostream_lib.course.judges import PAIR
from twostream_lib.course.outlook import GAPS
from twostream_lib.data.plan import Plan
from twostream_lib.experiments import joint
from twostream_lib.experiments.flow_setups import QUICK, find_setup
from twostream_lib.experiments.flow_trials import each_so_many, recipe_of
from twostream_lib.planner import costs
from twostream_lib.planner.costs import Cost
from twostream_lib.planner.sets import ClipSet
from twostream_lib.training.profiles import Profile
from twostream_lib.training.recipes import RECIPES, Recipe

UNPACKED = 50e6  # bytes a second, assumed
FUSIONS = 120.0  # seconds in which the fusions are trained and compared, assumed: they are small
TESTED_AS = 1 + 10  # windows of a test clip under `video-1` and `video-10`
KEPT_BESIDE = {"sgd": 1, "adam": 2, "adamw": 2}  # numbers that an optimiser keeps of each weight
# A checkpoint is written while the two before it are there.
CHECKPOINTS = 3
# What is held in memory of each sample of an epoch of mode 1, and of each window of a store.
FRAME_BYTES, WINDOW_BYTES = 20, 40
CLIPS = ("fetching the clips", "checking the clips")
STREAMS = {"spatial": "03", "temporal-sg3i": "04", "temporal-flow": "05"}  # and their notebooks


@dataclass(frozen=True)
class Part:
    """A part of a run and what it has to do.

    Attributes:
        name, notebook: what it is, and which notebook makes it.
        group: `clips`, `stores`, `streams`, `gaps`, `laboratory` or `scores`.
        fetched: bytes from the network.
        looked, images, dense: frames that are decoded to see that clips are whole, for the store of
            images, and for that of gray frames.
        fields: of flow that are estimated.
        streamed: frames that are decoded while a network is trained on them (mode 1).
        trained, scored: samples, each counted by what its network costs, see `costs`.
        seconds: what takes as long on every machine.
        disk: bytes on the machine's own disk.
        kept, meanwhile: bytes in the run folder, for good and while it is made.
        needs: the names of the parts that it reads from the machine's disk.
        anew: it lies on the machine's disk, and is lost with the machine.
    """

    name: str
    notebook: str
    group: str
    fetched: float = 0.0
    looked: float = 0.0
    images: float = 0.0
    dense: float = 0.0
    fields: float = 0.0
    streamed: float = 0.0
    trained: float = 0.0
    scored: float = 0.0
    seconds: float = 0.0
    disk: float = 0.0
    kept: float = 0.0
    meanwhile: float = 0.0
    needs: tuple[str, ...] = ()
    anew: bool = False


def parts(settings: Profile, data: ClipSet) -> list[Part]:
    """All parts of a run by `settings` on one split of `data`, in the order of the notebooks."""
    run = _Counting(settings, data)
    return [
        *run.clips(),
        run.store("images", "images", settings.plan, "01"),
        *run.stream("spatial"),
        *run.stream("temporal-sg3i"),
        run.store("gray frames", "dense", settings.dense_plan, "04"),
        run.gap_sweep(),
        run.store("flow", "fields", settings.flow_plan, "05"),
        run.laboratory(),
        *run.stream("temporal-flow"),
        Part("the fusions", "06", "scores", seconds=FUSIONS),
        *(part for name in joint.NETWORKS for part in run.together(name)),
    ]


def memory(settings: Profile, data: ClipSet) -> dict[str, float]:
    """Bytes that a process holds of an epoch's plan in mode 1, and of the index of the images."""
    run = _Counting(settings, data)
    return {
        "plan of mode 1": FRAME_BYTES * run.trained * data.frames_of_clip,
        "index of a store": WINDOW_BYTES * run.stored(settings.plan),
    }


@dataclass(frozen=True)
class _Counting:
    settings: Profile
    data: ClipSet

    @property
    def training(self) -> float:
        """Clips that are trained on or validated on."""
        return self.data.training_clips(self.settings.train_tags)

    @property
    def trained(self) -> float:
        """Clips that each of the networks of the folds is trained on."""
        return self.training - self.fold

    @property
    def fold(self) -> float:
        """Clips of a fold. The first is validated on."""
        return self.training / self.settings.folds

    def stored(self, plan: Plan) -> float:
        """Windows of a store: those of test clips come under three protocols."""
        windows = (self.training + self.data.test) * self.data.windows_of_clip(plan)
        return windows + self.data.test * TESTED_AS

    # --- clips and stores ------------------------------------------------------------------------

    def clips(self) -> Iterator[Part]:
        packed, frames, (clips, look) = self.data.archive, self.data.frames, CLIPS
        unpacking = packed / UNPACKED
        disk = 2 * packed  # the clips, and the archive that they came in
        yield Part(clips, "01", "clips", packed, seconds=unpacking, disk=disk, anew=True)
        yield Part(look, "01", "clips", looked=frames, needs=(clips,), anew=True)

    def store(self, of: str, unit: str, plan: Plan, notebook: str) -> Part:
        """The part that makes a store; `unit` is what is counted of its work."""
        windows = self.stored(plan)
        frames = (self.training + self.data.test) * self.data.frames_of_clip
        if plan.kind == "gray":  # of training clips only
            windows = self.training * self.data.windows_of_clip(plan)
            frames = self.training * self.data.frames_of_clip
        work = self._fields(plan) if plan.kind == "flow" else frames
        return Part(
            _store(of),
            notebook,
            "stores",
            **{unit: work},
            disk=windows * plan.window_bytes,
            needs=CLIPS,
            anew=True,
        )

    def _fields(self, plan: Plan) -> float:
        """Fields of flow: of test clips, ten windows that are evenly spaced have nearly all."""
        every = self.data.frames_of_clip - 1
        of_training = min(every, self.data.windows_of_clip(plan) * plan.length)
        of_test = min(every, (self.data.windows_of_clip(plan) + TESTED_AS) * plan.length)
        return self.training * of_training + self.data.test * of_test

    # --- trainings -------------------------------------------------------------------------------

    def stream(self, name: str) -> Iterator[Part]:
        """The trainings of a stream, one a fold, and its scores."""
        flow, notebook = name == "temporal-flow", STREAMS[name]
        plan = self.settings.flow_plan if flow else self.settings.plan
        recipe = RECIPES[self.settings.recipes[name]]
        cost = self._cost(plan.channels if flow else 3, self.settings.seen_at(plan))
        windows = self.data.windows_of_clip(plan)
        every_frame = self.settings.mode == "mode 1" and not flow
        samples = self.data.frames_of_clip if every_frame else windows  # of a clip, in an epoch
        networks = self.settings.trained_folds
        again = (recipe.epochs if networks > 1 else recipe.retrain_epochs) * self.training * samples
        learned = networks * recipe.epochs * self.trained * samples + again
        needs = (*CLIPS, _store("flow" if flow else "images"))
        yield Part(
            f"training {name}",
            notebook,
            "streams",
            streamed=learned if every_frame else 0.0,
            trained=learned * cost.work,
            scored=recipe.epochs * self.fold * windows * cost.work,
            kept=4 * cost.weights * (networks + bool(again)),
            meanwhile=_meanwhile(cost, recipe),
            needs=needs,
        )
        in_fold = self.training if networks > 1 else self.trained
        judged = (networks * self.fold + in_fold) * windows
        judged += self.data.test * (windows + TESTED_AS)
        yield Part(
            f"scoring {name}",
            notebook,
            "scores",
            scored=judged * cost.work,
            kept=4 * judged * self.data.classes,
            needs=needs,
        )

    def together(self, name: str) -> Iterator[Part]:
        """The training of a network of both streams, from their weights, and its test scores."""
        recipe, plan = RECIPES[self.settings.recipes[name]], self.settings.plan
        one, windows = self._cost(3, self.settings.seen_at(plan)), self.data.windows_of_clip(plan)
        cost = Cost(len(PAIR) * one.work, len(PAIR) * one.weights)
        learned = recipe.epochs * self.training * windows * cost.work
        judged = self.data.test * (windows + TESTED_AS)
        needs = (*CLIPS, _store("images"))
        # Where the backbones stay as they are, a step is little more than what scoring is.
        frozen = recipe.freeze_fraction == 1
        yield Part(
            f"training {name}",
            "06",
            "streams",
            trained=0 if frozen else learned,
            scored=learned if frozen else 0,
            kept=4 * cost.weights,
            meanwhile=_meanwhile(cost, recipe),
            needs=needs,
        )
        yield Part(
            f"scoring {name}",
            "06",
            "scores",
            scored=judged * cost.work,
            kept=4 * judged * self.data.classes,
            needs=needs,
        )

    def gap_sweep(self) -> Part:
        plan, recipe = self.settings.dense_plan, RECIPES[self.settings.recipes["gap-sweep"]]
        cost, windows = self._cost(3, plan.size), self.data.windows_of_clip(plan)
        return Part(
            "the gaps",
            STREAMS["temporal-sg3i"],
            "gaps",
            trained=GAPS * recipe.epochs * self.trained * windows * cost.work,
            scored=GAPS * (recipe.epochs + 1) * self.fold * windows * cost.work,
            kept=GAPS * 4 * cost.weights,
            meanwhile=_meanwhile(cost, recipe),
            needs=(*CLIPS, _store("gray frames")),
        )

    def laboratory(self) -> Part:
        plan, recipe = self.settings.flow_plan, RECIPES[self.settings.recipes["temporal-flow"]]
        windows = self.data.windows_of_clip(plan)
        most = round(self.trained * windows)
        trained = scored = meanwhile = 0.0
        for setup in map(find_setup, QUICK):
            cost = costs.of_setup(setup, self.settings.backbone, plan, self.data.classes)
            seen = most / each_so_many(most, plan, setup.seconds_per_window)
            trained += setup.epochs * seen * cost.work
            scored += self.fold * windows * cost.work
            meanwhile = max(meanwhile, _meanwhile(cost, recipe_of(setup, recipe)))
        return Part(
            "the laboratory",
            STREAMS["temporal-flow"],
            "laboratory",
            trained=trained,
            scored=scored,
            meanwhile=meanwhile,
            needs=(*CLIPS, _store("flow")),
        )

    def _cost(self, channels: int, size: tuple[int, int]) -> Cost:
        return costs.of_stream(self.settings.backbone, channels, size, self.data.classes)


def _store(of: str) -> str:
    return f"the store of {of}"


def _meanwhile(cost: Cost, recipe: Recipe) -> float:
    """Bytes of the checkpoints of a training that is not done."""
    states = max(KEPT_BESIDE[phase.optimiser] for phase in recipe.phases)
    return 4 * cost.weights * (1 + states) * CHECKPOINTS
