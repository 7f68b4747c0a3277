"""Figures: nothing is cut off or overlaps, axes are labelled, and titles say what was drawn."""

import base64
import re
from dataclasses import replace
from functools import cache
from itertools import combinations

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from twostream_lib import figures, markup
from twostream_lib.course import metrics
from twostream_lib.errors import InputError
from twostream_lib.figures import display, speed, style
from twostream_lib.fusion.evaluation import Result
from twostream_lib.fusion.scores import Scores
from twostream_lib.stickhmdb.known_motion import Pair

TWELVE = [f"class_{letter}" for letter in "abcdefghijkl"]
FIFTY_ONE = [f"swing_baseball_{i}" for i in range(51)]
NETWORKS = list(style.NETWORK_COLOURS)


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def still(frames=3):
    return np.repeat(noise(1, 60, 80), frames, axis=0)


def clip_table(classes=TWELVE, each=6, fields=True):
    rng = np.random.default_rng(0)
    n = len(classes) * each
    codes = {
        "body": ["f", "u"],
        "camera": ["nm", "cm"],
        "people": [1, 2],
        "view": ["fr", "le"],
        "quality": ["goo", "bad"],
    }
    names = {name: rng.choice(values, n) if fields else None for name, values in codes.items()}
    return pd.DataFrame(
        {
            "label": np.repeat(classes, each),
            "tag": np.tile([0, 1, 1, 1, 2, 2], n // 6),
            **names,
            "seconds": rng.uniform(1, 3, n),
            "width": rng.choice([320, 416, 560], n),
            "height": 240,
            "ok": True,
        }
    )


def history(epochs):
    falling = np.exp(-np.arange(epochs) / 5)
    return [
        {
            "epoch": e + 1,
            "train_loss": 2.4 * x,
            "valid_loss": 2.4 * x + 0.3,
            "train_accuracy": 1 - 0.9 * x,
            "valid_accuracy": 0.6 - 0.5 * x,
            "seconds": 1.0,
        }
        for e, x in enumerate(falling)
    ]


def results(networks=NETWORKS, protocol="video-10"):
    values = np.linspace(0.5, 0.95, len(networks))
    return [
        Result(n, protocol, v, v - 0.06, v + 0.04, 240)
        for n, v in zip(networks, values, strict=True)
    ]


def class_table(classes, networks=("spatial", "temporal-sg3i", "average")):
    values = np.random.default_rng(2).random((len(classes), len(networks)))
    return pd.DataFrame(values, index=classes, columns=list(networks))


def confusions(classes):
    return np.random.default_rng(3).integers(0, 20, (len(classes), len(classes)))


def answers(classes):
    """What two streams and their average say of two videos: the average has class 0 on top."""
    logits = np.random.default_rng(7).normal(0, 1, (3, 2, len(classes))).astype(np.float32)
    logits[2, :, 0] = 3
    names = ("spatial", "temporal-sg3i", "average")
    video = np.array(["catch/film3_catch.avi", "sit/film3_sit.avi"])
    rest = (video, np.zeros(2, int), np.zeros(2, int), np.full(2, "video-10"), tuple(classes))
    return [Scores(name, each, *rest, "test") for name, each in zip(names, logits, strict=True)]


LEAKAGE = {
    "test_clips": 1530,
    "tags": {"1": {"leaking": 0, "share": 0.0}, "0+1": {"leaking": 647, "share": 647 / 1530}},
}


def shares(leaking, test=1530):
    return {"leaking": leaking, "share": leaking / test}


AUDITED = {
    split: {
        "test_clips": 1530,
        "tags": {
            "1": shares(0) | {"any_action": shares(12)},
            "0+1": shares(some) | {"any_action": shares(1500)},
        },
    }
    for split, some in ((1, 647), (2, 530), (3, 612))
}


def mixed(batches):
    """As `framestream.mixing` tells of an epoch; its last batch is a small one."""
    rng = np.random.default_rng(6)
    kinds = {"sources": 60, "labels": 40, "clips": 80}
    return pd.DataFrame(
        {
            kind + ending: np.append(rng.integers(most - 9, most, batches - 1), 1)
            for kind, most in kinds.items()
            for ending in ("", "_shuffled")
        }
    )


CEILINGS = {"spatial": 0.6, "temporal": 0.7, "both": 1.0}
SPEEDS = {
    f"{name}_frames_per_second": 900.0 + 200 * place
    for place, name in enumerate(
        ["gray", "to_ndarray_gray", "one_thread_gray", "bare_decode", "rgb", "to_ndarray_rgb"]
    )
} | {"to_ndarray_gray_ratio": 3.0, "one_thread_gray_ratio": 1.8, "to_ndarray_rgb_ratio": 0.9}
MODE1 = {
    "mode1_frames_per_second": 4000.0,
    "seek_frames_per_second": 50.0,
    "bare_decode_frames_per_second": 9000.0,
    "seek_ratio": 80.0,
}
RATES = {"plain": 520.0, "channels_last": 640.0, "channels_last, mixed precision": 52_000.0}
SHARES = np.linspace(0, 1, 21)
RIGHT = np.random.default_rng(4).random(200) < 0.6
FLOW = np.random.default_rng(5).normal(0, 2, (60, 80, 2)).astype(np.float32)
METHODS = pd.DataFrame(
    {"error": [1.3, 1.6, 2.1, 0.2, 2.0], "milliseconds": [8, 1.7, 0.7, 749, 12]},
    index=["dis", "dis-fast", "dis-ultrafast", "tvl1", "farneback"],
)
PICTURES = {
    "strip": lambda: figures.frames_strip(noise(8, 60, 80, 3), [f"frame {i}" for i in range(8)]),
    "strip-1": lambda: figures.frames_strip(noise(1, 60, 80), title="one"),
    "batch": lambda: figures.batch_grid(noise(12, 96, 128, 3), TWELVE),
    "sg3i": lambda: figures.sg3i_explained(noise(3, 60, 80)),
    "sg3i-rgb": lambda: figures.sg3i_explained(noise(3, 60, 80), noise(60, 80, 3)),
    "sg3i-strip": lambda: figures.sg3i_strip(noise(3, 60, 80, 3), [f"gap {g}" for g in (1, 5, 9)]),
    "films": lambda: figures.views(
        dict.fromkeys(("sit", "stand"), (noise(60, 80, 3), noise(60, 80, 3), FLOW))
    ),
    "known": lambda: figures.known_flow(
        [Pair("sit, still camera", noise(2, 60, 80), FLOW, np.ones((60, 80), bool))], [FLOW], "dis"
    ),
    "wheel": lambda: figures.colour_wheel(),
    "views": lambda: figures.three_views(noise(60, 80, 3), noise(60, 80, 3), FLOW),
}
CHARTS = {
    "counts-12": lambda: figures.class_counts(clip_table()),
    "counts-51": lambda: figures.class_counts(clip_table(FIFTY_ONE)),
    "lengths": lambda: figures.clip_lengths(clip_table()),
    "leak": lambda: figures.leak(LEAKAGE),
    "sizes": lambda: figures.clip_sizes(clip_table()),
    "leak-3": lambda: figures.leak_splits(AUDITED),
    "leak-of-1": lambda: figures.leak_splits({2: AUDITED[2]}),
    "speeds": lambda: speed.speeds(SPEEDS, MODE1),
    "rates": lambda: figures.rates(RATES, "images"),
    "rates-1": lambda: figures.rates({"plain": 8.53}, "images"),
    "top-five": lambda: figures.top_five(answers(TWELVE), 1),
    "top-five-of-2": lambda: figures.top_five(answers(["wave", "swing_baseball"])[1:], 0),
    "mixing": lambda: figures.mixing({"mixed": mixed(200), "clip after clip": mixed(200)}),
    "mixing-1": lambda: figures.mixing({"mixed": mixed(1)}),
    "curves-1": lambda: figures.curves(history(1), 12),
    "curves-20": lambda: figures.curves(history(20), 12),
    "curves-445": lambda: figures.curves(history(445), 51),
    "confusion-12": lambda: figures.confusion(confusions(TWELVE), TWELVE, "a title"),
    "confusion-51": lambda: figures.confusion(confusions(FIFTY_ONE), FIFTY_ONE, "a title"),
    "classes-12": lambda: figures.per_class(class_table(TWELVE)),
    "classes-51": lambda: figures.per_class(class_table(FIFTY_ONE)),
    "accuracies": lambda: figures.accuracies(results(), CEILINGS),
    "accuracies-1": lambda: figures.accuracies(results(["spatial"], "window")),
    "reliability": lambda: figures.reliability(np.linspace(0, 1, 200), RIGHT),
    "saturation": lambda: figures.saturation({"1 frame": [8 * FLOW], "5 frames": [FLOW] * 3}, 20),
    "saturation-none": lambda: figures.saturation({"1 frame": [0 * FLOW]}, 20),
    "cost": lambda: figures.cost_and_error(METHODS),
    "cost-1": lambda: figures.cost_and_error(METHODS.iloc[:1]),
    "weights": lambda: figures.weights(SHARES, SHARES * (1 - SHARES), ("spatial", "average")),
    "by-number": lambda: figures.by_number(
        {r.network: {1: r, 2: r, 3: r, 5: r, 10: r} for r in results()[:2]},
        "windows",
        "videos",
        "a",
    ),
    "by-number-1": lambda: figures.by_number({"x": {0.03: results()[0]}}, "s", "videos", "a"),
    "weights-at": lambda: figures.weights(SHARES, SHARES, ("spatial", "temporal-sg3i"), 0.3),
}
OTHERS = {
    "fields": lambda: figures.name_fields(clip_table()),
    "fields-none": lambda: figures.name_fields(clip_table(fields=False)),
    "agreement": lambda: figures.agreement(RIGHT, ~RIGHT, ("spatial", "temporal-sg3i")),
}
ALL = PICTURES | CHARTS | OTHERS
every_figure = pytest.mark.parametrize("name", ALL)


@cache
def drawn(name):
    """A figure that is laid out, and what measures its words; made once, as it takes a while."""
    figure = ALL[name]()
    canvas = FigureCanvasAgg(figure)
    with matplotlib.rc_context(display.STYLE):
        canvas.draw()
    return figure, canvas.get_renderer()


def tick_labels(axis):
    """The labels that are drawn: those of ticks inside the view."""
    low, high = sorted(axis.get_view_interval())
    ticks = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=False)
    return [text for place, text in ticks if low <= place <= high and text.get_text()]


