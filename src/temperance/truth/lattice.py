"""Lattice proteins: 27 residues folded into a 3 x 3 x 3 cube, a family whose ground truth can be computed.

The energy of a sequence in a fold is the sum of Miyazawa-Jernigan energies over the fold's 28 contacts;
p_nat(s) = exp(-E(s, native)) / sum over folds of exp(-E(s, fold)) is the probability that s folds into the
native structure, and the family is P(s) proportional to p_nat(s)^gamma (Shakhnovich and Gutin, J. Chem. Phys. 93:5967,
1990; Jacquin et al., PLoS Comput. Biol. 12:e1004889, 2016).
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import numba
import numpy as np
import pandas as pd
from scipy.special import softmax

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.core.settings.truths import LatticeTruth
from temperance.core.threads import threaded
from temperance.msa.alignment import read
from temperance.msa.encoding import encode
from temperance.sampling.diagnostics import effective_sample_size, split_rhat
from temperance.truth import DrawnFamily
from temperance.truth.lattice_folds import PAIRS, RESIDUES, all_folds, find_partner_sets

SYMBOLS = "ACDEFGHIKLMNPQRSTVWY"
_PARTNERS = 5
# Residues of one colour of the checkerboard: each contact has one of them.
_EVEN = np.arange(0, RESIDUES, 2)
# Sequences that are processed together, so that their data stay in cache.
_TOGETHER = 32
# Folds whose Boltzmann factors are summed before the Metropolis step tests whether it is rejected already.
_BLOCK = 256


@cache
def contact_energies() -> np.ndarray:
    """Read the Miyazawa-Jernigan contact energies.

    Returns
    -------
    np.ndarray
        (20, 20) float32 in units of RT, states ordered as in SYMBOLS.
    """
    with (files("temperance.truth") / "data" / "miyazawa_jernigan_1996.csv").open() as file:
        table = pd.read_csv(file, comment="#", index_col=0)
    return table.loc[list(SYMBOLS), list(SYMBOLS)].to_numpy(np.float32)


@numba.njit(cache=True)
def _add_factors(factors: np.ndarray, rows: np.ndarray, totals: np.ndarray) -> None:
    """Add to totals (M,) each fold's product of the factors (S, M) in its fourteen rows (F, 14)."""
    for n in range(len(rows)):
        row = rows[n]
        f0, f1, f2, f3, f4 = factors[row[0]], factors[row[1]], factors[row[2]], factors[row[3]], factors[row[4]]
        f5, f6, f7, f8, f9 = factors[row[5]], factors[row[6]], factors[row[7]], factors[row[8]], factors[row[9]]
        f10, f11, f12, f13 = factors[row[10]], factors[row[11]], factors[row[12]], factors[row[13]]
        # One loop with all factors: each is read once, and nothing but totals is written.
        for m in range(len(totals)):
            eight = ((f0[m] * f1[m]) * (f2[m] * f3[m])) * ((f4[m] * f5[m]) * (f6[m] * f7[m]))
            totals[m] += eight * (((f8[m] * f9[m]) * (f10[m] * f11[m])) * (f12[m] * f13[m]))


