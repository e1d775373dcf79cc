"""What the temperatures say of data and model, in words made of measured numbers. Thresholds: docs/method.md."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from temperance.optimum import Estimate

# A temperature counts as 1 when its interval reaches into this share of 1, and as unknown when the interval's ends are
# further apart than this ratio.
CLOSE = 0.05
WIDE = 1.5
# What more data are asked to bring: optima within this share of 1.
GOAL = 0.1
# |ln tau| that falls by less than this share from one size to a larger one has stopped falling.
_STALLED = 0.15
# Extrapolation further than this many times the data is said to be one.
_FURTHEST = 100.0
_DRAWS = 2000


@dataclass(frozen=True)
class Verdict:
    """A diagnosis and the sentences that give its reasons.

    Attributes
    ----------
    diagnosis : {'overfitted', 'over-regularised', 'faithful', 'undecided'}
    sentences : list of str
    """

    diagnosis: str
    sentences: list[str]


def verdict(table: pd.DataFrame, landscape: dict[str, Any], recommended: Estimate) -> Verdict:
    """What a family's optima diagnose.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a model: M, replicate, the optima with their intervals, equilibrated_above (the lowest rung from which
        on all are equilibrated).
    landscape : dict
        Of the largest model.
    recommended : Estimate
        The temperature for designs.
    """
    largest = table[table["M"] == table["M"].max()]
    tau_f, tau_cal = pooled(largest, "tau_f"), pooled(largest, "tau_cal")
    diagnosis, because = _diagnose(tau_f, float(largest["equilibrated_above"].max()))
    sentences = [because]
    if diagnosis != "undecided":
        sentences += [*_calibration(diagnosis, tau_cal), _advice(diagnosis, tau_f, recommended)]
    sentences += [*_of_truth(table), *_of_gap(landscape), _more_data(table, "tau_f", "τ_f")]
    return Verdict(diagnosis, [sentence for sentence in sentences if sentence])


def pooled(rows: pd.DataFrame, name: str) -> Estimate:
    """Mean over replicates, in beta; the interval spans theirs."""
    with np.errstate(divide="ignore"):
        value = float(np.divide(1.0, np.mean(1 / rows[name].to_numpy(float))))
    return Estimate(value, float(rows[f"{name}_low"].min()), float(rows[f"{name}_high"].max()))


def _diagnose(tau_f: Estimate, equilibrated_above: float) -> tuple[str, str]:
    shown = f"τ_f = {tau_f.value:.2f} (95% interval {tau_f.low:.2f} to {tau_f.high:.2f})"
    if not 0 < tau_f.value < np.inf:
        return "undecided", "The data cannot tell: held-out sequences lie outside the energies that the model can take."
    if tau_f.value < equilibrated_above:
        return "undecided", (
            f"The data cannot tell: {shown}, but samples are equilibrated from τ = {equilibrated_above:.2f} up only."
        )
    if tau_f.low <= 0 or tau_f.high / tau_f.low > WIDE:
        return "undecided", f"The data cannot tell: {shown} is too uncertain; more held-out sequences would narrow it."
    if tau_f.low > 1 + CLOSE:
        return "overfitted", f"Overfitted: the family is covered best at {shown}, above the model's own temperature, 1."
    if tau_f.high < 1 - CLOSE:
        return "over-regularised", (
            f"Over-regularised: the family is covered best at {shown}; the model spreads over too many sequences."
        )
    return "faithful", f"Faithful to the data: the model covers the family at its own temperature, {shown}."


def _calibration(diagnosis: str, tau_cal: Estimate) -> Iterator[str]:
    """Whether the site conditionals, which need no sampling, say the same."""
    side = {"overfitted": tau_cal.low > 1, "over-regularised": tau_cal.high < 1}.get(
        diagnosis, 1 - 2 * CLOSE < tau_cal.value < 1 + 2 * CLOSE
    )
    shown = f"τ_cal = {tau_cal.value:.2f} ({tau_cal.low:.2f} to {tau_cal.high:.2f})"
    word = "agree" if side else "do not agree"
    yield f"Its site conditionals {word}: on held-out sequences they are calibrated best at {shown}."


def _advice(diagnosis: str, tau_f: Estimate, recommended: Estimate) -> str:
    lower = recommended.high < min(1.0, tau_f.low)
    cover = "sample at 1" if diagnosis == "faithful" else f"sample at {tau_f.value:.2f}"
    design = f"lower to {recommended.value:.2f}" if lower else f"take {recommended.value:.2f}"
    return f"For coverage {cover}; for designs that are faithful and new {design}."


def _of_truth(table: pd.DataFrame) -> Iterator[str]:
    """What tau_r says where the truth is known: whether data or the model's form are the limit."""
    if "tau_r" not in table:
        return
    sizes = sorted(table["M"].unique())
    last = pooled(table[table["M"] == sizes[-1]], "tau_r")
    shown = f"τ_r = {last.value:.2f} ({last.low:.2f} to {last.high:.2f})"
    if not 0 < last.value < np.inf:
        yield "The truth accepts samples best at a temperature outside those sampled."
        return
    if last.low <= 1 + CLOSE and last.high >= 1 - CLOSE:
        yield f"The truth accepts its samples best at {shown}, the model's own temperature within the error."
        return
    yield f"The truth accepts its samples best at {shown}."
    if len(sizes) > 1:
        before = pooled(table[table["M"] == sizes[-2]], "tau_r")
        if 0 < before.value < np.inf and abs(np.log(last.value)) > (1 - _STALLED) * abs(np.log(before.value)):
            yield (
                f"It was {before.value:.2f} with {sizes[-2]:,} sequences: it does not move to 1 with more of them, so "
                "the limit is the model, its pairwise form or its regularisation, not the data."
            )


