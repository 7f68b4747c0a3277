"""The laboratory's explorer: one setup after the other, beside its control."""

from collections.abc import Mapping, Sequence

from ipywidgets import HTML, Dropdown, VBox

from twostream_lib.experiments.figures import one_setup
from twostream_lib.experiments.flow_trials import Trial
from twostream_lib.figures.explorers import Drawing, draw_on_change


def setup_explorer(trials: Mapping[str, Trial], names: Sequence[str]) -> VBox:
    """Choose one of these setups, and see its loss and accuracy beside its control's.

    `trials` are finished ones by name, with the controls. Nothing is trained here.
    """
    chosen = Dropdown(options=names, description="set wrong", layout={"width": "max-content"})
    picture = HTML()

    def draw() -> Drawing:
        figure = one_setup(trials, chosen.value)
        return figure, figure.alt

    draw_on_change(picture, draw, chosen)
    return VBox([chosen, picture])
