"""A film is answered by what its own windows show, under the classes that the networks know."""

from dataclasses import replace

import numpy as np
import pytest

from tests.joins.known import PAIR, SEEN, STREAMS, Echo, beside, echo
from twostream_lib import sampling, video
from twostream_lib.course import finished, judges, prediction, scoring, telling
from twostream_lib.fusion import scores
from twostream_lib.training import checkpoints

CLASSES = ("up", "left", "right")  # of the networks, and not in the order of any folder


@pytest.fixture
def asked(films, tmp_path, monkeypatch):
    """Networks that say what they are shown, of a run whose scores have classes of their own."""
    run = beside(films, tmp_path / "run")
    streams = {}
    for network in STREAMS:
        data = run.part(network, "train+validation")
        said = scores.of_windows(network, np.zeros((len(data), 3)), data, scores.OUT_OF_FOLD)
        streams[network] = judges.Stream(Echo(), replace(said, classes=CLASSES))
    return judges.Judges(run, streams, {}, "spatial", None, {})


@pytest.fixture
def film(moving_films):
    return moving_films / "videos" / "left" / "film5_left.avi"


def test_each_window_of_a_film_is_answered_by_what_it_shows(asked, film, films):
    said = prediction.ask(asked, film)
    gray, plan = video.decode_gray(film), films.settings.plan
    frames = sampling.mode2(len(gray), 25, plan.fps, plan.frames, plan.step)
    shown = np.stack([[video.shrink(gray[i], plan.size) for i in window] for window in frames])
    wanted = np.array([echo(window) for window in shown])
    np.testing.assert_allclose(said.windows["temporal-sg3i"].logits, wanted, rtol=1e-6)
    for network in STREAMS:
        store = films.store_of(network)
        rows = (store.index.video == "left/film5_left.avi") & (store.index.protocol == "window")
        own = store.array[rows.to_numpy()].transpose(0, 3, 1, 2)[:, SEEN[network]]
        wanted = np.array([echo(window) for window in own])
        np.testing.assert_allclose(said.windows[network].logits, wanted, rtol=1e-6)


def test_the_answer_is_a_class_of_the_networks_and_not_of_a_folder(asked, film):
    said = prediction.ask(asked, film)
    (told,) = telling.as_json(asked, [said])["videos"]
    for network, one in said.whole.items():
        assert one.classes == CLASSES
        assert told["top_five"][network][0]["label"] == CLASSES[int(one.logits[0].argmax())]
    assert told["label"] == told["top_five"]["spatial"][0]["label"]
    assert f"{told['label']}, says the spatial" in telling.words(asked, said)


def test_the_folder_of_the_clips_may_have_changed_or_be_gone(asked, film, monkeypatch):
    def gone(_):
        raise AssertionError("the clips of the run are looked at")

    for name in ("table", "classes", "used_clips"):
        asked.run.__dict__.pop(name, None)
        monkeypatch.setattr(type(asked.run), name, property(gone))
    assert prediction.ask(asked, film).whole["spatial"].classes == CLASSES


def test_a_film_is_asked_of_the_network_that_was_tested(films, tmp_path):
    """Not that of fold 0, and its pixels are brought to what the backbone was trained with."""
    run = beside(films, tmp_path / "run")
    for network in PAIR:
        for place, shift in ((run.checkpoint(network), 0.0), (run.tested_checkpoint(network), 1.0)):
            net = run.new_stream(network)
            net.head[-1].bias.data += shift
            checkpoints.save(checkpoints.TrainingState(net, {"name": network}), place)
        found = judges.tested(run, network, 3)
        assert (found.head[-1].bias == 1).all()
        new = run.new_stream(network)
        for one in ("mean", "std"):
            assert (getattr(found.normalise, one) == getattr(new.normalise, one)).all()
        assert found.normalise.size == new.normalise.size


def test_a_run_that_is_opened_is_the_one_that_its_folder_says(films):
    opened = finished.open_run(films.folder)
    for name in ("name", "split", "seed", "backbone", "weights"):
        assert getattr(opened, name) == getattr(films, name)
    assert (opened.folder, opened.videos) == (films.folder, films.videos)


def test_25x10_is_the_mean_of_250_views_each_counted_once(films, tmp_path, monkeypatch):
    """Of an echo the mean of corners and centre is known, from positions cut by hand."""
    run = beside(films, tmp_path / "run")
    plan, share = run.settings.plan, scoring.SHARE
    monkeypatch.setattr(judges, "tested", lambda *_: Echo())
    parts = dict.fromkeys(
        scores.PARTS, scores.predict("spatial", Echo(), run.part("spatial", "test"), "test")
    )
    run.save_scores("spatial", parts)
    found = scoring.score(run, "spatial", "25x10")
    name = "left/film5_left.avi"
    path = films.videos / name
    large = tuple(round(side / share) for side in plan.size)
    frames = sampling.spread(40, 25, 25, plan.fps, plan.frames)
    rgb = video.decode(path)
    said = found.rows(found.video == name)
    assert len(said) == 25
    height, width = plan.size
    for row in (0, 12, 24):
        picture = video.shrink(rgb[frames[row][1]], large)
        down, right = large[0] - height, large[1] - width
        places = [(0, 0), (0, right), (down, 0), (down, right), (round(down / 2), round(right / 2))]
        views = []
        for top, left in places:
            view = picture[top : top + height, left : left + width].transpose(2, 0, 1)
            for one in (view, view[..., ::-1]):
                raised = np.exp(echo(one) - echo(one).max())
                views.append(raised / raised.sum())
        mean = np.mean(views, axis=0)
        np.testing.assert_allclose(said.probabilities()[row], mean, atol=2e-3)
