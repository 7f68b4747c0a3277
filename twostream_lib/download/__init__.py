"""From the network to folders: fetch, resume, check, unpack. The sources are data."""

from twostream_lib.download.sets import DATASETS, download

__all__ = ["DATASETS", "download"]
