"""Seconds and bytes: what machines do in a second, and how long the parts of a run take on them."""

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pandas as pd

from twostream_lib import stickhmdb
from twostream_lib.clips.probing import probe_clip
from twostream_lib.data import cutting, planning
from twostream_lib.data.plan import Plan
from twostream_lib.planner.cards import CARDS, Card
from twostream_lib.planner.parts import Part
from twostream_lib.threads import one_opencv_thread
from twostream_lib.training.profiles import Profile
from twostream_lib.video import encoding

FILM = ("sit", 132)  # what is drawn to measure a core on: class and seed
FETCHED = 10e6  # bytes a second from the network, assumed
GROUPS = ("clips", "stores", "streams", "gaps", "laboratory", "scores")


@dataclass(frozen=True)
class Core:
    """What one core does in a second; see `Part` for what is counted. `streamed` is mode 1's."""

    looked: float
    images: float
    dense: float
    fields: float
    streamed: float


@dataclass(frozen=True)
class Machine:
    """A machine: its cores, and how many samples of ResNet-50 at 224² it trains on and scores in a
    second."""

    cores: int
    core: Core
    training: float
    scoring: float

    @classmethod
    def of(cls, card: Card, core: Core) -> "Machine":
        """A machine with that card; each of its cores is taken to be as fast as `core`."""
        training, scoring = card.training.value, card.scoring.value
        return cls(round(card.cores.value), core, training, scoring)

    def seconds(self, part: Part) -> float:
        """How long a part takes here. Mode 1 decodes while it trains: the slower of them counts."""
        decoding = sum(
            getattr(part, unit) / (self.cores * getattr(self.core, unit))
            for unit in ("looked", "images", "dense", "fields")
        )
        streaming = part.streamed / (self.cores * self.core.streamed)
        training = max(part.trained / self.training, streaming)
        scoring = part.scored / self.scoring
        return part.seconds + part.fetched / FETCHED + decoding + training + scoring


def on_cards(core: Core) -> dict[str, Machine]:
    """A machine for each of `CARDS`."""
    return {name: Machine.of(card, core) for name, card in CARDS.items()}


def measured_core(settings: Profile, streamed: float) -> Core:
    """What a core of this machine does in a second, by its processor's time for one drawn clip.

    The clip has the size of HMDB-51's. settings: the profile that a run is planned for. streamed:
    frames a second and core of mode 1, see `bench.mode1`.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "film_sit.avi")
        encoding.write(file, stickhmdb.render(*FILM), 30)
        start = time.process_time()
        found = probe_clip(file)
        looking, count = time.process_time() - start, found["frames"]
        row = {"path": file, "label": "sit", "source": "film", "tag": 2}
        table = pd.DataFrame([row | found])
        images, dense, flow = (
            _cut(table, plan) for plan in (settings.plan, settings.dense_plan, settings.flow_plan)
        )
    looked, from_images, from_dense = (count / s for s in (looking, images[0], dense[0]))
    return Core(looked, from_images, from_dense, flow[1] / flow[0], streamed)


def _cut(table: pd.DataFrame, plan: Plan) -> tuple[float, int]:
    """Seconds in which the windows of a clip are cut, and their different pairs of frames."""
    _, windows = planning.plan_windows(table, plan)
    start = time.process_time()
    with one_opencv_thread():
        for _ in cutting.each_window(table.path.iloc[0], windows, plan):
            pass
    pairs = {pair for frames in windows.tolist() for pair in pairwise(frames)}
    return time.process_time() - start, len(pairs)


def table(parts: Sequence[Part], machine: Machine) -> pd.DataFrame:
    """A row for each part: its notebook, seconds on a machine, bytes on its disk and in the run
    folder, and those that the run folder needs while it is made."""
    rows = {
        part.name: {
            "notebook": part.notebook,
            "seconds": machine.seconds(part),
            "disk": part.disk,
            "run folder": part.kept,
            "meanwhile": part.meanwhile,
        }
        for part in parts
    }
    return pd.DataFrame(rows.values(), index=list(rows))


def by_group(parts: Sequence[Part], machines: Mapping[str, Machine]) -> pd.DataFrame:
    """Hours of each group of parts (rows) on each machine (columns)."""
    return pd.DataFrame(
        {
            name: {
                group: sum(machine.seconds(part) for part in parts if part.group == group) / 3600
                for group in GROUPS
            }
            for name, machine in machines.items()
        }
    )
