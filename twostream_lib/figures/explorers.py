"""Explorers for a person with a mouse or a keyboard; they run under ipywidgets 7.7 and 8.

Headless runs and printed pages show no widgets, so each has a static twin that draws the same
picture once: `figures.frames_strip`, `figures.three_views`, `figures.weights`. Pictures and clips
are HTML and not captured output: they work in every front end, and they carry alternative text.
"""

import base64
import html
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from ipywidgets import HTML, Dropdown, FloatSlider, HBox, IntSlider, VBox
from ipywidgets import Widget as Control
from matplotlib.figure import Figure

from twostream_lib import clips, figures, flow, fusion, sg3i, video
from twostream_lib.clips.folders import below
from twostream_lib.clips.table import readable
from twostream_lib.errors import InputError
from twostream_lib.fusion.scores import Scores
from twostream_lib.markup import image_tag
from twostream_lib.video import encoding

STRIP = 6  # frames in the browser's strip
EXPLORED = 10  # seconds of a clip in the motion explorer
WIDEST_GAP = 15  # frames; half a second at 30 fps

Drawing = tuple[Figure, str]  # a figure and its alternative text


def clip_browser(table: pd.DataFrame, copies: Path) -> VBox:
    """Choose a class and one of its clips, play it, and see six frames from beginning to end.

    Of a long clip it is the first 30 seconds. table: a clip table; clips that were probed and found
    broken are left out. copies: a folder for the copies that browsers can play, made if it is not
    there; each clip is copied when chosen.
    """
    copies.mkdir(parents=True, exist_ok=True)
    whole = readable(table)
    label = Dropdown(options=clips.classes(whole), description="class")
    clip = Dropdown(options=_names(whole, label.value), description="clip")
    clip.layout = {"width": "auto", "flex": "1 1 auto"}
    picture = HTML()

    def fill(_: object) -> None:
        clip.options = _names(whole, label.value)

    def show() -> str:
        count, _ = video.beginning(clip.value, encoding.LONGEST)
        picks = np.linspace(0, count - 1, STRIP).round().astype(int).tolist()
        titles = [f"frame {pick}" for pick in picks]
        name = Path(clip.value).name
        frames = video.decode(clip.value, picks, encoding.HIGHEST)
        figure = figures.frames_strip(frames, titles, f"{label.value}: {name}")
        alt = f"{STRIP} of the {count} frames of {name}, a clip of {label.value}."
        player = _player(
            encoding.for_browser(clip.value, copies), f"{name}, a clip of {label.value}"
        )
        return f"{player}<br>{image_tag(figures.to_png(figure), alt)}"

    label.observe(fill, "value")
    _show_on_change(picture, show, clip)
    return VBox([HBox([label, clip]), picture])


