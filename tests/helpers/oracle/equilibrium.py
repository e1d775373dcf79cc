"""Which temperatures are equilibrated."""

import math

import numpy as np
from scipy.stats import norm, t

from oracle.statistics import measure_drift, measure_ess, measure_rhat


def find_equilibrated(subset):
    """Tell which temperatures are equilibrated.

    Ladders agree in energies (R-hat, effective sample size, drift) and in sequences (R-hat, with twice the excess), and
    there and at all hotter temperatures samples leave out a tenth of Z at most: of its bound with four errors of ln Z,
    of what annealing finds with two of both, or with 3 nats and four errors where few of its weights count.
    """
    max_rhat, min_ess = subset.settings["max_rhat"], subset.settings["min_ess"]
    agree, complete = [], []
    for index in range(len(subset.temperatures)):
        energies = subset.energies[subset.find_rung(index)]
        drift, error = measure_drift(energies)
        # Chance exceeds Student's t of this so rarely as it does three standard deviations.
        steady = abs(drift) <= max(0.25, t.ppf(norm.cdf(3), len(energies) - 1) * error)
        enough = measure_ess(energies) >= min(min_ess, energies.size / 2)
        alike = measure_sequence_rhat(subset.sequences[index], subset.family.q) - 1 <= 2 * (max_rhat - 1)
        agree.append(steady and enough and alike and measure_rhat(energies) <= max_rhat)
        state = subset.states.iloc[index]
        error, margin = state["log_z_error"], 3 + 4 * state["log_z_error"]
        if state["ais_ess"] >= 20:
            margin = 2 * math.hypot(error, state["log_z_ais_error"])
        least = max(state["log_z_bound"] - 4 * error, state["log_z_ais"] - margin)
        complete.append(math.exp(state["log_z"] - least) >= 0.9)
    return np.array([agree[index] and all(complete[index:]) for index in range(len(agree))])


def measure_sequence_rhat(sequences, q):
    """Compute the largest split R-hat of the five leading principal components of one-hot sequences (K, D, L)."""
    ladders, draws, length = sequences.shape
    states = np.eye(q)[sequences.reshape(-1, length)].reshape(ladders * draws, -1)
    centred = states - states.mean(axis=0)
    components = np.linalg.svd(centred, full_matrices=False)[2][:5]
    return max(measure_rhat((centred @ component).reshape(ladders, draws)) for component in components)