def axes_words(axes):
    yield axes.title
    yield from axes.texts
    if axes.axison:
        for axis in (axes.xaxis, axes.yaxis):
            yield axis.label
            yield from tick_labels(axis)
    if axes.get_legend() is not None:
        yield from axes.get_legend().get_texts()


@every_figure
def test_no_words_are_cut_off(name):
    figure, renderer = drawn(name)
    width, height = figure.bbox.size
    words = [figure._suptitle, *(text for axes in figure.axes for text in axes_words(axes))]
    for text in words:
        box = text.get_window_extent(renderer)
        inside = box.x0 > -1 and box.y0 > -1 and box.x1 < width + 1 and box.y1 < height + 1
        assert inside or not text.get_text(), text.get_text()


@every_figure
def test_titles_and_tick_labels_do_not_overlap(name):
    figure, renderer = drawn(name)
    titles = [axes.title for axes in figure.axes if axes.get_title()]
    groups = [[*titles, figure._suptitle]]
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis) if axes.axison else ():
            ticks = tick_labels(axis)
            if all(tick.get_rotation() in (0, 90) for tick in ticks):  # boxes of slanted ones do
                groups.append(ticks)
    for group in groups:
        boxes = [text.get_window_extent(renderer) for text in group]
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


@every_figure
def test_figures_are_900_pixels_wide_and_have_a_title(name):
    figure, _ = drawn(name)
    assert isinstance(figure, Figure)
    assert figure.bbox.width == 900
    assert figure.get_suptitle()


