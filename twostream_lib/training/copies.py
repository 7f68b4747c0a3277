"""Checkpoints on a slow disk, for which no training waits: written nearby, and copied behind it."""

import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from types import TracebackType

from twostream_lib import disks
from twostream_lib.errors import InputError, cause_of, shown
from twostream_lib.training import checkpoints
from twostream_lib.training.checkpoints import TrainingState


class Copies:
    """Writes the checkpoints of a training to its folder, by way of a nearer disk where it has one.

    A checkpoint that comes while an older one is copied waits for it, and one that is newer still
    takes its place: so no copy holds up the training, and the last one is always copied. Whoever
    leaves the block waits for that. A program that is killed loses the copies that are under way:
    what was copied before is whole, and the training goes on from there.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name, self.near = folder, name, disks.near(folder)
        self._copier = ThreadPoolExecutor(1)
        self._last: Future | None = None
        self._writing = Lock()  # the files nearby are of one checkpoint while nobody has it

    def __enter__(self) -> "Copies":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._copier.shutdown()
        lost = self._last and not self._last.cancelled() and self._last.exception()
        if lost and kind is None:
            raise self._in_words(lost) from lost
        if lost:  # something else ends the training
            print(shown(str(self._in_words(lost))))
        elif self.near and self._last:  # of several processes, the one that wrote there
            shutil.rmtree(self.near, ignore_errors=True)

    def save(self, state: TrainingState) -> None:
        """Write a checkpoint, and have it copied.

        Raises:
            InputError: it cannot be written, or an earlier one could not be copied.
        """
        try:
            with self._writing:
                checkpoints.save(state, self.near or self.folder)
            if self.near:
                if self._last and not self._last.cancel() and self._last.done():
                    self._last.result()
                self._last = self._copier.submit(
                    checkpoints.copy, self.near, self.folder, self._writing
                )
        except OSError as error:
            raise self._in_words(error) from error

    def _in_words(self, error: BaseException) -> BaseException:
        if not isinstance(error, OSError):
            return error
        return InputError(
            f"The checkpoint of {self.name} cannot be written to {self.folder}: "
            f"{cause_of(error, self.folder)}. The one before it is kept."
        )
