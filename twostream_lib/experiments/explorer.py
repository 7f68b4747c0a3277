"""The laboratory's explorer: one switch after the other, beside the stream that works."""

from collections.abc import Mapping

from ipywidgets import HTML, Dropdown, VBox

from twostream_lib.experiments.figures import one_switch
from twostream_lib.experiments.flow_trials import Trial
from twostream_lib.figures.explorers import Drawing, draw_on_change


def switch_explorer(trials: Mapping[str, Trial]) -> VBox:
    """Choose a trial of the laboratory, and see its loss and accuracy beside the working one's.

    `trials` are finished ones by name, `working` among them. Nothing is trained here.
    """
    names = [name for name in trials if name != "working"]
    switch = Dropdown(options=names, description="set wrong", layout={"width": "max-content"})
    picture = HTML()

    def draw() -> Drawing:
        figure = one_switch(trials[switch.value], trials["working"])
        return figure, figure.alt

    draw_on_change(picture, draw, switch)
    return VBox([switch, picture])
