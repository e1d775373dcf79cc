"""Tables of the page, their numbers formatted."""

import numpy as np
import pandas as pd

from temperance.report.results import Evidence
from temperance.scoring.names import judge_name
from temperance.temperature.pareto import pareto

_OPTIMA = {
    "tau_f": "τ_f", "tau_train": "τ_train", "tau_r": "τ_r", "tau_j": "τ_J", "tau_cal": "τ_cal", "tau": "recommended τ",
}  # fmt: skip
_STATES = ("entropy", "heat_capacity", "log_likelihood", "log_z", "log_z_error", "log_z_ais", "log_z_ais_error")


def _agreement(table: pd.DataFrame) -> str:
    """How many optima came out the same as a minimum and as a root, and which did not."""
    names = [name for name in _OPTIMA if f"{name}_agree" in table]
    apart = [
        f"{_OPTIMA[name]} of {row['size']}-r{row['replicate']} ({row[name]:.2f} and {row[f'{name}_root']:.2f})"
        for _, row in table.iterrows()
        for name in names
        if not row[f"{name}_agree"]
    ]
    count = len(names) * len(table)
    found = f"Each was found twice, as a minimum and as the root of a slope; {count - len(apart)} of {count} agree"
    return f"{found}, not so {', '.join(apart)}." if apart else f"{found}."


def _optimum_table(table: pd.DataFrame) -> pd.DataFrame:
    def interval(name: str) -> pd.Series:
        sound = table.get(f"{name}_equilibrated", pd.Series(True, table.index)).astype(bool)
        shown = table.apply(_interval, axis=1, name=name)
        return shown + np.where(sound, "", " NOT EQUILIBRATED")

    optima = {name: label for name, label in _OPTIMA.items() if name in table}
    return pd.DataFrame(
        {
            "M": table["M"].map("{:,}".format),
            "replicate": table["replicate"],
            "Meff": table["Meff"].map("{:,.0f}".format),
        }
        | {f"{label} (95%)": interval(name) for name, label in optima.items()}
        | {
            f"{label} enumerated": table[f"{name}_exact"].map("{:.2f}".format)
            for name, label in optima.items()
            if f"{name}_exact" in table
        }
        | {name: table[name].map("{:.2f}".format) for name in ("novelty", "diversity")}
        | {name: table[name].map("{:.2f}".format) for name in ("gain", "pearson", "slope") if name in table}
    )


def _points_table(points: pd.DataFrame) -> pd.DataFrame:
    """Operating points of the family: of its largest training sets, pooled."""
    family = points[points["subset"] == "all"]
    names = {"tau_train": "τ_train", "tau_f": "τ_f", "coldest": "coldest above the floors"}
    words = family["name"].map(lambda name: names.get(name, f"as natural by {judge_name(name.removeprefix('tau_'))}"))

    def shown(row: pd.Series) -> str:
        if np.isnan(row["value"]):
            return ""
        if row["value"] == 0:
            return f"below all that were sampled ({row['high']:.2f} at most)"
        if row["value"] == np.inf:
            return f"above all that were sampled ({row['low']:.2f} at least)"
        return f"{row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})"

    return pd.DataFrame(
        {
            "operating point": words,
            "τ (95%)": family.apply(shown, axis=1),
            "upper limit": np.where(family["decides"].astype(bool), "yes", ""),
            "note": family["note"],
        }
    )


def _scores_table(evidence: Evidence) -> pd.DataFrame:
    scores, states = (
        of_all[of_all["subset"] == evidence.largest] for of_all in (evidence.scores, evidence.thermodynamics)
    )
    both = scores.merge(states[["temperature", *_STATES]], on="temperature")
    shown = {
        "temperature": "{:g}", "fidelity": "{:.3f}", "novelty": "{:.3f}", "diversity": "{:.3f}", "energy": "{:.1f}",
        "entropy": "{:.1f}", "heat_capacity": "{:.1f}", "log_likelihood": "{:.3f}",
        f"percentile_{evidence.judge}": "{:.1f}", "effective_share": "{:.2f}", "identical": "{:.1%}",
        "pearson_single": "{:.3f}", "pearson_pair": "{:.3f}", "pearson_triple": "{:.3f}",
        "ess": "{:.0f}", "rhat": "{:.3f}", "drift": "{:+.2f}",
    }  # fmt: skip
    table = pd.DataFrame({column: both[column].map(form.format) for column, form in shown.items()})
    table["ln Z (MBAR)"] = _with_error(both, "log_z")
    table["ln Z (AIS)"] = _with_error(both, "log_z_ais")
    table["equilibrated"] = np.where(both["equilibrated"], "yes", "NO")
    return table


