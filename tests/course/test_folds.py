"""Out-of-fold scores: every training window once, by a network that has not seen its source."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pytest
import torch

from tests.conftest import shrink_profile
from twostream_lib import clips, course
from twostream_lib.course import folds
from twostream_lib.course.run import Run
from twostream_lib.errors import InputError
from twostream_lib.fusion import scores
from twostream_lib.training import launch, profiles
from twostream_lib.training.side_by_side import side_by_side

NETWORK = "temporal-sg3i"


@pytest.fixture
def run(moving_films, small_profile, tmp_path):
    """Twelve training films of four sources, and six to test on."""
    return course.configure(videos=str(moving_films / "videos"), runs=str(tmp_path / "run"))


def trained(run: Run, network: str = NETWORK) -> dict[str, scores.Scores]:
    net = run.new_stream(network)
    run.train(network, net)
    return run.score(network, net)


@pytest.fixture(scope="module")
def once(moving_films, tmp_path_factory):
    """Such a run whose stream is trained, and what it said: read only."""
    with pytest.MonkeyPatch.context() as patch:
        shrink_profile(patch)
        folder = tmp_path_factory.mktemp("once") / "run"
        run = course.configure(videos=str(moving_films / "videos"), runs=str(folder))
        return run, trained(run)


def rows(said: scores.Scores) -> list[tuple[str, int]]:
    return list(zip(said.video.tolist(), said.window.tolist(), strict=True))


@pytest.fixture
def handed(monkeypatch):
    """The data that each training is given, by the name of its folder."""
    given = {}
    fit = launch.fit

    def watch(net, train, valid, recipe, folder, **more):
        given[f"{folder.parent.name}/{folder.name}"] = (train, valid)
        return fit(net, train, valid, recipe, folder, **more)

    monkeypatch.setattr(launch, "fit", watch)
    return given


def test_out_of_fold_are_all_training_windows_once_in_the_order_of_the_store(small_profile, once):
    run, said = once
    assert list(said) == ["in-fold", "out-of-fold", "test"]
    whole = run.part(NETWORK, "train+validation")
    assert rows(said["out-of-fold"]) == list(zip(whole.videos, whole.rows.window, strict=True))
    assert max(Counter(rows(said["out-of-fold"])).values()) == 1
    # The network that is tested has learned from all of them.
    assert rows(said["in-fold"]) == rows(said["out-of-fold"])
    assert {part: one.part for part, one in said.items()} == {part: part for part in scores.PARTS}


@pytest.mark.parametrize("mode", ["mode 1", "mode 2"])
def test_the_network_of_a_fold_learns_from_the_sources_of_all_others(run, handed, mode):
    run = replace(run, settings=replace(run.settings, mode=mode))
    trained(run)
    table = run.used_clips[run.used_clips.tag == 1]
    source = dict(zip(clips.names(table), table.source, strict=True))
    fold_of = run.limits.folds
    assert set(fold_of) == set(source) and set(fold_of.values()) == {0, 1, 2}
    folders = {
        f"checkpoints/{NETWORK}": 0,
        f"checkpoints/{NETWORK}-fold-1": 1,
        f"checkpoints/{NETWORK}-fold-2": 2,
        f"retrained/{NETWORK}": None,  # the network that is tested
    }
    assert set(handed) == set(folders)
    for folder, fold in folders.items():
        train, valid = handed[folder]
        if mode == "mode 1":
            names = {"/".join(Path(path).parts[-2:]) for path in train.paths}
        else:
            names = set(train.videos)
        assert names == {name for name in fold_of if fold_of[name] != fold}
        left_out = run.limits.of_fold(fold) if fold is not None else set()
        assert not {source[name] for name in names} & {source[name] for name in left_out}
        assert (valid is None) == (fold != 0)  # nobody looks at the others' curves


class Remembers(torch.nn.Module):
    """Says 1 of a picture that it was trained on, and 0 of any other."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[bytes] = set()
        self.nothing = torch.nn.Parameter(torch.zeros(1))

    def forward(self, images):
        known = [image.cpu().contiguous().numpy().tobytes() in self.seen for image in images]
        return torch.tensor(known, dtype=torch.float32)[:, None].repeat(1, 3)


def test_a_network_that_remembers_knows_all_in_fold_and_nothing_out_of_fold(run, monkeypatch):
    def remember(net, train, *_, **__):
        for place in range(len(train)):
            net.seen.add(train[place][0].contiguous().numpy().tobytes())
        return []

    monkeypatch.setattr(Run, "new_stream", lambda *_: Remembers())
    monkeypatch.setattr(launch, "fit", remember)
    said = trained(run, "spatial")
    assert run.recipe("spatial").retrain_epochs  # what is tested has seen all folds
    assert (said["in-fold"].logits == 1).all()
    assert (said["out-of-fold"].logits == 0).all() and (said["test"].logits == 0).all()


