"""What designs keep to while they are sampled: fixed and forbidden residues, a seed and a budget of mutations."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from temperance.core.alphabet import Alphabet
from temperance.core.errors import InputError
from temperance.core.files import load_arrays, save_arrays
from temperance.engines.base import Engine
from temperance.potts.model import Potts

# Of the chains that say how strong a pull to the seed has to be: how many, their sweeps at each strength, strengths
# tried; and the share of the budget that mutations make up in the mean, so that most samples keep within it.
_CHAINS, _SWEEPS, _TRIALS, _SHARE = 256, 20, 14, 0.85
_STRONGEST = 30.0


@dataclass(frozen=True)
class Constraints:
    """Of the columns that are left of an alignment.

    Attributes
    ----------
    allowed : np.ndarray
        (L, q) bool: states that a site may be in.
    seed : np.ndarray or None
        (L,) the sequence to start from.
    budget : int
        The most sites in which a design may differ from it.
    """

    allowed: np.ndarray
    seed: np.ndarray | None = None
    budget: int = 0

    @classmethod
    def of(
        cls, given: Mapping[str, Any], columns: np.ndarray, read: int, letters: Alphabet,
        names: np.ndarray, sequences: np.ndarray,
    ) -> "Constraints":  # fmt: skip
        """Read the constraints of a configuration.

        Parameters
        ----------
        given : dict
            `fixed` and `forbidden`, residues by column of the alignment as it was read, from 1 (`all` in `forbidden`:
            every column); `seed`, the name of a sequence or a sequence; `mutations`.
        columns, read
            Numbers (L,) of the columns that are left, of so many.
        names, sequences : np.ndarray
            (M,) and (M, L) the family.

        Raises
        ------
        InputError
            If they cannot be met: key, what is wrong, what would be right.
        """
        allowed = np.ones((len(columns), letters.q), bool)
        site_of = {int(column): site for site, column in enumerate(columns)}
        for key, residues in given["forbidden"].items():
            sites = list(range(len(columns))) if key == "all" else [_site(site_of, read, f"forbidden.{key}", key)]
            allowed[np.ix_(sites, _states(letters, f"forbidden.{key}", residues))] = False
        for key, residue in given["fixed"].items():
            site, (state, *more) = _site(site_of, read, f"fixed.{key}", key), _states(letters, f"fixed.{key}", residue)
            if more:
                raise InputError(f"constraints.fixed.{key}: '{residue}' is more than one residue; forbid the others")
            # What is fixed is meant, whatever is forbidden everywhere.
            allowed[site] = np.arange(letters.q) == state
        stuck = columns[~allowed.any(axis=1)]
        if len(stuck):
            raise InputError(f"constraints.forbidden: nothing is left for column {stuck[0]}; allow a residue there")
        seed = _seed(given["seed"], columns, read, letters, names, sequences) if given["seed"] else None
        if seed is not None:
            apart = columns[~allowed[np.arange(len(columns)), seed]]
            if len(apart) > given["mutations"]:
                raise InputError(
                    f"constraints.mutations: the seed breaks {len(apart)} constraints, of column {apart[0]} say, but "
                    f"may change in {given['mutations']} sites; allow more"
                )
        return cls(allowed, seed, given["mutations"])

    @classmethod
    def load(cls, path: str | Path) -> "Constraints":
        """Load what `save` wrote."""
        arrays, metadata = load_arrays(path)
        return cls(arrays["allowed"].astype(bool), arrays.get("seed"), metadata["budget"])

    def save(self, path: str | Path) -> None:
        """Write the constraints to a file that `load` reads."""
        arrays = {"allowed": self.allowed.astype(np.uint8)} | ({} if self.seed is None else {"seed": self.seed})
        save_arrays(path, arrays, {"budget": self.budget})

    def constrained_model(self, model: Potts, engine: Engine, temperature: float, seed: int) -> Potts:
        """Impose these constraints on a model that is to be sampled at `temperature`.

        A budget of mutations is met by a pull to the seed: the log-probability of a sequence grows by the same amount
        with each site in which it is like the seed. Of sequences equally far from the seed none is preferred, so among
        those that keep within the budget the model's own ratios hold at each distance.
        """
        restricted = model.restrict(self.allowed & model.allowed)
        if self.seed is None:
            return restricted
        start = np.where(restricted.allowed[np.arange(model.L), self.seed], self.seed, self.allowed.argmax(axis=1))
        chains = np.tile(start.astype(np.uint8), (_CHAINS, 1))

        def mutations(pull: float) -> float:
            prepared = engine.prepare(self._pulled(restricted, pull, temperature))
            swept = np.asarray(engine.sweep(prepared, chains, 1 / temperature, seed, _SWEEPS))
            return float(self.distances(swept).mean())

        low, high = 0.0, _STRONGEST
        if mutations(low) <= _SHARE * self.budget:
            return restricted
        for _ in range(_TRIALS):
            middle = (low + high) / 2
            low, high = (middle, high) if mutations(middle) > _SHARE * self.budget else (low, middle)
        return self._pulled(restricted, high, temperature)

    def _pulled(self, model: Potts, pull: float, temperature: float) -> Potts:
        assert self.seed is not None
        fields = model.fields.copy()
        fields[np.arange(model.L), self.seed] += np.float32(pull * temperature)
        return Potts(fields, model.couplings)

    def distances(self, sequences: np.ndarray) -> np.ndarray:
        """Sites in which sequences (N, L) differ from the seed, (N,); 0 without one."""
        return np.zeros(len(sequences), int) if self.seed is None else (sequences != self.seed).sum(axis=1)

    def met(self, sequences: np.ndarray) -> np.ndarray:
        """Whether each of sequences (N, L) keeps to all of them, (N,) bool."""
        allowed = self.allowed[np.arange(sequences.shape[1]), sequences].all(axis=1)
        return allowed & ((self.distances(sequences) <= self.budget) | (self.seed is None))


def _site(site_of: Mapping[int, int], read: int, key: str, column: str) -> int:
    if not column.isdigit() or not 1 <= int(column) <= read:
        raise InputError(f"constraints.{key}: the alignment has columns 1 to {read}")
    if int(column) not in site_of:
        raise InputError(f"constraints.{key}: column {column} was dropped, too gapped for filter.max_column_gaps")
    return site_of[int(column)]


def _states(letters: Alphabet, key: str, residues: str) -> list[int]:
    states = letters.codes()[np.frombuffer(residues.encode("ascii", "replace"), np.uint8)]
    if not len(states) or (states >= letters.q).any():
        raise InputError(f"constraints.{key}: '{residues}' has to be of the alphabet {letters.symbols}")
    return states.tolist()


def _seed(
    seed: str, columns: np.ndarray, read: int, letters: Alphabet, names: np.ndarray, sequences: np.ndarray
) -> np.ndarray:
    found = np.flatnonzero(names == seed)
    if len(found):
        return sequences[found[0]]
    if len(seed) != read:
        raise InputError(
            f"constraints.seed: neither the name of a sequence that was kept nor a sequence of the alignment's {read} "
            f"columns (it has {len(seed)})"
        )
    return np.array(_states(letters, "seed", seed), np.uint8)[columns - 1]
