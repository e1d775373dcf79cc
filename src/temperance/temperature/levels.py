"""The bias of a model by level of the true energy: the probability and the parts of divergences that levels have."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy.special import rel_entr

from temperance.potts.enumeration import boltzmann, log_z
from temperance.stats.resampling import weighted_mean

# At most so many distinct energies are levels of their own; of more, levels are ranges between these shares of the
# truth's probability, narrower where energies are high.
_MOST_LEVELS = 16
_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97)
# Energies that differ by less are the same, nats.
_SAME = 1e-6


def divide_by_group(
    groups: np.ndarray, truth: np.ndarray, model: np.ndarray, counts: np.ndarray | None = None, beta: float = 1.0
) -> pd.DataFrame:
    """Divide the divergences of a tempered model Q from a truth P, and the slope of the reverse one, among groups.

    Parameters
    ----------
    groups : np.ndarray
        (N,) label of every state, numbers or words.
    truth, model : np.ndarray
        (N,) energies of every state under truth and model, nats.
    counts : np.ndarray, optional
        (N,) how often each state is among the data.
    beta : float
        Inverse temperature 1 / tau of the model.

    Returns
    -------
    pandas.DataFrame
        One row a group, in order of labels: group, states (their number), p and q (mean probability of a state under
        truth and model), forward and reverse (the group's part of KL(P || Q) and of KL(Q || P), nats), slope (of
        the slope of KL(Q || P) in the temperature tau, which at 1 is kappa - C, the covariance of true and model's
        energy less the variance of the latter: see `temperance.temperature.sign_rule`), and with counts share
        (of the data) and data (of KL(data || P)). Parts of all groups sum to the whole.

    Examples
    --------
    >>> parts = divide_by_group(np.array([0, 0, 1]), np.array([0.0, 0.0, 1.0]), np.array([0.0, 0.5, 1.0]))
    >>> parts["states"].tolist()
    [2, 1]
    """
    # Logarithms from energies: probabilities of a model of large couplings may be less than the least number.
    log_p, log_q = -truth - log_z(truth), -beta * model - log_z(model, beta)
    p, q = np.exp(log_p), np.exp(log_q)
    truth, model = truth - q @ truth, model - q @ model
    columns = {
        "states": np.ones(len(p)), "p": p, "q": q, "forward": p * (log_p - log_q), "reverse": q * (log_q - log_p),
        "slope": beta**2 * q * model * (truth - beta * model),
    }  # fmt: skip
    if counts is not None:
        shares = counts / counts.sum()
        columns |= {"share": shares, "data": rel_entr(shares, p)}
    parts = pd.DataFrame({"group": groups} | columns).groupby("group").sum().reset_index()
    parts["states"] = parts["states"].astype(int)
    return parts.assign(p=parts["p"] / parts["states"], q=parts["q"] / parts["states"])


def choose_edges(energies: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Choose the energies that divide levels.

    Parameters
    ----------
    energies : np.ndarray
        (N,) true energies of states or of natural sequences, nats.
    weights : np.ndarray
        (N,) their probabilities, or weights.

    Returns
    -------
    np.ndarray
        Upper ends of the levels, ascending. The last one is the greatest energy: what lies above it is a further level.

    Examples
    --------
    >>> choose_edges(np.array([0.0, 5.0, 0.0]), np.ones(3)).round(3).tolist()
    [2.5, 5.0]
    """
    order = np.argsort(energies)
    energies, shares = energies[order], np.cumsum(weights[order]) / weights.sum()
    distinct = energies[np.append(True, np.diff(energies) > _SAME)]
    if len(distinct) <= _MOST_LEVELS:
        ends = (distinct[1:] + distinct[:-1]) / 2
    else:
        ends = np.unique(energies[np.searchsorted(shares, _SHARES)])
    return np.append(ends[ends < energies[-1]], energies[-1] + _SAME)


