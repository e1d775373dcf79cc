"""Models of a family in memory: training, sampling, scores, designs and results of the laboratory."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from temperance.api.natural_family import NaturalFamily
from temperance.core.errors import InputError
from temperance.core.settings.design import MeasuredSettings
from temperance.core.settings.training import SampleSettings, TrainSettings
from temperance.design import selection
from temperance.design.objectives import select_for
from temperance.design.scored import Scored
from temperance.engines.registry import choose_engine
from temperance.laboratory.assessment import Assessment
from temperance.laboratory.feedback_training import NaturalTraining, learn_from_results
from temperance.laboratory.placement import place_sequences
from temperance.laboratory.results_table import read_results
from temperance.msa.weights import sequence_weights
from temperance.potts.model import Potts
from temperance.predict import contacts, mutants
from temperance.sampling.replica_exchange import sample
from temperance.sampling.samples import TemperedSamples
from temperance.scoring.tables import Family as NaturalSequences
from temperance.training import Training, train

# Temperatures at which a model is sampled by default.
_TEMPERATURES = tuple(SampleSettings().temperatures)


class Family(NaturalFamily):
    """An alignment of a protein or RNA family, from which models are trained, sampled and judged."""

    def train(self, size: int | float = 1.0, *, seed: int = 1, engine: str = "auto", **settings: Any) -> Training:
        r"""Train a Potts model on a subset of the training sequences.

        Parameters
        ----------
        size : int or float
            Number of sequences or, up to 1.0, share of the training sequences.
        seed : int
            Random seed of the subset (as of `subset`) and of training.
        engine : str
            Engine that samples, such as numba, jax or cuda; auto chooses one.
        **settings
            As of `temperance.training.train`; held-out sequences choose the L2 penalty unless `l2_couplings` sets it.

        Returns
        -------
        Training
            Its attribute `model` is the model, `history` the course of training.

        Raises
        ------
        InputError
            If there are not so many training sequences.

        Examples
        --------
        >>> import temperance
        >>> family = temperance.example_family()
        >>> training = family.train(50, l2_couplings=0.1, max_steps=10)
        >>> training.model.L, training.model.q
        (12, 2)
        """
        training = self.sequences[self.subset(size, seed)]
        weights = sequence_weights(training, self.identity)
        heldout = self.sequences[self.heldout]
        settings = {"heldout": heldout, "heldout_weights": sequence_weights(heldout, self.identity)} | settings
        return train(training, weights, self.alphabet.q, choose_engine(engine), seed, **settings)

    def sample(
        self,
        model: Potts,
        temperatures: Sequence[float] = _TEMPERATURES,
        *,
        seed: int = 1,
        engine: str = "auto",
        **settings: Any,
    ) -> TemperedSamples:
        r"""Sample a model at several temperatures by replica exchange.

        Parameters
        ----------
        model : Potts
            Model of the family's sites.
        temperatures : sequence of float
            Sampling temperatures.
        seed : int
            Random seed.
        engine : str
            Engine that samples, such as numba, jax or cuda; auto chooses one.
        **settings
            As of `temperance.sampling.replica_exchange.sample`; with a `spacing`, temperatures are added, as the
            workflow does.

        Returns
        -------
        TemperedSamples
            Sequences of each temperature, and diagnostics.

        Examples
        --------
        >>> import temperance
        >>> family = temperance.example_family()
        >>> model = family.train(l2_couplings=0.1, max_steps=10).model
        >>> samples = family.sample(model, [0.5, 1.0], sequences=64)
        >>> samples.sequences.shape[0], samples.sequences.shape[-1]
        (2, 12)
        """
        starts, weights = self.sequences[self.training], self.weights[self.training]
        return sample(
            model, choose_engine(engine), seed, list(temperatures), starts=starts, weights=weights, **settings
        )

    def score(
        self,
        model: Potts,
        samples: TemperedSamples,
        *,
        judge: str = "potts",
        percentile: float = 50,
        learnt_from: np.ndarray | None = None,
        threads: int = 1,
        seed: int = 1,
    ) -> "Scored":
        r"""Score samples and natural sequences by a judge, and compute their energies, novelty and diversity.

        Parameters
        ----------
        model : Potts
            Model that was sampled.
        samples : TemperedSamples
            As of `sample`.
        judge : str
            potts (trained on parts of the natural sequences: sees how sites depend on each other), hmm or profile (of
            held-out ones).
        percentile : float
            Percentile among natural sequences that a design has to reach.
        learnt_from : np.ndarray, optional
            Indices of the sequences that the model was trained on, as of `subset`; all training sequences by default.
            tau_train is the temperature at which samples have their mean energy.
        threads : int
            Threads of the judge hmm.
        seed : int
            Random seed.

        Returns
        -------
        Scored
            Scores of samples and natural sequences.

        Examples
        --------
        >>> import temperance
        >>> family = temperance.example_family()
        >>> model = family.train(l2_couplings=0.1, max_steps=10).model
        >>> samples = family.sample(model, [0.5, 1.0], sequences=64)
        >>> scored = family.score(model, samples)
        >>> sorted(set(scored.samples["temperature"]))
        [0.5, 1.0]
        """
        heldout, pool = self.sequences[self.heldout], self.sequences[self.training]
        heldout_weights = sequence_weights(heldout, self.identity)
        natural = NaturalSequences(
            self.sequences, self.weights, self.training, pool, self.heldout, heldout, heldout_weights, pool,
            self.weights[self.training], self.alphabet.gap,
        )  # fmt: skip
        training = self.sequences[self.training if learnt_from is None else learnt_from]
        mean_energy = float(np.average(model.energies(training), weights=sequence_weights(training, self.identity)))
        with tempfile.TemporaryDirectory() as folder:
            panel = {judge: self._judge(judge, heldout_weights, Path(folder), threads)}
            return Scored.measure(model, natural, panel, samples, mean_energy, percentile, seed)

    def design(
        self, model: Potts, scored: "Scored", tau: float, number: int = 96, *, candidates: int = 2048,
        novelty_floor: float = 0.2, seed: int = 1, engine: str = "auto", measured: Assessment | None = None,
        objective: str = "diversity", spread: float = 0.1, **settings: Any,
    ) -> pd.DataFrame:  # fmt: skip
        r"""Sample a model at one temperature and select designs: natural-like, new, and far from each other.

        With results, they may be chosen for success or for what their results would teach instead.

        Parameters
        ----------
        model : Potts
            Model to sample.
        scored : Scored
            As of `score`: which judge, and which score a design has to reach.
        tau : float
            Sampling temperature.
        number : int
            Largest number of designs.
        candidates : int
            Samples from which they are selected.
        novelty_floor : float
            Least share of sites in which a design differs from the nearest natural sequence.
        seed : int
            Random seed.
        engine : str
            Engine that samples, such as numba, jax or cuda; auto chooses one.
        measured : Assessment, optional
            As of `measure`, by the judge of `scored`; adds p_functional with its interval, and distance_measured.
        objective : {'diversity', 'success', 'learning'}
            What designs are chosen for, as `design.objective` of the configuration.
        spread : float
            Least share of sites in which two designs differ, for success and learning.
        **settings
            As of `temperance.sampling.replica_exchange.sample`.

        Returns
        -------
        pandas.DataFrame
            One row a design, as of `temperance.design.selection.design_table`.

        Raises
        ------
        InputError
            If an objective that needs results has none, or these were judged by another judge.

        Examples
        --------
        >>> import temperance
        >>> family = temperance.example_family()
        >>> model = family.train(l2_couplings=0.1, max_steps=10).model
        >>> samples = family.sample(model, [0.5, 1.0], sequences=64)
        >>> scored = family.score(model, samples)
        >>> designs = family.design(model, scored, 1.0, 3, candidates=64, novelty_floor=0)
        >>> len(designs) <= 3, designs.columns[-1]
        (True, 'sequence')
        """
        samples = self.sample(model, [tau], seed=seed, engine=engine, sequences=candidates, **settings)
        scores = self.score(model, samples, judge=scored.judge, seed=seed).samples
        most_gaps = selection.natural_gaps(scored.natural)
        qualified = selection.qualify(scores, {scored.judge: scored.threshold}, novelty_floor, most_gaps)
        sequences = samples.sequences.reshape(-1, model.L)
        if measured is None and objective != "diversity":
            raise InputError(f"objective: {objective} needs results; give measured")
        if measured is not None and measured.results.judges != [scored.judge]:
            raise InputError(f"measured: judged by {', '.join(measured.results.judges)}, samples by {scored.judge}")
        probabilities = measured.probabilities(sequences, scores) if measured else None
        fidelity = scores[scored.judge].to_numpy()
        _, chosen = select_for(objective, sequences, probabilities, fidelity, qualified, number, spread)
        table = selection.design_table(sequences, scores, chosen, self.names, self.alphabet, "family")
        if probabilities and len(table):
            selection.insert_before(table, "cluster", probabilities.columns(chosen))
        return table

    def measure(
        self, model: Potts, table: str | Path | Sequence[str | Path], *, judge: str = "potts",
        sequence: str = "sequence", score: str = "score", threshold: float | str = "auto", groups: Sequence[str] = (),
        threads: int = 1, seed: int = 1,
    ) -> Assessment:  # fmt: skip
        r"""Read measured sequences, and calibrate the probability that a sequence is functional.

        Parameters
        ----------
        model : Potts
            Model whose energies are added.
        table : path, or sequence of paths
            Tables of measured sequences with scores.
        judge : str
            potts, hmm or profile, as of `score`.
        sequence, score : str
            Columns of the sequences and of their scores, higher for better ones.
        threshold : float or 'auto'
            Score above which a sequence is functional; auto, where two modes of the scores meet.
        groups : sequence of str
            Columns by which results are grouped; sequences with a value in one of them are designs.
        threads : int
            Threads of the judge hmm.
        seed : int
            Random seed of folds and resampled results.

        Returns
        -------
        Assessment
            Its attributes `table`, `groups`, `learning` and `calibration` say what results show.

        Raises
        ------
        InputError
            If a table is faulty or of another family; names file and line.

        Examples
        --------
        >>> import pathlib, tempfile, temperance
        >>> family = temperance.example_family()
        >>> model = family.train(l2_couplings=0.1, max_steps=10).model
        >>> path = pathlib.Path(tempfile.mkdtemp(), "results.csv")
        >>> rows = [f"{n:012b},{n % 2}" for n in range(0, 4096, 41)]
        >>> _ = path.write_text("\n".join(["sequence,score", *rows]))
        >>> measured = family.measure(model, path, threshold=0.5)
        >>> measured.calibration.decides, measured.calibration.auc.value > 0.9
        (True, True)
        """
        paths = [table] if isinstance(table, str | Path) else list(table)
        options = MeasuredSettings.read(
            {"table": [str(path) for path in paths], "sequence": sequence, "score": score, "threshold": threshold,
             "groups": list(groups)}
        )  # fmt: skip
        results = read_results(options.tables, options)
        columns, columns_read = self.columns["column"].to_numpy(), self.columns_read or len(self.columns)
        sequences = place_sequences(results, columns, columns_read, self.sequences, self.alphabet)
        weights = sequence_weights(self.sequences[self.heldout], self.identity)
        with tempfile.TemporaryDirectory() as folder:
            panel = {judge: self._judge(judge, weights, Path(folder), threads)}
            return Assessment.from_results(
                results, sequences, self.sequences, panel, model.energies(sequences), self.alphabet.q,
                options.threshold, bool(groups), seed,
            )  # fmt: skip

    def learn_from_results(
        self, training: Training, measured: Assessment, strength: float | str = "auto", *,
        learnt_from: np.ndarray | None = None, draws: int = 1000, seed: int = 1, **settings: Any,
    ) -> tuple[Potts, dict[str, Any]]:  # fmt: skip
        r"""Train a second model, to whose data functional sequences are added, and from which others are subtracted.

        Parameters
        ----------
        training : Training
            As of `train`, trained to convergence.
        measured : Assessment
            As of `measure`.
        strength : float or 'auto'
            Weight of all results, natural sequences together counting as 1; auto chooses it by results that are left
            out with their relatives.
        learnt_from : np.ndarray, optional
            Indices of the sequences that the model was trained on, as of `subset`; all training sequences by default.
        draws : int
            Bootstrap draws behind intervals.
        seed : int
            Random seed.
        **settings
            Those of `train` with which the model was trained, but for l2_couplings.

        Returns
        -------
        model : Potts
            The model of natural sequences alone where results are of no proven use.
        summary : dict
            As of `temperance.laboratory.feedback_training.learn_from_results`.

        Raises
        ------
        InputError
            If nothing says which results are functional, or the strength is too large for them.

        Examples
        --------
        >>> import pathlib, tempfile, temperance
        >>> family = temperance.example_family()
        >>> training = family.train(l2_couplings=0.3, chains=200, max_steps=20)
        >>> path = pathlib.Path(tempfile.mkdtemp(), "results.csv")
        >>> rows = [f"{n:012b},{n % 2}" for n in range(0, 4096, 41)]
        >>> _ = path.write_text("\n".join(["sequence,score", *rows]))
        >>> measured = family.measure(training.model, path, threshold=0.5)
        >>> model, summary = family.learn_from_results(training, measured, chains=200, path_steps=10, draws=50)
        >>> summary["strength"] > 0, summary["auc"] > summary["plain"]
        (True, True)
        """
        if measured.threshold.value is None:
            raise InputError(f"measured: nothing says what is functional. {measured.threshold.why}")
        sequences = self.sequences[self.training if learnt_from is None else learnt_from]
        natural = NaturalTraining(
            training.model, sequences, sequence_weights(sequences, self.identity), training.l2_couplings,
            TrainSettings.read(settings), self.identity,
        )  # fmt: skip
        return learn_from_results(natural, measured.results, strength, draws, seed)

    def contacts(self, model: Potts, structure: str | Path = "", chain: str = "", atoms: str = "cb") -> pd.DataFrame:
        r"""Tabulate pairs of sites by their coupling score, with their distances in a structure if there is one.

        Parameters
        ----------
        model : Potts
            Model of the family's sites.
        structure : str or Path
            PDB or mmCIF file that resembles the reference; empty for none.
        chain : str
            Identifier of the structure's chain; empty for the one that resembles the reference best.
        atoms : {'cb', 'heavy'}
            Whether distances are between beta carbons, or the least between heavy atoms.

        Returns
        -------
        pandas.DataFrame
            One row a pair, the highest score first, as of `temperance.predict.contacts.contact_table`.

        Raises
        ------
        InputError
            If the file is no structure, has no such chain, or does not resemble the reference.

        Examples
        --------
        >>> import temperance
        >>> family = temperance.example_family()
        >>> model = family.train(l2_couplings=0.1, max_steps=10).model
        >>> pairs = family.contacts(model).head(6)
        >>> (pairs["j"] - pairs["i"]).tolist()
        [6, 6, 6, 6, 6, 6]
        """
        distances = None
        if structure:
            distances, _, _ = contacts.structure_distances(structure, chain, atoms, self.columns, self.alphabet)
        return contacts.contact_table(contacts.coupling_scores(model, self.alphabet), self.columns, distances)

    def mutants(self, model: Potts) -> pd.DataFrame:
        r"""Score every single mutant of the reference by ln of its probability over that of the reference.

        Parameters
        ----------
        model : Potts
            Model of the family's sites.

        Returns
        -------
        pandas.DataFrame
            One row a mutant, as of `temperance.predict.mutants.single_mutants`.

        Examples
        --------
        >>> import temperance
        >>> family = temperance.example_family()
        >>> model = family.train(l2_couplings=0.1, max_steps=10).model
        >>> family.mutants(model)["mutant"].head(3).tolist()
        ['011', '021', '031']
        """
        wild = mutants.reference_states(self.columns, self.sequences, self.alphabet)
        return mutants.single_mutants(model, wild, self.columns, self.alphabet)
