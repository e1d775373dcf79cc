"""Tables of the page, their numbers formatted."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from temperance.core.words import join_words
from temperance.report.results import Evidence
from temperance.scoring.names import judge_name, short_judge_name
from temperance.stats.estimate import Estimate, estimate_from_columns
from temperance.temperature.operating_points import deciding_judges
from temperance.temperature.pareto import pareto

_OPTIMA = {
    "tau_f": "τ_f", "tau_train": "τ_train", "tau_r": "τ_r", "tau_j": "τ_J", "tau_cal": "τ_cal", "tau": "recommended τ",
}  # fmt: skip
# Temperatures that differ by less, as a share, are the same.
_SAME = 0.01
# What stands for a temperature beyond all that were sampled.
_BEYOND = {0.0: "below all sampled", np.inf: "above all sampled"}
_THERMODYNAMIC_COLUMNS = (
    "entropy",
    "heat_capacity",
    "log_likelihood",
    "log_z",
    "log_z_error",
    "log_z_ais",
    "log_z_ais_error",
)


def describe_agreement(table: pd.DataFrame) -> str:
    """Describe how many optima are the same as a minimum of a divergence and as a root of its slope.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of `optimum.tsv`, one a model.

    Returns
    -------
    str
        One sentence, with those that differ.
    """
    names = [name for name in _OPTIMA if f"{name}_agree" in table]
    differing = [
        f"{_OPTIMA[name]} of {row['size']}-r{row['replicate']} ({row[name]:.2f} and {row[f'{name}_root']:.2f})"
        for _, row in table.iterrows()
        for name in names
        if not row[f"{name}_agree"]
    ]
    count = len(names) * len(table)
    sentence = (
        f"Each was found twice, as a minimum and as the root of a slope; {count - len(differing)} of {count} agree"
    )
    return f"{sentence}, but not {join_words(differing)}." if differing else f"{sentence}."


def optimum_table(table: pd.DataFrame) -> pd.DataFrame:
    """Tabulate the optimal temperatures of each model with their intervals.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of `optimum.tsv`, one a model.

    Returns
    -------
    pandas.DataFrame
        One row a model, of text.
    """
    optima = {name: label for name, label in _OPTIMA.items() if name in table}
    return pd.DataFrame(
        {
            "M": table["M"].map("{:,}".format),
            "replicate": table["replicate"],
            "Meff": table["Meff"].map("{:,.0f}".format),
        }
        | {f"{label} (95%)": _format_optimum(table, name) for name, label in optima.items()}
        | {
            f"{label} enumerated": table[f"{name}_exact"].map("{:.2f}".format)
            for name, label in optima.items()
            if f"{name}_exact" in table
        }
        | {name: table[name].map("{:.2f}".format) for name in ("novelty", "diversity")}
        | {name: table[name].map("{:.2f}".format) for name in ("gain", "pearson", "slope") if name in table}
    )


def _format_optimum(table: pd.DataFrame, name: str) -> pd.Series:
    """Format one optimum of each model, with its interval and whether it is not equilibrated."""
    equilibrated = table.get(f"{name}_equilibrated", pd.Series(True, table.index)).astype(bool)
    return table.apply(_format_interval, axis=1, name=name) + np.where(equilibrated, "", " NOT EQUILIBRATED")


def points_table(points: pd.DataFrame) -> pd.DataFrame:
    """Tabulate the operating points of the family, pooled over its largest training sets.

    Parameters
    ----------
    points : pandas.DataFrame
        Rows of `operating_points.tsv`, those of the family being of subset `all`.

    Returns
    -------
    pandas.DataFrame
        One row an operating point, of text.
    """
    family = points[points["subset"] == "all"]
    names = {"tau_train": "τ_train", "tau_f": "τ_f", "coldest": "coldest above the floors"}
    labels = family["name"].map(lambda name: names.get(name, f"as natural by {judge_name(name.removeprefix('tau_'))}"))
    return pd.DataFrame(
        {
            "operating point": labels,
            "τ (95%)": family.apply(_format_point, axis=1),
            "samples are natural up to": family["limit"].map(_format_limit),
            "note": family["note"],
        }
    )


def _format_limit(limit: float) -> str:
    """Format the limit of an operating point that decides."""
    if np.isnan(limit):
        return ""
    return f"{limit:.2f}" if 0 < limit < np.inf else "all sampled temperatures" if limit else "none"


def _format_point(row: pd.Series) -> str:
    """Format an operating point's temperature and interval, or on which side of all sampled ones it is."""
    if np.isnan(row["value"]):
        return ""
    return Estimate(row["value"], row["low"], row["high"]).within_ladder()


