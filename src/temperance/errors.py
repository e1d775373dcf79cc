"""The one exception that a user can cause."""


class InputError(Exception):
    """Something that the user gave is wrong.

    The message is one line that names the file, line, key or sequence and says what would be right.
    """
