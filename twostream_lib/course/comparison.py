"""What comparing a run with a baseline says, as data: tables, JSON, JUnit and the report show it.

Accuracies and what is said of them are shares 0 to 1, as everywhere in the code.
"""

from dataclasses import dataclass

STEADY, WORSE, BETTER, CHANGED, MISSING, FAILED, NEW, UNJUDGED = (
    "steady",  # it moved by no more than noise does
    "worse",
    "better",
    "changed",  # what is counted exactly, and is another number: neither better nor worse
    "missing",  # the baseline has it, the run has not
    "failed",  # a notebook of the run, or scores that cannot be read
    "new",  # the run has it, the baseline has not
    "unjudged",  # both have it, and nothing says how much of a move is noise here
)
MOVED = (WORSE, CHANGED, MISSING)
FAILING = (*MOVED, FAILED)
NOTEBOOK = "notebook"  # a kind of check
ALL_PROTOCOLS = "all protocols"  # in the place of a protocol: the mean over those of a network
PASS, FAIL = "pass", "fail"


@dataclass(frozen=True)
class Check:
    """One quantity of the run beside the baseline's.

    Attributes:
        kind: `accuracy`; `cost` (seconds, memory, disk); `count` (clips set aside, stores);
            `notebook` (one that failed).
        network, protocol: of an accuracy; otherwise empty.
        quantity: `accuracy`, or such as `seconds of 03_spatial_stream`.
        unit: of all the numbers: `share`, `calibration loops`, `MB`, `clips` or `bytes`; empty
            where there are none.
        before: the baseline's; None where it has none. A mean where several runs are told of.
        now: the run's, likewise.
        noise: the standard deviation from one run to the next; None where nobody has measured it.
        tolerance: how far it may move and still be taken for noise; None where that is not known.
        visible: the smallest loss that would be seen 8 times in 10; None like `noise`.
        judged_by: where the tolerance is from, in a few words.
        moved: one of this module's words.
        why: what a run said of a notebook that failed; otherwise empty.
    """

    kind: str
    network: str
    protocol: str
    quantity: str
    unit: str
    before: float | None
    now: float | None
    noise: float | None
    tolerance: float | None
    visible: float | None
    judged_by: str
    moved: str
    why: str = ""

    @property
    def name(self) -> str:
        """What it is of, for a reader, such as `spatial (video-10)` or `peak memory`."""
        return f"{self.network} ({self.protocol})" if self.network else self.quantity

    @property
    def fails(self) -> bool:
        return self.moved in FAILING


@dataclass(frozen=True)
class Difference:
    """Something that was not the same when the two were made, such as a package's version; as
    texts, and a dash where a side does not say."""

    name: str
    before: str
    now: str


@dataclass(frozen=True)
class Comparison:
    """A run, or several of one kind with other seeds, held against a baseline.

    Attributes:
        against: what the baseline is, in one sentence: of which seeds, commit and machine, and why
            it was accepted.
        checks: what failed in the run, then every quantity in the order of the baseline.
        differs: what else is not the same.
        notes: sentences on how it was judged, and on what could not be judged.
        runs: how many runs are told of, and how many the baseline was made of.
        unlike: that clips, backbone or weights are not the baseline's, in a sentence: no noise
            between seeds was applied. Otherwise empty.
    """

    against: str
    checks: tuple[Check, ...]
    differs: tuple[Difference, ...]
    notes: tuple[str, ...]
    runs: tuple[int, int]
    unlike: str = ""

    @property
    def verdict(self) -> str:
        """`pass` or `fail`."""
        return FAIL if any(check.fails for check in self.checks) else PASS

    @property
    def moved(self) -> list[Check]:
        """What moved beyond noise, for the worse or the better, or is not there any more."""
        return [check for check in self.checks if check.moved in (*MOVED, BETTER)]

    @property
    def failing(self) -> list[Check]:
        return [check for check in self.checks if check.fails]

    @property
    def better(self) -> list[Check]:
        return [check for check in self.checks if check.moved == BETTER]

    def of_kind(self, kind: str) -> list[Check]:
        """The checks of one kind, see `Check`."""
        return [check for check in self.checks if check.kind == kind]
