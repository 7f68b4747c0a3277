"""What varies in StickHMDB: how each class is drawn, and the factors of sources and clips.

Factors are drawn from a seed and the kind of action, never from the class. So twins get the same
person, place, camera and timing: nothing tells them apart but what is meant to.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from twostream_lib.stickhmdb.painting import Look
from twostream_lib.stickhmdb.scenery import PLACES, Colour, mix, muted, with_luma

# The hues that tell classes apart; those of a pair have one BT.601 luma.
HUES: dict[str, Colour] = {
    "red": with_luma((225, 42, 38), 98),
    "blue": with_luma((26, 110, 222), 98),
    "azure": with_luma((48, 136, 228), 118),
    "orange": with_luma((232, 88, 20), 118),
    "lawn": with_luma((100, 166, 74), 134),
    "clay": with_luma((208, 108, 74), 134),
}


@dataclass(frozen=True)
class Action:
    """How a class is drawn, and what can be seen of it.

    ``kind`` is the motion; ``hue`` is the colour of the thing that tells the class, empty where no
    colour does; ``backwards`` says that the film is played from its end. ``shows`` says what one
    picture tells of the class, ``moves`` what gray motion tells.
    """

    kind: str
    hue: str
    backwards: bool
    shows: str
    moves: str


# Twins stand next to each other: four with a sword, then pairs.
ACTIONS: dict[str, Action] = {
    "draw_sword": Action("blade", "red", False, "red blade", "blade rises"),
    "sword": Action("blade", "red", True, "red blade", "blade falls"),
    "sword_exercise": Action("blade", "blue", False, "blue blade", "blade rises"),
    "fencing": Action("blade", "blue", True, "blue blade", "blade falls"),
    "sit": Action("seat", "", False, "figure and stool", "body goes down"),
    "stand": Action("seat", "", True, "figure and stool", "body comes up"),
    "throw": Action("ball", "", False, "figure and balls", "balls leave"),
    "catch": Action("ball", "", True, "figure and balls", "balls arrive"),
    "drink": Action("snack", "azure", False, "blue beaker", "hand to mouth"),
    "eat": Action("snack", "orange", False, "orange muffin", "hand to mouth"),
    "golf": Action("swing", "lawn", False, "green ground", "club swings"),
    "swing_baseball": Action("swing", "clay", False, "clay ground", "club swings"),
}


@dataclass(frozen=True)
class Framing:
    """How much of the body is in the picture, and how often.

    ``scale`` is the height of a figure in pixels; ``feet`` and ``horizon`` are rows of the picture;
    ``share`` is the share of sources that are framed in this way.
    """

    scale: float
    feet: float
    horizon: int
    share: float


# By kind of action and HMDB-51's code for the visible body; the action stays visible in each.
FRAMINGS: dict[str, dict[str, Framing]] = {
    "blade": {"f": Framing(152, 228, 176, 0.66), "u": Framing(212, 308, 226, 0.34)},
    "seat": {"f": Framing(186, 228, 172, 0.66), "u": Framing(232, 294, 226, 0.34)},
    "ball": {"f": Framing(160, 226, 172, 0.66), "u": Framing(232, 314, 226, 0.34)},
    "snack": {
        "f": Framing(196, 230, 176, 0.34),
        "u": Framing(306, 366, 236, 0.44),
        "h": Framing(400, 448, 238, 0.22),
    },
    "swing": {"f": Framing(160, 224, 128, 0.66), "u": Framing(220, 300, 132, 0.34)},
}
# By HMDB-51's code of the view: the angle at which the camera sees the figure and how far it may be
# off, in degrees, and the share of sources. 0 is from the figure's right side, 90 from its front. A
# swing goes across the body, the other actions go ahead of it.
ANGLES = {"ri": (6, 14, 0.38), "le": (6, 14, 0.38), "fr": (42, 6, 0.16), "ba": (-36, 5, 0.08)}
SWING_ANGLES = {"fr": (90, 18, 0.7), "ba": (-90, 18, 0.3)}


@dataclass(frozen=True)
class Source:
    """The film that clips are cut from: one person, one place, one way of filming.

    ``yaw`` is an angle in radians. ``stature`` and ``gain`` are factors of the figure's height and
    of the brightness of the class's hue. ``shaky`` and ``worn``, 0 to 1, say how often the camera
    moves and how poor the recording is.
    """

    kind: str
    look: Look
    crowd: tuple[Look, ...]
    place: str
    place_seed: int
    body: str
    view: str
    yaw: float
    stature: float
    gain: float
    shaky: float
    worn: float

    @property
    def framing(self) -> Framing:
        return FRAMINGS[self.kind][self.body]


@dataclass(frozen=True)
class Take:
    """What differs between the clips of one source.

    The action takes ``period`` seconds for a round and starts at ``phase``, 0 to 1. The figure is
    off its place by ``shift``, in pixels, and by ``turn``, in radians. ``pan`` is the camera's
    drift, its shake and the two phases of the shake.
    """

    frames: int
    period: float
    phase: float
    shift: tuple[float, float]
    turn: float
    camera: str
    pan: tuple[float, float, float, float]
    people: int
    quality: str
    seed: int


HAIR = [(52, 42, 40), (84, 62, 48), (122, 94, 68), (196, 170, 122), (150, 148, 148), (34, 34, 40)]
HAIRSTYLES = ["short", "short", "long", "long", "bun", "bun", "curly", "curly", "cap", "bald"]
CLOTH = (0.22, 0.95)  # hues that are not mistaken for skin


def draw_look(rng: np.random.Generator) -> Look:
    """A person's clothes, hair and build, all in dull colours."""
    style = HAIRSTYLES[rng.integers(len(HAIRSTYLES))]
    hair = HAIR[rng.integers(len(HAIR))]
    return Look(
        skin=mix((244, 208, 180), (150, 104, 78), rng.uniform()),
        hair=muted(rng, 70, 120, 0.28) if style == "cap" else hair,
        shirt=muted(rng, 80, 200, 0.32, hues=CLOTH),
        trousers=muted(rng, 55, 120, 0.28, hues=CLOTH),
        shoes=muted(rng, 45, 90, 0.2),
        hairstyle=style,
        legs=str(rng.choice(["trousers", "trousers", "shorts", "skirt"])),
        long_sleeves=bool(rng.uniform() < 0.5),
        stripes=bool(rng.uniform() < 0.35),
        glasses=bool(rng.uniform() < 0.2),
        build=rng.uniform(0.9, 1.2),
        head=rng.uniform(0.96, 1.12),
    )


