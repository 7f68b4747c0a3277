"""The linear SVM on what the streams say."""

import numpy as np
from sklearn.svm import LinearSVC

from tests.fusion.samples import random_scores
from twostream_lib import fusion
from twostream_lib.fusion import evaluation, linear_svm


def two(strength=4, seed=0, part="out-of-fold", videos=40):
    return [
        random_scores(classes=4, videos=videos, strength=strength, seed=seed + n, part=part)
        for n in (0, 1)
    ]


def test_svm_scores_have_a_column_for_a_class_it_never_saw():
    train = two()
    seen = train[0].label != 3
    fused = fusion.svm([s.rows(seen) for s in train])(test := two(seed=5, part="test"))
    assert fused.logits.shape == test[0].logits.shape
    known = test[0].label != 3
    assert evaluation.correct(fused)[known].mean() > 0.9
    assert not evaluation.correct(fused)[~known].any()


def test_it_is_scikit_learns_on_stacked_scores_of_length_one(monkeypatch):
    monkeypatch.setattr(linear_svm, "COSTS", (0.7,))
    train, test = two(1), two(1, seed=5, part="test")
    fused = fusion.svm(train, seed=3)(test)

    def rows(streams):
        side_by_side = np.hstack([s.probabilities() for s in streams]).astype(np.float64)
        return side_by_side / np.linalg.norm(side_by_side, axis=1, keepdims=True)

    machine = LinearSVC(C=0.7, random_state=3).fit(rows(train), train[0].label)
    np.testing.assert_allclose(fused.logits, machine.decision_function(rows(test)), atol=1e-4)
