"""What a whole run uses is there, and fits the weights that it starts from."""

import itertools
from dataclasses import replace

import pytest

from twostream_lib import flow
from twostream_lib.errors import InputError
from twostream_lib.training.profiles import PROFILES, profile
from twostream_lib.training.recipes import RECIPES


def test_every_profile_names_recipes_that_exist():
    for name, weights in itertools.product(PROFILES, ("", "imagenet", "none")):
        chosen = profile(name, weights)
        assert set(chosen.recipes.values()) <= set(RECIPES)


def test_windows_change_with_the_weights_in_the_quick_profile_alone():
    assert profile("quick") == profile("quick", "none") == PROFILES["quick"]
    tuned = profile("quick", "imagenet")
    assert tuned.plan != PROFILES["quick"].plan
    assert RECIPES[tuned.recipes["spatial"]].freeze_fraction > 0
    for name in set(PROFILES) - {"quick"}:
        assert profile(name) == profile(name, "imagenet") == profile(name, "file") == PROFILES[name]
        assert replace(profile(name, "none"), recipes=PROFILES[name].recipes) == PROFILES[name]


@pytest.mark.parametrize("name", PROFILES)
def test_random_weights_have_no_statistics_to_keep_and_nothing_that_must_be_learned_slowly(name):
    asked, usual = profile(name, "none").recipes, PROFILES[name].recipes
    assert asked.keys() == usual.keys()
    assert not [network for network, of in asked.items() if RECIPES[of].partial_bn]
    # The joint network begins with trained streams, and one on their features trains no backbone.
    for network in asked.keys() - {"joint", "features"}:
        recipe, known = RECIPES[asked[network]], RECIPES[usual[network]]
        assert (recipe.backbone_lr_scale, recipe.freeze_fraction) == (1, 0)
        assert (recipe.phases, recipe.batch_size) == (known.phases, known.batch_size)
    assert RECIPES[asked["features"]].freeze_fraction == 1


@pytest.mark.parametrize("name", [name for name in PROFILES if name != "quick"])
def test_smaller_fields_are_those_of_full_frames_and_are_seen_as_large(name):
    settings = PROFILES[name]
    plan, seen = settings.flow_plan, settings.seen_at(settings.flow_plan)
    assert seen == plan.estimate_at == settings.seen_at(settings.plan) == settings.plan.size
    assert seen == (2 * plan.size[0], 2 * plan.size[1]) and 2 * plan.bound == flow.BOUND


def test_an_unknown_profile_is_refused():
    with pytest.raises(InputError, match="'fast' is unknown: choose one of quick, colab"):
        profile("fast")
