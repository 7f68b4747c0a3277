"""What the runs of a matrix say together: means, spread over seeds, and intervals."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from twostream_lib import records
from twostream_lib.course import metrics
from twostream_lib.course.comparing import SUMMARY
from twostream_lib.errors import InputError
from twostream_lib.files import write_text
from twostream_lib.fusion import evaluation, repeats, score_files
from twostream_lib.fusion.scores import Scores, per_video

TABLE = "summary.csv"
SCHEMA = 1
KEYS = ["backbone", "network", "protocol"]


def summarise(folder: Path, cells: Sequence[dict]) -> dict:
    """Sum up the cells in `folder`.

    A mean is over runs, each of which counts alike. Its interval (95 %) knows that other sources
    and other runs would give something else, see `repeats.interval`. The spread is the standard
    deviation from one seed to the next: of one split and backbone, pooled over these.

    Args:
        folder: of the matrix.
        cells: `name, seed, split, backbone, failed` of each; one whose `failed` is no empty
            sentence is left out.

    Returns:
        `cells`, as they were given, with `git`, `seconds` and `fingerprint` (of the clips); and
        `results`, a row for each backbone, network and protocol: `mean, low, high, spread`
        (percent; the spread is None where no split has two seeds), `runs, seeds, splits, n,
        sources`.
    """
    told, rows = [], []
    for cell in cells:
        try:
            of_cell, about = ([], {}) if cell["failed"] else _read(folder / cell["name"], cell)
        except InputError as error:
            cell, of_cell, about = {**cell, "failed": str(error)}, [], {}
        rows += of_cell
        told.append(cell | about)
    groups: dict[tuple, list[dict]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in KEYS), []).append(row)
    results = [dict(zip(KEYS, key, strict=True)) | _together(of) for key, of in groups.items()]
    return {"schema": SCHEMA, "cells": told, "results": results}


def _read(place: Path, cell: dict) -> tuple[list[dict], dict]:
    """For each result of a run, which things were right, and of which source they are."""
    found = metrics.read_run(place)
    parts: dict[str, Scores] = {}
    rows = []
    for result in found["results"]:
        network, protocol = metrics.key(result)
        if network not in parts:
            parts[network] = score_files.load_part(place / "scores" / f"{network}.npz", "test")
        said = parts[network].under(protocol)
        said = said if protocol == "window" else per_video(said)
        kept = {"network": network, "protocol": protocol, "right": evaluation.correct(said)}
        backbone = found["run"].get("backbone", cell["backbone"])
        about = {"seed": cell["seed"], "split": cell["split"], "backbone": backbone}
        rows.append(kept | about | {"source": said.source})
    about = {"git": found["run"].get("git"), "seconds": found["run"].get("seconds")}
    about |= {"fingerprint": found["data"].get("fingerprint")}
    return rows, about | {"backbone": found["run"].get("backbone", cell["backbone"])}


def _together(rows: Sequence[dict]) -> dict:
    found = repeats.mean_of([row["right"] for row in rows], [row["source"] for row in rows])
    percent = {name: metrics.in_percent(getattr(found, name)) for name in ("mean", "low", "high")}
    spread = _spread([row["split"] for row in rows], found.by_run)
    return percent | {
        "spread": None if spread is None else metrics.in_percent(spread),
        "runs": len(rows),
        "seeds": len({row["seed"] for row in rows}),
        "splits": len({row["split"] for row in rows}),
        "n": found.n,
        "sources": found.sources,
    }


def _spread(splits: Sequence[int], shares: Sequence[float]) -> float | None:
    """The standard deviation within a split, pooled over splits; None where none has two runs."""
    by_split = [np.array(shares)[np.array(splits) == split] for split in sorted(set(splits))]
    several = [of_split for of_split in by_split if len(of_split) > 1]
    if not several:
        return None
    squares = sum(float(((each - each.mean()) ** 2).sum()) for each in several)
    return math.sqrt(squares / sum(len(each) - 1 for each in several))


def is_ours(folder: Path) -> bool:
    """Whether the two files that `write` writes are earlier ones of its own, or not there."""
    try:
        return "cells" in records.read(folder / SUMMARY, "name another folder.")
    except FileNotFoundError:
        return not (folder / TABLE).exists()
    except InputError:
        return False


def write(found: dict, folder: Path) -> None:
    """Write `summary.json`, and its results as `summary.csv`."""
    records.write(folder / SUMMARY, found)
    write_text(folder / TABLE, pd.DataFrame(found["results"]).to_csv(index=False))


def table(found: dict) -> str:
    """The results as lines for a terminal, a block for each backbone and protocol."""
    lines = [*_unlike(found["cells"])]
    lines += [""] * bool(lines)
    if not found["results"]:
        return "\n".join([*lines, "No run has results."])
    lines.append("accuracies in percent; the spread is the standard deviation between seeds")
    order = list(evaluation.PROTOCOLS)
    blocks = sorted(
        {(row["backbone"], row["protocol"]) for row in found["results"]},
        key=lambda block: (block[0], order.index(block[1])),
    )
    for backbone, protocol in blocks:
        heads = ("mean", "spread", "95 % interval", "runs", "sources")
        lines += ["", _line(f"{protocol} ({backbone})", heads)]
        of_block = [
            row
            for row in found["results"]
            if (row["backbone"], row["protocol"]) == (backbone, protocol)
        ]
        lines += [_line(row["network"], _cells(row)) for row in of_block]
    return "\n".join(lines)


def _unlike(cells: Sequence[dict]) -> Iterator[str]:
    """Sentences on what the runs of a matrix should share, and do not."""
    commits = {cell["git"] for cell in cells if cell.get("git")}
    if len(commits) > 1:
        yield f"These runs are of several commits of the code: {', '.join(sorted(commits))}."
    for split in sorted({cell["split"] for cell in cells}):
        of_split = [cell for cell in cells if cell["split"] == split and cell.get("fingerprint")]
        clips: dict[str, list[str]] = {}
        for cell in of_split:
            clips.setdefault(cell["fingerprint"], []).append(cell["name"])
        if len(clips) > 1:
            said = "; ".join(f"{word}: {', '.join(names)}" for word, names in clips.items())
            yield (
                f"These runs of split {split} are of other clips ({said}), and their means say "
                "nothing: give the matrix of the clips of today another name."
            )


def _cells(row: dict) -> tuple[str, ...]:
    spread = "–" if row["spread"] is None else f"{row['spread']:.2f}"
    interval = f"{row['low']:.1f} to {row['high']:.1f}"
    return f"{row['mean']:.1f}", spread, interval, str(row["runs"]), str(row["sources"])


def _line(name: str, cells: tuple[str, ...]) -> str:
    return f"{name:<28}" + "".join(f"{cell:>15}" for cell in cells)
