"""What the windows of a store are: their kind, size, frames a second and length."""

from dataclasses import dataclass

from twostream_lib import flow


@dataclass(frozen=True)
class Plan:
    """What a store holds.

    Attributes:
        kind: `"images"` (one RGB frame and three gray ones, 6 channels), `"flow"` (2L channels), or
            `"gray"` (as many gray frames as `length`, from which SG3I of many gaps can be taken).
        size: height and width of the stored windows, pixels. The whole frame is squeezed into it.
        fps: frames a second that a window's frames are taken at (the paper: 6); of a clip with
            fewer, flow takes every frame once.
        step: seconds from one training window to the next (the paper: 1).
        length: frames in a window (images: 3), or flow fields in a stack (L).
        method: how flow is estimated, see `flow.estimate`.
        estimate_at: height and width of the frames that flow is estimated on, before its fields are
            shrunk to `size`; `size` itself if None. Flow is in pixels of `size` in either case.
        bound: pixels per step that the ends of the 8 bits stand for, see `flow.quantise`.

    Raises:
        InputError: a method, bound or length that no flow can be made by.
    """

    kind: str = "images"
    size: tuple[int, int] = (224, 224)
    fps: float = 6.0
    step: float = 1.0
    length: int = 3
    method: str = "dis"
    estimate_at: tuple[int, int] | None = None
    bound: float = flow.BOUND

    def __post_init__(self) -> None:
        if self.kind == "flow":  # refused here, and not by each clip in its turn
            flow.check_method(self.method)
            flow.check_bound(self.bound)
            flow.check_length(self.length)

    @property
    def channels(self) -> int:
        return {"images": 6, "gray": self.length, "flow": 2 * self.length}[self.kind]

    @property
    def frames(self) -> int:
        """Frames that one window spans: a flow field lies between two of them."""
        return self.length + 1 if self.kind == "flow" else self.length

    @property
    def window_bytes(self) -> int:
        return self.channels * self.size[0] * self.size[1]
