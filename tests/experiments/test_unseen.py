"""Classes held out of training: no window of theirs is learned from, and all are judged."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from twostream_lib import course, stickhmdb
from twostream_lib.errors import InputError
from twostream_lib.experiments import unseen
from twostream_lib.fusion import evaluation


@pytest.fixture
def run(moving_films, small_profile, tmp_path):
    return course.configure(videos=str(moving_films / "videos"), runs=str(tmp_path / "run"))


def test_classes_that_are_held_out_are_neither_trained_on_nor_validated_on(run):
    part = unseen.without(run, ["left"])
    assert part.folder.parent.parent == run.folder and part.classes == run.classes
    for name in ("train", "validation", "train+validation"):
        whole, left = run.part("spatial", name), part.part("spatial", name)
        assert set(whole.rows.label) == {"down", "left", "right"}
        assert set(left.rows.label) == {"down", "right"}
        pd.testing.assert_frame_equal(left.rows, whole.rows[whole.rows.label != "left"])
    assert len(part.part("spatial", "test")) == len(run.part("spatial", "test"))
    assert set(part.frames("spatial").labels) <= {0, 2}  # mode 1


def test_the_embedded_clips_are_not_drawn_once_more(small_profile, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(stickhmdb, "make_clips", lambda folder: drawn.append(folder) or folder)
    whole = course.configure(runs=str(tmp_path / "run"))
    part = unseen.WithoutClasses(
        **{field.name: getattr(whole, field.name) for field in fields(course.Run)}
        | {"folder": whole.folder / "unseen" / "sit"},
        whole=whole,
        learned=frozenset(),
        unseen=frozenset(["sit"]),
    )
    assert part._videos == whole._videos and drawn == [tmp_path / "stickhmdb"]


def test_each_test_video_is_judged_once_a_group(run):
    found = pd.concat([unseen.judged(run, [held_out]) for held_out in run.classes])
    tests = set(run.part("spatial", "test").rows.video)
    assert len(found) == 3 * len(tests) and set(found.video) == tests
    assert found[~found.seen].video.tolist() == sorted(tests)
    assert found.familiarity.between(0, 1).all() and found.known.dtype == bool
    assert (found.known == (found.familiarity >= found.threshold)).all()
    table = unseen.rates(found)
    new = found[~found.seen]
    row = table.loc["held out of training"]
    assert (row["not known"], row["of"]) == ((~new.known).sum(), len(new))
    low, high = evaluation.interval(~new.known.to_numpy(), new.label.to_numpy())
    assert row["95 % interval"] == f"{100 * low:.0f} to {100 * high:.0f}"


def test_what_is_independent_is_a_class_of_the_new_and_a_source_of_the_known():
    """The videos of a source, judged once a group of classes, are right or wrong together."""
    rows = [
        {"label": f"c{n % 5}", "source": f"s{n // 4}", "seen": n >= 20, "known": n // 8 % 3 > 0}
        for n in range(80)
    ]
    once, thrice = (pd.DataFrame(rows * times) for times in (1, 3))
    new, old = (once[once.seen == seen] for seen in (False, True))
    for found, some, name in (
        (unseen.held_out(once), new, "label"),
        (unseen.trained_on(once), old, "source"),
    ):
        wanted = evaluation.interval(~some.known.to_numpy(), some[name].to_numpy())
        assert (found.low, found.high) == wanted and found.of == len(some)
    often = unseen.trained_on(thrice)
    assert often.of == 3 * len(old)
    assert (often.low, often.high) == pytest.approx(wanted, abs=1e-9)


def test_a_class_that_was_held_out_is_never_the_answer(run):
    part = unseen.without(run, ["left"])
    said = unseen._among(unseen.trained(part, "spatial")["test"], part.unseen)
    assert np.all(said.probabilities()[:, run.classes.index("left")] == 0)


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (["wave"], "There is no class wave in this run"),
        (["left", "right"], "1 would be left"),
        ([], "3 would be left"),
    ],
)
def test_wrong_classes_are_refused(run, classes, said):
    with pytest.raises(InputError, match=said):
        unseen.without(run, classes)