def assign_levels(energies: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Find the levels of energies.

    Parameters
    ----------
    energies : np.ndarray
        (N,) nats; infinite ones are impossible.
    edges : np.ndarray
        (E,) of `choose_edges`.

    Returns
    -------
    np.ndarray
        (N,) int64 from 0; E above all edges, and E + 1 where impossible.
    """
    return np.searchsorted(edges, energies) + np.isposinf(energies)


def enumerate_levels(truth: np.ndarray, model: np.ndarray, temperatures: np.ndarray) -> pd.DataFrame:
    """Compute what levels of an enumerable truth have of a model's probability and divergences.

    Parameters
    ----------
    truth, model : np.ndarray
        (N,) energies of every state, nats.
    temperatures : np.ndarray
        (T,) sampling temperatures.

    Returns
    -------
    pandas.DataFrame
        One row a temperature and level, the lowest first: temperature, level, energy (mean of its states, nats), p and
        q (the level's probability under truth and model), forward, reverse (its parts of KL(P || Q) and KL(Q || P),
        nats) and slope (its part of the slope of KL(Q || P) in the temperature).
    """
    levels = assign_levels(truth, choose_edges(truth, boltzmann(truth)))
    tables = []
    for tau in temperatures:
        parts = divide_by_group(levels, truth, model, beta=1 / tau)
        columns = {"temperature": tau, "level": parts["group"], "energy": pd.Series(truth).groupby(levels).mean()}
        columns |= {name: parts[name] * parts["states"] for name in ("p", "q")}
        tables.append(pd.DataFrame(columns).join(parts[["forward", "reverse", "slope"]]))
    return pd.concat(tables, ignore_index=True)


def estimate_levels(
    natural: pd.DataFrame,
    samples: pd.DataFrame,
    energy: str,
    log_z: Mapping[float, float] | None = None,
    true_log_z: float = np.nan,
) -> pd.DataFrame:
    """Estimate what levels of the true energy have of a model's probability and divergences, from samples of both.

    Parameters
    ----------
    natural : pandas.DataFrame
        Natural sequences, which are samples of the truth: set (the model has not seen those of heldout; random ones are
        left out), weight (of held-out ones), scale_weight (among all), cluster, energy (of the model), and a column of
        the name `energy`.
    samples : pandas.DataFrame
        Samples of the model: temperature, ladder, energy, and a column of the name `energy`.
    energy : str
        Column of true energies, nats, or of a judge's energies in their place.
    log_z : mapping, optional
        Temperature -> ln Z of the model. Without it no parts of divergences are computed.
    true_log_z : float
        ln Z of the truth; if it is not known, only the parts of the slope are.

    Returns
    -------
    pandas.DataFrame
        Columns of `enumerate_levels`, each but the first three with its standard error, `p_error` and so on; energy is
        the mean over natural sequences and samples of the level. Parts that do not exist are nan: those of KL(Q || P)
        where samples are impossible.
    """
    real = natural[natural["set"] != "random"]
    heldout = real[real["set"] == "heldout"]
    edges = choose_edges(real[energy].to_numpy(float), real["scale_weight"].to_numpy(float))
    everything = pd.concat([real[energy], samples[energy]]).to_numpy(float)
    means = pd.Series(everything).groupby(assign_levels(everything, edges)).mean()

    def _average(name: str, term: _Term, table: pd.DataFrame, weight: str, unit: str) -> pd.DataFrame:
        """Average a term over all rows of a table, for each level, with its error over independent units."""
        levels, weights = assign_levels(table[energy].to_numpy(float), edges), table[weight].to_numpy(float)
        rows = [
            weighted_mean(term((levels == level).astype(float)), weights, table[unit].to_numpy())
            for level in means.index
        ]
        return pd.DataFrame(rows, index=means.index, columns=[name, f"{name}_error"])

    tables = []
    for tau, sampled in samples.groupby("temperature"):
        parts = [_average("p", _count, real, "scale_weight", "cluster")]
        terms: dict[str, _Term] = {"q": _count}
        if log_z:
            terms |= _terms_of_samples(sampled, energy, 1 / tau, log_z[tau], true_log_z)
        tempered = sampled.assign(weight=1.0)
        parts += [_average(name, term, tempered, "weight", "ladder") for name, term in terms.items()]
        if log_z and np.isfinite(true_log_z):
            values = (heldout["energy"] / tau + log_z[tau] - heldout[energy] - true_log_z).to_numpy(float)
            parts.append(_average("forward", values.__mul__, heldout, "weight", "cluster"))
        table = pd.concat(parts, axis=1).reset_index(names="level")
        tables.append(table.assign(temperature=tau, energy=means.to_numpy()))
    return pd.concat(tables, ignore_index=True).reindex(columns=_COLUMNS)


# What a row adds to a mean, by whether (1 or 0) each row is of the level.
_Term = Callable[[np.ndarray], np.ndarray]
_COLUMNS = ["temperature", "level", "energy"] + [
    f"{name}{suffix}" for name in ("p", "q", "forward", "reverse", "slope") for suffix in ("", "_error")
]


def _count(inside: np.ndarray) -> np.ndarray:
    return inside


def _terms_of_samples(
    sampled: pd.DataFrame, energy: str, beta: float, log_z: float, true_log_z: float
) -> dict[str, _Term]:
    """Collect the terms of samples in KL(Q || P) and in its slope in the temperature, as far as these are known."""
    truth, model = sampled[energy].to_numpy(float), sampled["energy"].to_numpy(float)
    if not np.isfinite(truth).all():
        return {}
    terms: dict[str, _Term] = {}
    if np.isfinite(true_log_z):
        terms["reverse"] = (truth + true_log_z - beta * model - log_z).__mul__
    centred, true_centred = model - model.mean(), truth - truth.mean()

    def _slope(inside: np.ndarray) -> np.ndarray:
        # The mean energies are estimates, too: what they add to the error of a level has the mean 0.
        moved = centred * (inside @ (true_centred - 2 * beta * centred)) + true_centred * (inside @ centred)
        return beta**2 * (inside * centred * (true_centred - beta * centred) - moved / len(inside))

    return terms | {"slope": _slope}
