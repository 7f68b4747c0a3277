"""Evidence in degrees: where the acts with clubs lie, and how their clips vary."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from twostream_lib.stickhmdb.actions import ACTIONS
from twostream_lib.stickhmdb.evidence import CLEAR, OF_SOURCE, VAGUE

PLACES = {label: action.place for label, action in ACTIONS.items() if action.place}


def apart(one, other, plane):
    return np.linalg.norm(np.subtract(getattr(one, plane), getattr(other, plane)))


def test_who_is_near_in_one_plane_is_far_in_the_other():
    for one, other in combinations(PLACES.values(), 2):
        distances = sorted(apart(one, other, plane) for plane in ("appearance", "motion"))
        assert distances[0] > 0 and distances[1] > 1, (
            "one stream must rule out what the other takes"
        )


def test_each_plane_is_a_lattice_and_half_of_the_classes_are_vague_in_it():
    for plane in ("appearance", "motion"):
        spots = {getattr(place, plane) for place in PLACES.values()}
        assert len(spots) == len(PLACES) == 12
        assert np.mean([list(spot) for spot in spots], axis=0) == pytest.approx([0, 0])
        assert sum(place.vague == plane for place in PLACES.values()) == 6


@pytest.mark.parametrize("label", ["draw_sword", "sword"])
def test_clips_vary_around_the_place_of_their_class(label):
    place = PLACES[label]
    drawn = np.array([place.draw((seed,), 0) for seed in range(600)])
    widths = [CLEAR, CLEAR, VAGUE, VAGUE] if label == "draw_sword" else [VAGUE, VAGUE, CLEAR, CLEAR]
    for numbers, mean, width in zip(drawn.T, place.mean, widths, strict=True):
        assert stats.kstest((numbers - mean) / width, "norm").pvalue > 0.001


def test_clips_of_one_source_are_alike_but_not_equal():
    pairs = np.array(
        [[PLACES["golf"].draw((seed,), take) for take in (0, 1)] for seed in range(900)]
    )
    for first, second in pairs.transpose(2, 1, 0):
        assert stats.pearsonr(first, second).statistic == pytest.approx(OF_SOURCE, abs=0.06)
