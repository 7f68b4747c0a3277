"""Pictures out of clips: they show the clips that their titles name."""

import numpy as np
import pandas as pd
import pytest

from twostream_lib import clips, figures, sampling, video
from twostream_lib.data import store
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.video import encoding


def drawn(axes):
    """The image that was put into axes."""
    return np.asarray(axes.images[0].get_array())


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


@pytest.fixture(scope="module")
def moving(tmp_path_factory):
    """A clip of 75 frames at 30 a second, the row of a table: a bar that moves to the right."""
    frames = np.full((75, 32, 160, 3), 30, np.uint8)
    for number, frame in enumerate(frames):
        frame[:, 2 * number : 2 * number + 8] = 220
    path = tmp_path_factory.mktemp("moving") / "film_wave.avi"
    encoding.write(path, frames, 30)
    return pd.Series({"path": str(path), "label": "wave", "frames": 75, "fps": 30.0, "times": ""})


def test_six_frames_of_a_clip_go_from_its_first_to_its_last(moving):
    figure = figures.clip_frames(moving)
    numbers = [0, 15, 30, 44, 59, 74]
    assert titles(figure) == [f"frame {number}" for number in numbers]
    for axes, frame in zip(figure.axes, video.decode(moving.path)[numbers], strict=True):
        np.testing.assert_array_equal(drawn(axes), frame)
    assert figure.get_suptitle() == "wave: film_wave.avi"
    assert figure.alt.startswith("6 frames of one clip")


def test_of_each_mode_one_window_is_shown_from_the_middle_of_the_clip(moving):
    figure = figures.windows_by_mode(moving)
    gray = video.decode_gray(moving.path)
    every, resampled = sampling.mode1(75), sampling.mode2(75, 30)
    shown = [*gray[every[36]], *gray[resampled[1]]]
    for axes, frame in zip(figure.axes, shown, strict=True):
        np.testing.assert_array_equal(drawn(axes), frame)
    rows = [figure.axes[place].texts[0].get_text() for place in (0, 3)]
    assert rows == ["mode 1\n0.07 s", "mode 2\n0.33 s"]
    change = np.abs(shown[5].astype(int) - shown[3]).mean()
    assert figure.get_suptitle().endswith(f" in mode 1, {change:.1f} in mode 2")


def test_a_mode_that_a_clip_is_too_short_for_is_left_out(moving):
    figure = figures.windows_by_mode(pd.Series(dict(moving, frames=8)))
    rows = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert rows == ["mode 1\n0.07 s"]
    with pytest.raises(InputError, match=r"film_wave\.avi is too short"):
        figures.windows_by_mode(pd.Series(dict(moving, frames=2)))


def test_a_stored_stack_stands_below_the_frames_that_it_is_of(moving, tmp_path):
    table = pd.DataFrame([dict(moving, source="film", tag=1)])
    plan = Plan("flow", (32, 40), fps=15, length=6, step=1.0, bound=4.0)
    windows = store.build(table, tmp_path / "flow", plan, jobs=1)
    figure = figures.stored_stack(table, windows, place=1)
    assert titles(figure)[:5] == ["step 1", "step 2", "step 3", "step 5", "step 6"]
    rows = [figure.axes[place].texts[0].get_text() for place in (0, 5, 10, 15)]
    contrast = "stored\n(contrast × 4)"
    assert rows == ["frame\nof the clip", f"u, {contrast}", f"v, {contrast}", "both,\nin colour"]
    shown = video.decode(moving.path)[[30, 32, 34, 38, 40]]  # the second window, from second 1 on
    for axes, frame in zip(figure.axes, shown, strict=False):
        np.testing.assert_array_equal(drawn(axes), frame)
    stored = windows.read(np.array([1]))[0].reshape(6, 2, 32, 40)
    for place, step in enumerate([0, 1, 2, 4, 5]):
        seen = (128 + 4 * (stored[step].astype(int) - 128)).clip(0, 255)
        np.testing.assert_array_equal(drawn(figure.axes[5 + place]), seen[0])
        np.testing.assert_array_equal(drawn(figure.axes[10 + place]), seen[1])
    assert figure.get_suptitle() == "wave: of the frames, the store keeps no look, but motion"
    assert figure.alt.startswith("Frames of film_wave.avi, and below them its flow in 40 × 32 pix")
    assert "step 6, hardly any colour: nothing moves by more than" in figure.alt


def flat(path, level):
    encoding.write(path, np.full((9, 32, 40, 3), level, np.uint8), 30)


@pytest.fixture
def table(tmp_path):
    """Two leaking sources, of which film has more test clips, and two that do not leak."""
    rows = [
        ("wave", "calm", 1, 40), ("wave", "film", 0, 80), ("wave", "film", 2, 120),
        ("wave", "film", 2, 160), ("wave", "news", 2, 200), ("jump", "show", 0, 60),
        ("jump", "show", 2, 240),
    ]  # fmt: skip
    for number, (label, source, _, level) in enumerate(rows):
        (tmp_path / label).mkdir(exist_ok=True)
        flat(tmp_path / label / f"{source}_{label}_{number}.avi", level)
    table = pd.DataFrame(
        [
            (str(tmp_path / label / f"{source}_{label}_{number}.avi"), label, source, tag)
            for number, (label, source, tag, _) in enumerate(rows)
        ],
        columns=["path", "label", "source", "tag"],
    )
    return clips.probe_clips(table)


def levels(figure):
    """The gray of each picture that is drawn."""
    return [int(drawn(axes).mean().round()) for axes in figure.axes]


def test_siblings_are_of_the_source_that_leaks_most_and_the_third_is_a_stranger(table):
    figure = figures.siblings(table)
    assert titles(figure) == ["a test clip", "its sibling", "another source"]
    assert levels(figure) == pytest.approx([120, 80, 40], abs=4)
    assert figure.get_suptitle() == "wave: two clips cut from film"


def test_siblings_that_cannot_be_read_are_none(table):
    table.loc[1, "ok"] = False
    figure = figures.siblings(table[table.label == "wave"])
    assert titles(figure) == ["a test clip", "another source"]
    assert levels(figure) == pytest.approx([120, 40], abs=4)
    assert figure.get_suptitle() == "wave: no test clip has a sibling in training"
    figure = figures.siblings(table)
    assert titles(figure) == ["a test clip", "its sibling"]  # jump has no other source
    assert levels(figure) == pytest.approx([240, 60], abs=4)


def test_without_a_test_clip_there_is_nothing_to_show(table):
    with pytest.raises(InputError, match="no test clip"):
        figures.siblings(table[table.tag != 2])
