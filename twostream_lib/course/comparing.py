"""A run is held against a baseline or another run, by what is known of noise.

How far an accuracy may move is taken from runs with other seeds, see `bands`. Where nobody has
measured that, or the two are of other clips or networks, it is what the baseline says, or half its
interval; which of these it was is said.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from twostream_lib import records
from twostream_lib.course import bands, baselines, cost_checks, differing, metrics, noise
from twostream_lib.course.bands import Noise
from twostream_lib.course.comparison import (
    ALL_PROTOCOLS,
    BETTER,
    FAILED,
    MISSING,
    NEW,
    NOTEBOOK,
    STEADY,
    WORSE,
    Check,
    Comparison,
)
from twostream_lib.errors import InputError

SUMMARY = "summary.json"  # of a matrix of runs, see `matrix`
UNKNOWN = "its tolerance in the baseline"
MORE = 3  # runs, of which is said what they would show


def compare_places(run: Path, baseline: Path, record: Path | None = None) -> Comparison:
    """Compare the run or matrix of runs in one place with the baseline or run in another.

    Args:
        run: a run folder, its `metrics.json`, or the folder of a matrix.
        baseline: a baseline file, or another run or matrix.
        record: a record of noise; None: `noise-<profile>.json` beside the baseline, if it is there.

    Raises:
        InputError: a place holds nothing that can be compared, or the two are not of one kind.
    """
    runs = read_runs(run)
    if (baseline / SUMMARY).is_file():
        before: dict = baselines.new_baseline(read_runs(baseline), None)
    else:
        before = metrics.read(baseline)
    if record:
        return compare(runs, before, bands.read(record))
    return compare(runs, before, _record_beside(baseline, metrics.kind(runs[0])))


def _record_beside(baseline: Path, of: dict) -> dict | None:
    """The record of noise beside a baseline, if it is of such runs."""
    file = baseline.parent / f"noise-{of['profile']}.json"
    found = bands.read(file) if file.is_file() else None
    return found if found and found["kind"] == of else None


def read_runs(place: Path) -> list[dict]:
    """The metrics of one run, or of the finished cells of a matrix, as `metrics.read_run` gives.

    Raises:
        InputError: what `metrics.read_run` raises it for; or a matrix has no finished cell, or
            cells of several splits or backbones, or of other clips.
    """
    if not (place / SUMMARY).is_file():
        return [metrics.read_run(place)]
    advice = "give the folder of a run or of a matrix of runs."
    cells = records.read(place / SUMMARY, advice).get("cells", [])
    try:
        runs = [metrics.read_run(place / cell["name"]) for cell in cells if not cell["failed"]]
    except (LookupError, TypeError) as error:
        raise InputError(
            f"{place / SUMMARY} does not say which runs there are: {advice}"
        ) from error
    if not runs:
        raise InputError(f"No run in {place} is finished: {advice}")
    kinds = [(metrics.kind(run), run["run"].get("backbone")) for run in runs]
    if any(one != kinds[0] for one in kinds):
        raise InputError(
            f"The runs in {place} are of several splits or backbones: compare the folder of one, "
            "or a matrix of seeds alone."
        )
    clips = {run["data"].get("fingerprint") for run in runs} - {None}
    if len(clips) > 1:
        raise InputError(
            f"The runs in {place} are of other clips ({', '.join(sorted(clips))}), as the folder "
            "of clips has changed between them: compare the folder of one, or make the matrix anew."
        )
    return runs


def compare(runs: Sequence[dict], baseline: dict, record: dict | None = None) -> Comparison:
    """What a run, or several alike but for the seed, say beside a baseline.

    Args:
        runs: their metrics.
        baseline: a baseline, or another run's metrics, which are then taken for one.
        record: a record of noise, see `bands.read`.

    Raises:
        InputError: they are of other profiles, clips, splits or training tags, or the baseline has
            no results.
    """
    unfinished = [] if metrics.is_baseline(baseline) else list(baseline["run"].get("failed", {}))
    if not metrics.is_baseline(baseline):
        baseline = baselines.new_baseline([baseline], None)
    if not baseline["results"]:
        raise InputError("The baseline has no results to compare with: give another one.")
    _demand_one_kind(runs, baseline["kind"])
    if record and record["kind"] != baseline["kind"]:
        raise InputError(
            f"The record of noise is of {_words(record['kind'])}, but the baseline of "
            f"{_words(baseline['kind'])}: give the record of such runs."
        )
    device = runs[0]["run"].get("device", "an unknown device")
    unlike = differing.unlike(runs, baseline)
    known = bands.noise_for(record, device) if record and not unlike else None
    sides = len(runs), _runs_of(baseline)
    accuracies = _accuracies(runs, baseline, known, sides)
    measured, cost_notes = cost_checks.checks(runs, baseline, known)
    return Comparison(
        differing.against(baseline),
        (*_failed(runs), *accuracies, *measured),
        tuple(differing.differences(runs, baseline)),
        (
            *_lacks(unfinished),
            *_how_judged(known, record, device, accuracies, sides, bool(unlike)),
            *differing.exactly(runs, baseline),
            *cost_notes,
        ),
        sides,
        unlike,
    )


def _demand_one_kind(runs: Sequence[dict], wanted: dict) -> None:
    for run in runs:
        if metrics.kind(run) != wanted:
            raise InputError(
                f"The run is of {_words(metrics.kind(run))}, but the baseline of {_words(wanted)}: "
                "only runs of one kind can be compared."
            )


def _words(what: dict) -> str:
    return ", ".join(f"{name} {value}" for name, value in what.items())


def _failed(runs: Sequence[dict]) -> list[Check]:
    """What failed in each run: its figures may be an earlier code's, or be none at all."""
    return [
        Check(NOTEBOOK, "", "", quantity, "", None, None, None, None, None, "", FAILED, why)
        for run in runs
        for name, why in run["run"].get("failed", {}).items()
        for quantity in [f"{name} of seed {run['run']['seed']}" if len(runs) > 1 else name]
    ]