def draw_view(rng: np.random.Generator, kind: str) -> tuple[str, float]:
    """A view's code and its angle in radians; front and back views look to either side."""
    views = SWING_ANGLES if kind == "swing" else ANGLES
    view = str(rng.choice(list(views), p=[share for _, _, share in views.values()]))
    angle, spread, _ = views[view]
    degrees = angle + spread * rng.uniform(-1, 1)
    left = view == "le" or (view != "ri" and rng.uniform() < 0.5)
    return view, float(np.radians(180 - degrees if left else degrees))


def draw_source(seed: tuple[int, ...], kind: str) -> Source:
    """The factors of a source, from its seed and the kind of action."""
    rng = np.random.default_rng((*seed, 1))
    framings = FRAMINGS[kind]
    view, yaw = draw_view(rng, kind)
    return Source(
        kind=kind,
        look=draw_look(rng),
        crowd=(draw_look(rng), draw_look(rng)),
        place=str(rng.choice(list(PLACES))),
        place_seed=int(rng.integers(2**31)),
        body=str(rng.choice(list(framings), p=[f.share for f in framings.values()])),
        view=view,
        yaw=yaw,
        stature=rng.uniform(0.94, 1.05),
        gain=rng.uniform(0.93, 1.06),
        shaky=rng.uniform(),
        worn=rng.uniform(),
    )


def draw_take(seed: tuple[int, ...], take: int, source: Source) -> Take:
    """The factors of one clip of a source; ``take`` counts its clips.

    The phase is uniform, so that no time of a clip shows one phase more often than another.
    """
    rng = np.random.default_rng((*seed, 2, take))
    return Take(
        frames=int(rng.integers(45, 76)),
        period=rng.uniform(1.7, 2.2),
        phase=rng.uniform(),
        shift=(rng.uniform(-9, 9), rng.uniform(-2, 2)),
        turn=float(np.radians(rng.uniform(-3, 3))),
        camera="cm" if rng.uniform() < 0.25 + 0.5 * source.shaky else "nm",
        pan=(rng.uniform(-1, 1), rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0, 1)),
        people=int(rng.choice([1, 2, 3], p=[0.74, 0.19, 0.07])),
        quality="bad" if source.worn < 0.08 else "med" if source.worn < 0.5 else "goo",
        seed=int(rng.integers(2**31)),
    )


CLASSES = sorted(ACTIONS)
MOTION_TWINS = [(a, b) for a, b in combinations(ACTIONS, 2) if ACTIONS[a].shows == ACTIONS[b].shows]
APPEARANCE_TWINS = [
    (a, b) for a, b in combinations(ACTIONS, 2) if ACTIONS[a].moves == ACTIONS[b].moves
]