@pytest.mark.parametrize("name", ["sg3i", "curves-20", "accuracies"])
def test_same_values_same_bytes(name):
    png = figures.to_png(ALL[name]())
    assert png == figures.to_png(ALL[name]())
    assert int.from_bytes(png[16:20], "big") == 900


def test_drawing_leaves_no_pyplot_state():
    ALL["accuracies"]()
    assert plt.get_fignums() == []
    assert plt.rcParams["axes.spines.top"]


@pytest.mark.parametrize("name", CHARTS)
def test_charts_have_labelled_axes(name):
    axes = drawn(name)[0].axes
    assert all(one.get_ylabel() for one in axes)
    if name == "reliability":
        axes = axes[1:]  # the upper chart borrows the lower one's x axis
    if name == "speeds":
        axes = axes[-1:]  # the same
    assert all(one.get_xlabel() for one in axes if one.get_label() != "<colorbar>")


def test_every_network_has_a_colour_of_its_own_from_the_palette():
    assert set(style.NETWORK_COLOURS) == set(metrics.NETWORKS)
    assert len(set(style.NETWORK_COLOURS.values())) == len(metrics.NETWORKS)
    assert set(style.NETWORK_COLOURS.values()) <= set(sns.color_palette("colorblind").as_hex())


# --- titles tell the truth -------------------------------------------------------------------


