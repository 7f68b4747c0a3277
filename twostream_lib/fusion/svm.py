"""A linear SVM on what the streams say (paper, III.D; [1])."""

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from twostream_lib.fusion.scores import Scores, with_logits


def svm(train: list[Scores], test: list[Scores], seed: int = 0) -> Scores:
    """A multi-class linear SVM on the streams' probabilities, as [1] does it; trained on `train`.

    The logits of the result are the SVM's decision values, one against the rest.
    """

    def features(streams: list[Scores]) -> np.ndarray:
        return np.concatenate([s.probabilities() for s in streams], axis=1)

    machine = make_pipeline(StandardScaler(), LinearSVC(C=0.1, random_state=seed))
    machine.fit(features(train), train[0].label)
    values = np.full((len(test[0]), len(test[0].classes)), -1e3)
    decided = machine.decision_function(features(test))
    values[:, machine.classes_] = decided if decided.ndim == 2 else np.stack([-decided, decided], 1)
    return with_logits(test, values, "svm")
