"""The one error that a person's input can cause, and text from outside as it may be printed."""

# They join letters and emoji, show nothing themselves, and change no direction of reading.
JOINERS = "\u200c\u200d"


class InputError(ValueError):
    """A file, folder, name or value that was given cannot be used.

    The message is one sentence that says what is wrong, where, and what to do about it. The command
    line prints it without a traceback. Names in it come from outside, so it is as `shown` makes it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(shown(message))


def shown(text: object) -> str:
    r"""A name, or other text from outside, so that it can be printed on one line.

    What can be printed stays as it is. A control character, a line break, a sign that turns the
    direction of reading, a space that looks like another one, or a byte that is no text becomes an
    escape with a backslash, such as `\x1b`. So a file name cannot rewrite what a console shows.
    """
    text = str(text)
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() or sign in JOINERS else sign.encode("unicode_escape").decode()
        for sign in text
    )