def compare_temperatures(scores: pd.DataFrame, points: pd.DataFrame, best: Mapping[str, Any]) -> pd.DataFrame:
    """Compare what samples at temperature 1, at tau_train and at the recommended temperature are like.

    Nothing is interpolated: values are those of the sampled temperature that is nearest, by its ratio.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a sampled temperature of the model that designs come from: temperature, novelty, diversity,
        percentile_* of judges, equilibrated.
    points : pandas.DataFrame
        Rows of `operating_points.tsv`, those of the family being of subset `all`.
    best : dict
        `recommendation.json`.

    Returns
    -------
    pandas.DataFrame
        One row a temperature that may be wanted: what it is, that temperature, the sampled one, the mean percentile
        among natural sequences by each judge that decides, novelty, diversity, equilibrated. Without numbers where the
        wanted temperature lies outside those sampled.
    """
    family = points[points["subset"] == "all"]
    deciding = deciding_judges(family.to_dict("records"))
    judges = {f"percentile_{name}": f"percentile by the {short_judge_name(name)}" for name in deciding}
    tau_train = family.set_index("name")["value"].get("tau_train", np.nan)
    wanted = {"1, as trained": 1.0, "τ_train": float(tau_train)}
    recommended = "recommended" if best["status"] == "recommended" else "nearest to what you ask, NOT recommended"
    wanted[recommended] = float(best["sampling_temperature"])
    low, high = scores["temperature"].min(), scores["temperature"].max()
    rows = []
    for name, temperature in wanted.items():
        row = {"sampling at": name, "τ": _BEYOND.get(temperature, f"{temperature:.2f}").replace("nan", "not known")}
        if not low * (1 - _SAME) <= temperature <= high * (1 + _SAME):
            rows.append(row | {"sampled τ": "none there"})
            continue
        nearest = scores.loc[np.log(scores["temperature"] / temperature).abs().idxmin()]
        row["sampled τ"] = f"{nearest['temperature']:.3g}"
        row |= {label: f"{nearest[column]:.0f}" for column, label in judges.items() if column in nearest}
        row |= {column: f"{nearest[column]:.2f}" for column in ("novelty", "diversity")}
        rows.append(row | {"equilibrated": "yes" if nearest["equilibrated"] else "NO"})
    return pd.DataFrame(rows).fillna("-")


def scores_table(evidence: Evidence) -> pd.DataFrame:
    """Tabulate scores and thermodynamics of the model that designs come from, over temperature.

    Parameters
    ----------
    evidence : Evidence
        Results of the family.

    Returns
    -------
    pandas.DataFrame
        One row a temperature, of text.
    """
    scores, states = (
        table[table["subset"] == evidence.largest] for table in (evidence.scores, evidence.thermodynamics)
    )
    merged = scores.merge(states[["temperature", *_THERMODYNAMIC_COLUMNS]], on="temperature")
    formats = {
        "temperature": "{:g}", "fidelity": "{:.3f}", "functional": "{:.1%}", "novelty": "{:.3f}",
        "diversity": "{:.3f}", "energy": "{:.1f}", "entropy": "{:.1f}", "heat_capacity": "{:.1f}",
        "log_likelihood": "{:.3f}",
        f"percentile_{evidence.judge}": "{:.1f}", "effective_share": "{:.2f}", "identical": "{:.1%}",
        "pearson_single": "{:.3f}", "pearson_pair": "{:.3f}", "pearson_triple": "{:.3f}",
        "ess": "{:.0f}", "rhat": "{:.3f}", "drift": "{:+.2f}",
    }  # fmt: skip
    table = _format_columns(merged, {column: form for column, form in formats.items() if column in merged})
    table["ln Z (MBAR)"] = _format_with_error(merged, "log_z")
    table["ln Z (AIS)"] = _format_with_error(merged, "log_z_ais")
    table["equilibrated"] = np.where(merged["equilibrated"], "yes", "NO")
    return table


