"""The Potts model: energies, gauge, the profile model, and its file."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from temperance.core.alphabet import Alphabet
from temperance.core.alphabet import alphabet as find_alphabet
from temperance.core.errors import InputError
from temperance.core.files import load_arrays, save_arrays
from temperance.potts.pair_kernels import pairs_of_sites

# A field that no engine lets a site take, at any temperature; finite, so that energies are.
FORBIDDEN = -1e30


@dataclass(frozen=True)
class Potts:
    """Hold a Potts model, E(s) = - sum_i h_i(s_i) - sum_{i<j} J_ij(s_i, s_j), in nats at temperature 1.

    Attributes
    ----------
    fields : np.ndarray
        h, (L, q) float32.
    couplings : np.ndarray
        J, (L, q, L, q) float32, symmetric under (i, a) <-> (j, b), zero where i = j.

    Examples
    --------
    >>> fields = np.array([[0.0, 1.0], [0.0, -1.0]], np.float32)
    >>> model = Potts.from_pairs(fields, np.array([[[0.5, 0], [0, 0.5]]], np.float32))
    >>> model.energies(np.array([[1, 1], [1, 0]], np.uint8))
    array([-0.5, -1. ])
    """

    fields: np.ndarray
    couplings: np.ndarray

    @property
    def L(self) -> int:
        """Count the sites.

        Returns
        -------
        int
            Number of sites L.
        """
        return self.fields.shape[0]

    @property
    def q(self) -> int:
        """Count the states.

        Returns
        -------
        int
            Number of states q.
        """
        return self.fields.shape[1]

    def energies(self, sequences: np.ndarray) -> np.ndarray:
        """Compute the energy of each sequence.

        Parameters
        ----------
        sequences : np.ndarray
            (M, L) uint8.

        Returns
        -------
        np.ndarray
            (M,) float64, nats.
        """
        energies = np.zeros(len(sequences))
        sites = np.arange(self.L)
        for i in range(self.L):
            energies -= self.fields[i, sequences[:, i]]
            if i:
                couplings = self.couplings[i][sequences[:, i, None], sites[:i], sequences[:, :i]]
                energies -= couplings.sum(axis=1, dtype=np.float64)
        return energies

    def pairs(self) -> np.ndarray:
        """Extract the couplings of pairs of sites i < j.

        Returns
        -------
        np.ndarray
            (L (L - 1) / 2, q, q), in the order of `temperance.potts.pair_kernels`.
        """
        return self.couplings.transpose(0, 2, 1, 3)[pairs_of_sites(self.L)]

    @classmethod
    def from_pairs(cls, fields: np.ndarray, pairs: np.ndarray) -> "Potts":
        """Build a model from fields and couplings of pairs; the reverse of `pairs`.

        Parameters
        ----------
        fields : np.ndarray
            (L, q).
        pairs : np.ndarray
            (L (L - 1) / 2, q, q), in the order of `temperance.potts.pair_kernels`.

        Returns
        -------
        Potts
            Its couplings are a new array.
        """
        length, q = fields.shape
        couplings = np.zeros((length, q, length, q), np.float32)
        left, right = pairs_of_sites(length)
        blocks = couplings.transpose(0, 2, 1, 3)
        blocks[left, right], blocks[right, left] = pairs, pairs.transpose(0, 2, 1)
        return cls(fields, couplings)

    def zero_sum(self, overwrite: bool = False) -> "Potts":
        """Transform the model to the zero-sum gauge, in which fields and couplings sum to zero over each state.

        The one-site parts of couplings move into the fields; energies change by a constant.

        Parameters
        ----------
        overwrite : bool
            Reuse the memory of this model's couplings for the result; this model must not be used any more.

        Returns
        -------
        Potts
            The same distribution.

        References
        ----------
        Weigt et al., PNAS 106:67, 2009.
        """
        fields = self.fields.astype(np.float64)
        couplings = self.couplings if overwrite else np.empty_like(self.couplings, np.float32)
        for i in range(self.L):
            block = self.couplings[i].astype(np.float64)
            mean_over_b = block.mean(axis=2, keepdims=True)
            mean_over_a = block.mean(axis=0, keepdims=True)
            mean_over_both = mean_over_b.mean(axis=0, keepdims=True)
            fields[i] += (mean_over_b - mean_over_both).sum(axis=(1, 2))
            couplings[i] = block - mean_over_a - mean_over_b + mean_over_both
        fields -= fields.mean(axis=1, keepdims=True)
        return Potts(fields.astype(np.float32), couplings)

    @property
    def allowed(self) -> np.ndarray:
        """Tell which states each site can be in.

        Returns
        -------
        np.ndarray
            (L, q) bool: False where the field is FORBIDDEN.
        """
        return self.fields > FORBIDDEN / 2

    def restrict(self, allowed: np.ndarray) -> "Potts":
        """Condition the model on sets of allowed states.

        Parameters
        ----------
        allowed : np.ndarray
            (L, q) bool; every site has at least one allowed state.

        Returns
        -------
        Potts
            The other states have FORBIDDEN fields; couplings are shared with this model.
        """
        return replace(self, fields=np.where(allowed, self.fields, np.float32(FORBIDDEN)))

    def scale(self, factor: float) -> "Potts":
        """Multiply all parameters by a factor: the model at temperature 1 / factor.

        Parameters
        ----------
        factor : float
            Inverse temperature.

        Returns
        -------
        Potts
            The scaled model.
        """
        return replace(self, fields=self.fields * factor, couplings=self.couplings * factor)

    def save(self, path: str | Path, alphabet: Alphabet, metadata: dict[str, Any]) -> None:
        """Write the model, its alphabet and metadata as safetensors.

        Parameters
        ----------
        path : path-like
            File to write.
        alphabet : Alphabet
            States of the model.
        metadata : dict
            What JSON holds.
        """
        arrays = {"fields": self.fields, "couplings": self.couplings}
        save_arrays(path, arrays, metadata | {"alphabet": alphabet.name})


@np.errstate(over="ignore")
def load(path: str | Path) -> tuple[Potts, Alphabet, dict[str, Any]]:
    """Load a model from a file that `Potts.save` wrote.

    Parameters
    ----------
    path : path-like
        File to read.

    Returns
    -------
    model : Potts
        The model.
    alphabet : Alphabet
        Its states.
    metadata : dict
        With the alphabet's name as `alphabet`.

    Raises
    ------
    InputError
        If the file is damaged or holds something else, or its parameters are not finite, or its couplings are not
        symmetric or couple a site to itself; names the tensor and the entry.
    """
    arrays, metadata = load_arrays(path)
    if {"fields", "couplings"} - arrays.keys() or not isinstance(metadata.get("alphabet"), str):
        raise InputError(f"{path}: not a Potts model; expected tensors fields and couplings, and an alphabet's name")
    alphabet, fields, couplings = find_alphabet(metadata["alphabet"]), arrays["fields"], arrays["couplings"]
    length, q = len(fields) if fields.ndim else 0, alphabet.q
    for name, shape in (("fields", (length, q)), ("couplings", (length, q, length, q))):
        if arrays[name].shape != shape or not length or arrays[name].dtype.kind != "f":
            raise InputError(
                f"{path}: tensor {name}: {arrays[name].dtype} of shape {arrays[name].shape}; expected float32, with "
                f"fields (L, {q}) and couplings (L, {q}, L, {q}) (alphabet {alphabet.name})"
            )
    model = Potts(fields.astype(np.float32, copy=False), couplings.astype(np.float32, copy=False))
    _check_parameters(path, model)
    return model, alphabet, metadata


def _check_parameters(path: str | Path, model: Potts) -> None:
    """Make sure that parameters are finite, and couplings symmetric and without a site coupled to itself."""
    for name, rows in (("fields", model.fields), ("couplings", model.couplings)):
        for i, row in enumerate(rows):
            if not np.isfinite(row).all():
                entry = [i, *np.argwhere(~np.isfinite(row))[0].tolist()]
                raise InputError(f"{path}: tensor {name}: entry {entry} is not a finite number")
    tolerance = np.float32(1e-5) * max(model.couplings.max(), -model.couplings.min())
    for i, couplings in enumerate(model.couplings):
        for j in range(i + 1, model.L):
            mirrored = model.couplings[j, :, i].T
            if (differs := np.abs(couplings[:, j] - mirrored) > tolerance).any():
                a, b = np.argwhere(differs)[0].tolist()
                raise InputError(
                    f"{path}: tensor couplings: entry {[i, a, j, b]} is {couplings[a, j, b]:g} and entry "
                    f"{[j, b, i, a]} is {mirrored[a, b]:g}; they have to be the same"
                )
        if couplings[:, i].any():
            raise InputError(f"{path}: tensor couplings: site {i} is coupled to itself; expected zeros there")


def profile_fields(frequencies: np.ndarray) -> np.ndarray:
    """Compute the fields of the profile model: the model without couplings with these one-site frequencies.

    Parameters
    ----------
    frequencies : np.ndarray
        (L, q), all positive.

    Returns
    -------
    np.ndarray
        (L, q) float32, zero-sum gauge, nats.

    Examples
    --------
    >>> profile_fields(np.array([[0.5, 0.5], [0.2, 0.8]])).round(3)
    array([[ 0.   ,  0.   ],
           [-0.693,  0.693]], dtype=float32)
    """
    fields = np.log(frequencies)
    return (fields - fields.mean(axis=1, keepdims=True)).astype(np.float32)
