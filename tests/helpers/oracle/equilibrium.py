"""Which temperatures are equilibrated."""

import numpy as np
from scipy.stats import norm, t

from oracle.statistics import measure_drift, measure_ess, measure_rhat


def find_equilibrated(subset):
    """Tell which temperatures are equilibrated.

    Ladders agree in energies (R-hat, effective sample size, drift); ln Z is above its bounds there and at all hotter
    temperatures; and the energies of all hotter ones agree, or else the sequences of this one's ladders do.
    """
    max_rhat, min_ess = subset.settings["max_rhat"], subset.settings["min_ess"]
    agree, complete = [], []
    for index in range(len(subset.temperatures)):
        energies = subset.energies[subset.find_rung(index)]
        drift, error = measure_drift(energies)
        # Chance exceeds Student's t of this so rarely as it does three standard deviations.
        steady = abs(drift) <= max(0.25, t.ppf(norm.cdf(3), len(energies) - 1) * error)
        enough = measure_ess(energies) >= min(min_ess, energies.size / 2)
        agree.append(steady and enough and measure_rhat(energies) <= max_rhat)
        state = subset.states.iloc[index]
        least = max(state["log_z_bound"], state["log_z_ais"] - 5)
        complete.append(state["log_z"] + 4 * state["log_z_error"] >= least)
    equilibrated = []
    for index in range(len(agree)):
        hotter = all(agree[index:]) or measure_sequence_rhat(subset.sequences[index], subset.family.q) <= max_rhat
        equilibrated.append(agree[index] and all(complete[index:]) and hotter)
    return np.array(equilibrated)


def measure_sequence_rhat(sequences, q):
    """Compute the largest split R-hat of the five leading principal components of one-hot sequences (K, D, L)."""
    ladders, draws, length = sequences.shape
    states = np.eye(q)[sequences.reshape(-1, length)].reshape(ladders * draws, -1)
    centred = states - states.mean(axis=0)
    components = np.linalg.svd(centred, full_matrices=False)[2][:5]
    return max(measure_rhat((centred @ component).reshape(ladders, draws)) for component in components)
