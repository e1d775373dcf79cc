"""Families whose true distribution P is known: its energies, and how they are kept in a file."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from temperance.core.alphabet import Alphabet
from temperance.core.errors import InputError
from temperance.core.files import load_arrays


@dataclass(frozen=True)
class DrawnFamily:
    """A family drawn from a truth.

    Attributes
    ----------
    sequences : np.ndarray
        (M, L) uint8, in an order of which any part is as good a sample as any other.
    alphabet : Alphabet
        Of the sequences.
    arrays, metadata : dict
        What `load_truth` needs to restore the truth.
    diagnostics : dict
        How well it was sampled; `rhat` where it took Markov chains.
    """

    sequences: np.ndarray
    alphabet: Alphabet
    arrays: dict[str, np.ndarray]
    metadata: dict[str, Any]
    diagnostics: dict[str, Any]


@dataclass(frozen=True)
class Truth:
    """True distribution of a family, P(s) = exp(-E_P(s)) / Z_P.

    Attributes
    ----------
    energies : callable
        (M, L) uint8 -> (M,), nats.
    log_z : (float, float) or None
        ln Z_P and its standard error, where they are known.
    all_energies : np.ndarray or None
        (q^L,) energies of every sequence, where they can be listed.
    forbids : bool
        Whether some sequences are impossible, of infinite energy: then KL(Q || P) of any model is infinite.
    """

    energies: Callable[[np.ndarray], np.ndarray]
    log_z: tuple[float, float] | None
    all_energies: np.ndarray | None = None
    forbids: bool = False


def load_truth(path: str | Path) -> Truth:
    """Load the truth that a family was drawn from.

    Parameters
    ----------
    path : path
        File that the stage `truth` wrote.

    Returns
    -------
    Truth

    Raises
    ------
    InputError
        If the file holds no truth.
    """
    arrays, metadata = load_arrays(path)
    kind = metadata.get("kind")
    if kind == "lattice":
        from temperance.truth.lattice import Ensemble

        ensemble, gamma = Ensemble(arrays["contacts"]), metadata["gamma"]
        return Truth(lambda sequences: -gamma * ensemble.log_p_nat(sequences), None)
    if kind == "enumerable":
        from temperance.potts.enumeration import find_positions

        energies, q = arrays["energies"], metadata["q"]
        return Truth(lambda sequences: energies[find_positions(sequences, q)], (metadata["log_z"], 0.0), energies)
    if kind == "sector":
        from temperance.truth import sector

        compute = partial(sector.energies, mutations=metadata["mutations"], temperature=metadata["temperature"])
        return Truth(compute, (metadata["log_z"], 0.0), forbids=True)
    if kind == "teacher":
        from temperance.potts.model import Potts

        model = Potts(arrays["fields"], arrays["couplings"])
        return Truth(model.energies, (metadata["log_z"], metadata["log_z_error"]))
    raise InputError(f"{path}: not the file of a truth; delete it and run again")
