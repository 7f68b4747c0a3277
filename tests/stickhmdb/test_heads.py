"""The head stays inside the picture."""

import numpy as np

from twostream_lib.stickhmdb.heads import Head


def test_a_head_is_cut_off_by_the_border_and_left_out_beyond_it():
    picture = np.full((20, 20, 4), 255, np.uint8)
    places = np.array([[30.0, 30], [2, 30], [-50, 30]])
    head = Head(0.0, picture, places, np.zeros(3))
    painted = []
    for frame in range(3):
        image = np.zeros((60, 80, 3), np.uint8)
        head.paint(image, frame)
        painted.append(np.count_nonzero(image.any(-1)))
    assert painted[0] > painted[1] > painted[2] == 0
