"""Polygons have the sizes that they should have, and are painted in their order."""

import cv2
import numpy as np

from twostream_lib.stickhmdb import painting
from twostream_lib.stickhmdb.painting import Shape, View


def still(*places):
    """Each place, float `[1, 2]`, as a clip of one frame has it."""
    return [np.array([place], float) for place in places]


def test_a_capsule_is_a_stick_with_round_ends():
    (start, end) = still((10, 20), (30, 20))
    outline = painting.capsule(start, end, 4, 4)[0].astype(np.float32)
    low, high = outline.min(0), outline.max(0)
    np.testing.assert_allclose([low, high], [(6, 16), (34, 24)], atol=0.2)
    whole = 20 * 8 + np.pi * 4**2
    assert 0.95 * whole < cv2.contourArea(outline) <= whole


def test_a_hull_holds_its_circles_and_its_marks_move_with_them():
    centres, radii = still((20, 10), (40, 10), (22, 60), (38, 60)), [5.0, 5.0, 8.0, 8.0]
    outline = painting.hull(centres, radii)[0]
    for centre, radius in zip(centres, radii, strict=True):
        depth = cv2.pointPolygonTest(outline, tuple(map(float, centre[0])), True)
        assert depth > radius - 0.5
    marks = painting.hull_marks(centres, radii)
    moved = painting.hull_marks([centre + np.array([3, -2]) for centre in centres], radii)
    np.testing.assert_allclose(moved - marks, np.broadcast_to([3.0, -2.0], marks.shape))


def test_shapes_are_painted_in_the_order_in_which_polygons_were_added():
    shape, image = Shape(0.0), np.zeros((40, 60, 3), np.uint8)
    square = np.array([[[10, 10], [30, 10], [30, 30], [10, 30]]], float)
    shape.add(square, (200.0, 0.0, 0.0))
    shape.add(square + np.array([10, 0]), (0.0, 200.0, 0.0))
    shape.paint(image, 0)
    assert image[20, 15].tolist() == [200, 0, 0] and image[20, 25].tolist() == [0, 200, 0]
    assert not image[5].any()


def test_a_camera_sees_ahead_to_the_right_and_the_near_side_nearer():
    side, front = (View(np.radians(yaw), 100, np.zeros((1, 2))) for yaw in (0, 90))
    ahead, up = np.array([[1.0, 0, 0]]), np.array([[0, 1.0, 0]])
    np.testing.assert_allclose(side.see(ahead), [[100, 0]])
    np.testing.assert_allclose(side.see(up), [[0, -100]])
    np.testing.assert_allclose(front.see(ahead), [[0, 0]], atol=1e-9)
    assert front.depth(ahead) > 0 and side.depth(np.array([[0, 0, 1.0]])) > 0
    assert (side.near, View(np.pi, 100, np.zeros((1, 2))).near) == (1, -1)
