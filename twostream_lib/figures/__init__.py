"""All figures under one name, each with its alternative text; and explorers, each with a twin.

The colours are seaborn's "colorblind" palette, and each network keeps its own. No title is typed
by hand: each states what was found in the values that are drawn.
"""

from twostream_lib.figures.augmentation import augmented
from twostream_lib.figures.confusions import mistakes
from twostream_lib.figures.curation import (
    class_counts,
    clip_lengths,
    clip_sizes,
    leak,
    leak_splits,
    mixing,
    name_fields,
)
from twostream_lib.figures.display import Picture, show, show_image, to_png
from twostream_lib.figures.motion import cost_and_error, saturation, undominated
from twostream_lib.figures.pictures import (
    batch_grid,
    colour_wheel,
    flow_fields,
    frames_strip,
    grid,
    sg3i_explained,
    three_views,
    windows_on_clip,
)
from twostream_lib.figures.quiz import ask, show_quiz
from twostream_lib.figures.results import (
    accuracies,
    agreement,
    by_number,
    confusion,
    per_class,
    reliability,
    weights,
)
from twostream_lib.figures.speed import speeds
from twostream_lib.figures.training import curves
from twostream_lib.markup import show_html

__all__ = [
    "Picture",
    "accuracies",
    "agreement",
    "ask",
    "augmented",
    "batch_grid",
    "by_number",
    "class_counts",
    "clip_lengths",
    "clip_sizes",
    "colour_wheel",
    "confusion",
    "cost_and_error",
    "curves",
    "flow_fields",
    "frames_strip",
    "grid",
    "leak",
    "leak_splits",
    "mistakes",
    "mixing",
    "name_fields",
    "per_class",
    "reliability",
    "saturation",
    "sg3i_explained",
    "show",
    "show_html",
    "show_image",
    "show_quiz",
    "speeds",
    "three_views",
    "to_png",
    "undominated",
    "weights",
    "windows_on_clip",
]
