"""One run as one HTML file: the table beside the paper's, the figures, and what was run on what."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd
from markupsafe import Markup

from twostream_lib import figures, networks
from twostream_lib.course import metrics, paper, showing
from twostream_lib.course.run import Run
from twostream_lib.course.showing import MAIN_PROTOCOL
from twostream_lib.errors import InputError
from twostream_lib.files import write_text
from twostream_lib.fusion import FUSIONS, evaluation, score_files, scores
from twostream_lib.markup import image_tag
from twostream_lib.training.checkpoints import read_history

TEMPLATE = "report.html.jinja"
EXPLAINED = {
    "window": "each mode-2 window by itself",
    "video-1": "the centre window of each video",
    "video-10": "ten evenly spaced windows of each video, averaged",
}


def write(run: Run, found: dict, file: Path) -> None:
    """Write the report of a run in one step.

    Args:
        run: the run, for its folder's scores, histories and clip table.
        found: what `metrics.read` gives for it.
        file: where the report is to be.
    """
    write_text(file, render(run, found))


def render(run: Run, found: dict) -> str:
    """The report as HTML that needs no other file."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    # Strict: a name that metrics.json lacks must not become an empty cell.
    page = jinja2.Environment(autoescape=True, loader=loader, undefined=jinja2.StrictUndefined)
    return page.get_template(TEMPLATE).render(
        **found,
        headline=headline(found),
        blocks=showing.by_protocol(found),
        counted=showing.counted,
        explained=EXPLAINED,
        shown=showing.shown,
        ceiling_of=lambda row: networks.ceiling(row["network"], found["data"]["ceilings"]),
        learned=[name for name in fusions(found) if networks.get(name).learned],
        trained=trained_together(found),
        untold=paper.not_stated(),
        figures=main_figures(run, found),
        set_aside=set_aside(run.folder / "clips.csv"),
    )


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


def set_aside(clips: Path) -> list[dict[str, str]]:
    """File name and reason of each clip that could not be used."""
    if not clips.is_file():
        return []
    table = pd.read_csv(clips)
    bad = table[~table.ok.astype(bool)]
    return [{"name": Path(clip.path).name, "why": clip.why} for clip in bad.itertuples()]


# --- figures ---------------------------------------------------------------------------------


def main_figures(run: Run, found: dict) -> dict[str, Markup]:
    """Captions, and the main figures as `<img>` tags with their bytes and words in them.

    In the place of a figure whose numbers cannot be read is the sentence that says why.
    """
    curves = _curves(run.folder / "checkpoints", found["data"]["classes"])
    return _accuracies(found) | _confusion(run.folder / "scores") | curves


def _accuracies(found: dict) -> dict[str, Markup]:
    rows = showing.by_protocol(found).get(MAIN_PROTOCOL)
    if not rows:
        return {}
    figure = figures.accuracies([metrics.as_result(row) for row in rows], found["data"]["ceilings"])
    return {f"Accuracies under protocol {MAIN_PROTOCOL}": _image(figure, figure.alt)}


def _confusion(folder: Path) -> dict[str, Markup]:
    file = folder / "average.npz"
    if not file.is_file():
        return {}
    caption = "What the averaged streams take for what"
    return {caption: _or_why(lambda: _confusion_image(score_files.load_part(file, "test")))}


def _confusion_image(test: scores.Scores) -> Markup:
    matrix = evaluation.confusion(test, MAIN_PROTOCOL)
    right, n = int(matrix.trace()), int(matrix.sum())
    title = f"{right} of {n} test videos are on the diagonal"
    figure = figures.confusion(matrix, test.classes, title)
    alt = f"Confusion matrix of the averaged streams; {_worst(matrix, test.classes)}"
    return _image(figure, alt)


def _or_why(draw: Callable[[], Markup]) -> Markup:
    """A figure, or the sentence that says why its numbers cannot be read."""
    try:
        return draw()
    except InputError as error:
        return Markup("<p>{}</p>").format(str(error))


def _worst(matrix: np.ndarray, classes: tuple[str, ...]) -> str:
    wrong = matrix - np.diag(matrix.diagonal())
    if not wrong.any():
        return "nothing is off the diagonal."
    true, taken = divmod(int(wrong.argmax()), len(classes))
    return f"most often {classes[true]} is taken for {classes[taken]} ({wrong[true, taken]} times)."


def _curves(checkpoints: Path, classes: int) -> dict[str, Markup]:
    images = {}
    folders = [file.parent for file in checkpoints.glob("*/history.json")]
    for folder in sorted(filter(_watched, folders), key=_place):
        images[_caption(folder.name)] = _or_why(partial(_curve, folder, classes))
    return images


def _watched(checkpoint: Path) -> bool:
    """Whether the validation part was looked at in training; what learned from all clips was not
    watched. A history that cannot be read is shown, with the reason."""
    try:
        return all("valid_loss" in epoch for epoch in read_history(checkpoint))
    except InputError:
        return True


def _curve(checkpoint: Path, classes: int) -> Markup:
    figure = figures.curves(read_history(checkpoint), classes)
    return _image(figure, figure.alt)


def _place(folder: Path) -> tuple:
    """Networks in the order of every table, then the gaps from small to large."""
    known, gap = networks.names(), _gap(folder.name)
    place = known.index(folder.name) if folder.name in known else len(known)
    return place, gap or 0, folder.name


def _caption(name: str) -> str:
    """Whose training a checkpoint's folder of this name holds, for a reader."""
    gap = _gap(name)
    if gap is None:
        return f"How {name} learned"
    return f"How SG3I with a gap of {gap} learned (frames from one of its three to the next)"


def _gap(name: str) -> int | None:
    """Notebook 04's checkpoints of the gap that it tries are `gap-<frames>`."""
    found = re.fullmatch(r"gap-(\d+)", name)
    return int(found[1]) if found else None


def _image(figure: figures.Picture, alt: str) -> Markup:
    return Markup(image_tag(figures.to_png(figure), alt))