@dataclass(frozen=True)
class Ensemble:
    """Compact folds of a lattice protein that compete for its sequences, the native fold first.

    Attributes
    ----------
    contacts : np.ndarray
        (F, 28) uint8 indices into PAIRS.
    """

    contacts: np.ndarray

    @property
    def maps(self) -> np.ndarray:
        """Contact maps.

        Returns
        -------
        np.ndarray
            (156, F) float32 of zeros and ones.
        """
        maps = np.zeros((len(PAIRS), len(self.contacts)), np.float32)
        maps[self.contacts.T, np.arange(len(self.contacts))] = 1
        return maps

    def log_p_nat(self, sequences: np.ndarray) -> np.ndarray:
        """Compute ln of the probability that sequences fold into the native structure.

        Residues that touch are an odd number of steps apart, so the energy of a fold is a sum over its fourteen
        residues of even index, of energies that depend on the set of residues that each touches. There are some 3,000
        such sets in all 103,346 folds, and exponentials are computed for the sets.

        Parameters
        ----------
        sequences : np.ndarray
            (M, 27) uint8 in SYMBOLS.

        Returns
        -------
        np.ndarray
            (M,)
        """
        sets, index = self.partner_sets
        energies, result = contact_energies().astype(float), np.empty(len(sequences))
        offsets = np.cumsum([0] + [len(sets[residue]) for residue in _EVEN[:-1]])
        rows = np.ascontiguousarray((index[_EVEN] + offsets[:, None]).T)
        for start in range(0, len(sequences), _TOGETHER):
            chunk = sequences[start : start + _TOGETHER]
            # Each residue's best set of partners sets the scale: the products of fourteen factors lie between 1 and
            # exp(-520), as no residue has more than five partners, and none gains more than 7.4 by one of them.
            gains = [-sets[residue] @ energies[chunk[:, [residue]], chunk].T for residue in _EVEN]
            scaled = np.concatenate([gain - gain.max(axis=0) for gain in gains])
            totals = np.zeros(len(chunk))
            _add_factors(np.exp(scaled), rows, totals)
            result[start : start + len(chunk)] = scaled[rows[0]].sum(axis=0) - np.log(totals)
        return result

    @cached_property
    def partner_sets(self) -> tuple[list[np.ndarray], np.ndarray]:
        """Sets of residues that each residue touches in these folds.

        Returns
        -------
        list of np.ndarray, np.ndarray
            Of `temperance.truth.lattice_folds.find_partner_sets`.
        """
        return find_partner_sets(self.contacts)

    def p_nat(self, sequences: np.ndarray) -> np.ndarray:
        """Compute the probability that each sequence folds into the native structure.

        Parameters
        ----------
        sequences : np.ndarray
            (M, 27) uint8 in SYMBOLS.

        Returns
        -------
        np.ndarray
            (M,)
        """
        return np.exp(self.log_p_nat(sequences))


def ensemble(folds: np.ndarray, native: int, size: int | None, rng: np.random.Generator) -> Ensemble:
    """Gather the native fold with `size - 1` others drawn at random, or with all others.

    Parameters
    ----------
    folds : np.ndarray
        (F, 28) uint8 contacts.
    native : int
        Index of the native fold.
    size : int or None
        Folds of the ensemble; None, or as many as there are: all.
    rng : numpy.random.Generator
        Draws the others.

    Returns
    -------
    Ensemble
    """
    competitors = np.delete(np.arange(len(folds)), native)
    if size is not None and size < len(folds):
        competitors = np.sort(rng.choice(competitors, size - 1, replace=False))
    return Ensemble(folds[np.concatenate([[native], competitors])])


@dataclass(frozen=True)
class TrueSamples:
    """Draws from P ~ p_nat^gamma: sequences (K, D, 27) uint8 of K chains, their ln p_nat (K, D), the acceptance."""

    sequences: np.ndarray
    log_p_nat: np.ndarray
    acceptance: float


