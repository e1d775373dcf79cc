"""Memory of a card that a training takes, checked before it starts."""

from temperance.core.errors import InputError
from temperance.engines.base import Engine

# Arrays as large as the full couplings, and of one-hot chains, that a training has at its worst, with room to spare
# (docs/method.md, "Memory").
_COPIES, _ONE_HOTS = 16, 4


def training_bytes(length: int, q: int, chains: int) -> int:
    """Estimate the largest memory that a training takes on a device.

    Parameters
    ----------
    length, q : int
        Sites and states.
    chains : int
        The larger one of the numbers of persistent chains and of independent ones.

    Returns
    -------
    int
        Bytes.

    Examples
    --------
    >>> round(training_bytes(1000, 21, 10_000) / 1e9)
    32
    """
    return 4 * (_COPIES * (length * q) ** 2 + _ONE_HOTS * chains * length * q)


def check_training(engine: Engine, length: int, q: int, chains: int) -> None:
    """Refuse a training that the device's memory does not hold; CPU engines take any.

    Parameters
    ----------
    engine : Engine
        Engine that would train.
    length, q, chains : int
        As for `training_bytes`.

    Raises
    ------
    InputError
        If it needs more than the process may still take of the device's memory.
    """
    available = engine.available_memory()
    needed = training_bytes(length, q, chains)
    if needed > available:
        raise InputError(
            f"engine: a training with {length} sites, {q} states and {chains} chains needs {needed / 1e9:.1f} GB, but "
            f"only {available / 1e9:.1f} GB of this card are free; lower train.chains and train.confirm_chains, or set "
            "engine to numba"
        )