def test_sg3i_title_tells_still_from_moving():
    assert figures.sg3i_explained(still()).get_suptitle() == "Nothing moves, so the SG3I is gray"
    moving = still()
    moving[2, :30] = 255 - moving[2, :30] // 2  # the upper half of the last frame changes
    title = figures.sg3i_explained(moving).get_suptitle()
    share = float(re.search(r"([\d.]+) %", title)[1])
    assert 40 < share <= 50


def test_sg3i_figure_shows_the_channels_it_names():
    gray = noise(3, 60, 80)
    axes = {a.get_title(): a for a in figures.sg3i_explained(gray).axes}
    red = axes["red channel"].images[0].get_array()
    assert (red[..., 0] == gray[0]).all()
    assert not red[..., 1:].any()
    assert (axes["SG3I: all three"].images[0].get_array()[..., 2] == gray[2]).all()


def test_class_counts_title_and_bars_add_up():
    figure = figures.class_counts(clip_table())
    assert figure.get_suptitle() == "72 clips: 12 classes of 6 clips each"
    assert sum(bar.get_width() for bar in figure.axes[0].patches) == 72


def test_broken_clips_are_not_measured():
    table = clip_table()
    table.loc[0, ["ok", "seconds"]] = [False, 99.0]
    assert "99" not in figures.clip_lengths(table).get_suptitle()
    with pytest.raises(InputError, match="None of the clips"):
        figures.clip_lengths(table.assign(ok=False))


def test_name_fields_leaves_out_what_the_names_do_not_say():
    table = clip_table().assign(view=None, people=None)
    assert [axes.get_title() for axes in figures.name_fields(table).axes] == [
        "body",
        "camera",
        "quality",
    ]
    table["camera"] = "cm"
    assert "moving camera" in figures.name_fields(table).get_suptitle()
    assert not figures.name_fields(clip_table(fields=False)).axes


def test_leak_states_both_shares():
    figure = figures.leak(LEAKAGE)
    assert figure.get_suptitle().endswith("in training: 0 %; with tag 0, 42 %")
    assert "647 of 1,530" in " ".join(text.get_text() for text in figure.axes[0].texts)


def test_leak_of_all_splits_states_the_range_and_every_count():
    figure = figures.leak_splits(AUDITED)
    assert figure.get_suptitle().endswith("same action: 0 %; with tag 0, 35 to 42 %")
    same, any_action = ([text.get_text() for text in axes.texts] for axes in figure.axes)
    assert [words.split()[0] for words in same] == ["0", "647", "0", "530", "0", "612"]
    assert [words.split()[0] for words in any_action] == ["12", "1,500"] * 3


def test_speeds_are_compared_with_the_fastest_other_way():
    figure = speed.speeds(SPEEDS, MODE1)
    assert figure.get_suptitle().endswith("1.8 in gray, 0.9 in colour, 80.0 in mode 1")
    bars = [bar.get_width() for axes in figure.axes for bar in axes.patches]
    assert len(bars) == 9 and bars[0] == SPEEDS["gray_frames_per_second"]
    beside = [text.get_text().strip() for text in figure.axes[0].texts]
    assert beside[:2] == ["900", "1,100 (ours: 3.0 times)"]


def test_rates_are_compared_with_the_first_way():
    figure = figures.rates(RATES, "images")
    title = "Fastest here: channels_last, mixed precision, 100.0 times plain"
    assert figure.get_suptitle() == title
    beside = [text.get_text().strip() for text in figure.axes[0].texts]
    assert beside == ["520", "640 (1.23 times)", "52,000 (100.00 times)"]
    assert "plain 520, channels_last 640" in figure.alt
    slower = figures.rates({"plain": 8.53, "other": 4.0}, "images")
    assert slower.get_suptitle() == "Fastest here: plain"
    assert slower.axes[0].texts[0].get_text().strip() == "8.53"


