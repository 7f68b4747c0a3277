"""What a whole run uses is there, and fits the weights that it starts from."""

import pytest

from twostream_lib import flow
from twostream_lib.errors import InputError
from twostream_lib.training.profiles import PROFILES, profile
from twostream_lib.training.recipes import RECIPES


def test_every_profile_names_recipes_that_exist():
    for chosen in (*PROFILES.values(), profile("quick", "imagenet")):
        assert set(chosen.recipes.values()) <= set(RECIPES)


def test_only_the_quick_profile_changes_with_the_weights():
    assert profile("quick") == profile("quick", "none") == PROFILES["quick"]
    tuned = profile("quick", "imagenet")
    assert tuned.plan != PROFILES["quick"].plan
    assert RECIPES[tuned.recipes["spatial"]].freeze_fraction > 0
    assert profile("colab", "imagenet") == PROFILES["colab"]


@pytest.mark.parametrize("name", [name for name in PROFILES if name != "quick"])
def test_smaller_fields_are_those_of_full_frames_and_are_seen_as_large(name):
    settings = PROFILES[name]
    plan, seen = settings.flow_plan, settings.seen_at(settings.flow_plan)
    assert seen == plan.estimate_at == settings.seen_at(settings.plan) == settings.plan.size
    assert seen == (2 * plan.size[0], 2 * plan.size[1]) and 2 * plan.bound == flow.BOUND


def test_an_unknown_profile_is_refused():
    with pytest.raises(InputError, match="'fast' is unknown: choose one of quick, colab"):
        profile("fast")
