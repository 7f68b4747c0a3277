"""The ceilings are those of exact readers of what is drawn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

from twostream_lib import stickhmdb
from twostream_lib.errors import InputError
from twostream_lib.stickhmdb.actions import ACTIONS
from twostream_lib.stickhmdb.ceilings import Readers


def clips_of(*labels):
    return pd.DataFrame({"label": labels, "tag": 2})


@pytest.fixture(scope="module")
def whole():
    return stickhmdb.ceilings_of(clips_of(*stickhmdb.CLASSES))


@pytest.mark.parametrize(
    ("labels", "spatial", "gray", "flow", "joint", "three"),
    [
        (["sit", "stand"], 1 / 2, 1, 1, 1, 1),
        (["drink", "eat"], 1, 1 / 2, 1 / 2, 1, 1),
        (["throw", "catch"], 1 / 2, 1 / 2, 1 / 2, 1, 1),
        (["smile", "laugh", "smoke"], 1 / 3, 2 / 3, 2 / 3, 2 / 3, 1),
        (["smile", "laugh"], 1 / 2, 1 / 2, 1, 1 / 2, 1),
        (["smile", "smoke"], 1 / 2, 1, 1 / 2, 1, 1),
        (["sit", "drink", "throw"], 1, 1, 1, 1, 1),
    ],
)
def test_ceilings_of_what_is_seen_or_not(labels, spatial, gray, flow, joint, three):
    found = stickhmdb.ceilings_of(clips_of(*labels))
    names = ("spatial", "temporal-sg3i", "temporal-flow", "joint", "joint-three")
    assert [found[name] for name in names] == pytest.approx([spatial, gray, flow, joint, three])


def test_what_a_motion_means_under_a_hue_no_fusion_of_scores_can_tell():
    found = stickhmdb.ceilings_of(clips_of("throw", "catch"))
    for name in ("average", "weighted", "product"):
        assert found[name] == pytest.approx(1 / 2)


def test_ceilings_follow_the_counts_of_the_test_clips():
    table = pd.concat(
        [clips_of(*["sit"] * 3, "stand", *["drink"] * 4), clips_of("golf").assign(tag=1)]
    )
    found = stickhmdb.ceilings_of(table)
    assert found["spatial"] == pytest.approx((3 / 2 + 1 / 2 + 4) / 8)


def test_who_sees_more_is_right_more_often_and_fusions_part(whole):
    for alone in ("spatial", "temporal-sg3i"):
        assert whole[alone] < 0.65 < whole["average"] - 0.1
    assert whole["average"] <= whole["weighted"]
    assert whole["average"] + 0.02 < whole["product"] < whole["joint"] - 0.02
    assert whole["joint"] + 0.02 < whole["joint-three"] < 1


@pytest.mark.parametrize(("view", "of"), [("spatial", [0, 1]), ("temporal-sg3i", [2, 3])])
def test_acts_with_clubs_are_told_as_well_as_by_a_fitted_discriminant(view, of):
    """Scikit-learn's discriminant learns the twelve normal distributions from as many clips."""
    labels = tuple(label for label, action in ACTIONS.items() if action.place)
    learned, asked = (
        np.concatenate([drawn(ACTIONS[label].place, seed) for label in labels])[:, of]
        for seed in (7, 8)
    )
    truth = np.repeat(np.arange(len(labels)), 1500)
    fitted = QuadraticDiscriminantAnalysis().fit(learned, truth).score(asked, truth)
    assert Readers(labels).by_class[view].mean() == pytest.approx(fitted, abs=0.012)


def drawn(place, seed):
    return np.array([place.draw((seed, n), 0) for n in range(1500)])


def test_beliefs_are_probabilities_that_come_true():
    readers = Readers(tuple(ACTIONS))
    belief = readers.posterior(("spatial",))
    np.testing.assert_allclose(belief.sum(1), 1)
    sure = belief.max(1)
    for low, high in ((0.3, 0.5), (0.5, 0.7), (0.7, 0.9)):
        here = (sure > low) & (sure <= high)
        assert readers.right(belief)[here].mean() == pytest.approx(sure[here].mean(), abs=0.02)


@pytest.mark.parametrize("rows", [{"label": ["brew"], "tag": [2]}, {"label": ["sit"], "tag": [1]}])
def test_ceilings_of_other_clips_are_not_known(rows):
    with pytest.raises(InputError, match="not known"):
        stickhmdb.ceilings_of(pd.DataFrame(rows))


def test_the_evidence_of_a_clip_is_that_of_its_class():
    told = stickhmdb.evidence(["sit", "stand", "sit"])
    assert told.label.tolist() == ["sit", "stand", "sit"]
    assert told.iloc[0].equals(told.iloc[2])
    assert told.shows.nunique() == 1 and told.gray.nunique() == 2
    assert stickhmdb.evidence().label.tolist() == list(stickhmdb.ACTIONS)


def test_ceilings_in_words_name_each_share():
    shares = {"spatial": 0.5, "temporal-sg3i": 0.625, "temporal-flow": 0.75, "joint": 1.0}
    words = stickhmdb.ceilings_in_words(shares)
    assert "**one picture** gets **50.0%**" in words and "**flow** **75.0%**" in words
    assert "**three gray frames** **62.5%**" in words and "**together** **100.0%**" in words
    assert stickhmdb.ceilings_in_words({}).startswith("Nobody knows the ceilings")
