"""Both streams trained as one network, from their checkpoints: the paper's future work (VI).

What a motion means may depend on a colour: in StickHMDB, whether a ball that flies away is red or
blue. No fusion of class scores can tell that, because neither stream's scores say anything about
it. `features` is one head on the features of both streams, which stay as they are. `joint` trains
the backbones as well. Both learn from all training clips, as the streams that they start from.
"""

import numpy as np
import torch

from twostream_lib.course import judges
from twostream_lib.course.run import Run
from twostream_lib.data.datasets import WindowDataset
from twostream_lib.fusion import scores
from twostream_lib.fusion.scores import TEST, Scores
from twostream_lib.models.stream import StreamNet
from twostream_lib.models.two_stream import TwoStreamNet

NETWORKS = ("features", "joint")


def part_of(run: Run, part: str) -> WindowDataset:
    """The windows of a part as `TwoStreamNet` takes them: a frame and the SG3I around it."""
    one = run.part(judges.PAIR[0], part)
    return one.only(np.arange(len(one)), view="both")


def tested_stream(run: Run, network: str) -> StreamNet:
    """One of the two streams, with the weights by which it is tested; trained now if need be."""
    run.scores_of(network)
    return judges.tested(run, network, len(run.classes))


def trained(run: Run, network: str) -> TwoStreamNet:
    """One of `NETWORKS`, trained by the run's recipe of that name, or read from the run folder."""
    streams = [tested_stream(run, name) for name in judges.PAIR]
    torch.manual_seed(run.seed)
    net = TwoStreamNet(*streams)
    run.fit(network, net, part_of(run, "train+validation"), None, run.checkpoint(network))
    return net


def score(run: Run, network: str) -> Scores:
    """The test scores of one of `NETWORKS`, which are left in the run folder."""
    found = scores.predict(network, trained(run, network), part_of(run, TEST), TEST)
    run.save_scores(network, {TEST: found})
    return found


def trained_on(run: Run, network: str) -> Scores:
    """The test scores of a stream that has been trained on by itself, for as many epochs as
    `joint` is and by the same recipe: the control that tells joint training from more training.

    Args:
        network: `spatial` or `temporal-sg3i`.
    """
    stream = tested_stream(run, network)
    train, place = run.part(network, "train+validation"), run.checkpoint(f"{network}-trained-on")
    run.fit(network, stream, train, None, place, run.recipe("joint"))
    return scores.predict(network, stream, run.part(network, TEST), TEST)
