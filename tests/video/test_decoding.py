"""Frames are picked and counted by decoding, and what is wrong with a file is said of it."""

import shutil
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from tests.video.headers import promise
from tests.video.oracles import REAL_CLIPS
from twostream_lib import video
from twostream_lib.bench import corruption
from twostream_lib.errors import InputError
from twostream_lib.video import decoding
from twostream_lib.video.opening import LENIENT


@pytest.mark.parametrize("pick", [[0], [29], [3, 4, 9], [2, 2, 2, 7, 7], range(0, 30, 6)])
def test_pick_is_indexing(tiny_clip, pick):
    indices = list(pick)
    np.testing.assert_array_equal(video.decode(tiny_clip, pick), video.decode(tiny_clip)[indices])
    gray = video.decode_gray(tiny_clip, np.array(indices))
    np.testing.assert_array_equal(gray, video.decode_gray(tiny_clip)[indices])


@pytest.mark.parametrize(("pick", "pick_gray"), [([2, 5], [0, 2, 9]), (None, [3]), ([4, 4], None)])
def test_one_pass_gives_what_two_passes_give(tiny_clip, pick, pick_gray):
    rgb, gray = video.decode_both(tiny_clip, pick, pick_gray)
    np.testing.assert_array_equal(rgb, video.decode(tiny_clip, pick))
    np.testing.assert_array_equal(gray, video.decode_gray(tiny_clip, pick_gray))


@pytest.mark.parametrize("pick", [[], [3, 2], [-1, 2]])
def test_pick_must_be_sorted_indices(tiny_clip, pick):
    with pytest.raises(InputError, match="sorted"):
        video.decode(tiny_clip, pick)


def test_pick_beyond_the_end_says_how_long_the_clip_is(tiny_clip):
    with pytest.raises(InputError, match="has 30 frames, so there is no frame 30"):
        video.decode_gray(tiny_clip, [4, 30])


def test_a_tag_that_is_not_utf8(tmp_path, tiny_clip):
    path = tmp_path / "tag.avi"
    with (
        av.open(str(tiny_clip)) as source,
        av.open(str(path), "w", format="avi") as copy,
    ):
        copy.metadata["title"] = "Gr\xfcn__"
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    data = path.read_bytes()
    assert "Gr\xfcn".encode() in data
    path.write_bytes(data.replace("Gr\xfcn".encode(), b"Gr\xfcnx"))
    if LENIENT:
        with pytest.raises(UnicodeDecodeError):
            av.open(str(path), metadata_errors="strict")
    assert video.probe(path)["frames"] == 30


# --- what a probe says -------------------------------------------------------------------------


def test_probe_counts_frames_by_decoding(real_data):
    path = real_data / "data" / "hmdb51_clips" / REAL_CLIPS[2]
    with av.open(str(path), **LENIENT) as container:
        assert container.streams.video[0].frames == 75  # the header is wrong
    found = video.probe(path)
    assert found["frames"] == 74
    assert (found["fps"], found["width"], found["height"]) == (30.0, 320, 240)
    assert found["seconds"] == pytest.approx(74 / 30)
    assert found["ok"] and found["why"] == ""


def test_a_header_that_promises_too_few_frames(tmp_path, tiny_clip):
    path = shutil.copy(tiny_clip, tmp_path / "long.avi")
    promise(path, 30, 1)
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames == 1
    assert video.probe(path)["frames"] == len(video.decode(path)) == 30


@pytest.mark.parametrize(("said", "is_told"), [(28, True), (30, False), (31, False), (32, True)])
def test_a_header_that_miscounts_by_more_than_one_is_told(tmp_path, tiny_clip, said, is_told):
    path = shutil.copy(tiny_clip, tmp_path / "a.avi")
    promise(path, 30, said)
    found = video.probe(path)
    assert found["frames"] == 30 and found["ok"]
    assert bool(found["damage"]) == is_told


def test_a_frame_rate_that_no_clip_has_is_a_reason(tmp_path, tiny_clip):
    data = bytearray(tiny_clip.read_bytes())
    place = data.index(b"strh") + 8 + 20  # scale and rate of the stream
    for rate in ((2**31 - 1, 1), (1, 2**31 - 1)):
        data[place : place + 8] = b"".join(part.to_bytes(4, "little") for part in rate)
        path = tmp_path / "rate.avi"
        path.write_bytes(data)
        found = video.probe(path)
        assert found["frames"] == 30 and not found["ok"] and "frames a second" in found["why"]


def test_two_clips_with_the_same_complaint_both_have_it(tmp_path, tiny_clip):
    random, found = np.random.default_rng(0), []
    path = tmp_path / "0.avi"
    while not found or not found[0]:
        path.write_bytes(corruption.flip(tiny_clip.read_bytes(), random, 3))
        found = [video.probe(path)["damage"]]
    for number in (1, 2):
        again = shutil.copy(path, tmp_path / f"{number}.avi")
        found.append(video.probe(again)["damage"])
        assert video.probe(tiny_clip)["damage"] == ""
    assert "the decoder met" in found[0] and len(set(found)) == 1


