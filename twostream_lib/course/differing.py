"""What else is not the same where two runs are compared: code, clips, seed, machine, packages."""

from collections.abc import Iterator, Sequence

from twostream_lib.course import metrics
from twostream_lib.course.comparison import Difference

UNKNOWN = "–"
NAMES = {
    "git": "code commit",
    "device": "device",
    "machine": "processor",
    "cores": "cores",
    "threads": "threads",
    "backbone": "backbone",
    "weights": "weights",
}
COMPUTED_BY = ("device", "machine", "cores", "threads", "backbone", "weights", "packages")


def against(baseline: dict) -> str:
    """What a baseline is, in one sentence; one of an earlier version tells little."""
    about, accepted = baseline.get("run"), baseline.get("accepted")
    if not about:
        return "A baseline of an earlier version, which does not say what it was made on."
    seeds = ", ".join(map(str, about["seeds"])) if "seeds" in about else UNKNOWN
    words = (
        f"Seed {seeds}, commit {about.get('git') or 'unknown'}, on {about.get('device', UNKNOWN)} "
        f"({about.get('machine', UNKNOWN)})"
    )
    if not accepted:
        return f"{words}."
    return f"{words}; accepted on {accepted[-1]['date']}: {accepted[-1]['because']}"


def unlike(runs: Sequence[dict], baseline: dict) -> str:
    """That the figures are of other clips or of another network than the baseline's, in a sentence;
    empty where they are not, or nobody knows."""
    found = metrics.unlike(runs[0], baseline)
    if not found:
        return ""
    said = ", ".join(f"{name} {there} → {here}" for name, (there, here) in found.items())
    return (
        f"The run is not made of what the baseline is made of ({said}): that may move its figures "
        "by more than noise between seeds does."
    )


def differences(runs: Sequence[dict], baseline: dict) -> list[Difference]:
    """All that differs and is known of one side at least; nothing of a baseline that is silent."""
    here, there = runs[0]["run"], baseline.get("run")
    if not there:
        return []
    found = [_texts(word, there.get(name), here.get(name)) for name, word in NAMES.items()]
    data = "fingerprint"
    found.append(_texts("clips", baseline.get("data", {}).get(data), runs[0]["data"].get(data)))
    found.append(_texts("seed", _listed(there.get("seeds")), _listed(_seeds(runs))))
    found += _packages(there, here)
    return [one for one in found if one.before != one.now]


def _packages(there: dict, here: dict) -> Iterator[Difference]:
    yield _texts("python", *(one.get("versions", {}).get("python") for one in (there, here)))
    before, now = (one.get("packages", {}) for one in (there, here))
    for name in sorted(before.keys() | now.keys()):
        yield _texts(name, before.get(name), now.get(name))


def exactly(runs: Sequence[dict], baseline: dict) -> list[str]:
    """Where nothing differs that figures depend on but the code, they are compared to the last
    digit: any that moved says that the code computes something else. Of a run that went on with
    what lay in its folder, this may be what another code computed."""
    here, there = runs[0]["run"], baseline.get("run")
    alike = there and all(
        here.get(name) is not None and here.get(name) == there.get(name) for name in COMPUTED_BY
    )
    first = there and there.get("seeds", [None])[0]
    if len(runs) > 1 or not alike or here["seed"] != first:
        return []
    if runs[0]["data"].get("fingerprint") != baseline.get("data", {}).get("fingerprint"):
        return []
    now = {metrics.key(row): metrics.in_percent(row["accuracy"]) for row in runs[0]["results"]}
    both = [row for row in baseline["results"] if metrics.key(row) in now]
    other = [
        f"{row['network']} ({row['protocol']})"
        for row in both
        if now[metrics.key(row)] != metrics.in_percent(row["accuracy"])
    ]
    alike_words = "Seed, clips, machine and packages are the baseline's"
    resumed = here.get("resumed")
    if not other and resumed:
        return [
            f"{alike_words}, and all {len(both)} accuracies are; but the run went on with what lay "
            "in its folder, so that says nothing of this code."
        ]
    if not other:
        return [f"{alike_words}, and all {len(both)} accuracies are, to the last digit."]
    said = ", ".join(other[:3]) + (" and so on" if len(other) > 3 else "")
    code = "the code, or the one that made what lay in its folder," if resumed else "the code"
    return [
        f"{alike_words}, but {len(other)} of {len(both)} accuracies are others ({said}): {code} "
        "computes something else."
    ]


def _texts(name: str, before: object, now: object) -> Difference:
    return Difference(name, *(UNKNOWN if one is None else str(one) for one in (before, now)))


def _seeds(runs: Sequence[dict]) -> list[int]:
    return [run["run"]["seed"] for run in runs]


def _listed(seeds: Sequence[int] | None) -> str | None:
    return None if seeds is None else ", ".join(map(str, seeds))
