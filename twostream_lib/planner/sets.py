"""Data sets in numbers: what is known of their clips before one of them is fetched."""

from dataclasses import dataclass

from twostream_lib.data.plan import Plan


@dataclass(frozen=True)
class ClipSet:
    """A data set and one of its splits.

    Attributes:
        source: where the numbers come from.
        classes: how many.
        train, test, unused: clips of a split with the tags 1, 2 and 0.
        frames: of all clips. fps: of nearly all of them.
        archive: bytes that are fetched; the clips take as many once more.
    """

    source: str
    classes: int
    train: int
    test: int
    unused: int
    frames: int
    fps: float
    archive: int

    @property
    def clips(self) -> int:
        return self.train + self.test + self.unused

    @property
    def frames_of_clip(self) -> float:
        """Of the mean clip."""
        return self.frames / self.clips

    def training_clips(self, tags: tuple[int, ...]) -> int:
        """How many clips are trained on or held out of training, by the tags of a profile."""
        return self.train * (1 in tags) + self.unused * (0 in tags)

    def windows_of_clip(self, plan: Plan) -> float:
        """Windows of the mean clip by a plan of a store, a little more or less than a whole number.

        There is one at the start and one more after each step for which there is room; of a clip of
        any length half a step is left over at its end.
        """
        spanned = (plan.frames - 1) / plan.fps
        room = self.frames_of_clip / self.fps - spanned
        return max(0.0, room / plan.step + 0.5)


HMDB51 = ClipSet(
    source="Kuehne et al. 2011; frames: counted by decoding, about",
    classes=51,
    train=3_570,
    test=1_530,
    unused=1_666,
    frames=640_000,
    fps=30,
    archive=2_100_000_000,
)

# Its clips have 10 seconds, most of them at 25 or 30 frames a second: 30 are counted. Those of the
# validation set are tested on, as in all papers.
KINETICS400 = ClipSet(
    source="clips: mmaction2's copy; bytes: the copy of PaddleVideo's documentation (k400.md)",
    classes=400,
    train=240_436,
    test=19_796,
    unused=0,
    frames=(240_436 + 19_796) * 10 * 30,
    fps=30,
    archive=135_000_000_000,
)
