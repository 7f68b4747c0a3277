"""HMDB-51 and UCF-101 from the network to folders of clips and split files.

Where their archives can be had is data (`DATASETS`). `fetching` gets one, `archives` unpacks it.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from twostream_lib.download import archives, fetching
from twostream_lib.download.archives import Content
from twostream_lib.errors import InputError


@dataclass(frozen=True)
class Archive:
    """One archive of a data set, and where it can be had.

    Attributes:
        folder: what it becomes in the data set's folder.
        content: which files of it, and how many.
        sources: addresses, tried in order. They may differ in how the files are packed.
        md5: of every source's file, where it is known; "" where it is not.
    """

    folder: str
    content: Content
    sources: tuple[str, ...]
    md5: str = ""


BROWN = "https://serre-lab.clps.brown.edu/wp-content/uploads/2013/10"
UCF = "https://www.crcv.ucf.edu/data/UCF101"
FACE = "https://huggingface.co/datasets"

# The addresses are those that public code uses; none of them was fetched from while this was
# written. The Brown host is the official one for HMDB-51, and is reported gone since 2025 (it sends
# its home page instead). Of the other copies no checksum is known, so what is known of the data
# set itself is checked: how many clips there are, in how many classes. The Internet Archive's
# address is the official one behind its prefix: whether it kept a copy is not known, but the MD5
# published for the official split archive tells whether that copy is whole.
# Small archives come first: if something is amiss on this machine, it shows before the long wait.
DATASETS = {
    "hmdb51": (
        Archive(
            folder="splits",
            content=Content(r".+_test_split[123]\.txt", files=153),
            sources=(
                f"{BROWN}/test_train_splits.rar",
                f"https://web.archive.org/web/2020id_/{BROWN}/test_train_splits.rar",
            ),
            md5="15e67781e70dcfbdce2d7dbb9b3344b5",
        ),
        Archive(
            folder="videos",
            content=Content(r"[^.].*\.avi", files=6766, classes=51),
            sources=(
                f"{BROWN}/hmdb51_org.rar",
                f"{FACE}/jili5044/hmdb51/resolve/main/hmdb51.zip",
                f"{FACE}/MichiganNLP/hmdb/resolve/main/hmdb51_org.zip",
            ),
        ),
    ),
    "ucf101": (
        Archive(
            folder="splits",
            content=Content(r"(train|test)list0[123]\.txt|classInd\.txt", files=7),
            sources=(
                f"{UCF}/UCF101TrainTestSplits-RecognitionTask.zip",
                f"{FACE}/quchenyuan/UCF101-ZIP/resolve/main/"
                "UCF101TrainTestSplits-RecognitionTask.zip",
            ),
        ),
        Archive(
            folder="videos",
            content=Content(r"v_.+\.avi", files=13320, classes=101),
            sources=(
                f"{UCF}/UCF101.rar",
                f"{FACE}/quchenyuan/UCF101-ZIP/resolve/main/UCF-101.zip",
            ),
        ),
    ),
}


def download(
    folder: str | os.PathLike[str],
    dataset: str = "hmdb51",
    having: str | os.PathLike[str] | None = None,
) -> Path:
    """A data set's clips in `folder/videos/<class>/` and its lists in `folder/splits/`; `folder`.

    `having` is a folder with the archives, under the names that their sources give them: then
    nothing is fetched. Without it they are kept in `folder/archives`. What is there already is not
    done again. Raises InputError for an unknown data set, a missing archive, one that no source
    gives, too little disk, a second download at work in the same folder, and what
    `archives.unpack` raises.
    """
    if dataset not in DATASETS:
        raise InputError(f"There is no data set {dataset}: choose {' or '.join(DATASETS)}.")
    folder = Path(folder).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".download.lock", timeout=0):
            for archive in DATASETS[dataset]:
                _provide(archive, folder, Path(having) if having else None)
    except Timeout as error:
        raise InputError(
            f"Another download is at work in {folder}: wait for it, or choose another folder."
        ) from error
    return folder


def _provide(archive: Archive, folder: Path, having: Path | None) -> None:
    """One archive's folder, if it is not there yet."""
    place = folder / archive.folder
    if place.exists():
        archives.require_whole(place, archive.content, "move it away and start again.")
        return
    if having:
        file = _find(archive, having)
    else:
        file = fetching.fetch(archive.sources, folder / "archives", archive.md5)
    archives.unpack(file, place, archive.content)


def _find(archive: Archive, folder: Path) -> Path:
    """The archive in a person's own folder."""
    names = fetching.names(archive.sources)
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise InputError(
        f"{folder} has no {' or '.join(names)}: put one there, or leave out --archives to fetch it."
    )
