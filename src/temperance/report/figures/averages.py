"""Means over replicates, with their spread and error, which figures over temperature and size draw."""

import numpy as np
import pandas as pd

# Half of a 95 % interval, in standard errors.
INTERVAL = 1.96


def mean_by_size(scores: pd.DataFrame, column: str) -> pd.DataFrame:
    """Average a score over the replicates of each training set size and temperature.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a model and temperature: M, temperature, the column and, if it has errors, `{column}_error`.
    column : str
        Score to average.

    Returns
    -------
    pandas.DataFrame
        M, temperature, mean, least and most, and half_width of the mean's 95 % interval where there are errors;
        ascending.
    """
    groups = scores.groupby(["M", "temperature"])
    means = groups[column].agg(mean="mean", least="min", most="max")
    if f"{column}_error" in scores:
        squares = (scores[f"{column}_error"] ** 2).groupby([scores["M"], scores["temperature"]]).sum()
        means["half_width"] = INTERVAL * np.sqrt(squares) / groups[column].count()
    return means.reset_index()


def average_plane(scores: pd.DataFrame) -> pd.DataFrame:
    """Average novelty and fidelity over the replicates of each training set size and temperature.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a model and temperature: M, temperature, novelty, fidelity.

    Returns
    -------
    pandas.DataFrame
        M, temperature, and mean, least and most of each, as `novelty_mean`; ascending.
    """
    novelty, fidelity = (
        mean_by_size(scores, column).set_index(["M", "temperature"]).add_prefix(f"{column}_")
        for column in ("novelty", "fidelity")
    )
    return novelty.join(fidelity).reset_index()


def average_chosen(scores: pd.DataFrame, temperature: float) -> tuple[float, float]:
    """Average novelty and fidelity of the largest models at the chosen temperature.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a model and temperature: M, temperature, novelty, fidelity.
    temperature : float
        Temperature, which one replicate alone may have been sampled at.

    Returns
    -------
    (float, float)
        Novelty and fidelity.
    """
    largest = scores[(scores["M"] == scores["M"].max()) & np.isclose(scores["temperature"], temperature, rtol=1e-4)]
    return float(largest["novelty"].mean()), float(largest["fidelity"].mean())
