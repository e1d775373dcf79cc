"""The versions of Snakemake that run the workflow."""

from temperance.core.errors import InputError

# The oldest that is tested, and the first that is not to be expected to work.
OLDEST, BEYOND = "9.9", "10"


def check_snakemake(version: str) -> None:
    """Refuse versions of Snakemake that the workflow is not made for.

    Parameters
    ----------
    version : str
        Of the Snakemake that runs.

    Raises
    ------
    InputError
        Naming the versions that are right.

    Examples
    --------
    >>> check_snakemake("9.27.1")
    """
    if not _numbers(OLDEST) <= _numbers(version) < _numbers(BEYOND):
        raise InputError(
            f"Snakemake {version} cannot run this workflow; expected {OLDEST} or later, but before {BEYOND}: "
            "make installs one into .venv"
        )


def _numbers(version: str) -> tuple[int, ...]:
    """Read the leading numbers of a version: what follows them marks builds and previews."""
    numbers = []
    for number in version.replace("+", ".").split("."):
        if not number.isdecimal():
            break
        numbers.append(int(number))
    return tuple(numbers)
