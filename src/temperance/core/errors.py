"""The one exception that a user can cause, and what others say."""

_LONGEST = 600


class InputError(Exception):
    """Something that the user gave is wrong.

    The message is one line that names the file, line, key or sequence and says what would be right. What a terminal
    would not show is escaped, since part of it is what the user gave.
    """

    def __init__(self, message: str):
        if len(message) > _LONGEST:
            message = f"{message[: _LONGEST // 2]} ... {message[-_LONGEST // 2 :]}"
        super().__init__("".join(c if c.isprintable() else repr(c)[1:-1] for c in message))


def last_words(text: str) -> str:
    """Take from what a program has written the last line that says something, or say that there is none."""
    return ([line for line in text.splitlines() if line.strip()] or ["nothing said"])[-1]


def last_line(error: BaseException) -> str:
    """Take from a library's exception the last line that it says, or its kind if it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[-1]
