"""Where a run's networks look: at the windows that they are asked about, with what they answer."""

import numpy as np
import pytest

from twostream_lib.course import finished, looking
from twostream_lib.errors import InputError
from twostream_lib.fusion import score_files


@pytest.fixture
def run(finished_folder, small_profile):
    return finished.open_run(finished_folder)


@pytest.mark.parametrize("network", ["spatial", "temporal-sg3i"])
def test_answers_are_those_of_the_scores_and_heat_is_as_large_as_the_window(run, network):
    said = score_files.load_part(run.scores_file(network), "test").under("video-1")
    videos = said.video[:3]
    found = looking.look(run, network, videos)
    best = said.logits[:3].argmax(axis=1)
    assert found.answers == [said.classes[number] for number in best]
    assert found.images.dtype == np.uint8 and found.images.shape[-1] == 3
    assert found.heat.shape == found.images.shape[:3]
    assert found.heat.min() >= 0 and found.heat.max() <= 1 + 1e-6


def test_a_video_that_is_not_tested_is_named(run):
    with pytest.raises(InputError, match=r"nobody\.avi has no window"):
        looking.look(run, "spatial", ["down/nobody.avi"])
