"""Studies: optimal temperatures over data size, gap and regularisation, as tables of one row a model and a summary."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from temperance.core.files import load_json, load_result
from temperance.core.seeds import derive_seed
from temperance.core.settings import Settings
from temperance.core.settings.training import TrainSettings
from temperance.core.settings.truths import EnumerableTruth, read_truth
from temperance.core.sizes import resolve_size
from temperance.potts import enumeration, exact_optima
from temperance.potts.frequencies import frequencies
from temperance.stats.resampling import interval_factor
from temperance.temperature.divergence import optima_row
from temperance.truth.enumerable import draw_energies

OPTIMA = ("tau_f", "tau_r", "tau_j")


def tabulate_enumerable(points: list[Settings], seed: int) -> pd.DataFrame:
    """Tabulate the exact optimal temperatures of exactly trained models, for every point, size and replicate.

    Points share the random numbers of their truths and of their training sets, so that they differ in what was varied
    only.

    Parameters
    ----------
    points : list of dict
        family, value (of the setting that is varied) and settings, as of `configuration.configure`.
    seed : int
        Random seed of truths and training sets.

    Returns
    -------
    pandas.DataFrame
        One row a model: value, M, replicate, tau_f, tau_r, tau_j, coupling_norm (of the model's couplings, zero-sum
        gauge, each pair once), energy_training, energy_natural (mean energies of the training set and over the
        truth, nats), kappa and heat_capacity (of the sign rule, at temperature 1).
    """
    rows = []
    for point in points:
        settings = point["settings"]
        truth, train = read_truth(settings["truth"]), TrainSettings.model_validate(settings["train"])
        assert isinstance(truth, EnumerableTruth)
        energies = draw_energies(truth, np.random.default_rng(derive_seed(seed, point["family"], "truth")))
        for replicate in range(1, settings["subsets"]["replicates"] + 1):
            rng = np.random.default_rng(derive_seed(seed, point["family"], "draw", replicate))
            sequences = enumeration.draw_sequences(energies, truth.length, truth.q, truth.sequences, rng)
            for size in settings["subsets"]["sizes"]:
                training = sequences[: resolve_size(size, len(sequences), point["family"])]
                row = {"value": point["value"], "M": len(training), "replicate": replicate}
                rows.append(row | _exact_optima(energies, training, truth.q, train))
    return pd.DataFrame(rows)


def _exact_optima(truth: np.ndarray, training: np.ndarray, q: int, settings: TrainSettings) -> dict[str, float]:
    """Train a model exactly, and compute its optimal temperatures, the norm of its couplings and mean energies."""
    share = 1 / len(training) if settings.pseudocount == "auto" else settings.pseudocount
    data = frequencies(training, q).with_pseudocount(share)
    assert settings.l2_couplings != "auto"
    model = enumeration.fit_pairwise(data, settings.l2_couplings, settings.l2_fields, settings.fields)
    energies = enumeration.energies_of_all(model)
    optima = exact_optima.find_optima(truth, energies)
    return {name: getattr(optima, name) for name in OPTIMA} | {
        "coupling_norm": float(np.sqrt((model.couplings.astype(float) ** 2).sum() / 2)),
        "energy_training": float(model.energies(training).mean()),
        "energy_natural": float(enumeration.boltzmann(truth) @ energies),
        "kappa": enumeration.true_heat_capacity(truth, energies),
        "heat_capacity": enumeration.heat_capacity(energies),
    }


def tabulate_sampled(points: list[Settings], folders: list[list[Path]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Collect the optimal temperatures, and the scores over temperature, of models that the workflow sampled.

    Parameters
    ----------
    points : list of dict
        As of `tabulate_enumerable`.
    folders : list of list of Path
        Folder of results of every model of every point.

    Returns
    -------
    models : pandas.DataFrame
        One row a model: value, M, replicate, pearson, stopped, energy_training, energy_natural (of held-out sequences),
        kappa and heat_capacity (of the sign rule, at temperature 1; nan where the truth is not known or 1 not sampled),
        the optima with their intervals, equilibrated (at all temperatures).
    scores : pandas.DataFrame
        One row a model and temperature: value, M, replicate and its scores.
    """
    rows, scores = [], []
    for point, subsets in zip(points, folders, strict=True):
        for folder in subsets:
            training = load_json(folder / "training.json")
            landscape = load_json(folder / "landscape.json")
            energies = {row["set"]: row["mean"] for row in landscape["energies"]}
            signs = landscape["sign_rule"]
            row = {
                "value": point["value"],
                "M": training["M"],
                "replicate": int(folder.name.rsplit("-r", 1)[1]),
                "pearson": training["confirmation"]["pearson"],
                "stopped": training["stopped"],
                "energy_training": energies["training"],
                "energy_natural": energies["heldout"],
                **{name: signs[name]["value"] if name in signs else np.nan for name in ("kappa", "heat_capacity")},
            }
            table = load_result(folder / "scores.tsv")
            rows.append(
                row | optima_row(load_result(folder / "optima.tsv")) | {"equilibrated": table["equilibrated"].all()}
            )
            scores.append(table.assign(**{key: row[key] for key in ("value", "M", "replicate")}))
    return pd.DataFrame(rows), pd.concat(scores, ignore_index=True)


def summarise(models: pd.DataFrame) -> pd.DataFrame:
    """Average optimal temperatures over replicates, in beta, with 95 % intervals.

    An optimum at infinite temperature is beta = 0.

    Parameters
    ----------
    models : pandas.DataFrame
        family, value, M and the optima, one row a model.

    Returns
    -------
    pandas.DataFrame
        family, value, M, optimum, tau, low, high, replicates, outside (how many optima lie outside the range that was
        searched), not_equilibrated (how many lie among temperatures that are not), unfinished (how many models'
        training was stopped by a limit).
    """
    rows = []
    for (family, value, size), group in models.groupby(["family", "value", "M"], dropna=False, sort=False):
        for name in OPTIMA:
            with np.errstate(divide="ignore"):
                betas = 1 / group[name].to_numpy(float)
            inside = betas[np.isfinite(betas)]
            row = {"family": family, "value": value, "M": size, "optimum": name}
            equilibrated = group.get(f"{name}_equilibrated", pd.Series(True, group.index)).astype(bool)
            row |= _mean(inside) | {"outside": int(len(betas) - (inside > 0).sum())}
            unfinished = group.get("stopped", pd.Series("", group.index)).isin(["steps", "time"])
            row |= {"not_equilibrated": int((~equilibrated).sum()), "unfinished": int(unfinished.sum())}
            rows.append(row)
    return pd.DataFrame(rows)


def _mean(betas: np.ndarray) -> dict[str, Any]:
    """Average inverse temperatures (N,), with a 95 % interval by Student's t; as temperatures."""
    count = len(betas)
    if not count:
        return {"tau": 0.0, "low": 0.0, "high": 0.0, "replicates": 0}
    mean = float(betas.mean())
    half = float(interval_factor(count) * betas.std(ddof=1) / count**0.5) if count > 1 else np.nan
    with np.errstate(divide="ignore"):
        tau, low, high = (float(np.divide(1.0, max(beta, 0.0))) for beta in (mean, mean + half, mean - half))
    return {"tau": tau, "low": low, "high": high, "replicates": count}
