"""All figures under one name, each with its alternative text; and explorers, each with a twin.

The colours of charts are seaborn's "colorblind" palette, and each network keeps its own. Those of
flow are torchvision's, of which not all eyes tell all apart: arrows say the direction as well.
"""

from twostream_lib.figures.along import along_time
from twostream_lib.figures.answers import top_five
from twostream_lib.figures.augmentation import augmented
from twostream_lib.figures.by_class import class_weights, per_class
from twostream_lib.figures.confusions import confusion, mistakes
from twostream_lib.figures.curation import (
    class_counts,
    clip_lengths,
    clip_sizes,
    leak,
    leak_splits,
    mixing,
    name_fields,
)
from twostream_lib.figures.differences import differences
from twostream_lib.figures.display import PHONE, Picture, room_of, show, to_png
from twostream_lib.figures.films import classes_shown, film_rows
from twostream_lib.figures.fusing import learning_curve, sureness, weights
from twostream_lib.figures.heat import looked_at
from twostream_lib.figures.kinds import by_kind
from twostream_lib.figures.layers import first_layer
from twostream_lib.figures.motion import cost_and_error, saturation, undominated
from twostream_lib.figures.pictures import (
    colour_wheel,
    flow_fields,
    frames_strip,
    grid,
    known_flow,
    sg3i_explained,
    sg3i_strip,
    three_views,
    views,
    windows_on_clip,
)
from twostream_lib.figures.planes import two_planes
from twostream_lib.figures.planning import hours_by_part
from twostream_lib.figures.quiz import ask, show_quiz
from twostream_lib.figures.results import accuracies, agreement, by_number
from twostream_lib.figures.runs import over_runs
from twostream_lib.figures.samples import (
    clip_frames,
    siblings,
    stored_stack,
    windows_by_mode,
)
from twostream_lib.figures.speed import recorded, speeds, throughputs
from twostream_lib.figures.training import curves

__all__ = [
    "PHONE",
    "Picture",
    "accuracies",
    "agreement",
    "along_time",
    "ask",
    "augmented",
    "by_kind",
    "by_number",
    "class_counts",
    "class_weights",
    "classes_shown",
    "clip_frames",
    "clip_lengths",
    "clip_sizes",
    "colour_wheel",
    "confusion",
    "cost_and_error",
    "curves",
    "differences",
    "film_rows",
    "first_layer",
    "flow_fields",
    "frames_strip",
    "grid",
    "hours_by_part",
    "known_flow",
    "leak",
    "leak_splits",
    "learning_curve",
    "looked_at",
    "mistakes",
    "mixing",
    "name_fields",
    "over_runs",
    "per_class",
    "recorded",
    "room_of",
    "saturation",
    "sg3i_explained",
    "sg3i_strip",
    "show",
    "show_quiz",
    "siblings",
    "speeds",
    "stored_stack",
    "sureness",
    "three_views",
    "throughputs",
    "to_png",
    "top_five",
    "two_planes",
    "undominated",
    "views",
    "weights",
    "windows_by_mode",
    "windows_on_clip",
]
