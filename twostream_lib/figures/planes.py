"""Where the acts of StickHMDB lie that differ by degrees: in appearance, and in motion."""

import matplotlib
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke

from twostream_lib import stickhmdb
from twostream_lib.figures.display import Picture
from twostream_lib.figures.style import BLUE, ORANGE, STYLE, WIDTH

COLOURS = {"motion": BLUE, "appearance": ORANGE}  # by the view that tells little of the class
AXES = {
    "appearance": ("hue of shirt and clubs", "hue of the court"),
    "motion": ("pace of the clubs: down or up", "pace of the leaves: down or up"),
}


@matplotlib.rc_context(STYLE)
def two_planes() -> Picture:
    """The twelve acts with two clubs: the place of each one in either plane, and its spread there.

    A circle's radius is one standard deviation. In two dimensions two clips of five are inside.
    """
    places = {label: act.place for label, act in stickhmdb.ACTIONS.items() if act.place}
    figure = Picture(figsize=(WIDTH, 4.5))
    panels = dict(zip(AXES, figure.subplots(1, 2), strict=True))
    for label, place in places.items():
        for view, axes in panels.items():
            vague, colour = place.vague == view, COLOURS[place.vague]
            first = 2 * list(AXES).index(view)
            middle, radius = place.mean[first : first + 2], place.spread[first]
            look = {"fill": False, "linestyle": ":"} if vague else {"alpha": 0.3}
            axes.add_patch(Circle(tuple(middle), radius, color=colour, **look))
            name = axes.text(
                *middle, label.replace("_", "\n"), ha="center", va="center", fontsize=9
            )
            name.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
    for view, axes in panels.items():
        axes.set(xlim=(-2.9, 2.9), ylim=(-2.4, 2.4), aspect="equal", title=f"by {view}")
        axes.set(xlabel=AXES[view][0], ylabel=AXES[view][1])
    clear = {view: [label for label in places if places[label].vague != view] for view in AXES}
    sizes = " and ".join(f"{len(labels)} by {view}" for view, labels in clear.items())
    figure.suptitle(f"Acts that are clear (filled circles): {sizes}")
    named = "; ".join(f"clear by {view}: {', '.join(labels)}" for view, labels in clear.items())
    return figure.described(
        f"Two planes with the same {len(places)} acts. Each has a small filled circle in one "
        f"plane, and in the other a large dotted one that covers its neighbours ({named}). "
        "Neighbours by appearance are far apart by motion"
    )
