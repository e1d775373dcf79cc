"""Parts of either divergence that groups of states have, as the levels of the true energy."""

import numpy as np
import pandas as pd
from scipy.special import rel_entr

from temperance.potts.enumeration import log_z


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
