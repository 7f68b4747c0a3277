"""A run of the course: its parameters, notebooks, results, report and baseline."""

from twostream_lib.course.run import Run, configure

__all__ = ["Run", "configure"]
