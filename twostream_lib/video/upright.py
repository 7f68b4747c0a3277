"""Which side of a frame is up: phones code what the sensor sees, and note how to turn it."""

from __future__ import annotations

from typing import Any, NamedTuple

import av
import numpy as np


class Turn(NamedTuple):
    """How a coded picture becomes the one that is shown: transposed first, then mirrored."""

    transposed: bool = False
    rows_reversed: bool = False
    columns_reversed: bool = False

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """The picture ``[H, W, ...]`` upright, as a view."""
        if self.transposed:
            picture = picture.swapaxes(0, 1)
        if self.rows_reversed:
            picture = picture[::-1]
        if self.columns_reversed:
            picture = picture[:, ::-1]
        return picture


AS_CODED = Turn()


def turn_of(image: av.VideoFrame) -> Turn:
    """The turn that a frame's display matrix asks for, to the nearest quarter.

    The matrix is nine 16.16 numbers (ISO/IEC 14496-12, 6.2.2): a pixel at (x, y) is shown at
    (a x + c y, b x + d y). A frame without one is shown as it is coded.
    """
    matrix: Any = image.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return AS_CODED
    a, b, _, c, d, *_ = np.frombuffer(matrix, np.int32).tolist()
    if max(abs(b), abs(c)) > max(abs(a), abs(d)):
        return Turn(transposed=True, rows_reversed=b < 0, columns_reversed=c < 0)
    return Turn(rows_reversed=d < 0, columns_reversed=a < 0)
