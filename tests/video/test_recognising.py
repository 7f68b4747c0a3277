"""Films are known in every container, whatever their names; what lies beside them is no film."""

import shutil

import pytest

from twostream_lib import video
from twostream_lib.video.recognising import FILM, OTHER, PICTURE, SOUND, SUFFIXES, TEXT, kind

FORMATS = (
    "avi", "mp4", "mov", "matroska", "webm", "3gp", "asf", "mpeg", "mpegts", "vob", "flv", "ogg",
    "mxf", "nut", "gif", "apng", "mjpeg", "mpeg2video", "yuv4mpegpipe",
)  # fmt: skip
SUBTITLES = "1\n00:00:01,000 --> 00:00:02,000\nShe waves.\n"


@pytest.fixture(scope="module")
def files(ffmpeg, tmp_path_factory):
    """One small film in many containers, and other things that FFmpeg writes."""
    folder = tmp_path_factory.mktemp("files")
    outputs = []
    for name in FORMATS:
        codec = ["-c:v", "mpeg1video"] if name in ("mpeg", "vob", "mxf") else []
        codec = ["-c:v", "mpeg2video", "-pix_fmt", "yuv420p"] if name == "mxf" else codec
        outputs += ["-map", "0", "-frames:v", "6", *codec, "-f", name, folder / name]
    for name in ("still.gif", "photo.jpg", "photo.png", "photo.bmp", "photo.webp", "one.mkv"):
        outputs += ["-map", "0", "-frames:v", "1", folder / name]
    for name in ("sound.mp3", "sound.wav", "sound.ogg"):
        outputs += ["-map", "1", folder / name]
    sources = ["-f", "lavfi", "-i", "testsrc2=s=352x288:r=25", "-f", "lavfi", "-i", "sine=d=0.2"]
    ffmpeg(*sources, *outputs)
    cover = ["-map", "0", "-map", "1", "-c", "copy", "-disposition:v", "attached_pic"]
    ffmpeg("-i", folder / "sound.mp3", "-i", folder / "photo.png", *cover, folder / "cover.mp3")
    return folder


@pytest.mark.parametrize("name", FORMATS)
def test_a_film_in_any_container_is_known_without_its_suffix(files, tmp_path, name):
    path = shutil.copy(files / name, tmp_path / "holiday")
    assert kind(path) == FILM
    assert video.probe(path)["ok"], "what is taken for a film can be decoded"


def test_the_films_that_people_have_are_known_whatever_their_suffix(real_data):
    films = [path for path in (real_data / "data/awkward/clips").rglob("*") if path.is_file()]
    assert len(films) > 5 and {kind(path) for path in films} == {FILM}


@pytest.mark.parametrize("name", ["a.avi", "a.AVI", "a.MPG", "a.m4v", "a.3gp", "a.wmv", "a.mts"])
def test_a_known_suffix_is_believed_and_the_file_left_closed(tmp_path, name):
    assert kind(tmp_path / name) == FILM
    assert not any(suffix != suffix.lower() for suffix in SUFFIXES)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("still.gif", PICTURE), ("photo.jpg", PICTURE), ("photo.png", PICTURE),
        ("photo.bmp", PICTURE), ("photo.webp", PICTURE), ("one.mkv", PICTURE),
        ("sound.mp3", SOUND), ("sound.wav", SOUND), ("sound.ogg", SOUND), ("cover.mp3", SOUND),
    ],
)  # fmt: skip
def test_pictures_and_sounds_are_no_films(files, tmp_path, name, expected):
    assert kind(shutil.copy(files / name, tmp_path / "holiday")) == expected
    if name != "one.mkv":  # a film by its suffix
        assert kind(files / name) == expected


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("note.txt", b"Dear reader,\n" * 900, TEXT),
        ("cut in a character", b"x" + "é".encode() * 4000, TEXT),
        ("subtitles.srt", SUBTITLES.encode(), TEXT),
        ("labels.json", b'{"wave": 1}', TEXT),
        ("windows.csv", "Größe;1\r\n".encode("utf-16"), TEXT),
        ("art.nfo", b"\xb0\xb1\xdb hello\r\n" * 50, TEXT),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:1,\nclip.avi\n", TEXT),
        ("list", b"ffconcat version 1.0\nfile clip.avi\n", TEXT),
        ("empty", b"", OTHER),
        ("zeros.dat", bytes(9000), OTHER),
        ("archive.zip", b"PK\3\4" + bytes(range(256)), OTHER),
    ],
)
def test_texts_and_other_files_are_no_films(tmp_path, name, data, expected):
    (tmp_path / name).write_bytes(data)
    assert kind(tmp_path / name) == expected


def test_what_another_file_names_is_not_opened(tmp_path, tiny_clip):
    shutil.copy(tiny_clip, tmp_path / "clip.avi")
    playlist = tmp_path / "playlist"
    playlist.write_bytes(b"ffconcat version 1.0\n# \xe9\nfile clip.avi\n")  # no UTF-8, so no text
    assert kind(playlist) == OTHER


def test_a_film_that_breaks_off_is_a_film_and_one_that_cannot_begin_is_none(tmp_path, tiny_clip):
    data = tiny_clip.read_bytes()
    (tmp_path / "half").write_bytes(data[: len(data) * 3 // 4])
    (tmp_path / "hardly").write_bytes(data[:300])
    assert [kind(tmp_path / name) for name in ("half", "hardly")] == [FILM, OTHER]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(OSError):
        kind(tmp_path / "nothing")
