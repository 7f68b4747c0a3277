"""Streams without what the course adds: controls of its first layer, and of its recipes."""

import torch

from twostream_lib.course.run import Run
from twostream_lib.errors import CannotBeHad
from twostream_lib.fusion import scores
from twostream_lib.fusion.scores import TEST, Scores
from twostream_lib.models.stream import StreamNet
from twostream_lib.training.recipes import RECIPES

SG3I = "temporal-sg3i"


def first_layer(run: Run) -> Scores:
    """The test scores of an SG3I stream with a plain first layer, trained as the run's own is that
    is tested: on all training clips, by the same recipe, from the same seed.

    Raises:
        CannotBeHad: the run starts from weights, and its own first layer is plain.
    """
    if run.weights != "none":
        raise CannotBeHad("This run's SG3I stream starts from weights: its first layer is plain.")
    torch.manual_seed(run.seed)
    recipe = run.recipe(SG3I)
    net = StreamNet(run.backbone, len(run.classes), 3, run.weights, dropout=recipe.dropout)
    place = run.checkpoint("plain-first-layer")
    run.fit(SG3I, net, run.learned_from(SG3I, None), None, place)
    return scores.predict("plain first layer", net, run.part(SG3I, TEST), TEST)


def fine_tuned(run: Run, network: str) -> Scores:
    """The test scores of a stream that was tuned from the run's weights by the recipe `plain-tune`,
    on all training clips: all layers at one rate, and nothing frozen, jittered or retrained.

    Raises:
        CannotBeHad: the run starts from random weights, and there is nothing to tune.
    """
    if run.weights == "none":
        raise CannotBeHad("This run starts from random weights: there is nothing to fine-tune.")
    net, recipe = run.new_stream(network), RECIPES["plain-tune"]
    place = run.checkpoint(f"{network}-plain")
    run.fit(network, net, run.part(network, "train+validation"), None, place, recipe)
    name = f"{network}, plain fine-tune"
    return scores.predict(name, net, run.part(network, TEST), TEST)
