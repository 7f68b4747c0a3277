"""How fast each stage runs on this machine, beside a plain way of doing the same, in one run."""

from twostream_lib.bench.benchmarks import BENCHMARKS, words

__all__ = ["BENCHMARKS", "words"]
