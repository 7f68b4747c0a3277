"""Figures made of pictures: frames, SG3I and flow, side by side. Each returns a Picture."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.ticker import MaxNLocator

from twostream_lib import flow, sg3i
from twostream_lib.errors import InputError
from twostream_lib.figures.display import Picture
from twostream_lib.figures.style import BLUE, CAPTION, STYLE, VERMILION, WIDTH, short
from twostream_lib.stickhmdb.known_motion import MOVING, Pair

COLUMNS = 6  # of small pictures in a row
WORST = 3.0  # pixels; an error of flow that is drawn in full orange, as larger ones are
UNKNOWN = 150  # the gray of pixels whose true flow is not known
ARROWS = 16  # across a field
SPEEDS = (0.25, 0.5, 1.0)  # beside the wheel of colours, as shares of that with the full colour


def _picture(axes: Axes, image: np.ndarray, title: str = "") -> None:
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_title(short(title, CAPTION))
    axes.set_axis_off()


def _figure(rows: int, columns: int, shape: tuple[int, ...], words: float = 0.27) -> Picture:
    """A figure just high enough for rows of images of `shape`; a title takes `words` inches."""
    height = rows * (WIDTH / columns * shape[0] / shape[1] + words) + 0.3
    return Picture(figsize=(WIDTH, height))


@matplotlib.rc_context(STYLE)
def frames_strip(
    frames: np.ndarray, titles: Sequence[str] | None = None, title: str | None = None
) -> Picture:
    """Frames in reading order: uint8 [N, H, W] or [N, H, W, 3]; `titles` has one for each."""
    if len(frames) == 0:
        raise InputError("There are no frames to draw; pick at least one.")
    columns = min(len(frames), COLUMNS)
    rows = -(-len(frames) // columns)
    figure = _figure(rows, columns, frames.shape[1:3], 0.27 if titles is not None else 0.05)
    for i, frame in enumerate(frames):
        axes = figure.add_subplot(rows, columns, i + 1)
        _picture(axes, frame, titles[i] if titles is not None else "")
    height, width = frames.shape[1:3]
    figure.suptitle(title or f"{len(frames)} frames of {width} × {height} pixels")
    return figure.described(
        "Frames in reading order"
        + (f": {', '.join(map(str, titles))}" if titles is not None else "")
    )


@matplotlib.rc_context(STYLE)
def sg3i_explained(gray3: np.ndarray, rgb: np.ndarray | None = None) -> Picture:
    """How three gray frames (uint8 [3, H, W], earliest first) become one SG3I (section III.C).

    Above the frames and, where given, the colour frame `rgb` (uint8 [H, W, 3]); below each frame
    the channel that it becomes, and the SG3I they make together.
    """
    image = sg3i.stack(gray3)
    figure = _figure(2, 4, gray3.shape[1:])
    layout = "abcs/defs" if rgb is None else "abcr/defs"
    axes = figure.subplot_mosaic("\n".join(layout.split("/")))
    for i, when in enumerate(["earliest", "middle", "latest"]):
        _picture(axes["abc"[i]], gray3[i], f"{when} frame")
        channel = np.zeros_like(image)
        channel[..., i] = image[..., i]
        _picture(axes["def"[i]], channel, f"{['red', 'green', 'blue'][i]} channel")
    if rgb is not None:
        _picture(axes["r"], rgb, "in colour")
    _picture(axes["s"], image, "SG3I: all three")
    figure.suptitle(_sg3i_title(image))
    return figure.described(
        ("Three gray frames, " if rgb is None else "Three gray frames, the middle one in colour, ")
        + "the three channels that they become, and the SG3I of all three"
    )


def _sg3i_title(image: np.ndarray) -> str:
    share = _coloured(image)
    if share == 0:
        return "Nothing changes: no pixel is coloured"
    return f"What changes is coloured: {100 * share:.1f} % of the pixels"


def _coloured(image: np.ndarray) -> float:
    """The share of an SG3I's pixels that have changed by more than noise does."""
    return float((sg3i.colourfulness(image) > sg3i.CHANGED).mean())


