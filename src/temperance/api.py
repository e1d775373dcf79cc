"""Each step of the workflow on a family in memory: for notebooks (docs/library.md)."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from temperance import alignment, contacts, mutants
from temperance import design as designs
from temperance import split as splitting
from temperance.alphabet import Alphabet, alphabet
from temperance.configuration import resolve_size
from temperance.fidelity import Judge, build_hmm, hmm_alphabet, hmm_judge, profile_judge
from temperance.formats import read_model, write_model
from temperance.gibbs import choose_engine
from temperance.novelty import natural_diversity
from temperance.optimum import Recommendation, TradeOff, recommend
from temperance.potts import Potts
from temperance.sampling.replica_exchange import sample
from temperance.sampling.samples import TemperedSamples
from temperance.score import Family as Natural
from temperance.score import natural_threshold, score_natural, score_samples
from temperance.training import Training, train
from temperance.weights import sequence_weights

__all__ = ["Family", "Scored", "read_family", "read_model", "write_model"]

_TEMPERATURES = (0.4, 0.55, 0.7, 0.85, 1.0, 1.2, 1.5)


def read_family(
    path: str | Path,
    letters: str = "protein",
    *,
    identity: float | None = 0.8,
    heldout: float = 0.2,
    ambiguous: str = "gap",
    reference: str = "",
    seed: int = 1,
    **filters: Any,
) -> "Family":
    """Read, filter, weigh and split an alignment.

    Parameters
    ----------
    path : str or Path
        In any format of `temperance.alignment.read`.
    letters : str
        protein, rna, dna, or the symbols of an alphabet of your own.
    identity : float, optional
        Sequences of at least this identity share a weight, and no held-out one exceeds it to a training sequence.
    heldout : float
        Share of sequences that no model sees.
    filters
        As of `temperance.alignment.filter_alignment`: max_column_gaps, max_sequence_gaps, duplicates, columns.

    Raises
    ------
    InputError
        In one line: what is wrong with the file and what would be right.
    """
    symbols = alphabet(letters)
    encoded = alignment.encode(alignment.read(path, reference), symbols, ambiguous, path)
    kept = alignment.filter_alignment(encoded, symbols, path=path, **filters)
    parts = splitting.split(kept.sequences, np.random.default_rng(seed), heldout, identity)
    return Family(
        symbols, np.array(kept.names), kept.columns_table(), kept.sequences,
        sequence_weights(kept.sequences, identity), parts.training, parts.heldout, identity,
    )  # fmt: skip


@dataclass(frozen=True)
class Family:
    """An alignment, and what may be done with it.

    Attributes
    ----------
    letters : Alphabet
    names : np.ndarray
        (M,) of sequences.
    columns : pandas.DataFrame
        Sites with their column in the file, and residue and number in the reference.
    sequences, weights : np.ndarray
        (M, L) uint8 and (M,); the weights' sum is Meff.
    training, heldout : np.ndarray
        Indices of sequences that models may learn from, and of those that judge them.
    identity : float or None
        Of weights.
    """

    letters: Alphabet
    names: np.ndarray
    columns: pd.DataFrame
    sequences: np.ndarray
    weights: np.ndarray
    training: np.ndarray
    heldout: np.ndarray
    identity: float | None = 0.8

    def subset(self, size: int | float = 1.0, seed: int = 1) -> np.ndarray:
        """Indices of so many training sequences, a count or a share, drawn at random."""
        count = resolve_size(size, len(self.training), "size")
        return splitting.subset(self.training, count, np.random.default_rng(seed))

    def train(self, size: int | float = 1.0, *, seed: int = 1, engine: str = "auto", **settings: Any) -> Training:
        """Train a Potts model on a subset; the attribute `model` of the result is the model.

        Parameters
        ----------
        size : int or float
            Training sequences, a number or a share.
        **settings
            Of `temperance.training.train`; held-out sequences choose the penalty unless `l2_couplings` names one.
        """
        chosen = self.sequences[self.subset(size, seed)]
        weights = sequence_weights(chosen, self.identity)
        heldout = self.sequences[self.heldout]
        settings = {"heldout": heldout, "heldout_weights": sequence_weights(heldout, self.identity)} | settings
        return train(chosen, weights, self.letters.q, choose_engine(engine), seed, **settings)

    def sample(
        self,
        model: Potts,
        temperatures: Sequence[float] = _TEMPERATURES,
        *,
        seed: int = 1,
        engine: str = "auto",
        **settings: Any,
    ) -> TemperedSamples:
        """Sample a model at all temperatures; `settings` as of `temperance.sampling.replica_exchange.sample`.

        With a `spacing` other temperatures are added, as the workflow does.
        """
        starts, weights = self.sequences[self.training], self.weights[self.training]
        return sample(
            model, choose_engine(engine), seed, list(temperatures), starts=starts, weights=weights, **settings
        )

    def score(
        self,
        model: Potts,
        drawn: TemperedSamples,
        *,
        judge: str = "auto",
        percentile: float = 5,
        threads: int = 1,
        seed: int = 1,
    ) -> "Scored":
        """Score samples against the held-out sequences.

        Parameters
        ----------
        judge : str
            hmm (of held-out sequences), profile, or auto, the former where HMMER knows the alphabet.
        percentile : float
            Of held-out scores, from which a sample counts as natural-like.
        """
        weights = sequence_weights(self.sequences[self.heldout], self.identity)
        pool, heldout = self.sequences[self.training], self.sequences[self.heldout]
        natural = Natural(self.sequences, self.training, pool, heldout, weights, pool, self.weights[self.training])
        name = ("hmm" if hmm_alphabet(self.letters) else "profile") if judge == "auto" else judge
        with tempfile.TemporaryDirectory() as folder:
            panel = {name: self._judge(name, weights, Path(folder), threads)}
            optimum = {"fidelity": name, "percentile": percentile}
            known = score_natural(model, natural, panel, np.random.default_rng(seed))
            samples = score_samples(model, natural, panel, drawn.arrays(), known, optimum)
        diversity = natural_diversity(heldout, self.letters.q, weights)
        trade_off = TradeOff.of(samples, drawn.sequences, diversity, self.letters.q)
        return Scored(samples, known, trade_off, name, natural_threshold(known, optimum))

    def _judge(self, name: str, weights: np.ndarray, folder: Path, threads: int) -> Judge:
        heldout = self.sequences[self.heldout]
        if name == "profile":
            return profile_judge(heldout, weights, self.letters.q)
        build_hmm(heldout[::2], self.letters, "family", folder / "heldout.hmm")
        return hmm_judge(folder / "heldout.hmm", self.letters, threads)

    def design(
        self, model: Potts, scored: "Scored", tau: float, number: int = 96, *, candidates: int = 2048,
        novelty_floor: float = 0.2, seed: int = 1, engine: str = "auto", **settings: Any,
    ) -> pd.DataFrame:  # fmt: skip
        """Designs at a temperature: natural-like, new, and far from each other; one row each, the sequence last."""
        drawn = self.sample(model, [tau], seed=seed, engine=engine, sequences=candidates, **settings)
        fresh = self.score(model, drawn, judge=scored.judge, seed=seed).samples
        able = (fresh[scored.judge] >= scored.threshold) & (fresh["distance_natural"] >= novelty_floor - 1e-9)
        sequences = drawn.sequences.reshape(-1, model.L)
        chosen = designs.select(sequences, fresh[scored.judge].to_numpy(), able.to_numpy(), number)
        return designs.design_table(sequences, fresh, chosen, self.names, self.letters, "family")

    def contacts(self, model: Potts, structure: str | Path = "", chain: str = "", atoms: str = "cb") -> pd.DataFrame:
        """Pairs of sites by corrected coupling norm, with their distance in a structure, where one is given."""
        distances = None
        if structure:
            distances, _, _ = contacts.structure_distances(structure, chain, atoms, self.columns, self.letters)
        return contacts.contact_table(contacts.coupling_scores(model, self.letters), self.columns, distances)

    def mutants(self, model: Potts) -> pd.DataFrame:
        """Every single mutant of the reference with its score, ln of its odds against the reference."""
        wild = mutants.reference_states(self.columns, self.sequences, self.letters)
        return mutants.single_mutants(model, wild, self.columns, self.letters)


@dataclass(frozen=True)
class Scored:
    """Samples as a judge sees them.

    Attributes
    ----------
    samples, natural : pandas.DataFrame
        One row a sample, and a natural sequence.
    trade_off : TradeOff
        Fidelity, novelty and diversity over temperature.
    judge, threshold
        Its name, and the score from which a sequence is natural-like.
    """

    samples: pd.DataFrame
    natural: pd.DataFrame
    trade_off: TradeOff
    judge: str
    threshold: float

    def recommend(
        self, novelty_floor: float = 0.2, diversity_floor: float = 0.8, *, draws: int = 1000, seed: int = 1
    ) -> Recommendation:
        """The temperature of highest fidelity above both floors; see `temperance.optimum.recommend`."""
        return recommend([self.trade_off], novelty_floor, diversity_floor, np.random.default_rng(seed), draws)