def test_with_one_trained_fold_they_are_the_scores_of_the_validation_part(run, once):
    whole = once[1]["out-of-fold"]
    one = replace(run, settings=replace(run.settings, trained_folds=1), folder=run.folder / "one")
    net = one.new_stream(NETWORK)
    one.train(NETWORK, net)
    found = one.score(NETWORK, net)["out-of-fold"]
    by_hand = scores.predict(NETWORK, net, one.part(NETWORK, "validation"), "out-of-fold")
    of_fold_0 = whole.rows(np.isin(whole.video, sorted(run.limits.of_fold(0))))
    for other in (by_hand, of_fold_0):
        assert rows(found) == rows(other)
        np.testing.assert_array_equal(found.logits, other.logits)
    assert not list(one.folder.glob("checkpoints/*-fold-*"))


def test_a_fold_without_a_clip_has_no_network(run):
    many = replace(run, settings=replace(run.settings, folds=5, trained_folds=5))
    said = trained(many)  # there are four sources
    assert set(many.limits.folds.values()) == {0, 1, 2, 3}
    assert set(said["out-of-fold"].video) == set(many.limits.folds)
    assert not many.checkpoint(f"{NETWORK}-fold-4").exists()


def test_a_run_that_was_interrupted_goes_on_to_the_same_scores(run, once, monkeypatch):
    class StoppedError(Exception):
        """In place of Ctrl-C."""

    def stop(given_run, network, fold):
        if fold == 2:
            raise StoppedError
        return folds.train_and_score(given_run, network, fold)

    def stopping(_, arguments, __):
        return [stop(*each) for each in arguments]

    with monkeypatch.context() as patch:
        patch.setattr(folds, "side_by_side", stopping)
        with pytest.raises(StoppedError):
            trained(run)
    assert not run.scores_file(NETWORK).exists()
    for fold in (0, 1):
        name = f"{NETWORK}-fold-{fold}" if fold else NETWORK
        assert (run.checkpoint(name) / "history.json").is_file()
    again = run.scores_of(NETWORK)
    for part, said in once[1].items():
        np.testing.assert_array_equal(again[part].logits, said.logits)


@pytest.mark.slow
def test_in_processes_of_their_own_they_are_the_same(run, once, monkeypatch):
    """The recipes of this process go with the run: those of the tests are not the library's."""
    monkeypatch.setattr(folds, "side_by_side", side_by_side)
    monkeypatch.setattr(joblib, "cpu_count", lambda: 2)
    said, here = trained(run)["out-of-fold"], once[1]["out-of-fold"]
    assert rows(said) == rows(here)
    np.testing.assert_allclose(said.logits, here.logits, atol=1e-4)


def test_labels_of_test_clips_are_no_part_of_any_fold_or_training(run, handed):
    trained(run)
    before = {name: (train.identity, len(train)) for name, (train, _) in handed.items()}
    other = replace(run, folder=run.folder / "noise")
    table = other.table
    tested = table.index[table.tag == 2]
    noise = np.random.default_rng(0).permutation(table.label[tested].to_numpy())
    assert (noise != table.label[tested]).any()
    table.loc[tested, "label"] = noise
    trained(other)
    assert other.limits.folds == run.limits.folds
    assert {name: (train.identity, len(train)) for name, (train, _) in handed.items()} == before


def test_scores_of_other_folds_are_refused(small_profile, once):
    run, _ = once
    changes = {"the folds of": {"folds": 2}, "its trained_folds was 3": {"trained_folds": 2}}
    for said, change in changes.items():
        other = replace(run, settings=replace(run.settings, **change))
        with pytest.raises(InputError, match=f"are not of this run as it is now: {said}"):
            other.scores_of(NETWORK)


def test_the_profiles_say_how_many_folds_are_trained():
    trained_of = {name: (one.trained_folds, one.folds) for name, one in profiles.PROFILES.items()}
    # A further network of each fold would make the paper's hundreds of epochs four times as long.
    long = {"paper", "paper-mode1"}
    assert {name for name, folds in trained_of.items() if folds == (1, 5)} == long
    assert {folds for name, folds in trained_of.items() if name not in long} == {(3, 3)}
    few = profiles.profile("quick", "imagenet")
    assert (few.trained_folds, few.folds) == (1, 5)