@matplotlib.rc_context(STYLE)
def sg3i_strip(images: Sequence[np.ndarray], titles: Sequence[str]) -> Picture:
    """SG3I side by side, uint8 [H, W, 3] each, and how much of each is coloured."""
    shares = [f"{100 * _coloured(image):.1f} %" for image in images]
    title = f"Coloured by more than {sg3i.CHANGED} levels: {', '.join(shares)} of the pixels"
    figure = frames_strip(np.stack(images), titles, title)
    return figure.described(f"The SG3I of one moment with {', '.join(titles)}")


@matplotlib.rc_context(STYLE)
def three_views(frame: np.ndarray, sg3i: np.ndarray, field: np.ndarray, gap: int) -> Picture:
    """One moment as the streams see it: the frame, its SG3I, and its flow [H, W, 2] drawn.

    gap: frames from the first that the flow is of to the second.
    The wheel in the corner is the key: its middle is still, its rim is the fastest pixel's speed.
    """
    figure = _figure(1, 3, frame.shape[:2])
    axes = figure.subplots(1, 3)
    fastest = max(float(np.linalg.norm(field, axis=-1).max()), 1.0)
    _picture(axes[0], frame, "one frame: appearance")
    _picture(axes[1], sg3i, "SG3I: colour is change")
    _picture(axes[2], flow.draw(field, fastest), "flow: hue is direction")
    arrows(axes[2], field)
    key(axes[2], field)
    far = f"{gap} frame{'s' * (gap > 1)}"
    figure.suptitle(f"One moment, three views (flow over {far}: up to {fastest:.1f} pixels)")
    return figure.described(
        f"A frame; its SG3I, gray with coloured traces on {100 * _coloured(sg3i):.1f} % of the "
        f"pixels; its flow, {_motion(field)}"
    )


def _motion(field: np.ndarray) -> str:
    """What can be seen in a drawn field [H, W, 2]: how much of it moves, and where to."""
    speed = np.linalg.norm(field, axis=-1)
    moves = speed > MOVING
    if not moves.any():
        return f"hardly any colour: nothing moves by more than {MOVING:g} pixels"
    u, v = field[moves].mean(axis=0)
    much = f"coloured where {100 * moves.mean():.0f} % of the pixels move"
    if np.hypot(u, v) < MOVING:
        return f"{much}, in directions that cancel out"
    sides = "right" if u > 0 else "left", "down" if v > 0 else "up"
    where = " and ".join(
        side
        for side, part in zip(sides, (u, v), strict=True)
        if abs(part) > 0.4 * max(abs(u), abs(v))
    )
    return f"{much}, on average {where}"


def arrows(axes: Axes, field: np.ndarray) -> None:
    """Small arrows on a drawn field [H, W, 2] where it moves, as some eyes tell few hues apart."""
    step = max(1, field.shape[1] // ARROWS)
    rows, columns = np.mgrid[step // 2 : field.shape[0] : step, step // 2 : field.shape[1] : step]
    found = field[rows, columns]
    speed = np.linalg.norm(found, axis=-1)
    moves = speed > MOVING
    u, v = (found[moves] / speed[moves, None]).T
    look: dict[str, Any] = {"color": "0.15", "width": 0.007, "headwidth": 4, "pivot": "mid"}
    axes.quiver(columns[moves], rows[moves], u, v, angles="xy", scale=1.2 * ARROWS, **look)


def key(axes: Axes, field: np.ndarray) -> None:
    """Put the wheel into the corner of a picture of `field`."""
    height, width = field.shape[:2]
    _picture(axes.inset_axes((0.8, 0.0, 0.2, 0.2 * width / height)), _wheel())


@matplotlib.rc_context(STYLE)
def colour_wheel() -> Picture:
    """The key to the colours of flow, large: directions round the wheel, and `SPEEDS` beside it."""
    figure = Picture(figsize=(WIDTH, 3.6))
    wheel, table = figure.subplots(1, 2, width_ratios=(1, 1.5))
    _picture(wheel, _wheel(90))
    wheel.set(xlim=(-75, 255), ylim=(210, -30))
    names = ["right\nu > 0", "down\nv > 0", "left\nu < 0", "up\nv < 0"]
    places = [(188, 90), (90, 186), (-8, 90), (90, -6)]
    sides = [("left", "center"), ("center", "top"), ("right", "center"), ("center", "bottom")]
    for name, place, (ha, va) in zip(names, places, sides, strict=True):
        wheel.text(*place, name, ha=ha, va=va)
    turns = np.arange(8) * np.pi / 4
    directions = np.stack([np.cos(turns), np.sin(turns)], -1)
    arrows = np.array(SPEEDS)[:, None, None] * directions
    _picture(table, flow.draw(arrows.astype(np.float32), 1.0))
    for row, column in np.ndindex(arrows.shape[:2]):
        across, down = 0.36 * arrows[row, column]
        start, end = (column - across, row - down), (column + across, row + down)
        table.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "black"})
    for row, speed in enumerate(SPEEDS):
        table.text(-0.6, row, f"{speed:g}", ha="right", va="center")
    table.set_title("speed, as a share of the fastest; arrows show the motion")
    figure.suptitle("Hue is direction, and the stronger the colour, the faster")
    return figure.described(
        "A wheel of colours with its directions, and a table of eight directions in several speeds"
    )


