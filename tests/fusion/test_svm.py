"""The linear SVM on what the streams say."""

from tests.fusion.samples import random_scores
from twostream_lib import fusion
from twostream_lib.fusion import evaluation


def test_svm_scores_have_a_column_for_a_class_it_never_saw():
    train = [random_scores(classes=4, videos=40, strength=4) for _ in range(2)]
    seen = train[0].label != 3
    train = [s.rows(seen) for s in train]
    test = [random_scores(classes=4, videos=40, strength=4, seed=5) for _ in range(2)]
    fused = fusion.svm(train, test)
    assert fused.logits.shape == test[0].logits.shape
    known = test[0].label != 3
    assert evaluation.correct(fused)[known].mean() > 0.9
    assert not evaluation.correct(fused)[~known].any()
