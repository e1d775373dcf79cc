"""What is known of one family, gathered from its folder: what figures, warnings and the report are made of."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from temperance.core.alphabet import Alphabet, alphabet
from temperance.core.files import load_arrays, load_json, load_table
from temperance.scoring.diversity import natural_diversity
from temperance.scoring.tables import natural_scale

_MOST_POINTS = 3000


@dataclass(frozen=True)
class Evidence:
    """All results of a family.

    Attributes
    ----------
    folder : Path
    settings : dict
        The family's configuration.
    letters : Alphabet
    ingest, best, designs : dict
        Summaries of ingestion, recommendation and design.
    optimum, sensitivity, scores, thermodynamics, divergence, calibration, rungs, history, training : pandas.DataFrame
        One row a model, temperature (three times), point of a curve, rung, history entry, model; `subset`, `M` and
        `replicate` say of which.
    strengths : pandas.DataFrame
        One row a penalty that was tried with a model.
    points : pandas.DataFrame
        Operating points, one row a point and subset; those of the family are of subset `all`.
    models, compared : pandas.DataFrame
        Of the family's own models and those to compare with: scores, one row a temperature, and operating points,
        one row a model; `model` names it, `potts` the family's own.
    contacts, mutants, conservation : pandas.DataFrame
        One row a pair of sites, a single mutant of the reference, a column.
    predictions : dict
        What of these agrees with a structure, and with measured mutants.
    aligned : list of str
        Designs.
    reliability, orders, density, landscape : pandas.DataFrame, dict
        Of the largest subset's model.
    truth : dict or None
        How well the family was drawn, where it has a truth.
    largest : str
        Subset whose model the designs come from.
    natural, samples : pandas.DataFrame
        Scored natural sequences and samples of that subset.
    reference : dict
        fidelity, novelty, diversity of held-out natural sequences.
    """

    folder: Path
    settings: dict[str, Any]
    letters: Alphabet
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
    aligned: list[str]
    reliability: pd.DataFrame
    orders: pd.DataFrame
    density: pd.DataFrame
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
    def load(cls, folder: str | Path, subsets: list[str], settings: dict[str, Any]) -> "Evidence":
        """Read the folder of a family whose `subsets` are in order of size."""
        folder = Path(folder)
        training = pd.DataFrame([_training_row(folder, subset) for subset in subsets])
        largest = next(s for s in subsets if s.rsplit("-r", 1)[0] == subsets[-1].rsplit("-r", 1)[0])
        natural = load_table(folder / largest / "natural.parquet")
        arrays, metadata = load_arrays(folder / "alignment.safetensors")
        letters = alphabet(metadata["alphabet"])
        optimum, scores = load_table(folder / "optimum.tsv"), _of_all(folder, training, "scores.tsv")
        thermodynamics = _of_all(folder, training, "thermodynamics.tsv")
        models, compared = _compared(folder, training, settings["models"], scores, thermodynamics, optimum)
        return cls(
            folder=folder,
            settings=settings,
            letters=letters,
            ingest=load_json(folder / "ingest.json"),
            best=load_json(folder / "recommendation.json"),
            designs=load_json(folder / "designs.json"),
            optimum=optimum,
            points=load_table(folder / "operating_points.tsv", text=["note"]),
            sensitivity=load_table(folder / "sensitivity.tsv"),
            scores=scores,
            thermodynamics=thermodynamics,
            models=models,
            compared=compared,
            contacts=load_table(folder / "contacts.tsv"),
            mutants=load_table(folder / "mutants.tsv", text=["wild", "mutated"]),
            conservation=load_table(folder / "conservation.tsv"),
            predictions=load_json(folder / "predictions.json"),
            aligned=list(load_table(folder / "designs.tsv", text=["aligned"])["aligned"]),
            divergence=_of_all(folder, training, "divergence.tsv"),
            calibration=_of_all(folder, training, "calibration.tsv"),
            reliability=load_table(folder / largest / "reliability.tsv"),
            orders=load_table(folder / largest / "orders.tsv"),
            density=load_table(folder / largest / "density.tsv"),
            landscape=load_json(folder / largest / "landscape.json"),
            truth=load_json(folder / "truth.json") if "truth" in settings else None,
            rungs=_of_all(folder, training, "ladder.tsv"),
            history=_of_all(folder, training, "history.tsv"),
            strengths=_of_all(folder, training, "regularisation.tsv"),
            training=training,
            largest=largest,
            natural=natural,
            samples=load_table(folder / largest / "samples.parquet"),
            reference=_reference(folder, arrays["sequences"], natural, letters.q, settings["optimum"]),
        )

    @property
    def judge(self) -> str:
        """Name of the judge of fidelity."""
        return self.settings["optimum"]["fidelity"]

    @property
    def temperature(self) -> float:
        """The recommended temperature or, where none is, the sampled one that misses least."""
        return float(self.best["sampling_temperature"])

    def figure_arguments(self) -> dict[str, tuple[Any, ...]]:
        """Arguments of every figure, by name."""
        points = self._points()
        verdict = (self.scores, self.reference, self.best, self.judge, self.settings["optimum"])
        return {
            "trade_off": verdict,
            "novelty_fidelity": verdict,
            "operating_points": (self.points, self.best, self._sampled()["temperature"].to_numpy()),
            "sensitivity": (self.sensitivity, self.best, self.settings["optimum"]),
            "optimum": (self.optimum,),
            "divergence": (self.divergence, self.optimum, np.sort(self.scores["temperature"].unique())),
            "thermodynamics": (self.thermodynamics, self.density, self.landscape, self.ingest["L"]),
            "calibration": (self.calibration, self.optimum, self.reliability),
            "energies": (self.natural, self.samples, list(points[1])),
            "pca": points,
            "correlations": (*self._natural(), points[1], self.temperature, self.letters.q),
            "orders": (self.orders, self.best, list(points[1])),
            "distances": (*points, self.natural, self.samples),
            "logo": (points[0], self.aligned, self.conservation, self.letters),
            "contacts": (self.contacts, self.predictions),
            "mutants": (self.mutants, self.predictions, self.letters),
            "training": (self.history, self.training, self.strengths),
            "ladder": (self.rungs,),
            "models": (self.models, self.compared, self.reference, self.judge, self.settings["optimum"]),
        }

    def _sampled(self) -> pd.DataFrame:
        """Scores of the model that designs come from, the coldest first."""
        return self.scores[self.scores["subset"] == self.largest].sort_values("temperature")

    def _natural(self) -> tuple[np.ndarray, np.ndarray]:
        """Sequences that may be trained on, with their weights."""
        arrays, parts = (load_arrays(self.folder / f"{name}.safetensors")[0] for name in ("alignment", "split"))
        chosen = parts["training"]
        return arrays["sequences"][chosen], arrays["weights"][chosen]

    def _points(self) -> tuple[np.ndarray, dict[float, np.ndarray], int]:
        natural = load_arrays(self.folder / "alignment.safetensors")[0]["sequences"]
        step = -(-len(natural) // _MOST_POINTS)
        drawn = load_arrays(self.folder / self.largest / "samples.safetensors")[0]
        temperatures = drawn["temperatures"]
        nearest, one = (int(np.argmin(np.abs(temperatures - wanted))) for wanted in (self.temperature, 1.0))
        # Nothing is drawn of samples that are not equilibrated, unless all else are not.
        sound = np.flatnonzero(self._sampled()["equilibrated"].to_numpy(bool))
        coldest, hottest = (sound[0], sound[-1]) if len(sound) else (0, len(temperatures) - 1)
        shown = sorted({int(coldest), nearest, one, int(hottest)})
        sets = {float(temperatures[t]): drawn["sequences"][t].reshape(-1, natural.shape[1]) for t in shown}
        return natural[::step], sets, self.letters.q


def _training_row(folder: Path, subset: str) -> dict[str, Any]:
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
    keys = ["subset", "temperature"]
    likelihood = thermodynamics[[*keys, "log_likelihood"]]
    own = optimum.assign(log_likelihood=likelihood.groupby("subset", sort=False)["log_likelihood"].max().to_numpy())
    tables, rows = [scores.merge(likelihood, on=keys).assign(model="potts")], [own.assign(model="potts")]
    for model in models:
        tables.append(_of_all(folder, training, f"models/{model}/scores.tsv").assign(model=model))
        rows.append(_of_all(folder, training, f"models/{model}/optimum.tsv"))
    return pd.concat(tables, ignore_index=True), pd.concat(rows, ignore_index=True)


def _of_all(folder: Path, training: pd.DataFrame, name: str) -> pd.DataFrame:
    tables = [
        load_table(folder / row.subset / name).assign(subset=row.subset, M=row.M, replicate=row.replicate)
        for row in training.itertuples()
    ]
    return pd.concat(tables, ignore_index=True)


def _reference(
    folder: Path, sequences: np.ndarray, natural: pd.DataFrame, q: int, optimum: dict[str, Any]
) -> dict[str, float]:
    judge = optimum["fidelity"]
    parts = load_arrays(folder / "split.safetensors")[0]
    heldout = natural[natural["set"] == "heldout"]
    scores = heldout[judge].to_numpy(float)
    values = scores if judge == "p_nat" else natural_scale(natural, judge).percentiles(scores) / 100
    return {
        "fidelity": float(np.average(values, weights=heldout["weight"])),
        "novelty": float(np.average(heldout["distance_natural"], weights=heldout["weight"])),
        "diversity": natural_diversity(sequences[parts["heldout"]], q, parts["heldout_weights"]),
    }