def _wheel(radius: int = 40) -> np.ndarray:
    """The key to the colours of flow: uint8 [2 radius + 1, 2 radius + 1, 3], white outside."""
    down, right = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(np.float32) / radius
    field = np.stack([right, down], axis=-1)
    field[right**2 + down**2 > 1] = 0
    return flow.draw(field, 1.0)


@matplotlib.rc_context(STYLE)
def grid(
    images: Sequence[Sequence[np.ndarray]],
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
) -> Picture:
    """Pictures of one size in named rows and columns, to be compared: each uint8 [H, W(, 3)]."""
    figure = _figure(len(rows), len(columns), images[0][0].shape[:2])
    axes = figure.subplots(len(rows), len(columns), squeeze=False)
    for i, row in enumerate(images):
        for j, image in enumerate(row):
            _picture(axes[i, j], image, columns[j] if i == 0 else "")
        words = {"ha": "right", "va": "center", "transform": axes[i, 0].transAxes}
        axes[i, 0].text(-0.04, 0.5, rows[i], **words)
    figure.suptitle(title)
    return figure.described(
        f"Pictures in rows ({', '.join(rows)}) and columns ({', '.join(columns)})"
    )


@matplotlib.rc_context(STYLE)
def flow_fields(
    fields: Sequence[np.ndarray],
    titles: Sequence[str],
    title: str,
    frame: np.ndarray | None = None,
) -> Picture:
    """Flow fields [H, W, 2] side by side, drawn on one scale; the wheel in the last is the key.

    Before them stands, where given, the `frame` (uint8 [H, W]) that they start from.
    One pixel in a hundred may be faster than full colour says: a slip at the border of a field
    would pale all the rest.
    """
    images, top, moves = draw_fields(fields)
    names = list(titles)
    if frame is not None:
        images, names = [frame, *images], ["first frame", *names]
    figure = _figure(1, len(images), fields[0].shape[:2])
    axes = np.atleast_1d(figure.subplots(1, len(images)))
    for place, image, words in zip(axes, images, names, strict=True):
        _picture(place, image, words)
    for place, field in zip(axes[-len(fields) :], fields, strict=True):
        arrows(place, field)
    key(axes[-1], fields[-1])
    figure.suptitle(f"{title} (full colour: {top:.1f} pixels a step or more)")
    seen = [f"{words}, {motion}" for words, motion in zip(titles, moves, strict=True)]
    return figure.described(f"Flow as colours: {'; '.join(seen)}")


def draw_fields(fields: Sequence[np.ndarray]) -> tuple[list[np.ndarray], float, list[str]]:
    """Flow fields [H, W, 2] as pictures on one scale, the speed of its full colour in pixels a
    step, and what can be seen in each."""
    speeds = [np.linalg.norm(field, axis=-1) for field in fields]
    top = max(1.0, *(float(np.percentile(speed, 99)) for speed in speeds))
    return [flow.draw(field, top) for field in fields], top, [_motion(field) for field in fields]