def sample_family(
    competing: Ensemble,
    gamma: float,
    count: int,
    seed: int,
    chains: int = 500,
    burn_in: int = 100,
    spacing: int = 20,
    progress: Callable[[str], None] | None = None,
) -> TrueSamples:
    """Sample P ~ p_nat^gamma by Metropolis steps of single mutations, from random sequences.

    Parameters
    ----------
    competing : Ensemble
        Folds that p_nat is computed against.
    gamma : float
        Exponent of p_nat; it rises linearly to its value over the first half of the burn-in.
    count : int
        Sequences; rounded up to a multiple of `chains`.
    seed : int
        Determines the result.
    chains : int
        Independent chains.
    burn_in, spacing : int
        Sweeps (27 proposals each) before the first draw of a chain and between draws.
    progress : callable, optional
        Takes messages.

    Returns
    -------
    TrueSamples
    """
    draws = -(-count // chains)
    sets, set_of = competing.partner_sets
    partners = _list_partners(sets)
    rng = np.random.default_rng(seed)
    states = rng.integers(0, len(SYMBOLS), (chains, RESIDUES), dtype=np.uint8)
    streams = rng.integers(0, 2**63, chains, dtype=np.uint64)
    sequences = np.empty((chains, draws, RESIDUES), np.uint8)
    logs = np.empty((chains, draws))
    accepted = np.zeros(chains)
    block_size = max(1, chains // 20)
    for start in range(0, chains, block_size):
        stop = min(start + block_size, chains)
        chosen = slice(start, stop)
        _metropolis(
            contact_energies().astype(float), partners, set_of, states[chosen], streams[chosen],
            gamma, burn_in, spacing, sequences[chosen], logs[chosen], accepted[chosen],
        )  # fmt: skip
        if progress:
            progress(f"{stop} of {chains} chains, mean p_nat {np.exp(logs[:stop]).mean():.3f}")
    return TrueSamples(sequences, logs, float(accepted.mean()))


def draw(settings: LatticeTruth, folds: np.ndarray, seed: int, progress: Callable[[str], None] | None) -> DrawnFamily:
    """Draw the family that settings describe.

    Parameters
    ----------
    settings : LatticeTruth
        The configuration's: native, folds (their number), gamma, sequences (their number), chains, burn_in, spacing.
    folds : np.ndarray
        (103346, 28) contacts of all folds.
    seed : int
        Determines the result.
    progress : callable, optional
        Takes messages.

    Returns
    -------
    DrawnFamily

    Raises
    ------
    InputError
        If gamma is so large that chains leave the range of floating-point numbers.
    """
    rng = np.random.default_rng(seed)
    competing = ensemble(folds, settings.native, settings.folds, rng)
    sampling = settings.model_dump(include={"gamma", "chains", "burn_in", "spacing"})
    draws = sample_family(competing, count=settings.sequences, seed=seed, progress=progress, **sampling)
    if not np.isfinite(draws.log_p_nat).all():
        raise InputError("truth.gamma: sampling overflowed; lower truth.gamma")
    sequences = draws.sequences.transpose(1, 0, 2).reshape(-1, RESIDUES)[: settings.sequences]
    all_competing = ensemble(folds, settings.native, None, rng)
    diagnostics = {
        "acceptance": draws.acceptance,
        "rhat": split_rhat(draws.log_p_nat),
        "ess": effective_sample_size(draws.log_p_nat),
        "mean_p_nat_drawn_ensemble": float(np.exp(draws.log_p_nat).mean()),
        "mean_p_nat_all_folds": float(all_competing.p_nat(sequences[:500]).mean()),
    }
    arrays = {"contacts": competing.contacts, "all_folds": all_competing.contacts}
    return DrawnFamily(sequences, alphabet(SYMBOLS), arrays, {"kind": "lattice", "gamma": settings.gamma}, diagnostics)


def _list_partners(sets: list[np.ndarray]) -> np.ndarray:
    """List the residues of each residue's sets (S, 27) of partners: (27, S, 5) uint8, filled up with 27."""
    partners = np.full((RESIDUES, max(map(len, sets)), _PARTNERS), RESIDUES, np.uint8)
    for residue, members in enumerate(sets):
        first = np.argsort(members == 0, axis=1, kind="stable")[:, :_PARTNERS]
        absent = np.take_along_axis(members, first, axis=1) == 0
        partners[residue, : len(members)] = np.where(absent, RESIDUES, first)
    return partners


@numba.njit(cache=True)
def _uniform(streams: np.ndarray, c: int) -> float:
    # splitmix64 (Steele, Lea, Flood, OOPSLA 2014)
    z = streams[c] + np.uint64(0x9E3779B97F4A7C15)
    streams[c] = z
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return float((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


@numba.njit(cache=True, inline="always")
def _sum_of_block(terms: np.ndarray) -> Any:
    """Sum of _BLOCK terms, which it overwrites, in an order that vector registers keep to."""
    half = _BLOCK // 2
    while half > 0:
        for n in range(half):
            terms[n] += terms[n + half]
        half //= 2
    return terms[0]


@threaded
def _metropolis(
    part: int,
    parts: int,
    energies: np.ndarray,
    sets: np.ndarray,
    set_of: np.ndarray,
    states: np.ndarray,
    streams: np.ndarray,
    gamma: float,
    burn_in: int,
    spacing: int,
    samples: np.ndarray,
    logs: np.ndarray,
    accepted: np.ndarray,
) -> None:
    """Run chains one after the other, so that the Boltzmann factors of all folds stay in cache.

    A mutation multiplies a fold's Boltzmann factor by a number that depends on the partners of one residue alone:
    exponentials are computed for the few sets of partners, not for the folds.
    """
    count, length = states.shape
    folds, draws, q = set_of.shape[1], samples.shape[1], len(energies)
    for c in range(part, count, parts):
        state = states[c]
        # Boltzmann factors of the folds, over the native one's, which is the first.
        factors, fresh, terms = np.zeros(folds), np.empty(folds), np.empty(_BLOCK)
        change, set_factors = np.zeros(length + 1), np.zeros(sets.shape[1])
        for fold in range(folds):
            for i in range(length):
                for j in sets[i, set_of[i, fold]]:
                    if i < j < length:
                        factors[fold] += energies[state[i], state[j]]
        native = factors[0]
        total = 0.0
        for fold in range(folds):
            factors[fold] = np.exp(native - factors[fold])
            total += factors[fold]
        sweeps = burn_in + (draws - 1) * spacing + 1
        for sweep in range(sweeps):
            power = gamma * min(1.0, 2 * (sweep + 1) / max(burn_in, 1))
            for _ in range(length):
                i = int(_uniform(streams, c) * length)
                new = int(_uniform(streams, c) * (q - 1))
                new += new >= state[i]
                for j in range(length):
                    change[j] = energies[new, state[j]] - energies[state[i], state[j]]
                for n in range(len(set_factors)):
                    partners = sets[i, n]
                    set_factors[n] = (
                        change[partners[0]]
                        + (change[partners[1]] + change[partners[2]])
                        + (change[partners[3]] + change[partners[4]])
                    )
                native_change = set_factors[set_of[i, 0]]
                for n in range(len(set_factors)):
                    set_factors[n] = np.exp(native_change - set_factors[n])
                # Accept when (total / sum)^power > u: give up as soon as the growing sum is too large for that.
                largest_sum = total * max(_uniform(streams, c), 1e-300) ** (-1.0 / power)
                sum_ = 0.0
                for start in range(0, folds, _BLOCK):
                    stop = min(start + _BLOCK, folds)
                    for fold in range(start, stop):
                        fresh[fold] = factors[fold] * set_factors[set_of[i, fold]]
                    for fold in range(start, stop):
                        terms[fold - start] = fresh[fold]
                    for n in range(stop - start, _BLOCK):
                        terms[n] = 0
                    sum_ += _sum_of_block(terms)
                    if sum_ > largest_sum:
                        break
                if sum_ <= largest_sum:
                    state[i] = new
                    total = sum_
                    factors, fresh = fresh, factors
                    accepted[c] += 1
            if sweep >= burn_in and (sweep - burn_in) % spacing == 0:
                draw = (sweep - burn_in) // spacing
                for i in range(length):
                    samples[c, draw, i] = state[i]
                logs[c, draw] = -np.log(total)
        accepted[c] /= sweeps * length


def fold_probabilities(sequences: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Compute the mean probability of each fold over sequences.

    Parameters
    ----------
    sequences : np.ndarray
        (M, 27) uint8 in SYMBOLS.
    folds : np.ndarray
        (F, 28) contacts of the folds that compete.

    Returns
    -------
    np.ndarray
        (F,), of sum 1.
    """
    maps, energies = Ensemble(folds).maps, contact_energies()
    total = np.zeros(len(folds))
    for sequence in sequences:
        total += softmax(-(energies[sequence[PAIRS[:, 0]], sequence[PAIRS[:, 1]]] @ maps).astype(np.float64))
    return total / len(sequences)


def main(path: str, competing: int = 10_000) -> None:
    """Print which fold the sequences of an alignment share as their native one, and how well each folds into it.

    Parameters
    ----------
    path : str
        Alignment of lattice proteins.
    competing : int
        Folds of the smaller of two ensembles; the other has all.

    Raises
    ------
    InputError
        If the alignment has not 27 columns.
    """
    symbols = alphabet(SYMBOLS)
    raw = read(path)
    sequences = encode(raw, symbols, "error", path).sequences
    if sequences.shape[1] != RESIDUES:
        raise InputError(f"{path}: {sequences.shape[1]} columns; expected the {RESIDUES} residues of a lattice protein")
    folds = all_folds()
    native = int(np.argmax(fold_probabilities(sequences, folds)))
    columns = {
        f"p_nat_{size or len(folds)}": ensemble(folds, native, size, np.random.default_rng(1)).p_nat(sequences)
        for size in (competing, None)
    }
    table = pd.DataFrame({"name": raw.names} | columns)
    means = ", ".join(f"{name} {values.mean():.3f}" for name, values in columns.items())
    sys.stderr.write(f"native fold {native}; mean {means}\n")
    table.to_csv(sys.stdout, sep="\t", index=False, float_format="%.6g")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m temperance.truth.lattice ALIGNMENT")
    try:
        main(sys.argv[1])
    except InputError as error:
        sys.exit(f"error: {error}")
