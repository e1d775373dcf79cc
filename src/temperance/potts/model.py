"""The Potts model: energies, gauge, the profile model, and its file."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from temperance.core.alphabet import Alphabet, alphabet
from temperance.core.errors import InputError
from temperance.core.files import load_arrays, save_arrays
from temperance.potts.pair_kernels import pairs_of_sites

# A field that no engine lets a site take, at any temperature; finite, so that energies are.
FORBIDDEN = -1e30


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
        """Number of sites."""
        return self.fields.shape[0]

    @property
    def q(self) -> int:
        """Number of states."""
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

    def pairs(self) -> np.ndarray:
        """Couplings of pairs i < j, (L (L - 1) / 2, q, q), in the order of `temperance.potts.pair_kernels`."""
        return self.couplings.transpose(0, 2, 1, 3)[pairs_of_sites(self.L)]

    @classmethod
    def of_pairs(cls, fields: np.ndarray, pairs: np.ndarray) -> "Potts":
        """Build a model with the couplings that `pairs` gave."""
        length, q = fields.shape
        couplings = np.zeros((length, q, length, q), np.float32)
        left, right = pairs_of_sites(length)
        blocks = couplings.transpose(0, 2, 1, 3)
        blocks[left, right], blocks[right, left] = pairs, pairs.transpose(0, 2, 1)
        return cls(fields, couplings)

    def zero_sum(self, overwrite: bool = False) -> "Potts":
        """Bring the model into the gauge where fields and couplings sum to zero over each state.

        Couplings' one-site parts move into the fields (Weigt et al., PNAS 106:67, 2009). `overwrite`: this model is not
        needed any more, and its couplings' memory can be taken.
        """
        fields = self.fields.astype(np.float64)
        couplings = self.couplings if overwrite else np.empty_like(self.couplings, np.float32)
        for i in range(self.L):
            block = self.couplings[i].astype(np.float64)
            over_b = block.mean(axis=2, keepdims=True)
            over_a = block.mean(axis=0, keepdims=True)
            both = over_b.mean(axis=0, keepdims=True)
            fields[i] += (over_b - both).sum(axis=(1, 2))
            couplings[i] = block - over_a - over_b + both
        fields -= fields.mean(axis=1, keepdims=True)
        return Potts(fields.astype(np.float32), couplings)

    @property
    def allowed(self) -> np.ndarray:
        """(L, q) bool: states that a site can be in."""
        return self.fields > FORBIDDEN / 2

    def restricted(self, allowed: np.ndarray) -> "Potts":
        """Condition the model on the states that are `allowed`, (L, q) bool, of which every site has one."""
        return replace(self, fields=np.where(allowed, self.fields, np.float32(FORBIDDEN)))

    def scaled(self, factor: float) -> "Potts":
        """All parameters times `factor`: the model at temperature 1 / factor."""
        return replace(self, fields=self.fields * factor, couplings=self.couplings * factor)

    def save(self, path: str | Path, letters: Alphabet, metadata: dict[str, Any]) -> None:
        """Write the model, its alphabet and metadata as safetensors."""
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


def profile_fields(frequencies: np.ndarray) -> np.ndarray:
    """Fields (L, q) float32, zero-sum gauge, of the model without couplings that has positive one-site frequencies."""
    fields = np.log(frequencies)
    return (fields - fields.mean(axis=1, keepdims=True)).astype(np.float32)
