"""Has a run seen anything like this video? A rule by what its streams say of it.

A network answers with one of its classes whatever it is shown, often with great confidence. The
plain measure of how sure it is, the probability of its answer (Hendrycks & Gimpel 2017, "A baseline
for detecting misclassified and out-of-distribution examples"), helps little where one stream is
sure and wrong. Two streams that look at different things tell more: of an action that they know,
both find the same class likely in window after window. So the measure is a geometric mean, which
one doubt pulls down. Below a threshold a video counts as not known. The threshold is chosen on
out-of-fold scores alone: 90 % of the training videos that are answered rightly are above it.

It was compared on classes that were held out of training, of three splits of StickHMDB and of
Weizmann, by their training clips and the validation videos of the others: no test clip. The
probability of the answer, the largest logit, the energy (Liu et al. 2020), the overlap of the two
streams' answers, and the distance to near training windows among the features before the head (Sun
et al. 2022): none of them told new from known better on both data sets. With
95 % in place of 90, the threshold hangs on three or four of some 75 validation videos; it found
less of what is new, and moved more when the sources of the validation videos were drawn anew. With
fewer than ten such videos there is no difference.

The rule errs on both sides, see `fusion.reliability`: what is new may look familiar, and a known
action in new surroundings may not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twostream_lib.errors import InputError
from twostream_lib.fusion.choosing import require_choice
from twostream_lib.fusion.scores import Scores, log_probabilities, mean_by, per_video

Array = np.ndarray
# Rightly answered training videos that a threshold needs. Of n videos of one kind, one more falls
# below all of them with probability 1 / (n + 1).
FEWEST = 6
SEEN = 0.9  # share of the rightly answered training videos that must count as known
FLOOR = np.log(1e-9)  # one window that thinks a class impossible shall not decide alone


@dataclass(frozen=True)
class Rule:
    """From which familiarity on a video counts as known.

    Attributes:
        threshold: the least familiarity, 0..1, that counts as known.
        videos: how many training videos it was chosen on: those that are answered rightly.
        below: how many of these are below it.
    """

    threshold: float
    videos: int
    below: int

    def knows(self, familiarity: Array) -> Array:
        """bool `[N]`: whether videos of this familiarity, float `[N]`, count as known."""
        return np.asarray(familiarity) >= self.threshold


def familiarity(streams: Sequence[Scores]) -> Array:
    """How familiar each video looks to the streams, float `[N]`, 0..1; videos in order of name.

    It is the largest of its classes' geometric means: over the video's windows, and over the
    streams, of the probability that they give to the class.

    Args:
        streams: of the same windows, all of one protocol.

    Raises:
        InputError: the scores speak of different windows.
    """
    return _geometric_means(streams).max(axis=1)


def _geometric_means(streams: Sequence[Scores]) -> Array:
    """Of each class's probability, over a video's windows and the streams: float `[videos, C]`."""
    first, classes = streams[0], len(streams[0].classes)
    said = log_probabilities(list(streams)).reshape(len(first), len(streams), classes)
    of_windows = np.maximum(said.numpy(), FLOOR).mean(axis=1)
    _, place = np.unique(first.video, return_inverse=True)
    return np.exp(mean_by(place, of_windows))


def choose(streams: Sequence[Scores]) -> Rule:
    """The rule by which 90 % of the training videos that are answered rightly count as known.

    With fewer than 10 such videos, all of them do. An answer is right here if the class with the
    largest geometric mean is the label, see `familiarity`. The others are left out because a video
    that a network takes for something else is no example of what it knows.

    Args:
        streams: their out-of-fold scores, see `familiarity`.

    Raises:
        InputError: too few videos that are answered rightly; or what `require_choice` raises it
            for, such as scores of test clips.
    """
    require_choice(streams)
    means = _geometric_means(streams)
    right = means.argmax(axis=1) == per_video(streams[0]).label
    if right.sum() < FEWEST:
        raise InputError(
            f"Of {len(right)} training videos {right.sum()} are answered rightly, and a "
            f"threshold is chosen by {FEWEST} or more: add clips, or train the streams for longer."
        )
    found = np.sort(means[right].max(axis=1))
    threshold = float(found[int((1 - SEEN) * len(found) + 1e-9)])
    return Rule(threshold, len(found), int((found < threshold).sum()))
