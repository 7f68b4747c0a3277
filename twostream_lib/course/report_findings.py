"""What the files of a run say beside its `metrics.json`, as data that the report's page shows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from twostream_lib import clips, networks
from twostream_lib.course import showing, surroundings
from twostream_lib.course.comparison import Comparison
from twostream_lib.course.run import Run
from twostream_lib.course.showing import MAIN_PROTOCOL
from twostream_lib.fusion import FUSIONS, pairs, score_files
from twostream_lib.fusion.scores import Scores

# What lies in a run's folder, in a reader's words.
PLACES = {
    "checkpoints": ("checkpoints", "retrained"),
    "scores": ("scores",),
    "executed notebooks": ("notebooks",),
    "films for the notebooks": ("played",),
}


def headline(found: dict) -> str:
    """What fusing brought, in one sentence; empty unless both streams and their average ran."""
    rows = showing.by_protocol(found).get(MAIN_PROTOCOL, [])
    right = {row["network"]: row["accuracy"] for row in rows}
    names = ("spatial", "temporal-sg3i", "average")
    if not set(names) <= set(right):
        return ""
    gain = right["average"] - max(right["spatial"], right["temporal-sg3i"])
    spatial, temporal, average = (showing.shown(right[name]) for name in names)
    return (
        f"Appearance alone gets {spatial} % of the test videos right, motion alone {temporal} %, "
        f"and the average of the two {average} %: {showing.shown(abs(gain))} points "
        f"{'above' if gain >= 0 else 'below'} the better stream."
    )


def fusions(found: dict) -> list[str]:
    """The fusions of scores that have results, each once."""
    others = trained_together(found)
    return [name for name in _no_streams(found) if name not in others]


def trained_together(found: dict) -> list[str]:
    """The networks of both streams that have results: they learned from clips, not from scores."""
    return [
        name for name in _no_streams(found) if networks.get(name).learned and name not in FUSIONS
    ]


def _no_streams(found: dict) -> list[str]:
    scored = dict.fromkeys(row["network"] for row in found["results"])
    return [name for name in scored if not networks.get(name).view]


# --- which differences are real ------------------------------------------------------------------


@dataclass(frozen=True)
class Paired:
    """The networks of a run, each beside each other on the same test videos.

    Attributes:
        table: see `pairs.all_pairs`.
        order: the networks, the best first.
        reference: the better one of the streams, or the best network where there is no stream.
        videos, sources: how many all of them were scored on, and from how many sources.
    """

    table: pd.DataFrame
    order: list[str]
    reference: str
    videos: int
    sources: int

    @property
    def what(self) -> str:
        """What the reference is, for a reader."""
        is_stream = networks.get(self.reference).view
        return "the best of the streams" if is_stream else "the best of all"

    def beside_reference(self) -> pd.DataFrame:
        """Each other network beside the reference, the one that is farthest ahead first.

        Its columns are `network`; `difference`, `low`, `high`: how far ahead of the reference it
        is, as shares; `only_first`, `only_second`: videos that it alone, or the reference alone,
        has right; `holm`, corrected for all pairs, and `real`.
        """
        here = self.table[(self.table[["first", "second"]] == self.reference).any(axis=1)]
        turned = here["first"] == self.reference  # before pandas 3, `first` is a method of tables
        swapped = here.assign(
            first=here.second,
            difference=-here.difference,
            low=-here.high,
            high=-here.low,
            only_first=here.only_second,
            only_second=here.only_first,
        )
        rows = pd.concat([here[~turned], swapped[turned]]).sort_index()
        rows = rows.rename(columns={"first": "network"})
        return rows.sort_values("difference", ascending=False, kind="stable", ignore_index=True)


def paired(run: Run, found: dict) -> Paired | None:
    """The networks that have results under the main protocol; None where there are not two.

    Raises:
        InputError: scores that cannot be read, or are of videos of which none is shared.
    """
    rows = sorted(showing.main_rows(found), key=lambda row: -row["accuracy"])
    if len(rows) < 2:
        return None
    order = [row["network"] for row in rows]
    tests = {name: score_files.load_part(run.scores_file(name), "test") for name in order}
    said = pairs.shared_videos(tests, MAIN_PROTOCOL)
    one: Scores = said[order[0]]
    streams = [name for name in order if networks.get(name).view]
    table = pairs.all_pairs(tests, MAIN_PROTOCOL)
    return Paired(table, order, (streams or order)[0], len(one), len(set(one.source)))


# --- clips and disk ------------------------------------------------------------------------------


def set_aside(clip_table: Path) -> list[dict[str, str]]:
    """File name and reason of each clip that could not be used."""
    if not clip_table.is_file():
        return []
    table = pd.read_csv(clip_table)
    bad = table[~table.ok.astype(bool)]
    return [{"name": Path(clip.path).name, "why": clip.why} for clip in bad.itertuples()]


def leaks(clip_table: Path) -> dict:
    """The leakage audit of a run's clips, see `clips.leakage`; empty where none is tested on."""
    if not clip_table.is_file():
        return {}
    found = clips.leakage(pd.read_csv(clip_table, keep_default_na=False))
    return found if found["test_clips"] else {}


def disk(run: Run) -> dict[str, int]:
    """Bytes of what lies in the folder of a run and in its stores, by what it is."""
    there = {
        words: surroundings.size(run.folder / name for name in names)
        for words, names in PLACES.items()
    }
    there["stores, which can be made anew"] = surroundings.size([run.stores])
    return {words: size for words, size in there.items() if size}


# --- against a baseline --------------------------------------------------------------------------

POINTS = "share"  # the unit of accuracies, which are shown in percent


def amount(value: float | None, unit: str, difference: bool = False) -> str:
    """A figure of a comparison with its unit; a dash where nobody knows it.

    Of a tolerance, which is a difference, percent become points.
    """
    if value is None:
        return "–"
    if unit == POINTS:
        return f"{100 * value:.1f} {'points' if difference else '%'}"
    return f"{value:,.4g} {unit}".rstrip()


def verdict(found: Mapping, comparison: Comparison | None) -> tuple[str, str]:
    """Whether a run passed: `failed`, `passed` or `open`, and a sentence."""
    failed, ran = found["run"]["failed"], found["run"]["notebooks"]
    if failed:
        of = len({*failed, *ran})
        return "failed", f"Failed: {len(failed)} of {of} notebooks failed, or were not run."
    if comparison is None:
        return "open", "Not judged: nothing says whether the figures of this run have moved."
    of = len(comparison.checks)
    if failing := comparison.failing:
        counts = Counter(check.moved for check in failing)
        said = " and ".join(f"{count} {moved}" for moved, count in counts.items())
        return "failed", f"Failed: {said} of {of} figures, by more than noise."
    return (
        "passed",
        f"Passed: none of {of} figures is worse than the baseline's by more than noise.",
    )
