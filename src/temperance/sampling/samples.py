"""Samples of a model at several temperatures, with the energies and diagnostics of all rungs of their ladder."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class TemperedSamples:
    """Samples of a model at several temperatures.

    Attributes
    ----------
    temperatures : np.ndarray
        (T,) ascending.
    sequences : np.ndarray
        (T, K, D, L) uint8: K independent ladders, D draws each.
    energies : np.ndarray
        (R, K, D) nats at temperature 1, of every rung.
    betas : np.ndarray
        (R,) inverse temperatures of all rungs, ascending from 0; those of `temperatures` are among them.
    rungs : pandas.DataFrame
        One row a rung: beta, temperature, requested (whether it is among `temperatures`), origin (listed, refined,
        colder, or exchange for the rungs between them), mean_energy, variance, ess, rhat, acceptance (of exchanges
        with the next colder rung), drift, autocorrelation_sweeps, equilibrated.
    round_trips : float
        Passages of a replica from the hottest to the coldest rung and back, per ladder.
    sweeps : int
        Gibbs sweeps between two draws.
    intermediate_sequences : np.ndarray or None
        (R - T, K, D, L) sequences of the rungs between `temperatures`, ascending in beta.
    """

    temperatures: np.ndarray
    sequences: np.ndarray
    energies: np.ndarray
    betas: np.ndarray
    rungs: pd.DataFrame
    round_trips: float
    sweeps: int
    intermediate_sequences: np.ndarray | None

    def arrays(self) -> dict[str, np.ndarray]:
        """Collect the arrays that are written to a file, which `sequences_of_all_rungs` reads.

        Returns
        -------
        dict
            temperatures, sequences, energies, betas, requested (R,) and, where they were kept, the sequences of the
            rungs between the temperatures.
        """
        content = {
            "temperatures": self.temperatures,
            "sequences": self.sequences,
            "energies": self.energies,
            "betas": self.betas,
            "requested": self.rungs["requested"].to_numpy().astype(np.uint8),
        }
        return content if self.intermediate_sequences is None else content | {"others": self.intermediate_sequences}


def sequences_of_all_rungs(arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Order the sequences of every rung of samples that kept them all.

    Parameters
    ----------
    arrays : dict
        Of `TemperedSamples.arrays`.

    Returns
    -------
    np.ndarray
        (R, K, D, L) uint8, ascending in beta.
    """
    requested = arrays["requested"].astype(bool)
    chains = np.empty((len(requested), *arrays["sequences"].shape[1:]), np.uint8)
    chains[requested], chains[~requested] = arrays["sequences"][::-1], arrays["others"]
    return chains
