"""Results of one family, read from its folder: what figures, warnings and the report are made of."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from temperance.core.alphabet import Alphabet
from temperance.core.alphabet import alphabet as find_alphabet
from temperance.core.files import load_arrays, load_json, load_result
from temperance.core.settings.design import MeasuredSettings
from temperance.core.settings.run import FamilySettings
from temperance.report.figures.bias import compare_log_probabilities
from temperance.scoring.diversity import natural_diversity
from temperance.scoring.tables import natural_scale

# Natural sequences that figures draw at most.
_MOST_POINTS = 3000


@dataclass(frozen=True)
class Evidence:
    """All results of a family.

    Attributes
    ----------
    folder : Path
        The family's folder of results.
    settings : FamilySettings
        The family's configuration.
    alphabet : Alphabet
        States of a site.
    ingest, best, designs : dict
        Summaries of ingestion, recommendation and design.
    optimum : pandas.DataFrame
        Optimal temperatures, one row a model.
    points : pandas.DataFrame
        Operating points, one row a point and subset; those of the family are of subset `all`.
    sensitivity : pandas.DataFrame
        Recommendations with other floors, one row a floor and its value.
    scores, thermodynamics : pandas.DataFrame
        Scores and thermodynamics of samples, one row a model and temperature; `subset`, `M` and `replicate` name the
        model, here and below. Diversities are in units of that of held-out natural sequences, here and in `models`.
    divergence, calibration : pandas.DataFrame
        Divergences from a truth, and calibration of site conditionals, one row a model and temperature.
    models, compared : pandas.DataFrame
        Of the family's own models and those to compare with: scores, one row a temperature, and operating points,
        one row a model; `model` names it, `potts` the family's own.
    contacts, mutants, conservation : pandas.DataFrame
        One row a pair of sites, a single mutant of the reference, a column.
    predictions : dict
        Agreement of these with a structure, and with measured mutants.
    measured : dict or None
        What measured sequences say, where any were measured; `feedback`, if a model learns from them, of what use that
        is.
    expected : pandas.DataFrame
        What they lead to expect of samples, one row a temperature; empty without.
    design_table : pandas.DataFrame
        Designs, one row each.
    names : np.ndarray
        (M,) names of the natural sequences.
    chain : pandas.DataFrame
        Backbone of the structure's chain, one row a residue; empty without a structure.
    reliability, orders, density : pandas.DataFrame
        Reliability diagram, agreement of connected correlations, and density of states of the largest subset's model.
    levels : pandas.DataFrame
        What levels of the true energy, or of the pair judge's, have of that model's probability and divergences, one
        row a temperature and level.
    landscape : dict
        Energies of sets of sequences, and the lowest energy found, under the largest subset's model.
    truth : dict or None
        How well the family was drawn, where it has a truth.
    rungs, history, strengths, training : pandas.DataFrame
        One row a rung of replica exchange, an entry of the course of training, a penalty that was tried, a model.
    largest : str
        Subset whose model the designs come from.
    natural, samples : pandas.DataFrame
        Scored natural sequences and samples of that subset, one row a sequence.
    reference : dict
        fidelity, novelty and diversity (mean pairwise distance) of held-out natural sequences.
    """

    folder: Path
    settings: FamilySettings
    alphabet: Alphabet
    ingest: dict[str, Any]
    best: dict[str, Any]
    designs: dict[str, Any]
    optimum: pd.DataFrame
    points: pd.DataFrame
    sensitivity: pd.DataFrame
    scores: pd.DataFrame
    thermodynamics: pd.DataFrame
    divergence: pd.DataFrame
    calibration: pd.DataFrame
    models: pd.DataFrame
    compared: pd.DataFrame
    contacts: pd.DataFrame
    mutants: pd.DataFrame
    conservation: pd.DataFrame
    predictions: dict[str, Any]
    measured: dict[str, Any] | None
    expected: pd.DataFrame
    design_table: pd.DataFrame
    names: np.ndarray
    chain: pd.DataFrame
    reliability: pd.DataFrame
    orders: pd.DataFrame
    density: pd.DataFrame
    levels: pd.DataFrame
    landscape: dict[str, Any]
    truth: dict[str, Any] | None
    rungs: pd.DataFrame
    history: pd.DataFrame
    strengths: pd.DataFrame
    training: pd.DataFrame
    largest: str
    natural: pd.DataFrame
    samples: pd.DataFrame
    reference: dict[str, float]

    @classmethod
    def load(cls, folder: str | Path, subsets: list[str], settings: FamilySettings) -> "Evidence":
        """Read the results of a family.

        Parameters
        ----------
        folder : str or Path
            The family's folder of results.
        subsets : list of str
            Names of the training sets, in order of size.
        settings : FamilySettings
            The family's configuration.

        Returns
        -------
        Evidence
            All results.
        """
        folder = Path(folder)
        training = pd.DataFrame([_training_row(folder, subset) for subset in subsets])
        largest = next(s for s in subsets if s.rsplit("-r", 1)[0] == subsets[-1].rsplit("-r", 1)[0])
        natural = load_result(folder / largest / "natural.parquet")
        arrays, metadata = load_arrays(folder / "alignment.safetensors")
        alphabet = find_alphabet(metadata["alphabet"])
        reference = _reference(folder, arrays["sequences"], natural, alphabet.q, settings.optimum.fidelity)
        optimum, scores = load_result(folder / "optimum.tsv"), _read_all(folder, training, "scores.tsv")
        thermodynamics = _read_all(folder, training, "thermodynamics.tsv")
        models, compared = _compared(folder, training, settings.models, scores, thermodynamics, optimum)
        scores, models = (_in_natural_units(table, reference["diversity"]) for table in (scores, models))
        return cls(
            folder=folder,
            settings=settings,
            alphabet=alphabet,
            ingest=load_json(folder / "ingest.json"),
            best=load_json(folder / "recommendation.json"),
            designs=_load_diagnostics(folder / "designs.json"),
            optimum=optimum,
            points=load_result(folder / "operating_points.tsv"),
            sensitivity=load_result(folder / "sensitivity.tsv"),
            scores=scores,
            thermodynamics=thermodynamics,
            models=models,
            compared=compared,
            contacts=load_result(folder / "contacts.tsv"),
            mutants=load_result(folder / "mutants.tsv"),
            conservation=load_result(folder / "conservation.tsv"),
            predictions=load_json(folder / "predictions.json"),
            measured=_load_measured(folder, settings.measured),
            expected=load_result(folder / "measured-temperatures.tsv") if settings.measured.tables else pd.DataFrame(),
            design_table=load_result(folder / "designs.tsv"),
            names=load_result(folder / "sequences.parquet")["name"].to_numpy(),
            chain=load_result(folder / "chain.tsv"),
            divergence=_read_all(folder, training, "divergence.tsv"),
            calibration=_read_all(folder, training, "calibration.tsv"),
            reliability=load_result(folder / largest / "reliability.tsv"),
            orders=load_result(folder / largest / "orders.tsv"),
            density=load_result(folder / largest / "density.tsv"),
            levels=load_result(folder / largest / "levels.tsv"),
            landscape=load_json(folder / largest / "landscape.json"),
            truth=_load_diagnostics(folder / "truth.json") if settings.truth else None,
            rungs=_read_all(folder, training, "ladder.tsv"),
            history=_read_all(folder, training, "history.tsv"),
            strengths=_read_all(folder, training, "regularisation.tsv"),
            training=training,
            largest=largest,
            natural=natural,
            samples=load_result(folder / largest / "samples.parquet"),
            reference=reference,
        )

    @property
    def judge(self) -> str:
        """Name of the judge that measures fidelity.

        Returns
        -------
        str
            Name of its column in tables of scores.
        """
        return self.settings.optimum.fidelity

    @property
    def temperature(self) -> float:
        """Return the recommended temperature or, where none is, the sampled one that comes closest to the floors.

        Returns
        -------
        float
            Temperature at which designs were sampled.
        """
        return float(self.best["sampling_temperature"])

    def figure_arguments(self) -> dict[str, tuple[Any, ...]]:
        """Collect the arguments of every figure.

        Returns
        -------
        dict
            Name in `temperance.report.figures.FIGURES` -> positional arguments of its function.
        """
        sequences = self.sequence_sets()
        optimum = self.settings.optimum
        floors = {"novelty_floor": optimum.novelty_floor, "diversity_floor": optimum.diversity_floor}
        trade_off = (self.scores, self.reference, self.best, self.judge, floors)
        return {
            "trade_off": trade_off,
            "novelty_fidelity": trade_off,
            "operating_points": (self.points, self.best, self.largest_scores()["temperature"].to_numpy()),
            "sensitivity": (self.sensitivity, self.best, floors),
            "optimum": (self.optimum,),
            "divergence": (self.divergence, self.optimum, np.sort(self.scores["temperature"].unique())),
            "thermodynamics": (self.thermodynamics, self.density, self.landscape, self.ingest["L"]),
            "calibration": (self.calibration, self.optimum, self.reliability),
            "energies": (self.natural, self.samples, list(sequences[1])),
            "bias": (
                self.levels,
                compare_log_probabilities(self.natural, self.samples, *self._log_z_at_one()),
                self.temperature,
            ),
            "pca": sequences,
            "correlations": (*self._training_pool(), sequences[1], self.temperature, self.alphabet.q),
            "orders": (self.orders, self.best, list(sequences[1])),
            "distances": (*sequences, self.natural, self.samples),
            "logo": (sequences[0], list(self.design_table["aligned"]), self.conservation, self.alphabet),
            "contacts": (self.contacts, self.predictions),
            "mutants": (self.mutants, self.predictions, self.alphabet),
            "measured": (self.measured, self.expected, self.best),
            "training": (self.history, self.training, self.strengths),
            "ladder": (self.rungs,),
            "models": (self.models, self.compared, self.reference, self.judge, floors),
        }

    def largest_scores(self) -> pd.DataFrame:
        """Select the scores of the model that designs come from, the coldest first.

        Returns
        -------
        pandas.DataFrame
            One row a sampled temperature.
        """
        return self.scores[self.scores["subset"] == self.largest].sort_values("temperature")

    def _log_z_at_one(self) -> tuple[float, float | None]:
        """Find ln Z of that model near temperature 1, and of the truth, where it is known."""
        states = self.thermodynamics[self.thermodynamics["subset"] == self.largest]
        nearest = states.loc[(states["temperature"] - 1).abs().idxmin()]
        return float(nearest["log_z"]), self.truth.get("log_z") if self.truth else None

    def _training_pool(self) -> tuple[np.ndarray, np.ndarray]:
        """Read the sequences that may be trained on, (M, L) uint8, and their weights, (M,)."""
        arrays, parts = (load_arrays(self.folder / f"{name}.safetensors")[0] for name in ("alignment", "split"))
        indices = parts["training"]
        return arrays["sequences"][indices], arrays["weights"][indices]

    @cached_property
    def sampled(self) -> tuple[np.ndarray, np.ndarray]:
        """Read the samples of the largest subset's model, once for all figures.

        Returns
        -------
        sequences : np.ndarray
            (T, K, D, L) uint8, at each temperature D draws of K ladders.
        temperatures : np.ndarray
            (T,)
        """
        arrays = load_arrays(self.folder / self.largest / "samples.safetensors")[0]
        return arrays["sequences"], arrays["temperatures"]

    def natural_rows(self) -> np.ndarray:
        """Choose the natural sequences that figures draw: all, or every second, third or so.

        Returns
        -------
        np.ndarray
            (N,) their indices, ascending.
        """
        return np.arange(0, len(self.names), -(-len(self.names) // _MOST_POINTS))

    def sequence_sets(self) -> tuple[np.ndarray, dict[float, np.ndarray], int]:
        """Read natural sequences, and samples at up to four temperatures.

        The temperatures are the coldest and hottest equilibrated ones, and those nearest to the chosen one and to 1.

        Returns
        -------
        natural : np.ndarray
            (N, L) uint8, those of `natural_rows`.
        sets : dict
            Temperature -> samples (N, L).
        q : int
            States of a site.
        """
        natural = load_arrays(self.folder / "alignment.safetensors")[0]["sequences"]
        sequences, temperatures = self.sampled
        chosen, untempered = (int(np.argmin(np.abs(temperatures - target))) for target in (self.temperature, 1.0))
        # The coldest and the hottest are equilibrated ones, if there are any.
        equilibrated = np.flatnonzero(self.largest_scores()["equilibrated"].to_numpy(bool))
        coldest, hottest = (equilibrated[0], equilibrated[-1]) if len(equilibrated) else (0, len(temperatures) - 1)
        indices = sorted({int(coldest), chosen, untempered, int(hottest)})
        sets = {float(temperatures[t]): sequences[t].reshape(-1, natural.shape[1]) for t in indices}
        return natural[self.natural_rows()], sets, self.alphabet.q


def _load_measured(folder: Path, settings: MeasuredSettings) -> dict[str, Any] | None:
    """Load what measured sequences say, if any were measured."""
    if not settings.tables:
        return None
    summary = load_json(folder / "measured.json")
    return summary | ({"feedback": load_json(folder / "feedback.json")} if settings.feedback else {})


def _load_diagnostics(path: Path) -> dict[str, Any]:
    """Load how well sequences were sampled; an infinite R-hat, which JSON cannot hold, is null there."""
    diagnostics: dict[str, Any] = load_json(path)
    return diagnostics | ({"rhat": np.inf} if diagnostics.get("rhat", 1) is None else {})


def _training_row(folder: Path, subset: str) -> dict[str, Any]:
    """Read the summary of a model's training as one flat row."""
    summary = load_json(folder / subset / "training.json")
    flat = {key: summary[key] for key in ("M", "Meff", "stopped", "steps", "target", "l2_couplings", "l2_choice")}
    return {"subset": subset, "replicate": int(subset.rsplit("-r", 1)[1])} | flat | summary["confirmation"]


