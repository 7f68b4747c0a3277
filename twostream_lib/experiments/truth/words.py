"""A record of the truth run in words and tables."""

from typing import Any

import pandas as pd

AHEAD, BEHIND, NOT_SHOWN = "ahead", "behind", "not shown"
KEPT = {AHEAD: "kept", BEHIND: "broken", NOT_SHOWN: "not shown"}


def verdict(pair: dict[str, Any]) -> str:
    """What a pair's interval says of its first arm: `AHEAD`, `BEHIND` or `NOT_SHOWN`."""
    if pair["low"] > 0:
        return AHEAD
    return BEHIND if pair["high"] < 0 else NOT_SHOWN


def promise(pair: dict[str, Any]) -> str:
    """Whether a pair is what the generator promises; empty where it promises nothing.

    A promise is broken where the first arm is behind. Where no difference is shown, neither is that
    it was kept, nor that it was not.
    """
    return KEPT[verdict(pair)] if pair["promised"] else ""


def pair_words(pair: dict[str, Any]) -> str:
    """Such as `joint over svm (throw, catch)`."""
    classes = pair["classes"]
    of = f" ({', '.join(classes)})" if 0 < len(classes) <= 3 else ""
    some = f" ({len(classes)} classes)" if len(classes) > 3 else of
    return f"{pair['first']} over {pair['second']}{some}"


def points(found: dict[str, Any]) -> str:
    """A difference in points with its interval, such as `+4.2 (1.0 to 7.5)`."""
    mean, low, high = (100 * found[name] for name in ("mean", "low", "high"))
    return f"{mean:+z.1f} ({low:z.1f} to {high:z.1f})"  # z: no zero has a minus


def percent(found: dict[str, Any]) -> str:
    """A share in percent with its interval, such as `56.2 (51.0 to 61.3)`."""
    return f"{100 * found['mean']:.1f} ({100 * found['low']:.1f} to {100 * found['high']:.1f})"


def pairs_table(question: dict[str, Any]) -> pd.DataFrame:
    """The pairs of a question as a table to look at; points with 95 % intervals."""
    return pd.DataFrame(
        [
            {
                "compared": pair_words(pair),
                "points ahead": points(pair),
                "verdict": verdict(pair),
                "promised": promise(pair),
                "videos": f"{pair['n']:,}",
                "sources": f"{pair['sources']:,}",
            }
            for pair in question["pairs"]
        ],
        columns=["compared", "points ahead", "verdict", "promised", "videos", "sources"],
    ).set_index("compared")


def arms_table(question: dict[str, Any]) -> pd.DataFrame:
    """The arms of a question as a table to look at: shares in percent with 95 % intervals."""
    return pd.DataFrame(
        [
            {
                "arm": name,
                "right (%)": percent(arm),
                "run by run": ", ".join(f"{100 * mean:.1f}" for mean in arm["by_run"]),
                "videos": f"{arm['n']:,}",
                "sources": f"{arm['sources']:,}",
            }
            for name, arm in question["arms"].items()
        ]
    ).set_index("arm")


def measured(record: dict[str, Any]) -> str:
    """When, by what and on what a record was measured, in a sentence or two."""
    seeds = ", ".join(str(run["seed"]) for run in record["runs"])
    splits = ", ".join(str(run["split"]) for run in record["runs"])
    start = "random weights" if record["weights"] == "none" else record["weights"]
    commit = record["git"] or "unknown"
    return (
        f"Measured on {record['date']}, commit {commit}, {record['device']}, in "
        f"{record['seconds'] / 60:.0f} minutes: {len(record['runs'])} runs on {record['data']} "
        f"(seeds {seeds}; splits {splits}), {record['backbone']} from {start}. 95 % intervals are "
        "over sources and runs, each by itself: even where there is no difference, one in twenty "
        "leaves out zero."
    )
