"""Models, sizes and temperatures that no other exceeds in both fidelity and novelty."""

import numpy as np
import pandas as pd


def shared_temperatures(scores: pd.DataFrame) -> pd.DataFrame:
    """Select the temperatures at which all replicates of a model and size were sampled, so that means are of the same.

    Parameters
    ----------
    scores : pandas.DataFrame
        temperature, replicate, and model and M where the table has them.

    Returns
    -------
    pandas.DataFrame
        The rows at these temperatures.

    Examples
    --------
    >>> scores = pd.DataFrame({"temperature": [0.5, 1.0, 1.0], "replicate": [0, 0, 1]})
    >>> shared_temperatures(scores)["temperature"].tolist()
    [1.0, 1.0]
    """
    keys = [column for column in ("model", "M") if column in scores]
    rounded = scores.assign(temperature=scores["temperature"].map("{:.5g}".format))
    sampled = rounded.groupby([*keys, "temperature"])["replicate"].transform("nunique")
    replicates = rounded.groupby(keys)["replicate"].transform("nunique") if keys else scores["replicate"].nunique()
    return scores[sampled == replicates]


def pareto(scores: pd.DataFrame) -> pd.DataFrame:
    """Select the rows that no other exceeds in both fidelity and novelty; means over replicates.

    Parameters
    ----------
    scores : pandas.DataFrame
        temperature, fidelity, novelty, diversity, equilibrated, and model and M where the table has them.

    Returns
    -------
    pandas.DataFrame
        The same columns, equilibrated of all replicates, from most to least faithful.
    """
    keys = [column for column in ("model", "M", "temperature") if column in scores]
    shared = shared_temperatures(scores) if "replicate" in scores else scores
    means = shared.groupby(keys, as_index=False).agg(
        {"fidelity": "mean", "novelty": "mean", "diversity": "mean", "equilibrated": "all"}
    )
    # From the most faithful on, only what is more novel than all before is not exceeded.
    ranked = means.sort_values(["fidelity", "novelty"], ascending=False)
    best_before = ranked["novelty"].cummax().shift(fill_value=-np.inf)
    return ranked[ranked["novelty"] > best_before].reset_index(drop=True)
