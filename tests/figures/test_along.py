"""What networks say along the time of one film."""

import numpy as np
import pytest

from tests.figures.samples import ALONG, TWELVE, along
from twostream_lib import figures, networks

NAMES = ["average", "spatial", "temporal-sg3i", "temporal-flow", "average-three"]


def panels(figure):
    return [axes for axes in figure.axes if axes.get_title(loc="left")]


def test_the_judge_comes_first_and_each_network_has_its_own_five():
    figure = along(TWELVE)
    drawn = panels(figure)
    assert [axes.get_title(loc="left") for axes in drawn] == [networks.get(n).words for n in NAMES]
    for axes, name in zip(drawn, NAMES, strict=True):
        chances = ALONG["whole"][name].probabilities()[0]
        best = np.argsort(chances)[::-1][:5]
        assert [label.get_text() for label in axes.get_yticklabels()] == [TWELVE[n] for n in best]
        assert [text.get_text() for text in axes.texts] == [
            f"{100 * chances[n]:.0f} %" for n in best
        ]


def test_shades_are_the_shares_in_percent_and_last_until_the_next_window():
    for axes, name in zip(panels(along(TWELVE)), NAMES[:4], strict=False):
        mesh = axes.collections[0]
        chances = ALONG["whole"][name].probabilities()[0]
        best = np.argsort(chances)[::-1][:5]
        windows = ALONG["windows"][name].probabilities()[:, best].T
        shades = np.asarray(mesh.get_array()).reshape(windows.shape)
        np.testing.assert_allclose(shades, 100 * windows, rtol=1e-6)
        edges = [*ALONG["starts"][name], ALONG["seconds"]]
        np.testing.assert_allclose(mesh.get_coordinates()[0, :, 0], edges)


@pytest.mark.parametrize("known", [True, None])
def test_the_title_has_the_answer_and_in_how_many_windows_it_comes_first(known):
    figure = along(TWELVE, known=known)
    best = int(ALONG["whole"]["average"].logits[0].argmax())
    first = int((ALONG["windows"]["average"].logits.argmax(axis=1) == best).sum())
    share = f"{100 * ALONG['whole']['average'].probabilities()[0, best]:.0f} %"
    words = f"{TWELVE[best]}, says the average ({share}); first in {first} of 6 windows"
    assert figure.get_suptitle() == f"kitchen.mp4: {words}"
    assert f"kitchen.mp4: {words}." in figure.alt
    assert "temporal-flow: " in figure.alt and "along 3.2 seconds" in figure.alt


def test_the_title_says_that_the_film_is_like_nothing_seen():
    title = along(TWELVE, known=False).get_suptitle()
    assert "like nothing that the run has seen; its guess is class_" in title


def test_axes_and_shades_are_named():
    figure = along(TWELVE)
    assert figure.get_supylabel() == "class"
    assert [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()] == ["share (%)"]


def test_names_from_outside_are_text_and_long_ones_lose_their_middle():
    labels = ["$\\frac{$", "a\nb", "w" * 200]
    figure = along(labels, film="x" * 150 + "\x1b$_$.mp4")
    figures.to_png(figure)
    assert {label.get_text() for label in panels(figure)[0].get_yticklabels()} == {
        "$\\frac{$",
        "a\\nb",
        f"{'w' * 15}…{'w' * 16}",
    }
    assert "…" in figure.get_suptitle() and "\\x1b$_$.mp4: " in figure.get_suptitle()
