"""What a person of StickHMDB looks like."""

from dataclasses import dataclass

from twostream_lib.stickhmdb.scenery import Colour


@dataclass(frozen=True)
class Look:
    """What one person looks like; colours are RGB, sizes are factors around 1."""

    skin: Colour
    hair: Colour
    shirt: Colour
    trousers: Colour
    shoes: Colour
    hairstyle: str
    legs: str
    long_sleeves: bool
    stripes: bool
    glasses: bool
    build: float
    head: float
