"""Each step of the workflow on a family in memory: for notebooks (docs/library.md)."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from temperance.core.alphabet import Alphabet, alphabet
from temperance.core.errors import InputError
from temperance.core.sizes import resolve_size
from temperance.design import selection as designs
from temperance.engines.registry import choose_engine
from temperance.msa import alignment
from temperance.msa import split as splitting
from temperance.msa.hmmer import build_hmm
from temperance.msa.weights import sequence_weights
from temperance.potts.formats.registry import read_model, write_model
from temperance.potts.model import Potts
from temperance.predict import contacts, mutants
from temperance.sampling.replica_exchange import sample
from temperance.sampling.samples import TemperedSamples
from temperance.scoring.cross_fitted import CrossFittedJudge
from temperance.scoring.diversity import natural_diversity
from temperance.scoring.judges import Judge, hmm_judge, profile_judge
from temperance.scoring.scale import NaturalScale
from temperance.scoring.tables import Family as Natural
from temperance.scoring.tables import natural_threshold, score_natural, score_samples
from temperance.stats.estimate import Estimate
from temperance.temperature.divergence import training_temperature
from temperance.temperature.operating_points import judge_units, operating_points
from temperance.temperature.recommendation import Recommendation, recommend
from temperance.temperature.rungs import RungScores
from temperance.training import Training, train

__all__ = ["Family", "Scored", "read_family", "read_model", "write_model"]

_JUDGE_SEED = 1
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
        In any format of `temperance.msa.alignment.read`.
    letters : str
        protein, rna, dna, or the symbols of an alphabet of your own.
    identity : float, optional
        Sequences of at least this identity share a weight, and no held-out one exceeds it to a training sequence.
    heldout : float
        Share of sequences that no model sees.
    filters
        As of `temperance.msa.alignment.filter_alignment`: max_column_gaps, max_sequence_gaps, duplicates, columns.

    Raises
    ------
    InputError
        In one line: what is wrong with the file and what would be right.
    """
    symbols = alphabet(letters)
    raw = alignment.read(path, reference)
    encoded = alignment.encode(raw, symbols, ambiguous, path)
    kept = alignment.filter_alignment(encoded, symbols, path=path, **filters)
    parts = splitting.split(kept.sequences, np.random.default_rng(seed), heldout, identity)
    return Family(
        symbols, np.array(kept.names), kept.columns_table(), kept.sequences,
        sequence_weights(kept.sequences, identity), parts.training, parts.heldout, identity, raw.sequences.shape[1],
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
    columns_read : int
        Columns of the file, those that were dropped included.
    """

    letters: Alphabet
    names: np.ndarray
    columns: pd.DataFrame
    sequences: np.ndarray
    weights: np.ndarray
    training: np.ndarray
    heldout: np.ndarray
    identity: float | None = 0.8
    columns_read: int = 0

    def subset(self, size: int | float = 1.0, seed: int = 1) -> np.ndarray:
        """Draw the indices of so many training sequences, a count or a share, at random."""
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
        judge: str = "potts",
        percentile: float = 50,
        learnt_from: np.ndarray | None = None,
        threads: int = 1,
        seed: int = 1,
    ) -> "Scored":
        """Place samples among the natural sequences.

        Parameters
        ----------
        judge : str
            potts (of parts of the natural sequences: sees how sites go together), hmm or profile (of held-out ones).
        percentile : float
            Percentile among natural sequences that a design has to reach.
        learnt_from : np.ndarray, optional
            Indices of the sequences that the model was learnt from, as of `subset`; all training sequences if not
            given. tau_train is where samples have their mean energy.
        """
        weights = sequence_weights(self.sequences[self.heldout], self.identity)
        pool, heldout = self.sequences[self.training], self.sequences[self.heldout]
        natural = Natural(
            self.sequences, self.weights, self.training, pool, self.heldout, heldout, weights, pool,
            self.weights[self.training], self.letters.gap,
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            panel = {judge: self._judge(judge, weights, Path(folder), threads)}
            known = score_natural(model, natural, panel, np.random.default_rng(seed))
            samples = score_samples(model, natural, panel, drawn.arrays(), known, judge)
        diversity = natural_diversity(heldout, self.letters.q, weights)
        equilibrated = drawn.rungs[drawn.rungs["requested"].astype(bool)].sort_values("temperature")["equilibrated"]
        rungs = RungScores.measure(
            samples, drawn.sequences, diversity, self.letters.q, equilibrated.to_numpy(bool)
        )  # fmt: skip
        chosen = self.training if learnt_from is None else learnt_from
        shares = sequence_weights(self.sequences[chosen], self.identity)
        mean = float(np.average(model.energies(self.sequences[chosen]), weights=shares))
        tau_train = training_temperature(drawn.betas, drawn.energies, mean, np.random.default_rng(seed))
        return Scored(samples, known, rungs, tau_train, judge, natural_threshold(known, judge, percentile))

    @cached_property
    def judge(self) -> CrossFittedJudge:
        """The family's judge that sees pairs, learnt once from parts of the natural sequences."""
        return CrossFittedJudge.learn(self.sequences, self.weights, self.letters.q, _JUDGE_SEED)

    def percentiles(self, sequences: Sequence[str] | np.ndarray) -> np.ndarray:
        r"""Place any aligned sequences among the family's natural ones, by the judge that sees pairs.

        Parameters
        ----------
        sequences : sequence of str, or np.ndarray
            Rows of as many columns as the alignment file has, of which those that were dropped are left out, or of the
            columns that were kept; or encoded sequences (M, L).

        Returns
        -------
        np.ndarray
            (M,) percentiles. Natural sequences themselves are placed too high, because the judge has learnt from them;
            `judge.natural_scores` makes up for that, and its weighted mean percentile is 50.

        Raises
        ------
        InputError
            If a sequence has another length, or a symbol that is not of the alphabet.

        Examples
        --------
        >>> family = temperance.read_family("family.fasta")                      # doctest: +SKIP
        >>> designs = pandas.read_csv("designs.tsv", sep="\t")                   # doctest: +SKIP
        >>> designs["percentile"] = family.percentiles(designs["sequence"])      # doctest: +SKIP
        """
        encoded = (
            sequences if isinstance(sequences, np.ndarray) and sequences.ndim == 2 else self._encode(list(sequences))
        )
        return NaturalScale.measure(self.judge.natural_scores, self.weights).percentiles(self.judge(encoded))

    def _encode(self, rows: Sequence[str]) -> np.ndarray:
        read = list(map(str, rows))
        kept, whole = self.sequences.shape[1], self.columns_read
        lengths = {len(row) for row in read}
        if len(lengths) != 1 or not lengths <= {kept, whole}:
            shown = ", ".join(map(str, sorted(lengths)))
            raise InputError(f"sequences: {shown} columns; aligned ones of this family have {whole} or {kept}")
        symbols = np.array([np.frombuffer(row.encode("ascii", "replace"), np.uint8) for row in read])
        names = [f"number {number}" for number in range(1, len(read) + 1)]
        raw = alignment.Alignment(names, symbols, np.arange(1, symbols.shape[1] + 1))
        encoded = alignment.encode(raw, self.letters, "gap", "sequences").sequences
        return encoded if lengths == {kept} else encoded[:, self.columns["column"].to_numpy() - 1]

    def _judge(self, name: str, weights: np.ndarray, folder: Path, threads: int) -> Judge:
        heldout = self.sequences[self.heldout]
        if name == "potts":
            return self.judge
        if name == "profile":
            return profile_judge(heldout, weights, self.letters.q)
        build_hmm(heldout, self.letters, "family", folder / "heldout.hmm")
        return hmm_judge(folder / "heldout.hmm", self.letters, threads)

    def design(
        self, model: Potts, scored: "Scored", tau: float, number: int = 96, *, candidates: int = 2048,
        novelty_floor: float = 0.2, seed: int = 1, engine: str = "auto", **settings: Any,
    ) -> pd.DataFrame:  # fmt: skip
        """Designs at a temperature: natural-like, new, and far from each other; one row each, the sequence last."""
        drawn = self.sample(model, [tau], seed=seed, engine=engine, sequences=candidates, **settings)
        fresh = self.score(model, drawn, judge=scored.judge, seed=seed).samples
        most_gaps = designs.natural_gaps(scored.natural)
        able = designs.qualify(fresh, {scored.judge: scored.threshold}, novelty_floor, most_gaps)
        sequences = drawn.sequences.reshape(-1, model.L)
        chosen = designs.select(sequences, fresh[scored.judge].to_numpy(), able, number)
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
    rungs : RungScores
        Novelty, diversity and percentiles over temperature.
    tau_train : Estimate
        Temperature at which samples have the mean energy of the training sequences.
    judge, threshold
        Its name, and the score from which a sequence is natural-like.
    """

    samples: pd.DataFrame
    natural: pd.DataFrame
    rungs: RungScores
    tau_train: Estimate
    judge: str
    threshold: float

    def recommend(
        self, novelty_floor: float = 0.2, diversity_floor: float = 0.5, *,
        judges: dict[str, dict[str, Any]] | None = None,
        draws: int = 1000, seed: int = 1,
    ) -> Recommendation:  # fmt: skip
        """Recommend the coldest temperature that meets both floors and is as good as nature, if there is one.

        See `temperance.temperature.recommendation.recommend`.

        Parameters
        ----------
        judges : dict, optional
            Judges that may decide, as in a subset's judges.json: {"potts": {"trusted": True}}. Without any, tau_train
            alone says up to where samples are as good as natural sequences.
        """
        optima, floors = {"tau_train": (self.tau_train, 0.0)}, (novelty_floor, diversity_floor)
        units = judge_units(self.natural, self.rungs.percentiles)
        points = operating_points(self.rungs, optima, floors, judges or {}, units)
        return recommend([self.rungs], [points], *floors, np.random.default_rng(seed), draws)
