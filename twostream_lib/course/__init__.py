"""A run of the course: its parameters, notebooks, results, report and baseline."""

from twostream_lib.course.configuration import configure
from twostream_lib.course.outlook import opening
from twostream_lib.course.run import Run

__all__ = ["Run", "configure", "opening"]