def _lacks(unfinished: list[str]) -> list[str]:
    if not unfinished:
        return []
    return [
        f"The other run is not finished, as {', '.join(unfinished)} failed: what it lacks is not "
        "compared."
    ]


def _runs_of(baseline: dict) -> int:
    return max((row.get("runs", 1) for row in baseline["results"]), default=1)


# --- accuracies ------------------------------------------------------------------------------


def _accuracies(
    runs: Sequence[dict], baseline: dict, known: Noise | None, sides: tuple[int, int]
) -> list[Check]:
    now = baselines.mean_accuracies(runs)
    before = {
        metrics.key(row): float(row.get("mean", row["accuracy"])) for row in baseline["results"]
    }
    given = {metrics.key(row): row["tolerance"] for row in baseline["results"]}
    if known:
        now, before = _with_means(now), _with_means(before)
    checks = []
    for key, was in before.items():
        if known and key in known.accuracies:
            sd, allowed, seen = _of_noise(known, key, len(before), sides)
            judged_by = "noise between seeds"
        elif key[1] == ALL_PROTOCOLS:
            continue
        else:
            sd, allowed, seen, judged_by = None, given[key], None, UNKNOWN
        moved = _moved(was, now.get(key), allowed)
        checks.append(_check(key, was, now.get(key), sd, allowed, seen, judged_by, moved))
    added = [key for key in now if key not in before and key[1] != ALL_PROTOCOLS]
    return checks + [_check(key, None, now[key], None, None, None, "", NEW) for key in added]


def _check(key: tuple[str, str], was, now, sd, allowed, seen, judged_by: str, moved: str) -> Check:
    return Check(
        "accuracy", *key, "accuracy", "share", was, now, sd, allowed, seen, judged_by, moved
    )


def _of_noise(
    known: Noise, key: tuple[str, str], figures: int, sides: tuple[int, int]
) -> tuple[float, float, float]:
    """Standard deviation, tolerance and the smallest loss that is seen, of one figure."""
    spread, wider = known.accuracies[key], known.wider
    allowed = noise.tolerance(spread, figures, sides, wider)
    more = noise.visible(spread, figures, sides, wider) - allowed
    # A figure that hardly ever moves may still move by a few videos on another processor.
    allowed = max(allowed, baselines.SMALLEST_TOLERANCE)
    return spread.sd * wider, allowed, allowed + more


def _moved(before: float, now: float | None, allowed: float) -> str:
    """As the files have them, or what was read from one would differ from what was just made."""
    if now is None:
        return MISSING
    change, most = metrics.in_percent(now - before), metrics.in_percent(allowed)
    return WORSE if change < -most else BETTER if change > most else STEADY


def _with_means(accuracies: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """And the mean over the protocols of each network that has several: it moves less."""
    several = bands.protocols(list(accuracies))
    return accuracies | {
        (network, ALL_PROTOCOLS): float(np.mean([accuracies[network, one] for one in known]))
        for network, known in several.items()
    }


def _how_judged(
    known: Noise | None,
    record: dict | None,
    device: str,
    checks: list[Check],
    sides: tuple[int, int],
    unlike: bool,
) -> list[str]:
    half = "each accuracy may move by its tolerance in the baseline, half an interval if it is new."
    if unlike:
        return [f"No noise between seeds is applied: {half}"]
    if known is None and record is None:
        return [f"There is no record of the noise of such runs: {half}"]
    if known is None:
        return [f"The record of noise has no band for {device}, and none for a CPU: {half}"]
    seen = [_what_is_seen(known, checks, sides)]
    unmeasured = [check.name for check in checks if check.judged_by == UNKNOWN]
    said = [f"Of {', '.join(unmeasured)} no noise is known: {half}"] if unmeasured else []
    return [known.words, *seen, *said]


def _what_is_seen(known: Noise, checks: list[Check], sides: tuple[int, int]) -> str:
    losses = [check.visible for check in checks if check.visible is not None]
    if not losses:
        return "No accuracy of the baseline is in the record of noise."
    said = f"The smallest loss that is seen, 8 times in 10, is {_points(losses)}, by figure"
    if sides[0] >= MORE:
        return f"{said}."
    keys = [(one.network, one.protocol) for one in checks if one.visible is not None]
    known_before = sum(one.before is not None for one in checks)
    more = [_of_noise(known, key, known_before, (MORE, sides[1]))[2] for key in keys]
    return f"{said}; of the mean of {MORE} runs with seeds of their own it is {_points(more)}."


def _points(losses: list[float]) -> str:
    low, high = (metrics.in_percent(each) for each in (min(losses), max(losses)))
    return f"{low:.1f} to {high:.1f} points"
