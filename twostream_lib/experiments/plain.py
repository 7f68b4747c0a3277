"""SG3I by a first layer that sees the scene as well: the control of `models.see_motion_only`."""

import torch

from twostream_lib.course.run import Run
from twostream_lib.errors import CannotBeHad
from twostream_lib.fusion import scores
from twostream_lib.fusion.scores import TEST, Scores
from twostream_lib.models.stream import StreamNet

SG3I = "temporal-sg3i"


def score(run: Run) -> Scores:
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
