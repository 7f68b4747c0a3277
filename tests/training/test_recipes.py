"""The recipes of the paper and of others are theirs."""

import pytest
from torch import nn

from twostream_lib.models import CNNM2048
from twostream_lib.training import recipes
from twostream_lib.training.recipes import RECIPES, Phase


def test_one_cycle_rises_then_falls_to_nothing():
    phase = Phase("sgd", 0.1, 1, "one-cycle")
    lrs = [phase.lr_at(i / 100) for i in range(101)]
    top = lrs.index(max(lrs))
    assert max(lrs) == pytest.approx(0.1) and lrs[-1] == pytest.approx(0, abs=1e-9)
    assert lrs[: top + 1] == sorted(lrs[: top + 1])
    assert lrs[top:] == sorted(lrs[top:], reverse=True)
    # A fifth of the way up in a straight line, from a twentieth.
    assert lrs[0] == pytest.approx(0.005) and lrs[10] == pytest.approx(0.0525) and top == 20
    assert lrs[60] == pytest.approx(0.05)  # halfway down


def test_the_recipes_of_others_are_theirs():
    """The batches of each learning rate, within half an epoch of HMDB-51's windows."""
    rows = {
        "cnnm-flow": (256, [(1e-2, 50_000), (1e-3, 20_000), (1e-4, 10_000)]),
        "tsn-flow": (128, [(5e-3, 4_000), (5e-4, 2_000), (5e-5, 1_000)]),
    }
    for name, (batch, phases) in rows.items():
        recipe = RECIPES[name]
        assert recipe.batch_size == batch
        in_an_epoch = recipes.HMDB51_WINDOWS / batch
        for phase, (lr, batches) in zip(recipe.phases, phases, strict=True):
            assert (phase.optimiser, phase.lr, phase.schedule) == ("sgd", lr, "constant")
            assert abs(phase.epochs * in_an_epoch - batches) <= in_an_epoch / 2
            assert recipes.epochs_for(batches, batch) == phase.epochs
    assert recipes.epochs_for(1, 1) == 1
    built_in = {layer.p for layer in CNNM2048().head if isinstance(layer, nn.Dropout)}
    assert built_in == {RECIPES["cnnm-flow"].dropout}
    tsn = RECIPES["tsn-flow"]
    assert (tsn.weight_decay, tsn.grad_clip_norm, tsn.dropout, tsn.partial_bn) == (
        5e-4,
        20,
        0.7,
        True,
    )


def test_the_papers_recipes_are_the_papers():
    rows = {
        "paper-mode1-spatial": (128, [("sgd", 1e-2, 10)]),
        "paper-mode1-temporal": (128, [("sgd", 1e-2, 15)]),
        "paper-mode1-fusenet": (64, [("adam", 1e-2, 6)]),
        "paper-mode2-spatial": (128, [("sgd", 1e-2, 385), ("adamw", 1e-3, 60)]),
        "paper-mode2-temporal": (128, [("sgd", 1e-2, 278)]),
        "paper-mode2-fusenet": (64, [("adamw", 1e-3, 14)]),
    }
    for name, (batch, phases) in rows.items():
        recipe = RECIPES[name]
        assert recipe.batch_size == batch
        assert [(p.optimiser, p.lr, p.epochs) for p in recipe.phases] == phases
