"""OpenCV's threads."""

import cv2
import pytest

from twostream_lib.threads import one_opencv_thread


def test_opencvs_threads_come_back_at_the_end_of_the_block():
    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    try:
        with pytest.raises(ZeroDivisionError), one_opencv_thread():
            assert cv2.getNumThreads() == 1
            raise ZeroDivisionError
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)
