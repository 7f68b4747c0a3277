"""Whatever the bytes of an archive are: a whole folder or one sentence, and no more."""

import os
import shutil
import zipfile

import pytest

from tests.download.hosts import SPLITS, VIDEOS, contents, real
from tests.download.mutations import noises, rar4, rar5, spoiled, zip_of
from twostream_lib.download import archives
from twostream_lib.errors import InputError

MUTATIONS = int(os.environ.get("TWOSTREAM_MUTATIONS", "60"))
CLIPS = [(f"set/{label}/{label}_{k}.avi", b"clip %d" % k * 99) for label in "ab" for k in (1, 2)]


def clips_of(label):
    return [(name.split("/")[-1], data) for name, data in CLIPS if f"/{label}/" in name]


INNER = [(f"{label}.rar", rar4(clips_of(label))) for label in "ab"]
ARCHIVES = {
    "a real RAR of RARs": (real("hmdb51_org.rar"), VIDEOS),
    "a real solid RAR": (real("UCF101.rar"), VIDEOS),
    "a real RAR of lists": (real("test_train_splits.rar"), SPLITS),
    "a real RAR 4 with a link": (real("rar3-symlink-unix.rar"), VIDEOS),
    "a real RAR 5 with a link": (real("rar5-symlink-unix.rar"), VIDEOS),
    "RAR 4": (rar4(CLIPS), VIDEOS),
    "RAR 5": (rar5(CLIPS), VIDEOS),
    "RAR 5 of RAR 4": (rar5(INNER), VIDEOS),
    "ZIP": (zip_of(CLIPS), VIDEOS),
    "ZIP of ZIPs": (zip_of([(f"{k}.zip", zip_of(clips_of(k))) for k in "ab"]), VIDEOS),
    "ZIP, deflated": (zip_of(CLIPS, zipfile.ZIP_DEFLATED), VIDEOS),
    "ZIP by bzip2": (zip_of(CLIPS, zipfile.ZIP_BZIP2), VIDEOS),
    "ZIP by LZMA": (zip_of(CLIPS, zipfile.ZIP_LZMA), VIDEOS),
}


@pytest.fixture
def home(tmp_path):
    """A person's folder, with names in it that an archive could aim at."""
    for name in ("a_1.avi", "set/a_1.avi", "set/a/a_1.avi", "set/notes.txt", "clap.rar", "done"):
        (tmp_path / "home" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "home" / name).write_text("mine")
    return tmp_path / "home"


def require_one_sentence_or_all(home, data, content, name="set.rar"):
    """Unpack: either the whole folder is there, or a sentence is said; give the sentence."""
    archive, place = home / name, home / "set" / "videos"
    archive.write_bytes(data)
    before, said = contents(home), ""
    try:
        archives.unpack(archive, place, content)
    except InputError as error:
        said = str(error)
        assert not place.exists()
        assert said.startswith(str(archive))
        assert said.isprintable() and said.endswith(".") and ".part" not in said
        assert "inner" not in said.partition("): ")[2]
    else:
        assert archives.count(place) == (content.files, content.classes)
    after = contents(home)
    assert before.items() <= after.items()
    new = [name.removeprefix("set/") for name in after.keys() - before.keys()]
    assert all(name.startswith(("videos/", ".videos.part/")) for name in new)
    assert sum(name.startswith((".videos.part/out", "videos/")) for name in new) <= content.files
    shutil.rmtree(place, ignore_errors=True)
    shutil.rmtree(home / "set" / ".videos.part", ignore_errors=True)
    return said


@pytest.mark.parametrize("kind", ARCHIVES)
def test_an_archive_that_is_spoiled_is_one_sentence_or_whole(home, kind):
    data, content = ARCHIVES[kind]
    other = real("hmdb51_org.rar") if data[:2] == b"PK" else ARCHIVES["ZIP"][0]
    said = [
        require_one_sentence_or_all(home, spoiled(data, noise, other), content)
        for noise in noises(kind, MUTATIONS)
    ]
    assert sum(map(bool, said)) > MUTATIONS / 4


def test_an_archive_within_that_is_spoiled_is_told_as_the_one_around_it(home):
    for noise in noises("within", MUTATIONS):
        inner = [(name, spoiled(data, noise, ARCHIVES["ZIP"][0])) for name, data in INNER]
        require_one_sentence_or_all(home, zip_of(inner), VIDEOS)


@pytest.mark.parametrize("kind", [kind for kind in ARCHIVES if "link" not in kind])
def test_as_they_are_they_are_whole(home, kind):
    assert require_one_sentence_or_all(home, *ARCHIVES[kind]) == ""
