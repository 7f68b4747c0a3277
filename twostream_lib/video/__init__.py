"""A video file to frames and back: the only room that touches PyAV."""

from twostream_lib.video.decoding import decode, decode_both, decode_gray, gray, picked, shrink
from twostream_lib.video.opening import Frame, frames
from twostream_lib.video.probing import beginning, probe

__all__ = [
    "Frame",
    "beginning",
    "decode",
    "decode_both",
    "decode_gray",
    "frames",
    "gray",
    "picked",
    "probe",
    "shrink",
]
