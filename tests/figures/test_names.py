"""Names from outside in figures: shown as they are, whatever signs they have, and never cut off."""

import inspect
import re
import warnings
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from tests.figures.samples import FLOW, answers, class_table, clip_table, confusions, noise
from tests.names import HOSTILE
from twostream_lib import figures
from twostream_lib.data import store
from twostream_lib.data.plan import Plan
from twostream_lib.figures.style import CAPTION, STYLE, TICK, short
from twostream_lib.markup import plain
from twostream_lib.video import encoding

NAMES = list(HOSTILE)
FEW = [HOSTILE[place] for place in (1, 2, 3, 15, 18, 20)]


def film(label, folder):
    """A row of a probed clip table whose class and file have this name."""
    name = label.replace("/", ":")
    path = folder / name[:200] / f"{name[:200]}_film.avi"
    path.parent.mkdir()
    encoding.write(path, noise(9, 32, 40, 3), 30)
    clip = {"path": str(path), "label": name, "source": name, "tag": 2, "frames": 9, "fps": 30.0}
    return pd.Series(clip | {"ok": True})


def batch():
    return np.moveaxis(noise(len(FEW), 48, 64, 3), -1, 1)


def stored_stack(clip):
    """A stack of flow of a clip, from a store beside the clip."""
    table = pd.DataFrame([clip]).assign(times="")
    plan = Plan("flow", (32, 40), fps=15, length=2)
    windows = store.build(table, Path(clip.path).parents[1] / "flow", plan, jobs=1)
    return figures.stored_stack(table, windows, place=0)


# Each figure whose words come from outside, with names in all places that take some.
CHARTS = {
    "class_counts": lambda: figures.class_counts(clip_table(NAMES)),
    "confusion": lambda: figures.confusion(confusions(NAMES), NAMES, "a title"),
    "mistakes": lambda: figures.mistakes(
        pd.DataFrame(confusions(NAMES), NAMES, NAMES), NAMES[::-1], dict.fromkeys(NAMES, "a kind")
    ),
    "per_class": lambda: figures.per_class(class_table(NAMES)),
    "class_weights": lambda: figures.class_weights(class_table(NAMES)),
}
PICTURES = {
    "augmented": lambda: figures.augmented({"stored": batch(), "moved": batch()}, FEW, "a title"),
    "frames_strip": lambda: figures.frames_strip(noise(len(FEW), 48, 64, 3), FEW),
    "grid": lambda: figures.grid([list(noise(len(FEW), 48, 64))], ["row"], FEW, "a title"),
}
TITLES = {
    "flow_fields": lambda name: figures.flow_fields([FLOW], ["dis"], f"One moment of {name}"),
    "confusion": lambda name: figures.confusion(confusions("ab"), "ab", name),
    "frames_strip": lambda name: figures.frames_strip(noise(1, 48, 64), title=name),
    "grid": lambda name: figures.grid([[noise(48, 64)]], ["row"], ["column"], name),
    "top_five": lambda name: figures.top_five(answers([name, "wave"]), 0),
}
OF_CLIPS = {
    "classes_shown": lambda clip: figures.classes_shown(pd.DataFrame([clip])),
    "clip_frames": figures.clip_frames,
    "siblings": lambda clip: figures.siblings(pd.DataFrame([clip, clip])),
    "stored_stack": stored_stack,
}
# The words of these are the course's own.
OURS = {
    "accuracies", "agreement", "by_kind", "by_number", "clip_lengths", "clip_sizes",
    "colour_wheel", "cost_and_error", "curves", "differences", "film_rows", "first_layer",
    "hours_by_part", "known_flow", "leak", "leak_splits", "learning_curve", "mixing", "name_fields",
    "over_runs", "recorded", "saturation", "sg3i_explained", "sg3i_strip", "speeds",
    "sureness", "three_views", "throughputs", "two_planes", "views", "weights", "windows_by_mode",
    "windows_on_clip",
}  # fmt: skip

IN_TEST_ALONG = {"along_time"}
IN_TEST_HEAT = {"looked_at"}


def test_every_figure_says_whether_it_takes_names_from_outside():
    public = {name: getattr(figures, name) for name in figures.__all__}
    makers = {
        name
        for name, one in public.items()
        if inspect.isfunction(one)
        and inspect.signature(one).return_annotation in ("Picture", figures.Picture)
    }
    assert makers == {*CHARTS, *PICTURES, *TITLES, *OF_CLIPS} | OURS | IN_TEST_ALONG | IN_TEST_HEAT


def drawn(figure):
    """The words of a figure that is laid out; fails if anything but a letter is wanting."""
    canvas = FigureCanvasAgg(figure)
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "Glyph")
        canvas.draw()
        texts = figure.findobj(Text)
    assert not any(text.get_parse_math() or text.get_usetex() for text in texts)
    return [text for text in texts if text.get_text()], canvas.get_renderer()


def joined(words):
    """Without the places where lines are broken."""
    return re.sub(r"\s", "", words)


@pytest.mark.parametrize("name", CHARTS)
def test_charts_show_names_as_they_are(name):
    texts, _ = drawn(CHARTS[name]())
    shown = [text.get_text() for text in texts]
    assert {short(label, TICK) for label in NAMES} <= set(shown)


@pytest.mark.parametrize("name", PICTURES)
def test_names_above_small_pictures_are_as_they_are(name):
    texts, _ = drawn(PICTURES[name]())
    shown = {joined(text.get_text()) for text in texts}
    assert {joined(short(label, CAPTION)) for label in FEW} <= shown


def check_title(figure, name):
    texts, renderer = drawn(figure)
    title = figure._suptitle
    assert title in texts
    assert joined(name) in joined(title.get_text()) or plain(name) != name
    box = title.get_window_extent(renderer)
    assert box.x0 > -1 and box.x1 < 901 and box.y1 < figure.bbox.height + 1


@pytest.mark.parametrize("maker", TITLES)
@pytest.mark.parametrize("name", FEW)
def test_titles_show_names_as_they_are_and_are_not_cut_off(name, maker):
    check_title(TITLES[maker](name), name)


@pytest.mark.parametrize("name", sorted(set(HOSTILE) - set(FEW)))
def test_any_name_may_stand_in_a_title(name):
    check_title(TITLES["frames_strip"](name), name)


@pytest.mark.parametrize("name", [FEW[0], FEW[3], FEW[5]])
def test_clips_with_such_names_are_drawn(name, tmp_path):
    clip = film(name, tmp_path)
    for maker in OF_CLIPS.values():
        figure = maker(clip)
        texts, _ = drawn(figure)
        shown = joined("".join(text.get_text() for text in texts))
        assert joined(short(clip.label, CAPTION)) in shown or joined(plain(clip.label)) in shown
        assert figure.alt and "\x1b" not in figure.alt


def test_what_no_font_has_is_said_once():
    figure = figures.frames_strip(noise(2, 48, 64), ["\U000f0001", "\U000f0001\U000f0002"])
    with pytest.warns(UserWarning) as met:
        figures.to_png(figure)
    assert len(met) == 1
    assert "No font of this machine has \U000f0001 \U000f0002," in str(met[0].message)


def test_other_warnings_of_drawing_are_kept():
    class Loud(figures.Picture):
        def draw(self, renderer):
            warnings.warn("something else", RuntimeWarning, stacklevel=1)
            super().draw(renderer)

    with pytest.warns(RuntimeWarning, match="something else"):
        figures.to_png(Loud())
