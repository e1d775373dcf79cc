"""The one exception that a user can cause, and what others say."""

_LONGEST = 600


class InputError(Exception):
    """Report that something which the user gave is wrong.

    The message is one line that names the file, line, key or sequence and says what would be right. What a terminal
    would not show is escaped, since part of it is what the user gave.

    Parameters
    ----------
    message : str
        Shortened in the middle beyond 600 characters.
    """

    def __init__(self, message: str):
        if len(message) > _LONGEST:
            message = f"{message[: _LONGEST // 2]} ... {message[-_LONGEST // 2 :]}"
        super().__init__("".join(c if c.isprintable() else repr(c)[1:-1] for c in message))


def explain_damage(path: object, reason: object, kind: str) -> InputError:
    """Explain that a file of the program's own formats is not whole.

    Parameters
    ----------
    path : path-like
        The file.
    reason : str or Exception
        What is wrong with it.
    kind : str
        Name of its format.

    Returns
    -------
    InputError
        To be raised by the reader of the file.

    Examples
    --------
    >>> str(explain_damage("split", "it ends early", "JSON"))
    'split: not a complete JSON file (it ends early); if it is a result, delete it and run again'
    """
    words = "nested too deeply" if isinstance(reason, RecursionError) else reason
    return InputError(f"{path}: not a complete {kind} file ({words}); if it is a result, delete it and run again")


def last_words(text: str) -> str:
    r"""Extract the last line of a program's output that is not blank.

    Parameters
    ----------
    text : str
        What the program wrote.

    Returns
    -------
    str
        The line, or `nothing said` where there is none.

    Examples
    --------
    >>> last_words("reading\nno such file\n\n")
    'no such file'
    """
    return ([line for line in text.splitlines() if line.strip()] or ["nothing said"])[-1]


def last_line(error: BaseException) -> str:
    r"""Extract the last line of an exception's message.

    Parameters
    ----------
    error : BaseException
        Raised by a library.

    Returns
    -------
    str
        The line, or the name of the exception's class if the message is empty.

    Examples
    --------
    >>> last_line(ValueError("first\nsecond")), last_line(ValueError())
    ('second', 'ValueError')
    """
    return (str(error).splitlines() or [type(error).__name__])[-1]
