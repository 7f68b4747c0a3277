"""HMDB-51 and UCF-101 from the network to folders of clips and split files.

Where their archives can be had is data (`DATASETS`). `fetching` gets one, `archives` unpacks it.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from twostream_lib.download import archives, fetching
from twostream_lib.download.archives import Content
from twostream_lib.errors import InputError
from twostream_lib.locks import alone


@dataclass(frozen=True)
class Archive:
    """One archive of a data set, and where it can be had.

    Attributes:
        folder: what it becomes in the data set's folder.
        content: which files of it, and how many.
        largest: bytes that it can have, about twice what is known of it; no source may send more.
        sources: addresses, tried in order. The same files may be packed in different ways.
        md5: the checksum of every source's file; "" where it is not known.
    """

    folder: str
    content: Content
    sources: tuple[str, ...]
    largest: int
    md5: str = ""


BROWN = "https://serre-lab.clps.brown.edu/wp-content/uploads/2013/10"
UCF = "https://www.crcv.ucf.edu/data/UCF101"
FACE = "https://huggingface.co/datasets"

LISTS = 20 * 10**6  # bytes: the lists of both sets are much smaller

# These are addresses that public code uses; while this was written, nothing was fetched from them.
# Brown is the official host of HMDB-51, and is reported gone since 2025: it sends its home page
# instead. No checksums of the other copies are known, so the number of clips and of classes is
# checked instead. The address at the Internet Archive is the official one with a prefix. It is not
# known whether there is a copy, but the MD5 of the official split archive was published, and tells
# whether such a copy is whole.
# Small archives come first: if something is wrong on this machine, it shows before the long wait.
DATASETS = {
    "hmdb51": (
        Archive(
            folder="splits",
            content=Content(r".+_test_split[123]\.txt", files=153),
            sources=(
                f"{BROWN}/test_train_splits.rar",
                f"https://web.archive.org/web/2020id_/{BROWN}/test_train_splits.rar",
            ),
            largest=LISTS,
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
            largest=5 * 10**9,
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
            largest=LISTS,
        ),
        Archive(
            folder="videos",
            content=Content(r"v_.+\.avi", files=13320, classes=101),
            sources=(
                f"{UCF}/UCF101.rar",
                f"{FACE}/quchenyuan/UCF101-ZIP/resolve/main/UCF-101.zip",
            ),
            largest=15 * 10**9,
        ),
    ),
}


def download(
    folder: str | os.PathLike[str],
    dataset: str = "hmdb51",
    having: str | os.PathLike[str] | None = None,
) -> Path:
    """Get a data set: clips in `folder/videos/<class>/`, split files in `folder/splits/`.

    If `having` is given, it is a folder with the archives, under the names that their sources give
    them, and nothing is fetched. Otherwise the archives are fetched into `folder/archives`. What is
    there already is not done again. Returns `folder`. Raises InputError for an unknown data set, an
    archive that is missing or that no source gives, too little disk space, a second download at
    work in the same folder, and what `archives.unpack` raises it for.
    """
    if dataset not in DATASETS:
        raise InputError(f"There is no data set {dataset}: choose {' or '.join(DATASETS)}.")
    folder = Path(folder).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder, f"downloads {dataset}", wait=False, lock=folder / ".download"):
        for archive in DATASETS[dataset]:
            _provide(archive, folder, Path(having) if having else None)
    return folder


def _provide(archive: Archive, folder: Path, having: Path | None) -> None:
    """Make the folder of one archive, unless it is there already."""
    place = folder / archive.folder
    if place.exists():
        archives.require_whole(place, archive.content, "move it away and start again.")
        return
    if having:
        file = _find(archive, having)
    else:
        file = fetching.fetch(archive.sources, folder / "archives", archive.md5, archive.largest)
    archives.unpack(file, place, archive.content)


def _find(archive: Archive, folder: Path) -> Path:
    """The file of an archive in somebody's own folder."""
    names = fetching.names(archive.sources)
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise InputError(
        f"{folder} has no {' or '.join(names)}: put one there, or leave out --archives to fetch it."
    )
