"""Choice of the temperatures that are sampled beside the user's: the window in which a design temperature lies."""

import itertools
import math

import numpy as np

# Refinement reaches this far above the temperature of the training sequences, and no further than so many times the
# hottest temperature of the list.
_ABOVE_TRAINING, _MOST_HOTTER = 1.1, 2.0
# Extension ends at this temperature, or where samples are this close to their nearest training sequence (share of
# sites, mean): colder ones would be copies of these.
COLDEST, LEAST_DISTANCE = 0.1, 0.1
# Parts into which the gap that the temperature of the training sequences lies in is divided.
_TRAINING_PIECES = 3
# Samples that are new enough for a design are hotter than this share of the training sequences' temperature in all
# natural families that were tried (docs/method.md, "How many sweeps").
_LEAST_SHARE = 0.7


def refine_temperatures(temperatures: np.ndarray, spacing: float, training: float) -> np.ndarray:
    """Choose temperatures between and above `temperatures` so that neighbours are close where a decision is made.

    From the coldest of `temperatures` to the first that is at least 1.1 times `training`, neighbours differ by at most
    `spacing`. Gaps are divided equally on a logarithmic scale, so the same list gives the same temperatures whatever
    the model, as far as these are needed; hotter ones are added where the list ends too early. The two neighbours of
    `training` are three times as close, since samples may be new enough only just below it.

    Parameters
    ----------
    temperatures : np.ndarray
        (T,) that are sampled in any case.
    spacing : float
        Largest difference of neighbours, as a share of the hotter one.
    training : float
        Temperature at which samples have the mean energy of the training sequences; 0 or infinite where none has.

    Returns
    -------
    np.ndarray
        Ascending, without `temperatures` themselves.
    """
    listed = np.unique(temperatures)
    hottest, chosen = float(listed[-1]), []
    end = min(_ABOVE_TRAINING * training, _MOST_HOTTER * hottest) if math.isfinite(training) else hottest
    for low, high in itertools.pairwise(listed.tolist()):
        pieces = math.ceil(round(math.log(high / low) / -math.log1p(-spacing), 9))
        inside = _divided(low, high, pieces, spacing)
        chosen += [inside[n] for n in range(len(inside)) if (inside[n - 1] if n else low) < end]
    while hottest < end:
        hottest = next_hotter(hottest, spacing)
        chosen.append(hottest)
    merged = np.union1d(listed, chosen)
    index = int(np.searchsorted(merged, training))
    close = _divided(merged[index - 1], merged[index], _TRAINING_PIECES, spacing) if 0 < index < len(merged) else []
    return np.sort([*chosen, *close])


def _divided(low: float, high: float, pieces: int, spacing: float) -> list[float]:
    """Divide a gap into equal ratios, of three significant digits or, where these differ by too much or not, six."""
    exact = np.geomspace(low, high, pieces + 1)[1:-1].tolist()
    rounded = [float(f"{temperature:.3g}") for temperature in exact]
    ratios = [a / b for a, b in itertools.pairwise([low, *rounded, high])]
    close = all(1 - spacing - 1e-9 <= ratio < 1 for ratio in ratios)
    return rounded if close else [float(f"{temperature:.6g}") for temperature in exact]


def may_decide(temperatures: np.ndarray, training: float) -> np.ndarray:
    """Tell which temperatures are hot enough to be worth more draws.

    Parameters
    ----------
    temperatures : np.ndarray
        (T,)
    training : float
        As of `refine_temperatures`. All are where none has the energy of the training sequences; where a hotter one
        than these would have it, the hottest of these stands for it.

    Returns
    -------
    np.ndarray
        (T,) bool.

    Examples
    --------
    >>> may_decide(np.array([0.5, 0.63, 0.9, np.inf]), 0.9)
    array([False,  True,  True,  True])
    """
    if not math.isfinite(training):
        return np.ones(len(temperatures), bool)
    training = min(training, temperatures[np.isfinite(temperatures)].max(initial=0.0))
    return temperatures >= _LEAST_SHARE * training * (1 - 1e-9)


def is_bracketed(temperatures: np.ndarray, spacing: float, training: float) -> bool:
    """Tell whether a temperature lies between two neighbours of a list that are close to each other.

    Parameters
    ----------
    temperatures : np.ndarray
        (T,) ascending.
    spacing : float
        Largest difference of close neighbours, as a share of the hotter one.
    training : float
        The temperature.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_bracketed(np.array([0.5, 0.9, 1.0]), 0.1, 0.95), is_bracketed(np.array([0.5, 0.9, 1.0]), 0.1, 0.7)
    (True, False)
    """
    index = int(np.searchsorted(temperatures, training))
    if not 0 < index < len(temperatures):
        return False
    return bool(temperatures[index - 1] >= temperatures[index] * (1 - spacing) - 1e-5)


def next_colder(temperature: float, spacing: float) -> float:
    """Return the next colder temperature, of three significant digits, and no lower than the coldest of all.

    Parameters
    ----------
    temperature : float
        Start.
    spacing : float
        Largest difference, as a share of `temperature`.

    Returns
    -------
    float

    Examples
    --------
    >>> next_colder(1.0, 0.05)
    0.95
    """
    exact = temperature * (1 - spacing)
    scale = 10 ** (2 - math.floor(math.log10(exact)))
    rounded = math.ceil(round(exact * scale, 6)) / scale
    return max(rounded if rounded < temperature else exact, COLDEST)


def next_hotter(temperature: float, spacing: float) -> float:
    """Return the next hotter temperature, of three significant digits.

    Parameters
    ----------
    temperature : float
        Start.
    spacing : float
        Largest difference, as a share of the hotter temperature.

    Returns
    -------
    float

    Examples
    --------
    >>> next_hotter(1.0, 0.05)
    1.05
    """
    exact = temperature / (1 - spacing)
    scale = 10 ** (2 - math.floor(math.log10(exact)))
    rounded = math.floor(round(exact * scale, 6)) / scale
    return rounded if rounded > temperature else exact
