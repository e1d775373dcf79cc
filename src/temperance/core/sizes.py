"""Sizes of training sets, as the configuration names them."""

import itertools
import math
from typing import Any

import numpy as np

from temperance.core.errors import InputError
from temperance.core.settings.alignment import SubsetSettings


def parse_sizes(sizes: Any, key: str) -> list[int | float]:
    """Read the sizes of training sets from the configuration.

    `geometric(lo, hi, n)` stands for n sizes from lo to hi with equal ratios, counts or fractions; `all` is 1.0.

    Parameters
    ----------
    sizes : int, float, str or list of these
        One size or several.
    key : str
        Key of the configuration, for error messages.

    Returns
    -------
    list of int or float
        Ascending without repeats: counts (int) or fractions (float), of which `all` may stand behind counts.

    Raises
    ------
    InputError
        If counts and fractions are mixed, a size is 1 sequence, two have one label, or `geometric` has wrong arguments;
        it names `key`.

    Examples
    --------
    >>> parse_sizes(["all", "geometric(100, 400, 3)"], "subsets.sizes")
    [100, 200, 400, 1.0]
    """
    parsed: list[int | float] = []
    for item in sizes if isinstance(sizes, list) else [sizes]:
        if isinstance(item, str) and item.startswith("geometric"):
            parsed += _geometric(item, key)
        else:
            parsed.append(1.0 if item == "all" else item)
    if 1 in [size for size in parsed if isinstance(size, int)]:
        raise InputError(f"{key}: 1 sequence is too few; give 2 or more, or 'all' (1.0) for all of them")
    fractions = [size for size in parsed if isinstance(size, float) and size < 1]
    if fractions and any(isinstance(size, int) for size in parsed):
        raise InputError(f"{key}: counts and fractions are mixed; give one kind ('all' goes with either)")
    ascending = sorted(set(parsed), key=lambda size: (isinstance(size, float), size))
    for size, following in itertools.pairwise(ascending):
        if size_label(size) == size_label(following):
            raise InputError(f"{key}: {size} and {following} are too close; they have the same name {size_label(size)}")
    return ascending


def _geometric(item: str, key: str) -> list[int | float]:
    hint = "geometric(lo, hi, n) takes two counts or two fractions up to 1.0, lo below hi, and n from 2 to 1000"
    low, high, number = (word.strip() for word in item[len("geometric(") : -1].split(","))
    try:
        count, fractions = int(number), "." in low + high or "e" in (low + high).lower()
        first, last = float(low), float(high)
    except ValueError:
        raise InputError(f"{key}: {item}: {hint}") from None
    if (
        not 2 <= count <= 1000
        or not 0 < first < last < math.inf
        or (fractions and last > 1)
        or (not fractions and first < 2)
    ):
        raise InputError(f"{key}: {item}: {hint}")
    values = np.geomspace(first, last, count)
    return [float(f"{value:.3g}") for value in values] if fractions else [round(value) for value in values]


def size_label(size: int | float) -> str:
    """Label a size as a part of file names.

    Parameters
    ----------
    size : int or float
        Count, or fraction of the training sequences.

    Returns
    -------
    str
        `n` and the count, or `f` and the fraction.

    Examples
    --------
    >>> size_label(500), size_label(0.25)
    ('n500', 'f0.25')
    """
    return f"n{size}" if isinstance(size, int) else f"f{size:g}"


def subset_names(settings: SubsetSettings) -> list[str]:
    """Name the training sets of a family, size by size.

    Parameters
    ----------
    settings : SubsetSettings
        Sizes, ascending, and the number of replicates.

    Returns
    -------
    list of str
        The size's label and the replicate, from 1.

    Examples
    --------
    >>> subset_names(SubsetSettings(sizes=[500, 1.0], replicates=2))
    ['n500-r1', 'n500-r2', 'f1-r1', 'f1-r2']
    """
    replicates = range(1, settings.replicates + 1)
    # What stands for several sizes is resolved by `parse_sizes` before.
    sizes = [size for size in settings.sizes if not isinstance(size, str)]
    return [f"{size_label(size)}-r{replicate}" for size in sizes for replicate in replicates]


def resolve_size(size: int | float, available: int, family: str) -> int:
    """Compute the number of training sequences that a size stands for.

    Parameters
    ----------
    size : int or float
        Count, or fraction of `available`.
    available : int
        Sequences of the training set.
    family : str
        Name of the family, for error messages.

    Returns
    -------
    int
        Sequences, at least 2.

    Raises
    ------
    InputError
        If there are fewer sequences than `size`, or fewer than two would be drawn.
    """
    count = size if isinstance(size, int) else round(size * available)
    if count > available:
        raise InputError(
            f"{family}: subsets.sizes: {size} is larger than the {available} sequences of the training set; "
            f"expected at most {available}, or a fraction"
        )
    if count < 2:
        raise InputError(
            f"{family}: subsets.sizes: {size} of {available} training sequences is {count}; a training set "
            "needs at least 2"
        )
    return count