def _compared(
    folder: Path,
    training: pd.DataFrame,
    models: Iterable[str],
    scores: pd.DataFrame,
    thermodynamics: pd.DataFrame,
    optimum: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join scores, and operating points, of the family's own models and of those to compare with."""
    keys = ["subset", "temperature"]
    likelihood = thermodynamics[[*keys, "log_likelihood"]]
    potts = optimum.assign(log_likelihood=likelihood.groupby("subset", sort=False)["log_likelihood"].max().to_numpy())
    tables, rows = [scores.merge(likelihood, on=keys).assign(model="potts")], [potts.assign(model="potts")]
    for model in models:
        tables.append(_read_all(folder, training, f"models/{model}/scores.tsv").assign(model=model))
        rows.append(_read_all(folder, training, f"models/{model}/optimum.tsv"))
    return pd.concat(tables, ignore_index=True), pd.concat(rows, ignore_index=True)


def _read_all(folder: Path, training: pd.DataFrame, name: str) -> pd.DataFrame:
    """Read one table of every subset, and join them with the subset's name, size and replicate."""
    tables = [
        load_result(folder / row.subset / name).assign(subset=row.subset, M=row.M, replicate=row.replicate)
        for row in training.itertuples()
    ]
    return pd.concat(tables, ignore_index=True)


def _in_natural_units(scores: pd.DataFrame, natural_diversity: float) -> pd.DataFrame:
    """Divide diversities and their errors by the diversity of held-out natural sequences."""
    return scores.assign(**{name: scores[name] / natural_diversity for name in ("diversity", "diversity_error")})


def _reference(folder: Path, sequences: np.ndarray, natural: pd.DataFrame, q: int, judge: str) -> dict[str, float]:
    """Average fidelity and novelty of the held-out natural sequences, and compute their diversity."""
    parts = load_arrays(folder / "split.safetensors")[0]
    heldout = natural[natural["set"] == "heldout"]
    scores = heldout[judge].to_numpy(float)
    values = scores if judge == "p_nat" else natural_scale(natural, judge).percentiles(scores) / 100
    return {
        "fidelity": float(np.average(values, weights=heldout["weight"])),
        "novelty": float(np.average(heldout["distance_natural"], weights=heldout["weight"])),
        "diversity": natural_diversity(sequences[parts["heldout"]], q, parts["heldout_weights"]),
    }