def _models_table(evidence: Evidence) -> pd.DataFrame:
    """Tabulate what each model is best sampled at, a row a training set; empty where there is but the family's own."""
    table = evidence.compared.sort_values(["M", "model"], kind="stable")
    if table["model"].nunique() < 2:
        return table.iloc[:0, :0]
    shown = {"fidelity": "{:.3f}", "novelty": "{:.3f}", "diversity": "{:.2f}", "log_likelihood": "{:.3f}"}
    return pd.DataFrame(
        {"model": table["model"], "M": table["M"].map("{:,}".format)}
        | {"coldest τ above the floors and as good as nature (95%)": table.apply(_interval, axis=1, name="tau")}
        | {name: table[name].map(form.format) for name, form in shown.items()}
    )


def _best_models(table: pd.DataFrame) -> list[str]:
    """Which model is best with how many sequences, by what is judged and by likelihood; means over replicates."""
    mean = table.groupby(["M", "model"], as_index=False).agg(
        {"fidelity": "mean", "log_likelihood": "mean", "feasible": "all"}
    )
    said = []
    able = {"fidelity": mean[mean["feasible"].astype(bool)], "log_likelihood": mean.dropna(subset="log_likelihood")}
    for column, what in (
        ("fidelity", "Most faithful where there is such a temperature"),
        ("log_likelihood", "Likeliest for held-out"),
    ):
        best = able[column].sort_values(column, ascending=False).drop_duplicates("M").sort_values("M")
        if len(best):
            listed = ", ".join(f"{row.model} with {row.M:,}" for row in best.itertuples())
            said.append(f"{what} sequences: {listed}." if column == "log_likelihood" else f"{what}: {listed}.")
    return said


def _joint_table(models: pd.DataFrame) -> pd.DataFrame:
    """How tempering each site of an autoregressive model differs from tempering the joint; empty without one."""
    if "joint_energy" not in models:
        return models.iloc[:0, :0]
    table = models.dropna(subset="joint_energy").sort_values(["model", "M", "replicate", "temperature"])
    shown = {
        "M": ("M", "{:,}"), "temperature": ("temperature", "{:g}"), "energy": ("energy, sites", "{:.1f}"),
        "joint_energy": ("energy, joint", "{:.1f}"), "joint_divergence": ("divergence, nats", "{:.2f}"),
        "joint_share": ("effective share", "{:.1%}"),
    }  # fmt: skip
    columns = {label: table[column].map(form.format) for column, (label, form) in shown.items()}
    return pd.DataFrame({"model": table["model"], "replicate": table["replicate"]} | columns)


def _interval(row: pd.Series, name: str) -> str:
    if np.isnan(row[name]):
        return "none"
    return f"{row[name]:.2f} ({row[f'{name}_low']:.2f} to {row[f'{name}_high']:.2f})"


def _front_table(scores: pd.DataFrame) -> pd.DataFrame:
    front = pareto(scores)
    shown = {"M": "{:,}", "temperature": "{:g}", "fidelity": "{:.3f}", "novelty": "{:.3f}", "diversity": "{:.3f}"}
    table = pd.DataFrame({column: front[column].map(form.format) for column, form in shown.items()})
    if len(set(front["model"])) > 1:
        table.insert(0, "model", front["model"])
    return table.assign(equilibrated=np.where(front["equilibrated"], "yes", "NO"))


def _with_error(table: pd.DataFrame, name: str) -> pd.Series:
    return table.apply(lambda r: f"{r[name]:.2f} ± {r[f'{name}_error']:.2f}", axis=1)


def _training_table(training: pd.DataFrame) -> pd.DataFrame:
    ended = {"converged": "converged", "target": "stopped early", "imported": "imported"}
    return pd.DataFrame(
        {
            "M": training["M"].map("{:,}".format),
            "replicate": training["replicate"],
            "L2 on couplings": training["l2_couplings"].map(lambda value: "-" if pd.isna(value) else f"{value:g}"),
            "training": training["stopped"].map(lambda stopped: ended.get(stopped, "NOT CONVERGED")),
            "steps": training["steps"],
            "Pearson, independent chains": training["pearson"].map("{:.3f}".format),
            "slope": training["slope"].map("{:.2f}".format),
            "ceiling": training["ceiling"].map("{:.3f}".format),
            "scale error": training["scale_error"].map("{:+.1%}".format),
            "independent families": training["families"].map("{:,.0f}".format),
        }
    )


def _designs_table(designs: pd.DataFrame) -> pd.DataFrame:
    """Every design with its scores, the sequence last."""
    left = designs.drop(columns=["aligned", "temperature", "recommended"]).rename(
        columns=lambda name: name.replace("_", " ")
    )
    numbers = left.select_dtypes("floating")
    # Three digits of the largest.
    places = {column: 3 if most < 10 else 2 if most < 100 else 1 for column, most in numbers.abs().max().items()}
    return left.assign(**{column: left[column].map(f"{{:.{n}f}}".format) for column, n in places.items()})
