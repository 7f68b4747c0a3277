"""The figures of a run's report, each drawn for a wide page and again for a phone.

Letters of a figure that is made for 900 pixels cannot be read on 390. So a browser is given two, in
one element, and shows the one that fits; what cannot be drawn narrow, such as a matrix of classes,
scrolls in a box of its own. In the place of a figure whose numbers cannot be read stands why.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from markupsafe import Markup

from twostream_lib import figures, networks
from twostream_lib.course import metrics, showing, side_results
from twostream_lib.course.earlier import Finished
from twostream_lib.course.report_findings import Paired
from twostream_lib.course.run import Run
from twostream_lib.course.showing import MAIN_PROTOCOL
from twostream_lib.errors import InputError
from twostream_lib.figures import Picture
from twostream_lib.fusion import FUSIONS, evaluation, score_files
from twostream_lib.fusion.scores import Scores
from twostream_lib.markup import image_tag
from twostream_lib.training.checkpoints import read_history

NARROW = "(max-width: 40rem)"  # of a page: the stylesheet has the same
SHARP = 200  # pixels an inch, of figures for phones, whose pixels are small
MOST_MISTAKES = 5
# FuseNet learns from scores, and what is watched are the same ones: nothing is held out.
FUSED = ("the same scores, after the epoch", "the same scores after it")
LEARNED_FROM_SCORES = (
    "It learned from what the streams say of training clips that they had not learned from. Both "
    "lines are of these same scores of clips: nothing is held out, and no film is looked at."
)


@dataclass(frozen=True)
class Shown:
    """A figure as the page has it: what it is, a sentence that belongs to it, and the image."""

    caption: str
    image: Markup
    note: str = ""


def both(draw: Callable[[], Picture]) -> Markup:
    """One `<picture>` with the figure as `draw` makes it, and as it makes it for a phone."""
    wide = draw()
    with figures.room_of(figures.PHONE):
        narrow = base64.b64encode(figures.to_png(draw(), SHARP)).decode("ascii")
    image = image_tag(figures.to_png(wide), wide.alt)
    source = f'<source media="{NARROW}" srcset="data:image/png;base64,{narrow}">'
    return Markup(f"<picture>{source}{image}</picture>")


def scrolling(figure: Picture, label: str, alt: str = "") -> Markup:
    """A figure that keeps its size on a phone, in a box that scrolls."""
    box = Markup('<div class="wide" tabindex="0" role="group" aria-label="{}">').format(label)
    image = Markup(image_tag(figures.to_png(figure), alt or figure.alt))
    return box + Markup('<div class="matrix">') + image + Markup("</div></div>")


def or_why(draw: Callable[[], Shown], caption: str) -> Shown:
    """What `draw` makes, or why its numbers cannot be read."""
    try:
        return draw()
    except InputError as error:
        return Shown(caption, Markup("<p>{}</p>").format(str(error)))


# --- results -------------------------------------------------------------------------------------


def accuracies(found: dict) -> list[Shown]:
    """The networks of the run under the main protocol, beside their ceilings."""
    if not (rows := showing.main_rows(found)):
        return []
    results = [metrics.as_result(row) for row in rows]
    image = both(lambda: figures.accuracies(results, found["data"]["ceilings"]))
    return [Shown(f"Accuracies under protocol {MAIN_PROTOCOL}", image)]


def confusion(scores: Path) -> list[Shown]:
    """What the averaged streams take for what, where they were averaged."""
    file, caption = scores / "average.npz", "What the averaged streams take for what"
    if not file.is_file():
        return []
    return [or_why(lambda: _confusion(score_files.load_part(file, "test"), caption), caption)]


def _confusion(test: Scores, caption: str) -> Shown:
    matrix = evaluation.confusion(test, MAIN_PROTOCOL)
    right, n = int(matrix.trace()), int(matrix.sum())
    title = f"{right} of {n} test videos are on the diagonal"
    figure = figures.confusion(matrix, test.classes, title)
    worst = mistakes(matrix, test.classes)
    alt = f"Confusion matrix of the averaged streams; {title}. {worst}"
    return Shown(caption, scrolling(figure, caption, alt), worst)


def mistakes(matrix: np.ndarray, classes: Sequence[str]) -> str:
    """The most frequent mistakes of a confusion matrix, in a sentence."""
    wrong = matrix - np.diag(matrix.diagonal())
    worst = [int(place) for place in np.argsort(-wrong, axis=None, kind="stable")]
    cells = [divmod(place, len(classes)) for place in worst[:MOST_MISTAKES]]
    said = [
        f"{classes[true]} is taken for {classes[taken]} ({wrong[true, taken]})"
        for true, taken in cells
        if wrong[true, taken]
    ]
    if not said:
        return "Nothing is off the diagonal."
    return f"Most often, and how many times: {'; '.join(said)}."


def differences(found: Paired) -> Shown:
    """All pairs of networks, and which differences are real."""
    caption = "Every network beside every other"
    figure = figures.differences(found.table, found.order)
    return Shown(caption, scrolling(figure, caption))


# --- beside the streams --------------------------------------------------------------------------


def gaps(run: Run) -> list[Shown]:
    """How often the streams of the gaps that were tried are right."""
    if not (found := side_results.gap_results(run)):
        return []
    fps = run.settings.dense_plan.fps
    line = {gap / fps: result for gap, result in found.items()}
    frames = ", ".join(map(str, found))
    title = f"Validation videos right, by the gap: {frames} frames at {fps:g} a second"
    across = "seconds from one frame to the next"
    streams = {"temporal-sg3i": line}
    image = both(lambda: figures.by_number(streams, across, "validation videos", title))
    return [Shown("SG3I, by how far apart its three frames are", image)]


def leak(found: dict) -> list[Shown]:
    """Test clips that have a sibling in training; `found` is of `report_findings.leaks`."""
    if not found:
        return []
    return [Shown("The leak audit", both(lambda: figures.leak(found)))]


def history(runs: Sequence[Finished]) -> list[Shown]:
    """The main networks in each of several runs, the oldest first; nothing of a single run."""
    with_results = [run for run in runs if run.results(MAIN_PROTOCOL)]
    if len(with_results) < 2:
        return []
    names = [f"{run.when:%m-%d %H:%M}" for run in with_results]
    results = [run.results(MAIN_PROTOCOL) for run in with_results]
    image = both(lambda: figures.over_runs(names, results))
    return [Shown("The main networks, run by run", image)]


# --- how networks learned ------------------------------------------------------------------------


def curves(run: Run, classes: int) -> tuple[list[Shown], list[Shown]]:
    """How the networks learned that were watched: those of clips, and the fusions of scores."""
    folders = [file.parent for file in run.folder.glob("checkpoints/*/history.json")]
    of_clips: list[Shown] = []
    of_scores: list[Shown] = []
    for folder in sorted(filter(_watched, folders), key=_place):
        caption = _caption(folder.name)
        one = or_why(partial(_curve, folder, classes, caption), caption)
        (of_scores if folder.name in FUSIONS else of_clips).append(one)
    return of_clips, of_scores


def _watched(checkpoint: Path) -> bool:
    """Whether something was looked at after each epoch; what learned from all clips was not
    watched. A history that cannot be read is shown, with the reason."""
    try:
        return all("valid_loss" in epoch for epoch in read_history(checkpoint))
    except InputError:
        return True


def _curve(checkpoint: Path, classes: int, caption: str) -> Shown:
    epochs = read_history(checkpoint)
    if checkpoint.name in FUSIONS:
        image = both(lambda: figures.curves(epochs, classes, FUSED))
        return Shown(caption, image, LEARNED_FROM_SCORES)
    return Shown(caption, both(lambda: figures.curves(epochs, classes)))


def _place(folder: Path) -> tuple:
    """Networks in the order of every table, then the gaps from small to large."""
    known, gap = networks.names(), side_results.gap_of(folder.name)
    place = known.index(folder.name) if folder.name in known else len(known)
    return place, gap or 0, folder.name


def _caption(name: str) -> str:
    """Whose training a checkpoint's folder of this name holds, for a reader."""
    if gap := side_results.gap_of(name):
        return f"How SG3I with a gap of {gap} learned (frames from one of its three to the next)"
    if name in FUSIONS:
        return f"How {name} learned from scores of clips"
    return f"How {name} learned"
