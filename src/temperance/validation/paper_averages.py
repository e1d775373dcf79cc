"""Averages over the models of the two systems of arXiv:2512.09152."""

import numpy as np
import pandas as pd


def average_optima(models: pd.DataFrame, row: str, optimum: str) -> pd.DataFrame:
    """Average an optimal temperature over replicates, in 1 / tau, so that an infinite one counts as 0.

    Parameters
    ----------
    models : pandas.DataFrame
        One row a model: M, and columns of these names.
    row, optimum : str
        What is varied besides the number of draws, and the temperature to average.

    Returns
    -------
    pandas.DataFrame
        A row a value, a column a number of draws, both ascending.
    """
    betas = 1 / models[optimum]
    return 1 / betas.groupby([models[row], models["M"]]).mean().unstack()  # noqa: PD010


def find_crossing(models: pd.DataFrame, column: str) -> float:
    """Find where the mean of kappa is that of C, by linear interpolation between neighbouring values.

    Parameters
    ----------
    models : pandas.DataFrame
        One row a model: kappa, heat_capacity and a column of this name.
    column : str
        What is varied.

    Returns
    -------
    float
        The first crossing; nan if there is none.
    """
    difference = models.groupby(column)[["kappa", "heat_capacity"]].mean().diff(axis=1)["heat_capacity"]
    x, y = difference.index.to_numpy(float), difference.to_numpy()
    changes = np.flatnonzero(y[:-1] * y[1:] < 0)
    if not len(changes):
        return float("nan")
    k = changes[0]
    return float(x[k] - y[k] * (x[k + 1] - x[k]) / (y[k + 1] - y[k]))