def motion_explorer(source: pd.DataFrame | np.ndarray) -> VBox:
    """Choose a moment, a gap and a method, and see the frame, its SG3I and its optical flow.

    The SG3I is of three frames, `gap` apart; the frame is the middle one, and the flow goes from
    there to the last one. source: a clip table, or the gray frames of one clip, uint8 [T, H, W].
    """
    clip, read = _clip_menu(source)
    start, gap = _slider("start", 0, 0), _slider("gap", 1, 5, WIDEST_GAP)
    method = Dropdown(options=list(flow.METHODS), description="method")
    picture = HTML()

    def draw() -> Drawing:
        gray = _three_or_more(read(clip.value))
        gap.max = min(WIDEST_GAP, (len(gray) - 1) // 2)
        start.max = len(gray) - 1 - 2 * gap.value
        picks = start.value + gap.value * np.arange(3)
        field = flow.estimate(gray[picks[1:]], method.value)[0]
        figure = figures.three_views(gray[picks[1]], sg3i.stack(gray[picks]), field, gap.value)
        alt = f"Frame {picks[1]} of {clip.label}, the SG3I of frames {_listed(picks)}, and the flow"
        alt += f" from frame {picks[1]} to {picks[2]} by {method.value}."
        return figure, f"{alt} {figure.get_suptitle()}."

    draw_on_change(picture, draw, clip, start, gap, method)
    return VBox([clip, HBox([start, gap, method]), picture])


def scores_explorer(first: Scores, second: Scores) -> VBox:
    """Slide the first stream's share in the average, and see the accuracy on these windows.

    Raises what `fusion.best_weight` raises, above all for scores of the test part: a weight that
    was chosen by looking at test clips makes the test worthless.
    """
    _, shares, accuracy = fusion.best_weight([first, second])
    names = (first.network, second.network)
    share = FloatSlider(value=0.5, min=0, max=1, step=0.05, description=first.network)
    share.continuous_update = False
    picture = HTML()

    def draw() -> Drawing:
        figure = figures.weights(shares, accuracy, names, len(first), share.value)
        return figure, f"Accuracy of the average by share. {figure.get_suptitle()}."

    draw_on_change(picture, draw, share)
    return VBox([share, picture])


def _player(copy: Path, name: str) -> str:
    """A video with its own bytes and the browser's buttons; it starts when it is told to."""
    data = base64.b64encode(copy.read_bytes()).decode("ascii")
    source = f"data:video/{copy.suffix[1:]};base64,{data}"
    label = html.escape(name, quote=True)
    return (
        f'<video controls loop muted playsinline aria-label="{label}" src="{source}" '
        'style="width:480px;max-width:100%">Your browser plays no such videos.</video>'
    )


def draw_on_change(picture: HTML, draw: Callable[[], Drawing], *controls: Control) -> None:
    """Draw a figure into `picture` now, and again when a control changes."""

    def show() -> str:
        figure, alt = draw()
        return image_tag(figures.to_png(figure), alt)

    _show_on_change(picture, show, *controls)


def _show_on_change(picture: HTML, show: Callable[[], str], *controls: Control) -> None:
    """Put what `show` returns into `picture` now, and again when a control changes.

    What goes wrong with a clip is said in the picture's place: an error in a callback would land
    in a log that no reader looks at.
    """

    def update(_: object = None) -> None:
        try:
            picture.value = show()
        except InputError as error:
            picture.value = f'<p role="alert">{html.escape(str(error))}</p>'

    for control in controls:
        control.observe(update, "value")
    update()


def _slider(name: str, least: int, value: int, most: int | None = None) -> IntSlider:
    """A slider that reports when it is let go; its end is set to fit the clip."""
    slider = IntSlider(value=value, min=least, max=value if most is None else most)
    slider.description, slider.continuous_update = name, False
    return slider


def _clip_menu(
    source: pd.DataFrame | np.ndarray,
) -> tuple[Dropdown, Callable[[str], np.ndarray]]:
    """A menu of the clips in `source`, and what reads the gray frames of the chosen one."""
    if isinstance(source, np.ndarray):
        return Dropdown(options=["this clip"], description="clip"), lambda _: source
    menu = Dropdown(options=_names(readable(source)), description="clip", layout={"width": "auto"})
    return menu, lru_cache(maxsize=1)(_beginning_in_gray)


def _beginning_in_gray(path: str) -> np.ndarray:
    """The gray frames of a clip, uint8 [T, H, W]; the first ten seconds of a long one."""
    count, _ = video.beginning(path, EXPLORED)
    return video.decode_gray(path, range(count), encoding.HIGHEST)


def _names(table: pd.DataFrame, label: str | None = None) -> list[tuple[str, str]]:
    """Names within the class, and paths, of one class or of all."""
    of_label = table if label is None else table[table["label"] == label]
    return [
        (below(*clip), clip[1]) for clip in zip(of_label["label"], of_label["path"], strict=True)
    ]


def _three_or_more(gray: np.ndarray) -> np.ndarray:
    if len(gray) < 3:
        raise InputError(f"The clip has {len(gray)} frames, and an SG3I needs 3; choose another.")
    return gray


def _listed(numbers: np.ndarray) -> str:
    return ", ".join(str(number) for number in numbers[:-1]) + f" and {numbers[-1]}"
