"""What the reader gets: a picture, its words, and the same bytes for the same values."""

import base64
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.image import imread

from tests.figures.samples import ALL, PICTURES, noise
from twostream_lib import figures
from twostream_lib.errors import InputError


@pytest.mark.parametrize("name", ["sg3i", "curves-20", "accuracies"])
def test_same_values_same_bytes(name):
    png = figures.to_png(ALL[name]())
    assert png == figures.to_png(ALL[name]())
    assert int.from_bytes(png[16:20], "big") == 900


def test_drawing_leaves_no_pyplot_state():
    ALL["accuracies"]()
    assert plt.get_fignums() == []
    assert plt.rcParams["axes.spines.top"]


def test_show_keeps_the_words_with_the_picture(shown):
    figures.show(PICTURES["strip"](), 'Frames of "wave" & <b>')
    bundle = shown[0]
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert bundle["text/plain"] == 'Frames of "wave" & <b>'
    assert 'alt="Frames of &quot;wave&quot; &amp; &lt;b&gt;"' in bundle["text/html"]
    data = re.search(r"base64,([^\"]+)", bundle["text/html"])[1]
    assert base64.b64decode(data) == bundle["image/png"]


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3)])
def test_show_image_keeps_every_pixel(shown, shape, tmp_path):
    array = noise(*shape)
    figures.show_image(array, "noise")
    (tmp_path / "shown.png").write_bytes(shown[0]["image/png"])
    read = np.rint(imread(tmp_path / "shown.png") * 255)[..., :3]
    assert (read == (array if array.ndim == 3 else array[..., None])).all()


@pytest.mark.parametrize("alt", ["", "  "])
def test_no_picture_without_words(alt):
    with pytest.raises(InputError, match="no alternative text"):
        figures.show(PICTURES["strip-1"](), alt)
