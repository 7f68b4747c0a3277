"""What varies in StickHMDB: how each class is drawn, and the factors of sources and clips.

The person, the place, the camera and the timing are drawn from a seed and the kind of action, never
from the class. So with one seed, classes of a kind differ in nothing but what is meant to tell
them apart, see `evidence`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from twostream_lib.stickhmdb.evidence import Place
from twostream_lib.stickhmdb.looks import Look
from twostream_lib.stickhmdb.scenery import PLACES, Colour, mix, muted, with_luma

# The hues of things that tell classes apart; those of a pair have one BT.601 luma.
HUES: dict[str, Colour] = {
    "azure": with_luma((48, 136, 228), 118),
    "orange": with_luma((232, 88, 20), 118),
    "red": with_luma((225, 42, 38), 98),
    "blue": with_luma((26, 110, 222), 98),
}


@dataclass(frozen=True)
class Action:
    """How a class is drawn, and what can be seen of it.

    Attributes:
        kind: of the motion: the figure, its things and its poses.
        shows: what one picture tells. gray: what three gray frames tell. flow: what flow tells.
        hues: of the thing that is coloured, in the order of a coin that each clip tosses.
        backwards: for each side of the coin, whether the film is played from its end.
        place: where an act with clubs lies, and how far it varies.
    """

    kind: str
    shows: str
    gray: str
    flow: str
    hues: tuple[str, ...] = ()
    backwards: tuple[bool, bool] = (False, False)
    place: Place | None = None


def clubs(appearance: tuple[float, float], motion: tuple[float, float], vague: str) -> Action:
    """An act with two clubs, which only degrees tell from the others."""
    seen = ("team and court", "clubs and leaves", "clubs and leaves")
    return Action("clubs", *seen, place=Place(appearance, motion, vague))


# Acts with clubs first: their places in the two planes. Who is near in appearance is far in motion.
ACTIONS: dict[str, Action] = {
    "draw_sword": clubs((-1.5, -1), (0.5, 1), "motion"),
    "sword": clubs((-1.5, 0), (-1.5, 1), "appearance"),
    "sword_exercise": clubs((-1.5, 1), (0.5, 0), "motion"),
    "fencing": clubs((-0.5, -1), (-1.5, 0), "appearance"),
    "golf": clubs((-0.5, 0), (0.5, -1), "motion"),
    "swing_baseball": clubs((-0.5, 1), (-1.5, -1), "appearance"),
    "hit": clubs((0.5, -1), (1.5, 0), "motion"),
    "punch": clubs((0.5, 0), (-0.5, 1), "appearance"),
    "wave": clubs((0.5, 1), (1.5, 1), "motion"),
    "clap": clubs((1.5, -1), (-0.5, -1), "appearance"),
    "climb": clubs((1.5, 0), (1.5, -1), "motion"),
    "pullup": clubs((1.5, 1), (-0.5, 0), "appearance"),
    "sit": Action("seat", "figure and stool", "body goes down", "body goes down"),
    "stand": Action(
        "seat", "figure and stool", "body comes up", "body comes up", backwards=(True, True)
    ),
    "drink": Action("snack", "blue beaker", "hand to mouth", "hand to mouth", ("azure", "azure")),
    "eat": Action("snack", "orange muffin", "hand to mouth", "hand to mouth", ("orange", "orange")),
    # Red balls leave and blue ones arrive, or the other way round: neither alone means anything.
    "throw": Action(
        "ball", "figure and balls", "balls fly", "balls fly", ("red", "blue"), (False, True)
    ),
    "catch": Action(
        "ball", "figure and balls", "balls fly", "balls fly", ("red", "blue"), (True, False)
    ),
    # A shake at the rate of SG3I's frames stands still in them; a cloud that fades does not move.
    "smile": Action("cloud", "figure and cloud", "all stands still", "all stands still"),
    "laugh": Action("cloud", "figure and cloud", "all stands still", "body shakes"),
    "smoke": Action("cloud", "figure and cloud", "cloud fades", "all stands still"),
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
    "clubs": {"f": Framing(150, 228, 128, 0.66), "u": Framing(206, 300, 132, 0.34)},
    "seat": {"f": Framing(186, 228, 172, 0.66), "u": Framing(232, 294, 226, 0.34)},
    "ball": {"f": Framing(160, 226, 172, 0.66), "u": Framing(232, 314, 226, 0.34)},
    "snack": {
        "f": Framing(196, 230, 176, 0.34),
        "u": Framing(306, 366, 236, 0.44),
        "h": Framing(400, 448, 238, 0.22),
    },
    "cloud": {"f": Framing(150, 228, 176, 0.6), "u": Framing(204, 290, 226, 0.4)},
}
# Where actions of a kind are filmed, if not anywhere; those with clubs have a court.
SCENES = {"seat": ["room", "gym", "library"], "cloud": ["park", "street", "beach"]}
# By HMDB-51's code of the view: the angle at which the camera sees the figure and how far it may be
# off, in degrees, and the share of sources. 0 is from the figure's right side, 90 from its front.
# Clubs swing on both sides of the body, the other actions go ahead of it.
ANGLES = {"ri": (6, 14, 0.38), "le": (6, 14, 0.38), "fr": (42, 6, 0.16), "ba": (-36, 5, 0.08)}
CLUBS_ANGLES = {"fr": (90, 18, 0.7), "ba": (-90, 18, 0.3)}


@dataclass(frozen=True)
class Source:
    """The film that clips are cut from: one person, one place, one way of filming.

    ``yaw`` is an angle in radians. ``stature``, ``gain`` and ``vivid`` are factors of the figure's
    height and of the brightness and the strength of the hues that tell the class. ``shaky`` and
    ``worn``, 0 to 1, say how often the camera moves and how poor the recording is.
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
    vivid: float
    shaky: float
    worn: float

    @property
    def framing(self) -> Framing:
        return FRAMINGS[self.kind][self.body]