def models_table(evidence: Evidence) -> pd.DataFrame:
    """Tabulate the temperature at which each kind of model is best sampled, and its scores there.

    Parameters
    ----------
    evidence : Evidence
        Results of the family.

    Returns
    -------
    pandas.DataFrame
        One row a model, of text; empty where there are no models to compare with.
    """
    table = evidence.compared.sort_values(["M", "model"], kind="stable")
    if table["model"].nunique() < 2:
        return table.iloc[:0, :0]
    formats = {"fidelity": "{:.3f}", "novelty": "{:.3f}", "diversity": "{:.2f}", "log_likelihood": "{:.3f}"}
    temperatures = table.apply(_format_interval, axis=1, name="tau")
    formatted = _format_columns(table, {"M": "{:,}"} | formats)
    formatted.insert(0, "model", table["model"])
    formatted.insert(2, "coldest τ above the floors and as good as nature (95%)", temperatures)
    return formatted


def describe_best_models(table: pd.DataFrame) -> list[str]:
    """Describe which kind of model is best at each training set size, by fidelity and by likelihood.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a model: M, model, fidelity, log_likelihood, feasible; averaged over replicates.

    Returns
    -------
    list of str
        A sentence for each criterion.
    """
    mean = table.groupby(["M", "model"], as_index=False).agg(
        {"fidelity": "mean", "log_likelihood": "mean", "feasible": "all"}
    )
    sentences = []
    candidates = {
        "fidelity": mean[mean["feasible"].astype(bool)],
        "log_likelihood": mean.dropna(subset="log_likelihood"),
    }
    for column, beginning in (
        ("fidelity", "Most faithful where there is such a temperature"),
        ("log_likelihood", "Likeliest for held-out sequences"),
    ):
        best = candidates[column].sort_values(column, ascending=False).drop_duplicates("M").sort_values("M")
        if len(best):
            listed = ", ".join(f"{row.model} with {row.M:,}" for row in best.itertuples())
            sentences.append(f"{beginning}: {listed}.")
    return sentences


def joint_table(models: pd.DataFrame) -> pd.DataFrame:
    """Tabulate how tempering each site of an autoregressive model differs from tempering the joint distribution.

    Parameters
    ----------
    models : pandas.DataFrame
        Scores of all kinds of models, one row a model and temperature.

    Returns
    -------
    pandas.DataFrame
        One row an autoregressive model and temperature, of text; empty without one.
    """
    if "joint_energy" not in models:
        return models.iloc[:0, :0]
    table = models.dropna(subset="joint_energy").sort_values(["model", "M", "replicate", "temperature"])
    formats = {
        "M": "{:,}", "temperature": "{:g}", "energy": "{:.1f}", "joint_energy": "{:.1f}", "joint_divergence": "{:.2f}",
        "joint_share": "{:.1%}",
    }  # fmt: skip
    labels = {
        "energy": "energy, sites", "joint_energy": "energy, joint", "joint_divergence": "divergence, nats",
        "joint_share": "effective share",
    }  # fmt: skip
    return pd.concat([table[["model", "replicate"]], _format_columns(table, formats).rename(columns=labels)], axis=1)


def _format_interval(row: pd.Series, name: str) -> str:
    """Format a temperature with its interval, or `none`."""
    if np.isnan(row[name]):
        return "none"
    return estimate_from_columns(row, name).within_ladder()


