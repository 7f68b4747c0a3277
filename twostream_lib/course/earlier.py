"""Earlier runs of the same kind in a folder of runs: what a run's figures were before."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from twostream_lib.course import metrics
from twostream_lib.errors import InputError
from twostream_lib.fusion.evaluation import Result

LAST = 12  # runs that are shown
SHOWN = ("spatial", "temporal-sg3i", "temporal-flow", "average")


@dataclass(frozen=True)
class Finished:
    """A run that is finished.

    Attributes:
        name: of its folder, beside the folders of the other runs.
        when: its metrics were written, by the clock of the disk.
        found: what `metrics.read` gives for it.
    """

    name: str
    when: datetime
    found: dict

    @property
    def date(self) -> str:
        """Day and time in UTC, such as `2026-11-27 19:46`."""
        return f"{self.when:%Y-%m-%d %H:%M}"

    def results(self, protocol: str) -> list[Result]:
        """Its main networks under a protocol."""
        rows = self.found["results"]
        chosen = [row for row in rows if row["protocol"] == protocol and row["network"] in SHOWN]
        return [metrics.as_result(row) for row in chosen]


def of_kind(folder: Path, found: dict) -> list[Finished]:
    """A run and the runs beside it that are of its kind, the oldest first, `LAST` at most.

    Runs of other clips, of another backbone or other weights, runs that failed, or whose metrics
    cannot be read, are left out.

    Args:
        folder: of the run.
        found: what `metrics.read` gives for it: the run itself is there, whatever became of it.
    """
    runs = [Finished(folder.name, _written(folder), found)]
    for file in folder.parent.glob("*/metrics.json"):
        if file.parent.name == folder.name:
            continue
        try:
            other = metrics.read_run(file)
        except InputError:
            continue
        alike = metrics.kind(other) == metrics.kind(found) and not metrics.unlike(other, found)
        if alike and not other["run"].get("failed"):
            runs.append(Finished(file.parent.name, _written(file.parent), other))
    return sorted(runs, key=lambda run: (run.when, run.name))[-LAST:]


def _written(folder: Path) -> datetime:
    file = folder / "metrics.json"
    if not file.is_file():
        return datetime.now(UTC)
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)
