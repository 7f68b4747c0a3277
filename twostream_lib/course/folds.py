"""In-fold and out-of-fold scores: what networks say of clips that they learned from, and of others.

The training clips are dealt into folds by source, see `clips.folds`. The network of a fold is
trained on all other folds, and scores the clips of its own: together these are scores of every
training clip by a network that has not seen its source, as the tested network has not seen those of
the test clips. Fusions learn from them.

The network of fold 0 is the stream that the notebooks train and look at. The others are trained
here, by the same recipe and from the same weights, and nobody looks at their curves. So what is
fused differs from what is tested in one thing. Each network of a fold has learned from the other
folds; the tested network has learned from all of them, see `Run.final`. It has seen more, and is a
little better and a little surer.
"""

import numpy as np

from twostream_lib.course.run_streams import RunStreams
from twostream_lib.errors import CannotBeHad
from twostream_lib.fusion import scores
from twostream_lib.fusion.scores import IN_FOLD, OUT_OF_FOLD, TEST, Scores
from twostream_lib.models.stream import StreamNet
from twostream_lib.training.side_by_side import side_by_side


def all_parts(run: RunStreams, network: str, net: StreamNet) -> dict[str, Scores]:
    """The scores of a stream by part: in-fold, out-of-fold and of the test clips.

    The in-fold ones are of all training clips where each fold has its network, and else of all
    folds but the first: each stream that is tested has learned from these, retrained or not, so
    those of two streams can be paired.

    Args:
        run: the run.
        network: the stream.
        net: the network of its fold 0, trained.

    Raises:
        CannotBeHad: there is no test part.
    """
    test = run.part(network, TEST)
    tested = run.final(network, net)
    own = "train+validation" if run.settings.trained_folds > 1 else "train"
    return {
        IN_FOLD: scores.predict(network, tested, run.part(network, own), IN_FOLD),
        OUT_OF_FOLD: out_of_fold(run, network, net),
        TEST: scores.predict(network, tested, test, TEST),
    }


def out_of_fold(run: RunStreams, network: str, net: StreamNet) -> Scores:
    """The scores of the training clips, each by the network of its fold; rows as in the store.

    Networks that are not trained yet are trained side by side. They are as many as the profile's
    `trained_folds`: with one, these are the scores of fold 0 alone.
    """
    others = [(run, network, fold) for fold in range(1, run.settings.trained_folds)]
    found = [_scored(run, network, 0, net)]
    if others:
        found += side_by_side(train_and_score, others, f"{network}, other folds")
    places, parts = zip(*(one for one in found if one), strict=True)
    return scores.together(parts).rows(np.argsort(np.concatenate(places)))


def train_and_score(run: RunStreams, network: str, fold: int) -> tuple[np.ndarray, Scores] | None:
    """Train the network of a fold, and let it score the fold; None if no clip is in it."""
    try:
        run.part(network, "validation", fold=fold)
    except CannotBeHad:  # there are fewer folds, or all of its clips are too short
        return None
    net = run.new_stream(network)
    run.train(network, net, fold)
    return _scored(run, network, fold, net)


def _scored(run: RunStreams, network: str, fold: int, net: StreamNet) -> tuple[np.ndarray, Scores]:
    """The places of a fold's windows in the store, and the scores of them."""
    data = run.part(network, "validation", fold=fold)
    return data.places, scores.predict(network, net, data, OUT_OF_FOLD)
