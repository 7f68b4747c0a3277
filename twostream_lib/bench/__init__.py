"""How fast the stages run here, each beside the plain way of doing it, in one run."""

from twostream_lib.bench.benchmarks import BENCHMARKS, words

__all__ = ["BENCHMARKS", "words"]
