"""The two planes are those that clips are drawn from."""

from matplotlib.patches import Circle

from twostream_lib import figures
from twostream_lib.stickhmdb.actions import ACTIONS

PLACES = {label: action.place for label, action in ACTIONS.items() if action.place}


def test_each_act_stands_at_its_place_in_both_planes_with_its_spread():
    figure = figures.two_planes()
    for first, axes in zip((0, 2), figure.axes, strict=True):
        circles = [patch for patch in axes.patches if isinstance(patch, Circle)]
        names = [text.get_text().replace("\n", "_") for text in axes.texts]
        assert names == list(PLACES)
        for circle, text, place in zip(circles, axes.texts, PLACES.values(), strict=True):
            middle = tuple(place.mean[first : first + 2])
            assert circle.get_center() == text.get_position() == middle
            assert circle.get_radius() == place.spread[first]
            assert circle.get_fill() == (place.vague != ("appearance", "motion")[first // 2])


def test_its_words_name_who_is_clear_where():
    alt = figures.two_planes().alt
    by_appearance, by_motion = alt.split("clear by appearance: ")[1].split("; clear by motion: ")
    for label, place in PLACES.items():
        assert label in (by_appearance if place.vague == "motion" else by_motion)