def _of_gap(landscape: dict[str, Any]) -> Iterator[str]:
    uniform, profile = landscape["gaps"]["uniform"], landscape["gaps"]["profile"]
    if uniform["gap"] is not None and profile["gap"] is not None:
        yield (
            f"The energy gap: held-out sequences lie {uniform['gap']:.1f} standard deviations below random ones and "
            f"{profile['gap']:.1f} below those with shuffled columns."
        )


def _more_data(table: pd.DataFrame, name: str, label: str) -> str:
    """How many times more sequences would bring an optimum near 1, from |ln tau| ~ M^-a over the sizes sampled."""
    sizes = np.array(sorted(table["M"].unique()), float)
    means = [pooled(table[table["M"] == size], name) for size in sizes]
    logs = np.array([np.log(found.value) if 0 < found.value < np.inf else np.nan for found in means])
    if abs(logs[-1]) < np.log(1 + GOAL):
        return f"{label} is already within {GOAL:.0%} of 1."
    unknown = f"The sizes sampled do not tell how many more sequences would bring {label} near 1."
    if len(sizes) < 3 or np.isnan(logs).any() or len(set(np.sign(logs))) > 1:
        return unknown
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.array([np.log(found.high / found.low) for found in means]) / (2 * ndtri(0.975))
    if not np.isfinite(spread).all():
        return unknown
    draws = np.abs(logs + spread * np.random.default_rng(0).standard_normal((_DRAWS, len(logs))))
    slopes = -np.polyfit(np.log(sizes), np.log(np.maximum(draws, 1e-6)).T, 1)[0]
    if np.percentile(slopes, 2.5) <= 0.05:
        return unknown
    factors = (draws[:, -1] / np.log(1 + GOAL)) ** (1 / np.maximum(slopes, 0.05))
    low, middle, high = np.percentile(factors, (2.5, 50, 97.5))
    if middle > _FURTHEST:
        return f"{label} would need more than {_FURTHEST:.0f} times more sequences to come within {GOAL:.0%} of 1."
    return (
        f"About {middle:.1f} times as many sequences ({low:.1f} to {high:.1f}, if it goes on as over these sizes) "
        f"would bring {label} within {GOAL:.0%} of 1."
    )
