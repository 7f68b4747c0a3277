"""The one error that a person's input can cause."""


class InputError(ValueError):
    """A file, folder, name or value that was given cannot be used.

    The message is one sentence that says what is wrong, where, and what to do about it. The command
    line prints it without a traceback.
    """