def test_top_five_are_those_of_the_last_network_with_the_best_on_top():
    said = answers(TWELVE)
    figure = figures.top_five(said, 1)
    axes = figure.axes[0]
    chances = said[2].probabilities()[1]
    best = np.argsort(chances)[::-1][:5]
    assert [label.get_text() for label in axes.get_yticklabels()][::-1] == [
        TWELVE[place] for place in best
    ]
    assert figure.get_suptitle().startswith("sit/film3_sit.avi: class_a, says the average")
    for bars, one in zip(axes.containers, said, strict=True):
        widths = [bar.get_width() for bar in bars][::-1]
        assert widths == pytest.approx(list(100 * one.probabilities()[1][best]))
    assert [bars.get_label() for bars in axes.containers] == [one.network for one in said]
    assert f"class_a {100 * chances[0]:.0f} %" in figure.alt


def test_sizes_are_counted_and_rare_ones_taken_together():
    table = clip_table(FIFTY_ONE).assign(width=lambda t: 100 + np.arange(len(t)) % 13)
    figure = figures.clip_sizes(table)
    assert figure.get_suptitle().startswith("13 sizes")
    assert sum(bar.get_width() for bar in figure.axes[0].patches) == len(table)
    assert "3 others" in [text.get_text() for text in figure.axes[0].get_yticklabels()]
    title = figures.clip_sizes(clip_table().assign(width=180, height=144)).get_suptitle()
    assert title == "All clips have 180 × 144 pixels"
    with pytest.raises(InputError, match="None of the clips"):
        figures.clip_sizes(table.assign(ok=False))


def test_mixing_draws_whole_batches_and_states_the_means():
    table = mixed(50)
    figure = figures.mixing({"mixed": table})
    ours, true = figure.axes[0].lines
    assert list(ours.get_ydata()) == table.sources[:-1].tolist()
    assert list(true.get_ydata()) == table.sources_shuffled[:-1].tolist()
    assert f"{table.sources.mean():.0f} mixed" in figure.get_suptitle()


def test_curves_mark_what_guessing_costs():
    loss = figures.curves(history(5), 12).axes[0]
    heights = [line.get_ydata()[0] for line in loss.lines if line.get_linestyle() == ":"]
    assert heights == [pytest.approx(np.log(12))]
    with pytest.raises(InputError, match="no epochs"):
        figures.curves([], 12)


def test_accuracies_of_two_protocols_are_refused():
    mixed = results(["spatial"], "window") + results(["average"], "video-10")
    with pytest.raises(InputError, match="not video-10, window"):
        figures.accuracies(mixed)
    with pytest.raises(InputError, match="not none"):
        figures.accuracies([])


def test_of_several_highest_none_is_named():
    one = results(["spatial"])[0]
    figure = figures.accuracies([one, replace(one, network="average")])
    assert figure.get_suptitle().startswith("Highest: 2 of 2 alike, ")


def test_accuracies_name_their_protocol_and_the_highest():
    figure = figures.accuracies(results(["spatial", "average"]), CEILINGS)
    assert "10 windows each" in figure.axes[0].get_xlabel()
    assert figure.get_suptitle() == "Highest: average, 95 % (95 % interval 89 to 99)"
    assert figures.accuracies(results(), title="mine").get_suptitle() == "mine"


def test_each_network_is_held_against_its_own_ceiling():
    networks = ["spatial", "temporal-sg3i", "fusenet"]
    axes = figures.accuracies(results(networks), CEILINGS).axes[0]
    marks = [line.get_xdata() for line in axes.lines if line.get_color() == "black"]
    assert [round(mark[0]) for mark in marks if len(mark)] == [100, 70, 60]  # from below


def test_per_class_counts_who_is_best_alone():
    table = pd.DataFrame({"spatial": [0.9, 0.5, 0.3], "average": [0.2, 0.5, 0.4]}, list("abc"))
    title = figures.per_class(table).get_suptitle()
    assert title == "Best alone, of 3 classes: spatial in 1, average in 1"


def test_agreement_counts_every_case_once():
    first, second = np.array([1, 1, 1, 0, 0, 0]), np.array([1, 1, 0, 1, 0, 0])
    figure = figures.agreement(first, second, ("spatial", "temporal-sg3i"))
    assert figure.axes[0].images[0].get_array().tolist() == [[2, 1], [1, 2]]
    assert figure.get_suptitle() == "At least one is right in 67 %; alone, no more than 50 %"


