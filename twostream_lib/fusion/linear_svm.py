"""A linear SVM on what the streams say (paper, III.D; [1])."""

from collections.abc import Sequence

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer
from sklearn.svm import LinearSVC

from twostream_lib.errors import InputError
from twostream_lib.fusion.choosing import Rule, best_setting, require_choice
from twostream_lib.fusion.registry import enter
from twostream_lib.fusion.scores import Scores, check_aligned, with_logits

COSTS = (1.0, 0.1, 10.0)  # of a margin that is missed; among equals the first is taken
NEVER = -1e3  # the value of a class that the machine has not seen


@enter("svm")
def svm(streams: Sequence[Scores], seed: int = 0) -> Rule:
    """A multi-class linear SVM on stacked softmax scores of length 1, as [1] has it.

    The cost C is chosen by sources that the machine did not learn from, see `best_setting`. The
    logits of what it fuses are its decision values, one class against the rest.

    Raises:
        InputError: what `require_choice` raises it for, such as scores of test clips or in-fold
            ones; or scores of a single class.
    """
    require_choice(streams)
    if len(np.unique(streams[0].label)) < 2:
        raise InputError("An SVM tells classes apart, and all windows are of one: add others.")

    def learn(streams: Sequence[Scores], cost: float) -> Rule:
        check_aligned(streams)
        machine = make_pipeline(Normalizer(), LinearSVC(C=cost, random_state=seed))
        machine.fit(stacked(streams), streams[0].label)
        return lambda asked: with_logits(asked, _decided(machine, asked), "svm")

    return learn(streams, best_setting(COSTS, learn, streams, seed))


def stacked(streams: Sequence[Scores]) -> np.ndarray:
    """The streams' probabilities side by side, float32 `[N, streams * C]`."""
    return np.concatenate([scores.probabilities() for scores in streams], axis=1)


def _decided(machine, streams: Sequence[Scores]) -> np.ndarray:
    check_aligned(streams)
    values = np.full((len(streams[0]), len(streams[0].classes)), NEVER)
    decided = machine.decision_function(stacked(streams))
    values[:, machine.classes_] = decided if decided.ndim == 2 else np.stack([-decided, decided], 1)
    return values
