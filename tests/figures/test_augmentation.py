"""The figure of augmentation shows the images that it was given, each in its place."""

import torch

from twostream_lib import figures


def test_batches_stand_in_rows_of_their_own_with_colours_last():
    stored = torch.arange(2 * 3 * 4 * 5, dtype=torch.uint8).view(2, 3, 4, 5)
    figure = figures.augmented({"stored": stored, "mirrored": stored.flip(-1)}, ["a", "b"], "title")
    drawn = [axes.images[0].get_array() for axes in figure.axes]
    expected = [image.permute(1, 2, 0) for image in (*stored, *stored.flip(-1))]
    assert all((a == b.numpy()).all() for a, b in zip(drawn, expected, strict=True))
    assert "rows (stored, mirrored) and columns (a, b)" in figure.alt
