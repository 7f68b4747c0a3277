"""What a run found, as people read it: the tables of the terminal, the report and the README."""

from twostream_lib import networks
from twostream_lib.course.metrics import in_percent
from twostream_lib.fusion import evaluation
from twostream_lib.fusion.evaluation import Result

MAIN_PROTOCOL = "video-10"  # of the README's table, and the report's figures


def by_protocol(metrics: dict) -> dict[str, list[dict]]:
    """The results under each protocol: figures of different protocols are not ranked."""
    found: dict[str, list[dict]] = {protocol: [] for protocol in evaluation.PROTOCOLS}
    for row in metrics["results"]:
        found[row["protocol"]].append(row)
    return {protocol: rows for protocol, rows in found.items() if rows}


def counted(protocol: str) -> str:
    """What the `n` of a protocol counts."""
    return "windows" if protocol == "window" else "videos"


def shown(share: float | None) -> str:
    """A share as percent with one decimal, such as `61.3`; a dash where there is none."""
    return "–" if share is None else f"{in_percent(share):.1f}"


def with_interval(result: Result) -> str:
    """An accuracy and its 95 % interval in percent, such as `67.3 (59.8 to 73.9)`."""
    return f"{shown(result.accuracy)} ({shown(result.low)} to {shown(result.high)})"


def table(metrics: dict) -> str:
    """The results as lines for a terminal, a block a protocol."""
    if not metrics["results"]:
        return "No network has been scored yet."
    data = metrics["data"]
    tags = " and ".join(str(tag) for tag in data["train_tags"])
    lines = [f"{data['name']}, split {data['split']}, trained on tag {tags}; accuracies in percent"]
    for protocol, rows in by_protocol(metrics).items():
        head = ("this run", "95 % interval", counted(protocol), "sources", "ceiling", "paper")
        lines += ["", _line(protocol, *head)]
        lines += [_row_line(row, data["ceilings"]) for row in rows]
    return "\n".join(lines)


def _row_line(row: dict, ceilings: dict[str, float]) -> str:
    best = networks.ceiling(row["network"], ceilings)
    interval = f"{shown(row['low'])} to {shown(row['high'])}"
    counts = str(row["n"]), str(row["sources"])
    return _line(
        row["network"], shown(row["accuracy"]), interval, *counts, shown(best), shown(row["paper"])
    )


def _line(name: str, accuracy: str, interval: str, *numbers: str) -> str:
    return f"{name:<20}{accuracy:>9}{interval:>16}" + "".join(f"{one:>9}" for one in numbers)


def readme_table(metrics: dict) -> str:
    """The README's table of a run or of a baseline: Markdown, the networks in a reader's words."""
    head = "| network | test videos right | 95 % interval | best possible |\n|---|---|---|---|"
    rows = [_markdown(row, metrics["data"]["ceilings"]) for row in main_rows(metrics)]
    return "\n".join([head, *rows])


def main_rows(metrics: dict) -> list[dict]:
    """The results under the protocol that is shown first."""
    return [row for row in metrics["results"] if row["protocol"] == MAIN_PROTOCOL]


def readme_setting(baseline: dict) -> str:
    """What the README says of how its table was made: clips, split, tags, seed and n."""
    of, rows = baseline["kind"], main_rows(baseline)
    videos, sources = (max((row[name] for row in rows), default=0) for name in ("n", "sources"))
    tags = " and ".join(map(str, of["train_tags"]))
    return (
        f"The {of['profile']} run on {of['name']}: split {of['split']}, trained on tag {tags}, "
        f"seed {baseline['data']['seed']}, "
        f"{videos} test videos of {sources} sources"
    )


def _markdown(row: dict, ceilings: dict[str, float]) -> str:
    interval = f"{shown(row['low'])} to {shown(row['high'])}"
    best = shown(networks.ceiling(row["network"], ceilings))
    words = networks.get(row["network"]).words
    return f"| {words} | {shown(row['accuracy'])} % | {interval} | {best} |"
