"""Constraints under which designs are sampled: fixed and forbidden residues, a seed and a budget of mutations."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from temperance.core.alphabet import Alphabet
from temperance.core.errors import InputError
from temperance.core.files import load_arrays, save_arrays
from temperance.core.settings.design import ConstraintSettings
from temperance.engines.base import Engine
from temperance.potts.model import Potts

# The strength of the pull to the seed is found by bisection: chains, their sweeps at each strength, number of strengths
# tried, and the mean number of mutations aimed at as a share of the budget, so that most samples keep within it.
_CHAINS, _SWEEPS, _TRIALS, _SHARE = 256, 20, 14, 0.85
# Largest pull: change of the log-probability with each site that is as in the seed.
_STRONGEST = 30.0


@dataclass(frozen=True)
class Constraints:
    """Constraints on designs, over the columns that an alignment keeps.

    Attributes
    ----------
    allowed : np.ndarray
        (L, q) bool: states that a site may be in.
    seed : np.ndarray or None
        (L,) uint8 sequence to start from.
    budget : int
        Largest number of sites in which a design may differ from the seed.
    """

    allowed: np.ndarray
    seed: np.ndarray | None = None
    budget: int = 0

    @classmethod
    def from_settings(
        cls, settings: ConstraintSettings, columns: np.ndarray, columns_read: int, alphabet: Alphabet,
        names: np.ndarray, sequences: np.ndarray,
    ) -> "Constraints":  # fmt: skip
        """Translate the constraints of a configuration from columns of the alignment file to sites of the model.

        Parameters
        ----------
        settings : ConstraintSettings
            Columns count from 1 in the alignment as it was read.
        columns : np.ndarray
            (L,) numbers, from 1, of the columns that were kept.
        columns_read : int
            Columns of the alignment as it was read.
        alphabet : Alphabet
            States of a site.
        names, sequences : np.ndarray
            (M,) names and (M, L) uint8 sequences of the family.

        Returns
        -------
        Constraints
            Allowed states, seed and budget.

        Raises
        ------
        InputError
            If a constraint names a column, a residue or a sequence that does not exist, or constraints contradict each
            other; in one line, with the key, what is wrong and what would be right.
        """
        allowed = np.ones((len(columns), alphabet.q), bool)
        site_by_column = {int(column): site for site, column in enumerate(columns)}
        for key, residues in settings.forbidden.items():
            path = f"forbidden.{key}"
            sites = list(range(len(columns))) if key == "all" else [_site(site_by_column, columns_read, path, key)]
            allowed[np.ix_(sites, _states(alphabet, path, residues))] = False
        for key, residue in settings.fixed.items():
            path = f"fixed.{key}"
            site, (state, *excess) = _site(site_by_column, columns_read, path, key), _states(alphabet, path, residue)
            if excess:
                raise InputError(
                    f"constraints.fixed.{key}: '{residue}' is more than one residue; forbid all others instead"
                )
            # A fixed residue overrides what is forbidden in every column.
            allowed[site] = np.arange(alphabet.q) == state
        empty = columns[~allowed.any(axis=1)]
        if len(empty):
            raise InputError(f"constraints.forbidden: no residue is left for column {empty[0]}; allow at least one")
        seed, budget = None, settings.mutations
        if settings.seed:
            seed = _seed(settings.seed, columns, columns_read, alphabet, names, sequences)
            violated = columns[~allowed[np.arange(len(columns)), seed]]
            if len(violated) > budget:
                raise InputError(
                    f"constraints.mutations: the seed violates {len(violated)} constraints (the first in column "
                    f"{violated[0]}) and may change at {budget} sites; allow at least {len(violated)}"
                )
        return cls(allowed, seed, budget)

    @classmethod
    def load(cls, path: str | Path) -> "Constraints":
        """Read constraints from a file.

        Parameters
        ----------
        path : str or Path
            File that `save` wrote.

        Returns
        -------
        Constraints
            The constraints that were saved.
        """
        arrays, metadata = load_arrays(path)
        return cls(arrays["allowed"].astype(bool), arrays.get("seed"), metadata["budget"])

    def save(self, path: str | Path) -> None:
        """Write the constraints to a file that `load` reads.

        Parameters
        ----------
        path : str or Path
            File to write, in safetensors format.
        """
        arrays = {"allowed": self.allowed.astype(np.uint8)} | ({} if self.seed is None else {"seed": self.seed})
        save_arrays(path, arrays, {"budget": self.budget})

    def constrained_model(self, model: Potts, engine: Engine, temperature: float, seed: int) -> Potts:
        """Restrict a model to the allowed states and, under a budget of mutations, pull it towards the seed.

        With the pull, the log-probability of a sequence grows by the same amount with each site that is as in the seed.
        Sequences equally far from the seed are treated alike, so among those that keep within the budget the model's
        own probability ratios hold at each distance. The pull is the weakest, found by bisection with short chains, at
        which mutations make up 85 % of the budget or less in the mean.

        Parameters
        ----------
        model : Potts
            Model to be sampled.
        engine : Engine
            Engine that samples the chains of the bisection.
        temperature : float
            Temperature at which the constrained model will be sampled.
        seed : int
            Random seed of the chains.

        Returns
        -------
        Potts
            Model whose samples at `temperature` have allowed states only, and most of which keep within the budget
            (`satisfied_by` tells which).
        """
        restricted = model.restrict(self.allowed & model.allowed)
        if self.seed is None:
            return restricted
        start = np.where(restricted.allowed[np.arange(model.L), self.seed], self.seed, self.allowed.argmax(axis=1))
        chains = np.tile(start.astype(np.uint8), (_CHAINS, 1))
        target = _SHARE * self.budget
        low, high = 0.0, _STRONGEST
        if (
            self._mean_mutations(self._pulled(restricted, low, temperature), engine, chains, temperature, seed)
            <= target
        ):
            return restricted
        for _ in range(_TRIALS):
            middle = (low + high) / 2
            pulled = self._pulled(restricted, middle, temperature)
            mutations = self._mean_mutations(pulled, engine, chains, temperature, seed)
            low, high = (middle, high) if mutations > target else (low, middle)
        return self._pulled(restricted, high, temperature)

    def _mean_mutations(self, model: Potts, engine: Engine, chains: np.ndarray, temperature: float, seed: int) -> float:
        """Average the number of mutations of the seed in `chains` (C, L) after a few sweeps of the model."""
        swept = np.asarray(engine.sweep(engine.prepare(model), chains, 1 / temperature, seed, _SWEEPS))
        return float(self.distances(swept).mean())

    def _pulled(self, model: Potts, pull: float, temperature: float) -> Potts:
        """Add `pull` to the log-probability, at a temperature, of every site that is as in the seed."""
        assert self.seed is not None
        fields = model.fields.copy()
        fields[np.arange(model.L), self.seed] += np.float32(pull * temperature)
        return Potts(fields, model.couplings)

    def distances(self, sequences: np.ndarray) -> np.ndarray:
        """Count the mutations by which sequences differ from the seed.

        Parameters
        ----------
        sequences : np.ndarray
            (N, L) uint8.

        Returns
        -------
        np.ndarray
            (N,) int: sites that differ from the seed; 0 without one.
        """
        return np.zeros(len(sequences), int) if self.seed is None else (sequences != self.seed).sum(axis=1)

    def satisfied_by(self, sequences: np.ndarray) -> np.ndarray:
        """Tell which sequences have allowed states only and keep within the budget of mutations.

        Parameters
        ----------
        sequences : np.ndarray
            (N, L) uint8.

        Returns
        -------
        np.ndarray
            (N,) bool.
        """
        allowed = self.allowed[np.arange(sequences.shape[1]), sequences].all(axis=1)
        return allowed & ((self.distances(sequences) <= self.budget) | (self.seed is None))


def _site(site_by_column: Mapping[int, int], columns_read: int, key: str, column: str) -> int:
    """Find the site of a column that the configuration names."""
    if not column.isdigit() or not 1 <= int(column) <= columns_read:
        raise InputError(f"constraints.{key}: there is no such column; the alignment has columns 1 to {columns_read}")
    if int(column) not in site_by_column:
        raise InputError(
            f"constraints.{key}: column {column} was dropped; see filter.max_column_gaps and filter.columns"
        )
    return site_by_column[int(column)]


def _states(alphabet: Alphabet, key: str, residues: str) -> list[int]:
    """Encode the residues that the configuration lists."""
    states = alphabet.codes()[np.frombuffer(residues.encode("ascii", "replace"), np.uint8)]
    if not len(states) or (states >= alphabet.q).any():
        raise InputError(
            f"constraints.{key}: '{residues}' contains a symbol that is not in the alphabet {alphabet.symbols}"
        )
    return states.tolist()


def _seed(
    seed: str, columns: np.ndarray, columns_read: int, alphabet: Alphabet, names: np.ndarray, sequences: np.ndarray
) -> np.ndarray:
    """Look up the seed among the family's names, else encode it as an aligned sequence, (L,) uint8."""
    matches = np.flatnonzero(names == seed)
    if (sequences[matches] != sequences[matches[:1]]).any():
        raise InputError(
            f"constraints.seed: {len(matches)} different sequences of the alignment are named {seed[:30]}; give the "
            "sequence itself, or each a name of its own"
        )
    if len(matches):
        return sequences[matches[0]]
    if len(seed) != columns_read:
        raise InputError(
            f"constraints.seed: '{seed[:30]}' is neither the name of a sequence that passed the filters nor a sequence "
            f"of the alignment's {columns_read} columns (it has {len(seed)})"
        )
    return np.array(_states(alphabet, "seed", seed), np.uint8)[columns - 1]