def front_table(scores: pd.DataFrame) -> pd.DataFrame:
    """Tabulate the Pareto front of fidelity and novelty, with the diversity of its points.

    Parameters
    ----------
    scores : pandas.DataFrame
        Scores of all kinds of models, one row a model and temperature.

    Returns
    -------
    pandas.DataFrame
        One row a point of the front, of text.
    """
    front = pareto(scores)
    formats = {"M": "{:,}", "temperature": "{:g}", "fidelity": "{:.3f}", "novelty": "{:.3f}", "diversity": "{:.3f}"}
    table = _format_columns(front, formats)
    if len(set(front["model"])) > 1:
        table.insert(0, "model", front["model"])
    return table.assign(equilibrated=np.where(front["equilibrated"], "yes", "NO"))


def _format_columns(table: pd.DataFrame, formats: Mapping[str, str]) -> pd.DataFrame:
    """Format some columns, each by its own template."""
    return pd.DataFrame({column: table[column].map(template.format) for column, template in formats.items()})


def _format_with_error(table: pd.DataFrame, name: str, digits: int = 2) -> pd.Series:
    """Format a column's values with their errors."""
    return table.apply(lambda row: f"{row[name]:.{digits}f} ± {row[f'{name}_error']:.{digits}f}", axis=1)


def training_table(training: pd.DataFrame, strengths: pd.DataFrame) -> pd.DataFrame:
    """Tabulate how the training of each model ended, and how many sequences it would take.

    Parameters
    ----------
    training : pandas.DataFrame
        Summaries of training, one row a model.
    strengths : pandas.DataFrame
        Rows of `regularisation.tsv` of all models, with M and replicate; empty where no penalty was chosen.

    Returns
    -------
    pandas.DataFrame
        One row a model, of text.
    """
    endings = {"converged": "converged", "target": "stopped early", "imported": "imported"}
    return pd.DataFrame(
        {
            "M": training["M"].map("{:,}".format),
            "replicate": training["replicate"],
            "L2 on couplings": training["l2_couplings"].map(lambda value: "-" if pd.isna(value) else f"{value:g}"),
            "training": training["stopped"].map(lambda stopped: endings.get(stopped, "NOT CONVERGED")),
            "steps": training["steps"],
            "Pearson, independent chains": _format_with_error(training, "pearson", 3),
            "slope": training["slope"].map("{:.2f}".format),
            "ceiling": training["ceiling"].map("{:.3f}".format),
            "scale error": training["scale_error"].map("{:+.1%}".format),
            "independent families": training["families"].map("{:,.0f}".format),
            "Meff for τ_f, τ_r within 0.1 of 1 (± a quarter of the first)": _count_sequences(training, strengths),
        }
    )


def _count_sequences(training: pd.DataFrame, strengths: pd.DataFrame) -> list[str]:
    """Write from how many effective sequences on each optimum is near 1, by the law, with the penalty of each model."""
    columns = ["sequences_tau_f", "sequences_tau_r"]
    if not set(columns) <= set(strengths):
        return ["-"] * len(training)
    chosen = strengths[strengths["chosen"].astype(bool)].set_index("subset")[columns].reindex(training["subset"])
    return [f"{_write_count(row.sequences_tau_f)}, {_write_count(row.sequences_tau_r)}" for row in chosen.itertuples()]


def _write_count(count: float) -> str:
    """Write a number of sequences with the two digits that it is known to."""
    if pd.isna(count):
        return "-"
    return "never (L2)" if np.isinf(count) else f"{float(f'{count:.2g}'):,.0f}"


def designs_table(designs: pd.DataFrame) -> pd.DataFrame:
    """Tabulate every design with its scores, the sequence last.

    Parameters
    ----------
    designs : pandas.DataFrame
        Rows of `designs.tsv`.

    Returns
    -------
    pandas.DataFrame
        One row a design, of text.
    """
    table = designs.drop(columns=["aligned", "temperature", "recommended"]).rename(
        columns=lambda name: name.replace("_", " ")
    )
    numbers = table.select_dtypes("floating")
    # As many decimals as show the largest number of a column with about four digits.
    decimals = {column: 3 if top < 10 else 2 if top < 100 else 1 for column, top in numbers.abs().max().items()}
    return table.assign(**{column: table[column].map(f"{{:.{n}f}}".format) for column, n in decimals.items()})
