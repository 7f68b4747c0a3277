"""How figures look: one style and one palette. How networks look, the registry `networks` says."""

from typing import Any

from seaborn import color_palette

# Figures are 9 inches wide: 900 pixels, with letters of 14 pixels and more.
STYLE: Any = {
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "figure.titlesize": 13,
    "figure.titleweight": "bold",
    "font.size": 10.5,
    "axes.titlesize": 11,
    "axes.labelsize": 11,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
WIDTH = 9.0
PALETTE = color_palette("colorblind").as_hex()
BLUE, ORANGE, GREEN, VERMILION, GRAY = (PALETTE[place] for place in (0, 1, 2, 3, 7))


def percent(share: float) -> str:
    """A share 0..1 in whole percent, for titles."""
    return f"{100 * share:.0f} %"