@matplotlib.rc_context(STYLE)
def views(seen: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]], title: str) -> Picture:
    """Several films in three views each: a frame, an SG3I and a flow [H, W, 2], all of one size.

    A row for each film, by its name; all flows on one scale, which stands behind the title.
    """
    top = max(1.0, *(float(np.linalg.norm(field, axis=-1).max()) for _, _, field in seen.values()))
    rows = [[frame, image, flow.draw(field, top)] for frame, image, field in seen.values()]
    scale = f"full colour: {top:.1f} pixels"
    figure = grid(rows, list(seen), ["one frame", "SG3I", "flow"], f"{title} ({scale})")
    for axes, (_, _, field) in zip(figure.axes[2::3], seen.values(), strict=True):
        arrows(axes, field)
    key(figure.axes[-1], rows[-1][-1])
    return figure


@matplotlib.rc_context(STYLE)
def known_flow(pairs: Sequence[Pair], found: Sequence[np.ndarray], method: str) -> Picture:
    """Known motion, and what a method makes of it: a row for each pair, all of one size.

    found: the method's flow of each pair, float32 [H, W, 2]. Each row has a scale of its own, which
    stands beside it. An error is the length of the difference, white where it is 0 and orange from
    `WORST` pixels up. Where the truth is not known, it and the error are gray; flow never is.
    """
    images, rows, missed, seen = [], [], [], []
    for pair, field in zip(pairs, found, strict=True):
        error = np.linalg.norm(field - pair.truth, axis=-1)
        top = max(1.0, float(np.percentile(np.linalg.norm(pair.truth[pair.known], axis=-1), 99.5)))
        pale = 1 - np.clip(error / WORST, 0, 1)[..., None]
        orange = (255 * (pale + (1 - pale) * np.array(to_rgb(VERMILION)))).astype(np.uint8)
        truth = flow.draw(pair.truth, top)
        truth[~pair.known] = orange[~pair.known] = UNKNOWN
        images.append([pair.frames[0], truth, flow.draw(field, top), orange])
        rows.append(f"{pair.name}\nfull colour:\n{top:.1f} pixels".replace(", ", "\n"))
        missed.append(f"{100 * (error[pair.known] >= WORST).mean():.1f} %")
        seen.append(f"{pair.name}, truth {_motion(pair.truth * pair.known[..., None])}")
    columns = ["first frame", "true flow", f"flow by {method}", "error (gray: unknown)"]
    by = f"{WORST:g} pixels or more (full orange)"
    title = f"Known pixels that {method} misses by {by}: {', '.join(missed)}"
    figure = grid(images, rows, columns, title)
    key(figure.axes[-2], images[-1][-2])
    return figure.described(
        f"First frame, true flow, flow by {method}, and its error: {'; '.join(seen)}. "
        "What is hidden in the next frame is gray"
    )


@matplotlib.rc_context(STYLE)
def windows_on_clip(windows: Mapping[str, np.ndarray], frames: int) -> Picture:
    """Which frames of one clip make the windows of each mode: int [N, length] under its name."""
    figure = Picture(figsize=(WIDTH, 3.6))
    panels = np.atleast_1d(figure.subplots(1, len(windows)))
    for axes, (name, chosen) in zip(panels, windows.items(), strict=True):
        number = np.repeat(np.arange(len(chosen)), chosen.shape[1])
        size = 60 / max(8, len(chosen)) + 2
        axes.plot(chosen.ravel(), number, "o", color=BLUE, markersize=size)
        axes.set(xlabel="frame of the clip", ylabel="window", title=name, xlim=(-1, frames))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=8, min_n_ticks=1))
        axes.invert_yaxis()
        axes.grid(color="0.92")
    counts = [f"{len(chosen)} in {name}" for name, chosen in windows.items()]
    figure.suptitle(f"Windows of a clip of {frames} frames: {', '.join(counts)}")
    return figure.described(f"Dots for the frames of each window: {', '.join(windows)}")
