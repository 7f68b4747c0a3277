"""The clips behind one cell of a confusion matrix: as a picture, and as an explorer of all cells.

It reads scores, and so is not among what `figures` loads.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd
from ipywidgets import HTML, Dropdown, HBox, VBox

from twostream_lib import clips, video
from twostream_lib.errors import InputError
from twostream_lib.figures.display import Picture
from twostream_lib.figures.explorers import Drawing, draw_on_change
from twostream_lib.figures.films import MOMENTS, THUMBNAIL
from twostream_lib.figures.pictures import grid
from twostream_lib.figures.style import short
from twostream_lib.fusion import evaluation
from twostream_lib.fusion.pairs import shared_videos
from twostream_lib.fusion.scores import Scores
from twostream_lib.markup import plain

MOST = 4  # clips in a picture


@dataclass(frozen=True)
class Cells:
    """What networks take the test videos for, and where the films lie.

    Attributes:
        said: of each network one row a video, of the same videos; the first is the matrix's.
        paths: the film of each video, by its name in the scores.
    """

    said: tuple[Scores, ...]
    paths: dict[str, str]

    @classmethod
    def of(
        cls, parts: Sequence[Scores], table: pd.DataFrame, protocol: str = "video-10"
    ) -> "Cells":
        """From scores of the test part, that of the matrix first, and the run's clip table.

        Videos that one of the networks lacks are left out.
        """
        said = shared_videos({part.network: part for part in parts}, protocol)
        return cls(tuple(said.values()), dict(zip(clips.names(table), table.path, strict=True)))

    @property
    def matrix(self) -> pd.DataFrame:
        """How many videos of a class (row) are taken for a class (column)."""
        classes = self.said[0].classes
        counts = evaluation.confusion(self.said[0], str(self.said[0].protocol[0]))
        return pd.DataFrame(counts, list(classes), list(classes))

    @property
    def commonest(self) -> tuple[str, str]:
        """The commonest mistake: true class, and what it is taken for. If there is none, the first
        class of which there is a video, rightly told."""
        matrix = self.matrix.to_numpy()
        wrong = matrix - np.diag(matrix.diagonal())
        most = wrong.argmax() if wrong.any() else (matrix > 0).argmax()
        true, taken = np.unravel_index(most, matrix.shape)
        return self.said[0].classes[true], self.said[0].classes[taken]

    def rows_of(self, true: str, taken: str) -> np.ndarray:
        """The rows of the videos in one cell, the surest first."""
        judge = self.said[0]
        classes, sure = list(judge.classes), judge.probabilities().max(axis=1)
        inside = judge.label == classes.index(true)
        inside &= judge.logits.argmax(axis=1) == classes.index(taken)
        places = np.flatnonzero(inside)
        return places[np.argsort(-sure[places], kind="stable")]


def in_cell(cells: Cells, true: str = "", taken: str = "") -> Picture:
    """The clips of one cell, five moments each, and what each network says of them.

    true, taken: class names; empty: those of `commonest`. Of many clips these are the four of
    which the network is surest.

    Raises:
        InputError: the cell is empty.
    """
    if not true:
        true, taken = cells.commonest
    rows = cells.rows_of(true, taken)
    if not len(rows):
        raise InputError(f"No video of {true} is taken for {taken}: choose another cell.")
    shown = rows[:MOST]
    pictures = [_moments(cells.paths[cells.said[0].video[row]]) for row in shown]
    names = [_words(cells, row) for row in shown]
    times = ["begins", *[""] * (MOMENTS - 2), "ends"]
    of_all = f"{len(shown)} of {len(rows)}" if len(rows) > len(shown) else f"{len(rows)}"
    what = f"taken for {short(taken)}" if taken != true else "rightly told"
    who = cells.said[0].network
    title = f"{of_all} video{'s' * (len(rows) > 1)} of {short(true)}, {what} by the {who}"
    said = "; ".join(name.replace(":\n", ": ").replace("\n", ", ") for name in names)
    return grid(pictures, names, times, title).described(
        f"{MOMENTS} moments of each video, from its beginning to its end. {said}"
    )


def _moments(path: str) -> list[np.ndarray]:
    count = video.beginning(path, 30)[0]
    picks = np.linspace(0, count - 1, MOMENTS).round().astype(int).tolist()
    return [cv2.resize(frame, THUMBNAIL) for frame in video.decode(path, picks, 2 * THUMBNAIL[0])]


def _words(cells: Cells, row: int) -> str:
    lines = []
    for one in cells.said:
        best = int(one.logits[row].argmax())
        sure = one.probabilities()[row, best]
        lines.append(f"{one.network}:\n{plain(short(one.classes[best], 20))} {100 * sure:.0f} %")
    return "\n".join(lines)


def explorer(cells: Cells) -> VBox:
    """Choose a true class and what it is taken for, and see the clips of that cell.

    Its static twin is `in_cell`. Only cells that hold a video can be chosen.
    """
    matrix = cells.matrix
    first, wrong = cells.commonest
    true = Dropdown(description="true class", options=matrix.index[matrix.sum(axis=1) > 0].tolist())
    true.value = first if first in true.options else true.options[0]
    taken = Dropdown(description="taken for")
    picture = HTML()

    def fill(_: object = None) -> None:
        row = matrix.loc[true.value].sort_values(ascending=False, kind="stable")
        taken.options = [(f"{name} ({count})", name) for name, count in row.items() if count]

    def draw() -> Drawing:
        figure = in_cell(cells, true.value, taken.value)
        return figure, figure.alt

    fill()
    if wrong in [name for _, name in taken.options]:
        taken.value = wrong
    true.observe(fill, "value")
    draw_on_change(picture, draw, taken)
    return VBox([HBox([true, taken]), picture])
