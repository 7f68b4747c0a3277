"""How figures look: one style and one palette. How networks look, the registry `networks` says."""

from collections.abc import Iterable
from typing import Any

from matplotlib.font_manager import fontManager
from seaborn import color_palette

from twostream_lib.markup import plain

# Fonts for scripts and signs that matplotlib's own font lacks, as systems have them.
OTHER_FONTS = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "Hiragino Sans GB",
    "Apple SD Gothic Neo",
    "Arial Unicode MS",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Tamil",
    "Noto Sans Thai",
    "Nirmala UI",
    "Segoe UI Emoji",
    "Segoe UI Symbol",
    "Noto Emoji",
    "Symbola",
)
INSTALLED = {font.name for font in fontManager.ttflist}
# Figures are 9 inches wide: 900 pixels, with letters of 14 pixels and more.
STYLE: Any = {
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "figure.titlesize": 13,
    "figure.titleweight": "bold",
    # Names of classes and files may hold a $; without this, it would begin a formula.
    "text.parse_math": False,
    "text.usetex": False,
    "font.family": ["sans-serif", *(font for font in OTHER_FONTS if font in INSTALLED)],
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
TICK, CAPTION = 32, 48  # most signs of a name beside an axis, and above a small picture


def percent(share: float) -> str:
    """A share 0..1 in whole percent, for titles."""
    return f"{100 * share:.0f} %"


def held(figure: float, intervals: Iterable[tuple[float, float]]) -> str:
    """A clause: how many of these, the others' intervals, hold a figure."""
    count = sum(low <= figure <= high for low, high in intervals)
    if not count:
        return "no other's interval holds that figure"
    if count == 1:
        return "the interval of one other holds that figure"
    return f"the intervals of {count} others hold that figure"


def short(name: object, most: int = TICK) -> str:
    """A name from outside for a place with room for so many signs: a longer one loses its middle.

    Names of one folder mostly differ at their ends.
    """
    words = plain(name)
    if len(words) <= most:
        return words
    end = most // 2
    return f"{words[: most - end - 1]}…{words[-end:]}"
