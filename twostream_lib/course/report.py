"""One run as one HTML file: whether it passed, what it found, and what was run on what.

It is the page that somebody looks at in the morning: on any screen, on paper, without a network or
a script. What it says is computed from the run's files alone.
"""

from pathlib import Path
from typing import Any

from twostream_lib import networks
from twostream_lib.course import earlier, notebook_pages, paper, showing, side_results
from twostream_lib.course import report_figures as drawn
from twostream_lib.course import report_findings as findings
from twostream_lib.course.comparison import Comparison
from twostream_lib.course.run import Run
from twostream_lib.course.showing import MAIN_PROTOCOL, shown
from twostream_lib.errors import InputError
from twostream_lib.files import write_text
from twostream_lib.markup import template

TEMPLATE = Path(__file__).with_name("report.html.jinja")
EXPLAINED = {
    "window": "each mode-2 window by itself",
    "video-1": "the centre window of each video",
    "video-10": "ten evenly spaced windows of each video, averaged",
}
NO_BASELINE = "There is no baseline of runs of this kind to hold it against."
HOLM = "p after Holm"


def write(run: Run, found: dict, file: Path, judged: Comparison | str = NO_BASELINE) -> None:
    """Write the report of a run in one step.

    Args:
        run: the run, for its folder's scores, histories, clip table and notebooks.
        found: what `metrics.read` gives for it.
        file: where the report is to be.
        judged: the run held against a baseline, or the sentence that
            says why it was not.
    """
    write_text(file, render(run, found, judged))


def render(run: Run, found: dict, judged: Comparison | str = NO_BASELINE) -> str:
    """The report as HTML that needs no other file; see `write`."""
    comparison = None if isinstance(judged, str) else judged
    status, sentence = findings.verdict(found, comparison)
    of_clips, of_scores = drawn.curves(run, found["data"]["classes"])
    clip_table = run.folder / "clips.csv"
    leaks, runs = findings.leaks(clip_table), earlier.of_kind(run.folder, found)
    return template(TEMPLATE).render(
        **found,
        status=status,
        verdict=sentence,
        unjudged=judged if isinstance(judged, str) else "",
        comparison=_comparison(comparison),
        headline=findings.headline(found),
        protocols=[_results(found, name) for name in _order(found)],
        learned=[name for name in findings.fusions(found) if networks.get(name).learned],
        trained=findings.trained_together(found),
        untold=paper.not_stated(),
        accuracies=drawn.accuracies(found),
        pairs=_or_why(lambda: _pairs(run, found)),
        curves=of_clips,
        fused=of_scores,
        confusion=drawn.confusion(run.folder / "scores"),
        laboratory=_or_why(lambda: _laboratory(run)),
        gaps=_or_why(lambda: _gaps(run)),
        leaks=leaks,
        leak_figure=drawn.leak(leaks),
        set_aside=findings.set_aside(clip_table),
        disk={what: _megabytes(size) for what, size in findings.disk(run).items()},
        pages=notebook_pages.links(run.folder / "notebooks"),
        runs=[_of_run(one, run.folder.name) for one in reversed(runs)],
        history=drawn.history(runs),
        main=MAIN_PROTOCOL,
    )


def _or_why(make: Any) -> dict:
    """The content of a section, or under `why` the reason that its files cannot be read."""
    try:
        return make()
    except InputError as error:
        return {"why": str(error)}


def _order(found: dict) -> list[str]:
    """The protocols of a run: the main one, the other one of videos, and that of windows, under
    which the paper's figures stand."""
    there = showing.by_protocol(found)
    return sorted(there, key=lambda name: (name == paper.BESIDE, name != MAIN_PROTOCOL))


def _table(caption: str, head: list[str], rows: list[list]) -> dict:
    """A table as the template's macro takes it: the first cell of a row says what the row is."""
    return {"caption": caption, "head": head, "rows": rows}


