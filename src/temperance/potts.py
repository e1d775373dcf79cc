"""The Potts model: energies, gauge, the profile model, and its file."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from temperance.alphabet import Alphabet, alphabet
from temperance.errors import InputError
from temperance.store import load_arrays, save_arrays


@dataclass(frozen=True)
class Potts:
    """E(s) = - sum_i h_i(s_i) - sum_{i<j} J_ij(s_i, s_j), in nats at temperature 1.

    Attributes
    ----------
    fields : np.ndarray
        h, (L, q) float32.
    couplings : np.ndarray
        J, (L, q, L, q) float32, symmetric under (i, a) <-> (j, b), zero where i = j.
    """

    fields: np.ndarray
    couplings: np.ndarray

    @property
    def L(self) -> int:
        return self.fields.shape[0]

    @property
    def q(self) -> int:
        return self.fields.shape[1]

    def energies(self, sequences: np.ndarray) -> np.ndarray:
        """Energy of each sequence, (M, L) uint8 -> (M,) float64."""
        total = np.zeros(len(sequences))
        sites = np.arange(self.L)
        for i in range(self.L):
            total -= self.fields[i, sequences[:, i]]
            if i:
                rows = self.couplings[i][sequences[:, i, None], sites[:i], sequences[:, :i]]
                total -= rows.sum(axis=1, dtype=np.float64)
        return total

    def zero_sum(self) -> "Potts":
        """The same distribution in the gauge where fields and couplings sum to zero over each state.

        Couplings' one-site parts move into the fields (Weigt et al., PNAS 106:67, 2009).
        """
        couplings = self.couplings.astype(np.float64)
        over_b = couplings.mean(axis=3, keepdims=True)
        over_a = couplings.mean(axis=1, keepdims=True)
        both = over_b.mean(axis=1, keepdims=True)
        fields = self.fields + (over_b - both).sum(axis=2)[..., 0]
        fields = fields - fields.mean(axis=1, keepdims=True)
        couplings = couplings - over_a - over_b + both
        return Potts(fields.astype(np.float32), couplings.astype(np.float32))

    def scaled(self, factor: float) -> "Potts":
        """All parameters times `factor`: the model at temperature 1 / factor."""
        return replace(self, fields=self.fields * factor, couplings=self.couplings * factor)

    def save(self, path: str | Path, letters: Alphabet, metadata: dict[str, Any]) -> None:
        arrays = {"fields": self.fields, "couplings": self.couplings}
        save_arrays(path, arrays, metadata | {"alphabet": letters.name})


def load(path: str | Path) -> tuple[Potts, Alphabet, dict[str, Any]]:
    """Model, alphabet and metadata of a file that `Potts.save` wrote.

    Raises
    ------
    InputError
        If the file is damaged or holds something else.
    """
    arrays, metadata = load_arrays(path)
    if {"fields", "couplings"} - arrays.keys() or "alphabet" not in metadata:
        raise InputError(f"{path}: holds no Potts model (fields, couplings, alphabet)")
    return Potts(arrays["fields"], arrays["couplings"]), alphabet(metadata["alphabet"]), metadata


def profile(frequencies: np.ndarray) -> Potts:
    """The model without couplings that has the one-site frequencies (L, q), all positive."""
    length, q = frequencies.shape
    fields = np.log(frequencies)
    fields = fields - fields.mean(axis=1, keepdims=True)
    return Potts(fields.astype(np.float32), np.zeros((length, q, length, q), np.float32))
