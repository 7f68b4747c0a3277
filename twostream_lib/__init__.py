"""Two-stream action recognition as a course: what the notebooks run, in code to read aloud."""

__version__ = "0.2.0"
