"""The part of a family's page on measured sequences: what they say in sentences, and tables of text."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from temperance.scoring.names import short_judge_name
from temperance.stats.estimate import estimate_from_columns

_PREDICTORS = {
    "minus_energy": "model's energy (minus)", "identity_natural": "identity to the nearest natural sequence",
    "p_functional": "calibrated probability",
}  # fmt: skip
_KINDS = {"natural": "natural sequences", "design": "designs", "both": "both"}


def describe_measured(summary: dict[str, Any]) -> Iterator[str]:
    """Say what measured sequences show, and whether the calibrated probability decides.

    Parameters
    ----------
    summary : dict
        `measured.json`, with `feedback.json` as `feedback` where a model learns from results.

    Yields
    ------
    str
        A sentence or two.
    """
    calibration = summary["calibration"]
    yield (
        f"{summary['results']:,} measured sequences in {summary['clusters']:,} clusters of relatives (80% identity). "
        f"{summary['threshold']['why']}"
    )
    if summary["threshold"]["value"] is None:
        yield "Without a threshold nothing is calibrated; scores are compared by rank correlations alone."
        return
    verdict = "decides on the temperature" if calibration["decides"] else "decides nothing"
    yield f"The calibrated probability that a sequence is functional {verdict}. {calibration['why']}"
    if calibration["extrapolates"]:
        yield (
            "It was assessed by natural sequences only. What it says of designs is an extrapolation; it may "
            "overrate them, the more so the less natural they are."
        )
    yield (
        "Quoted are predictions for sequences that were left out together with their relatives. Where sequences are "
        "left out at random, their relatives are learnt from, so predictions look better than they are for new designs."
    )
    if "feedback" in summary:
        yield describe_feedback(summary["feedback"])


def describe_feedback(feedback: dict[str, Any]) -> str:
    """Say of what use results are to a model that learns from them.

    Parameters
    ----------
    feedback : dict
        `feedback.json`.

    Returns
    -------
    str
        Some sentences.
    """
    strength = feedback["strength"]
    if not strength:
        return f"No model learns from the results; feedback.safetensors is the model without them. {feedback['why']}"
    return (
        f"The model in feedback.safetensors learns from the results with strength {strength:g}, natural sequences "
        f"counting as 1. {feedback['why']} Sample it in a run with model: feedback.safetensors."
    )


def measured_tables(summary: dict[str, Any], expected: pd.DataFrame, number: int) -> list[tuple[str, pd.DataFrame]]:
    """Tabulate groups, predictors, what is learnt from which results, and what is expected of each temperature.

    Parameters
    ----------
    summary : dict
        `measured.json`.
    expected : pandas.DataFrame
        `measured-temperatures.tsv`.
    number : int
        Designs that are ordered.

    Returns
    -------
    list of (str, pandas.DataFrame)
        Titles and tables of text; those without rows are left out.
    """
    tables = {
        "functional share of measured groups": _groups(summary),
        "how well scores tell functional sequences": _predictors(summary),
        "how well results predict others": _learning(summary),
        "how well models that learn from results tell functional sequences": _feedback(summary.get("feedback")),
        f"expected of samples, by temperature, and among {number}": _expected(expected),
    }
    return [(title, table) for title, table in tables.items() if len(table)]


def _interval(row: dict[str, Any], name: str, form: str = ".2f") -> str:
    if row.get(name) is None or pd.isna(row[name]):
        return "-"
    return estimate_from_columns(row, name).brief(form)


def _groups(summary: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": _KINDS[row["kind"]], "group": row["group"] or "all", "results": f"{row['results']:,}",
            "clusters": f"{row['clusters']:,}", "functional (95%)": _interval(row, "functional"),
            "distance to natural": f"{row['distance_natural']:.2f}",
        }
        for row in summary["groups"]
    )  # fmt: skip


def _predictors(summary: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "score": _PREDICTORS.get(row["predictor"]) or short_judge_name(row["predictor"]),
            "of": _KINDS[row["kind"]], "group": row["group"], "results": f"{row['results']:,}",
            "AUC (95%)": _interval(row, "auc"), "Spearman (95%)": _interval(row, "spearman"),
            "calibration error": "-" if row["calibration_error"] is None else f"{row['calibration_error']:.2f}",
        }
        for row in summary["predictors"]
    )  # fmt: skip


def _learning(summary: dict[str, Any]) -> pd.DataFrame:
    folds = {"clusters": "left out with relatives", "random": "left out at random", "none": "none of them"}
    return pd.DataFrame(
        {
            "learnt from": _KINDS[row["learnt"]], "tested on": _KINDS[row["tested"]], "seen": folds[row["folds"]],
            "results": f"{row['results']:,}", "AUC (95%)": _interval(row, "auc"),
            "functional": f"{row['functional']:.2f}", "expected": f"{row['expected']:.2f}",
        }
        for row in summary["learning"]
    )  # fmt: skip


def _feedback(feedback: dict[str, Any] | None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "strength": f"{row['strength']:g}", "tested on": _KINDS[row["kind"]], "results": f"{row['results']:,}",
            "AUC, left out with relatives (95%)": _interval(row, "auc"),
        }
        for row in (feedback["strengths"] if feedback else [])
    )  # fmt: skip


def _expected(expected: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "temperature": f"{row['temperature']:g}", "functional (95%)": _interval(row, "functional"),
            "functional and new (95%)": _interval(row, "useful", ".0f"),
            "distance to measured": f"{row['distance_measured']:.2f}",
            "equilibrated": "yes" if row["equilibrated"] else "NO",
        }
        for row in expected.to_dict("records")
    )  # fmt: skip
