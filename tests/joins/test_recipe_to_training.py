"""Every field of a recipe changes what is trained."""

from dataclasses import fields, replace

import pytest

from tests.joins.known import beside
from twostream_lib.data import identity
from twostream_lib.training.recipes import Phase, Recipe

NETWORK = "temporal-flow"  # the jitter is of flow alone
PHASE = Phase("sgd", 0.02, 2)
RECIPE = Recipe("test", (PHASE,), batch_size=16, weight_decay=0.01)
# Another value of each field. A new field has to be entered here.
OTHER = {
    "phases": (PHASE, PHASE),
    "batch_size": 8,
    "weight_decay": 0.02,
    "label_smoothing": 0.1,
    "random_translation": 4,
    "flow_magnitude_jitter": 1.5,
    "backbone_lr_scale": 0.5,
    "freeze_fraction": 0.5,
    "partial_bn": True,
    "clip_balanced": True,
    "retrain_epochs": 1,
    "dropout": 0.1,
    "grad_clip_norm": 0.1,
}
OTHER_PHASE = {"optimiser": "adam", "lr": 0.03, "epochs": 3, "schedule": "one-cycle"}
READ_BY_NOBODY = {"source": "words for a reader"}
CHANGES = [replace(RECIPE, **{name: value}) for name, value in OTHER.items()]
CHANGES += [
    replace(RECIPE, phases=(replace(PHASE, **{name: value}),))
    for name, value in OTHER_PHASE.items()
]


@pytest.fixture(scope="module")
def weights(films, tmp_path_factory):
    """The weights that are tested, in a word, of a stream that this recipe trained."""

    def train(recipe: Recipe) -> str:
        run = beside(films, tmp_path_factory.mktemp("by recipe"), trained_folds=1)
        run.__dict__["recipes"] = run.recipes | {NETWORK: recipe}
        net = run.new_stream(NETWORK)
        run.train(NETWORK, net)
        return identity.of_network(run.final(NETWORK, net))

    return train


@pytest.fixture(scope="module")
def trained(weights):
    return weights(RECIPE)


def test_every_field_is_looked_at():
    assert {field.name for field in fields(Recipe)} == {*OTHER, *READ_BY_NOBODY}
    assert {field.name for field in fields(Phase)} == {*OTHER_PHASE}


@pytest.mark.parametrize("changed", CHANGES, ids=[*OTHER, *OTHER_PHASE])
def test_a_field_changes_what_is_trained(weights, trained, changed):
    assert weights(changed) != trained


def test_what_nobody_reads_changes_nothing(weights, trained):
    assert weights(replace(RECIPE, **READ_BY_NOBODY)) == trained