@dataclass(frozen=True)
class Take:
    """What differs between the clips of one source.

    The action takes ``period`` seconds for a round. Its two parts start at ``phases``, 0 to 1
    each, and ``coin`` is 0 or 1. The figure is off its place by ``shift``, in pixels, and by
    ``turn``, in radians. ``pan`` is the camera's drift, its shake and the two phases of the shake.
    """

    frames: int
    period: float
    phases: tuple[float, float]
    coin: int
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
    views = CLUBS_ANGLES if kind == "clubs" else ANGLES
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
        place=str(rng.choice(SCENES.get(kind, list(PLACES)))),
        place_seed=int(rng.integers(2**31)),
        body=str(rng.choice(list(framings), p=[f.share for f in framings.values()])),
        view=view,
        yaw=yaw,
        stature=rng.uniform(0.94, 1.05),
        gain=rng.uniform(0.93, 1.06),
        vivid=rng.uniform(0.75, 1.0),
        shaky=rng.uniform(),
        worn=rng.uniform(),
    )


def draw_take(seed: tuple[int, ...], take: int, source: Source) -> Take:
    """The factors of one clip of a source; ``take`` counts its clips.

    The phases are uniform, so that no time of a clip shows one phase more often than another.
    """
    rng = np.random.default_rng((*seed, 2, take))
    return Take(
        frames=int(rng.integers(45, 76)),
        period=rng.uniform(1.7, 2.2),
        phases=(rng.uniform(), rng.uniform()),
        coin=int(rng.integers(2)),
        shift=(rng.uniform(-9, 9), rng.uniform(-2, 2)),
        turn=float(np.radians(rng.uniform(-3, 3))),
        camera="cm" if rng.uniform() < 0.25 + 0.5 * source.shaky else "nm",
        pan=(rng.uniform(-1, 1), rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0, 1)),
        people=int(rng.choice([1, 2, 3], p=[0.74, 0.19, 0.07])),
        quality="bad" if source.worn < 0.08 else "med" if source.worn < 0.5 else "goo",
        seed=int(rng.integers(2**31)),
    )


CLASSES = sorted(ACTIONS)


def _twins(kind: str) -> list[tuple[str, str]]:
    return list(combinations([label for label in ACTIONS if ACTIONS[label].kind == kind], 2))


MOTION_TWINS, APPEARANCE_TWINS, JOINT_TWINS = _twins("seat"), _twins("snack"), _twins("ball")
