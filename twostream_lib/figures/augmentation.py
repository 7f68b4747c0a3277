"""What augmentation does to images, as a figure."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from twostream_lib.figures.display import Picture
from twostream_lib.figures.pictures import grid


def augmented(batches: Mapping[str, ArrayLike], names: Sequence[str], title: str) -> Picture:
    """The same images in several batches, under each other, to see what became of each.

    batches: uint8 [N, 3, H, W] each, arrays or tensors, under the name of its row. names: of the
    N images.
    """
    images = [list(np.moveaxis(np.asarray(batch), 1, -1)) for batch in batches.values()]
    return grid(images, list(batches), names, title)