# --- files that cannot be used -----------------------------------------------------------------


def damaged(path: Path, source: Path, intact: int) -> Path:
    """A copy whose packets are zeros from frame ``intact`` on."""
    data = bytearray(source.read_bytes())
    with av.open(str(source)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        places = [(packet.pos + 8, packet.size) for packet in packets]
    for start, size in places[intact:]:
        data[start : start + size] = bytes(size)
    path.write_bytes(data)
    return path


def test_a_damaged_tail_is_told_with_the_frames_before_it(tmp_path, tiny_clip):
    path = damaged(tmp_path / "tail.avi", tiny_clip, intact=20)
    found = video.probe(path)
    assert not found["ok"] and "damaged after" in found["why"] and str(path) in found["why"]
    assert 19 <= found["frames"] <= 21
    with pytest.raises(InputError, match=r"tail\.avi is damaged after \d+ frames"):
        video.decode(path)
    assert len(video.decode(path, [0, 9])) == 2  # what lies before it can still be had


def test_a_change_of_frame_size_is_refused(tmp_path, ffmpeg):
    parts = []
    for index, size in enumerate(("64x48", "80x64")):
        parts.append(tmp_path / f"{index}.h264")
        source = f"testsrc2=size={size}:rate=25:duration=0.4"
        ffmpeg(
            "-f", "lavfi", "-i", source, "-c:v", "libx264", "-bsf:v", "h264_mp4toannexb", parts[-1]
        )
    path = tmp_path / "change.h264"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert "changes its frame size after 10 frames" in video.probe(path)["why"]
    with pytest.raises(InputError, match="changes its frame size"):
        video.decode_gray(path)


def test_an_unknown_codec_is_a_reason_and_no_crash(tmp_path, tiny_clip):
    path = tmp_path / "strange.avi"
    path.write_bytes(tiny_clip.read_bytes().replace(b"FMP4", b"ZZZZ"))
    assert "coded in a way that is not known" in video.probe(path)["why"]
    with pytest.raises(InputError, match="coded in a way"):
        video.decode(path)


def broken_files(folder: Path) -> dict[str, Path]:
    """Files that are no videos, by the words that must be said of them."""
    files = {"not a file": folder / "nowhere.avi", "no film": folder / "sound.avi"}
    for words, name, content in (
        ("cannot be opened", "empty.avi", b""),
        ("cannot be opened ", "letter.avi", b"Dear reader,\n" * 50),
    ):
        files[words] = folder / name
        files[words].write_bytes(content)
    with wave.open(str(files["no film"]), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16000))
    return files


def test_files_that_are_no_videos(tmp_path):
    for words, path in broken_files(tmp_path).items():
        found = video.probe(path)
        assert not found["ok"] and words.strip() in found["why"] and str(path) in found["why"]
        for decode in (video.decode, video.decode_gray):
            with pytest.raises(InputError, match=words.strip()):
                decode(path)


# --- memory ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(24, 32), (10, 100), 32, 1])
def test_frames_are_shrunk_as_they_come(tiny_clip, size):
    shown = size if isinstance(size, tuple) else (round(48 * size / 64), size)
    rgb, gray = video.decode(tiny_clip, size=size), video.decode_gray(tiny_clip, [3, 9], size)
    assert rgb.shape == (30, *(max(1, side) for side in shown), 3)
    whole = video.decode_gray(tiny_clip, [3, 9])
    for small, frame in zip(gray, whole, strict=True):
        np.testing.assert_array_equal(small, video.shrink(frame, small.shape))


def test_a_size_above_the_clips_own_changes_nothing(tiny_clip):
    np.testing.assert_array_equal(video.decode(tiny_clip, size=640), video.decode(tiny_clip))


def test_an_array_that_would_fill_the_memory_is_refused(tiny_clip, monkeypatch):
    monkeypatch.setattr(decoding, "LARGEST", 48 * 64 * 3 * 20)
    with pytest.raises(InputError, match="frames of 64 x 48 pixels are more than"):
        video.decode(tiny_clip)
    assert len(video.decode(tiny_clip, range(20))) == len(video.decode(tiny_clip, size=30)) - 10
    with pytest.raises(InputError, match="pick some of them, or give a smaller size"):
        video.decode(tiny_clip, range(21))


def test_the_beginning_is_as_long_as_asked(tiny_clip):
    count, when = video.beginning(tiny_clip, 0.5)
    assert count == 16 and when.last == pytest.approx(0.5) and when.fps == 30
    assert video.beginning(tiny_clip, 10)[0] == 30
