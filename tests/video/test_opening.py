"""The film among a file's streams, and which side of it is up."""

import socket
import subprocess
import sys

import av
import numpy as np
import pytest

from tests.video.films import write_at
from twostream_lib import video
from twostream_lib.errors import InputError
from twostream_lib.video.opening import claimed_seconds


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_track_of_thumbnails_is_not_the_film(order, tmp_path, upright_film):
    small = write_at(tmp_path / "small.mp4", [np.zeros((32, 32, 3), np.uint8)], [0.0])
    sources, path = (small, upright_film), tmp_path / "two.mp4"
    with av.open(str(path), "w") as target:
        opened = [av.open(str(sources[number])) for number in order]
        streams = [target.add_stream_from_template(one.streams.video[0]) for one in opened]
        for one, stream in zip(opened, streams, strict=True):
            for packet in one.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
            one.close()
    found = video.probe(path)
    assert (found["frames"], found["width"], found["height"]) == (5, 64, 48)


def test_frames_outlive_their_file(upright_film):
    """What a frame says of its file is safe to ask when the file is closed."""
    code = (
        "import sys; from twostream_lib import video\n"
        "*_, last = video.frames(sys.argv[1])\n"
        "print(last.header.frames, last.height, video.gray(last).shape)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(upright_film)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split(" ", 2)[:2] == ["5", "48"]


@pytest.mark.parametrize("name", ["song.mp3", "song.m4a", "song.mkv"])
def test_a_song_with_a_cover_is_no_film(name, tmp_path, ffmpeg):
    cover = tmp_path / "cover.jpg"
    ffmpeg("-f", "lavfi", "-i", "color=red:s=64x64:d=0.04", "-frames:v", "1", cover)
    sound = ["-f", "lavfi", "-i", "sine=d=0.5"]
    picture = ["-i", cover, "-map", "0", "-map", "1", "-c:v", "copy"]
    if name.endswith("mkv"):
        picture = ["-attach", cover, "-metadata:s:t", "mimetype=image/jpeg"]
    else:
        picture += ["-disposition:v:0", "attached_pic"]
    ffmpeg(*sound, *picture, tmp_path / name)
    with pytest.raises(InputError, match="has no film in it"):
        video.decode(tmp_path / name)
    assert "has no film in it" in video.probe(tmp_path / name)["why"]


def test_a_playlist_that_calls_itself_a_film_reaches_no_network(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/part.ts"
        path = tmp_path / "film.m3u8"
        path.write_text(
            f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{address}\n#EXT-X-ENDLIST\n"
        )
        for name in ("film.m3u8", "film.avi"):
            with pytest.raises(InputError):
                video.decode(path.rename(tmp_path / name))
            path = tmp_path / name
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("name", ["n" * 300 + ".avi", "circle.avi"])
def test_a_file_that_the_system_does_not_open_is_told_by_its_cause(tmp_path, name):
    (tmp_path / "circle.avi").symlink_to(tmp_path / "circle.avi")
    with pytest.raises(InputError, match=r"cannot be read: .*too long|is not a file"):
        video.decode(tmp_path / name)
    assert video.probe(tmp_path / name)["why"]


def test_a_film_tells_its_length(tiny_clip):
    assert claimed_seconds(tiny_clip) == pytest.approx(1.0, abs=0.05)


def test_a_stream_without_a_length_claims_none(ffmpeg, tiny_clip, tmp_path):
    (tmp_path / "bare.m4v").write_bytes(ffmpeg("-i", tiny_clip, "-c", "copy", "-f", "m4v", "-"))
    assert claimed_seconds(tmp_path / "bare.m4v") == 0.0


def test_what_is_no_film_is_refused(tmp_path):
    (tmp_path / "letter.avi").write_text("Dear reader")
    with pytest.raises(InputError, match="cannot be opened as a video"):
        claimed_seconds(tmp_path / "letter.avi")
