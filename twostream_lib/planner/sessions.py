"""Which parts of a run fit into which session, where a machine and its disk are lent for hours."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from twostream_lib.errors import InputError
from twostream_lib.planner.hours import Machine
from twostream_lib.planner.parts import Part

HOURS = 4.0  # of a free session in Colab, assumed: 12 are the most, and none is promised
STARTING = 300.0  # seconds until the library is there and the run's folder is mounted, assumed
LEAST = 900.0  # seconds of a training that a session must have room for to begin with it, or it all
DRIVE = 15e9  # bytes of a free Drive


@dataclass
class _Session:
    """What is done in a session: `room` seconds are left, `anew` was made, `parts` were worked on.

    `stays` are bytes in the run folder, and `most` those while a training is not done.
    """

    machine: Machine
    lost: dict[str, Part]
    room: float
    stays: float
    most: float
    anew: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    def making(self, names: Sequence[str]) -> float:
        """Seconds in which these are made."""
        return sum(self.machine.seconds(self.lost[name]) for name in names)

    def missing(self, part: Part) -> list[str]:
        return [name for name in part.needs if name not in self.anew]

    def has_room(self, part: Part, left: float) -> bool:
        """Whether a part of which so many seconds are left can be begun here, or gone on with."""
        return self.making(self.missing(part)) + min(left, LEAST) <= self.room

    def work(self, part: Part, left: float) -> float:
        """Do as much of a part as there is room for; the seconds that are left then."""
        missing = self.missing(part)
        self.room -= self.making(missing)
        self.anew += missing
        done = min(left, self.room)
        self.room, left = self.room - done, left - done
        self.most = max(self.most, self.stays + part.kept + part.meanwhile)
        if left:
            self.parts.append(f"{part.name} to {1 - left / self.machine.seconds(part):.0%}")
        else:
            self.parts.append(part.name)
            self.stays += part.kept
        return left


def sessions(parts: Sequence[Part], machine: Machine, hours: float = HOURS) -> pd.DataFrame:
    """The sessions of a run, a row each.

    A session makes anew what was lost with the machine before it: the clips, and those stores that
    its trainings read. A training that a session's end cuts off goes on in the next one. Columns:
    `anew`, what is made for this session alone, and its hours, `hours anew`; `parts`, whose results
    stay, and how far one is by then that is not done; `hours`, of all; `stays`, bytes of what is
    finished in the run folder at the end, and `most`, the most of it while something was trained:
    as much lies there where a training is cut off, which leaves its checkpoints.

    Raises:
        InputError: a session is too short for what has to be made before a training can go on.
    """
    lost = {part.name: part for part in parts if part.anew}
    left = [(part, machine.seconds(part)) for part in parts if not part.anew]
    rows: list[dict] = []
    while left:
        stays = rows[-1]["stays"] if rows else 0.0
        now = _Session(machine, lost, 3600 * hours - STARTING, stays, stays)
        while left and now.has_room(*left[0]):
            part, seconds = left.pop(0)
            if seconds := now.work(part, seconds):
                left.insert(0, (part, seconds))
        if not now.parts:
            part = left[0][0]
            raise InputError(
                f"Sessions of {hours:g} hours are too short for {part.name}: what it reads takes "
                f"{now.making(part.needs) / 3600:.1f} hours to make. Give longer ones."
            )
        rows.append(
            {
                "anew": ", ".join(now.anew),
                "hours anew": now.making(now.anew) / 3600,
                "parts": ", ".join(now.parts),
                "hours": hours - now.room / 3600,
                "stays": now.stays,
                "most": now.most,
            }
        )
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="session"))