@pytest.mark.parametrize(
    ("says", "verdict"), [(0.9, "over-confident"), (0.3, "under-confident"), (0.5, "calibrated")]
)
def test_reliability_tells_boasting_from_modesty(says, verdict):
    right = np.tile([True, False], 50)
    assert figures.reliability(np.full(100, says), right).get_suptitle().endswith(verdict)


def test_weights_title_names_the_best_span():
    accuracy = np.array([0.5, 0.7, 0.7, 0.6])
    shares = np.array([0.0, 0.3, 0.6, 1.0])
    title = figures.weights(shares, accuracy, ("spatial", "temporal-sg3i")).get_suptitle()
    assert title == "Best with 30 % to 60 % of spatial: 70.0 % right"


def test_no_frames_no_strip():
    with pytest.raises(InputError, match="no frames"):
        figures.frames_strip(noise(0, 60, 80))


# --- what the reader gets --------------------------------------------------------------------


@pytest.fixture
def shown(monkeypatch):
    bundles = []
    for module in (display, markup):
        monkeypatch.setattr(module, "display", lambda bundle, raw: bundles.append(bundle))
    return bundles


def test_show_keeps_the_words_with_the_picture(shown):
    figures.show(PICTURES["strip"](), 'Frames of "wave" & <b>')
    bundle = shown[0]
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert bundle["text/plain"] == 'Frames of "wave" & <b>'
    assert 'alt="Frames of &quot;wave&quot; &amp; &lt;b&gt;"' in bundle["text/html"]
    data = re.search(r"base64,([^\"]+)", bundle["text/html"])[1]
    assert base64.b64decode(data) == bundle["image/png"]


def test_a_picture_describes_itself_with_its_title():
    strip = figures.frames_strip(noise(2, 60, 80), title="Sit or stand?")
    assert strip.described("Two frames.").alt == "Two frames. Sit or stand?"
    strip.suptitle("Two lines\nof a title")
    assert strip.described("Two frames").alt == "Two frames. Two lines of a title."


@pytest.mark.parametrize("alt", ["", "  "])
def test_no_picture_without_words(alt):
    with pytest.raises(InputError, match="no alternative text"):
        figures.show(PICTURES["strip-1"](), alt)


def test_printed_quiz_folds_its_answer_away(shown):
    figures.show_quiz("What is red?", ["late < early", "the earliest frame"], 1, "Channel 0.")
    markup, text = shown[0]["text/html"], shown[0]["text/plain"]
    question, answer = markup.split("<details>")
    assert "late &lt; early" in question
    assert "Channel 0." not in question
    assert "<b>2.</b> the earliest frame<br>Channel 0." in answer
    assert "2. the earliest frame" in text
    with pytest.raises(InputError, match="Answer 2 is none of 2"):
        figures.show_quiz("?", ["a", "b"], 2, "")


def test_saturation_counts_the_clipped_pixels_of_the_worst_step():
    slow, half = np.zeros((10, 10, 2), np.float32), np.zeros((10, 10, 2), np.float32)
    half[:5, :, 1] = -21
    figure = figures.saturation({"1 frame": [slow, half], "5 frames": [slow]}, 20)
    assert "50 % (1 frame), 0 % (5 frames)" in figure.get_suptitle()
    words = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert words == ["1 frame: 1 of 2 steps", "5 frames: 0 of 1 steps"]
    assert figure.axes[1].lines[0].get_ydata().tolist() == [50.0]
    assert [axes.get_yscale() for axes in figure.axes] == ["log", "log"]


def test_cost_and_error_names_the_methods_that_no_other_beats():
    title = figures.cost_and_error(METHODS).get_suptitle()
    assert title.endswith(": dis-ultrafast, dis-fast, dis, tvl1")
    worse = METHODS.assign(error=[1.0, 1.0, 1.0, 2.0, 1.0])  # equally good: the cheapest
    assert figures.cost_and_error(worse).get_suptitle().endswith(": dis-ultrafast")


def test_cost_and_error_reads_out_what_it_draws():
    assert "tvl1 0.20 pixels for 749.0 ms" in figures.cost_and_error(METHODS).alt


def test_cost_and_error_needs_a_method():
    with pytest.raises(InputError, match="no method"):
        figures.cost_and_error(METHODS.iloc[:0])