def _results(found: dict, protocol: str) -> dict:
    ceilings = found["data"]["ceilings"]
    rows = showing.by_protocol(found)[protocol]
    printed = any(row["paper"] is not None for row in rows)
    head = ["network", "right, %", "95 % interval", showing.counted(protocol), "sources"]
    head += ["ceiling, %"] * bool(ceilings) + ["paper, %"] * printed
    cells = [
        [
            row["network"],
            shown(row["accuracy"]),
            f"{shown(row['low'])} to {shown(row['high'])}",
            f"{row['n']:,}",
            f"{row['sources']:,}",
            *[shown(networks.ceiling(row["network"], ceilings))] * bool(ceilings),
            *[shown(row["paper"])] * printed,
        ]
        for row in rows
    ]
    caption = f"{protocol} – {EXPLAINED[protocol]}"
    return _table(caption, head, cells) | {"protocol": protocol, "beside_the_paper": printed}


def _points(row: Any) -> tuple[str, str]:
    """A difference in points, and its interval."""
    return f"{100 * row.difference:+.1f}", f"{100 * row.low:+.1f} to {100 * row.high:+.1f}"


def _pairs(run: Run, found: dict) -> dict:
    if (paired := findings.paired(run, found)) is None:
        return {}
    head = ["network", "points ahead", "95 % interval", "it alone right", "the other alone right"]
    rows = [
        [
            row.network,
            *_points(row),
            f"{row.only_first:,}",
            f"{row.only_second:,}",
            f"{row.holm:.2g}",
            "yes" if row.real else "no",
        ]
        for row in paired.beside_reference().itertuples()
    ]
    return {
        "table": _table(f"Beside {paired.reference}, {paired.what}", [*head, HOLM, "real"], rows),
        "figure": drawn.differences(paired),
        "count": len(paired.table),
        "real": int(paired.table.real.sum()),
        "videos": paired.videos,
        "sources": paired.sources,
    }


def _laboratory(run: Run) -> dict:
    table, right = side_results.laboratory(run)
    if table.empty:
        return {}
    rows = [
        [
            row.first,
            showing.with_interval(right[row.first]),
            f"{row.second}: {shown(right[row.second].accuracy)} %",
            *_points(row),
            f"{row.holm:.2g}",
            ("better" if row.difference > 0 else "worse") if row.real else "not shown",
        ]
        for row in table.itertuples()
    ]
    head = [
        "setup",
        "right, %",
        "held against",
        "points ahead",
        "95 % interval",
        HOLM,
        "difference",
    ]
    one = right[table["first"].iloc[0]]
    return {
        "table": _table("Setups of the flow stream", head, rows),
        "videos": one.n,
        "sources": one.sources,
    }


def _gaps(run: Run) -> dict:
    figures = drawn.gaps(run)
    if not figures:
        return {}
    results = side_results.gap_results(run)
    rows = [
        [f"{gap}", f"{gap / run.settings.dense_plan.fps:.2f}", *_right_and_interval(one)]
        for gap, one in results.items()
    ]
    head = ["gap, frames", "seconds", "right, %", "95 % interval", "videos", "sources"]
    return {"table": _table("SG3I by gap", head, rows), "figures": figures}


def _right_and_interval(one: Any) -> list[str]:
    interval = f"{shown(one.low)} to {shown(one.high)}"
    return [shown(one.accuracy), interval, f"{one.n:,}", f"{one.sources:,}"]


def _comparison(comparison: Comparison | None) -> dict:
    """What moved and what differs, as tables."""
    if comparison is None:
        return {}
    moved = [
        [
            check.name,
            check.moved,
            findings.amount(check.before, check.unit),
            findings.amount(check.now, check.unit),
            findings.amount(check.tolerance, check.unit, difference=True),
            check.judged_by,
        ]
        for check in comparison.moved
    ]
    differs = [[one.name, one.before, one.now] for one in comparison.differs]
    head = ["what", "moved", "baseline", "this run", "tolerance", "judged by"]
    return {
        "against": comparison.against,
        "moved": _table("What moved", head, moved),
        "differs": _table("What else differs", ["what", "baseline", "this run"], differs),
        "notes": comparison.notes,
    }


def _of_run(one: earlier.Finished, own: str) -> list:
    """A finished run as a row: date, name, commit, seed, device, and its main figure."""
    asked, average = one.found["run"], None
    for result in one.results(MAIN_PROTOCOL):
        if result.network == "average":
            average = result.accuracy
    name = f"{one.name} (this one)" if one.name == own else one.name
    told = [asked.get("git") or "–", str(asked["seed"]), asked.get("device", "–")]
    return [one.date, name, *told, shown(average)]


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
