"""From the network to folders: data sets are fetched, resumed, checked and unpacked."""

from twostream_lib.download.sets import DATASETS, download

__all__ = ["DATASETS", "download"]
