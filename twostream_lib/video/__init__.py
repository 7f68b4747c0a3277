"""A video file to frames and back: the only room that touches PyAV."""

from twostream_lib.video.decoding import decode, decode_both, decode_gray, frames, gray, probe

__all__ = ["decode", "decode_both", "decode_gray", "frames", "gray", "probe"]
