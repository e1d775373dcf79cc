"""Sentences beside a diagnosis: whether site conditionals agree, what to do, the truth, the gap, more data."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from temperance.stats.estimate import Estimate, pool_temperatures
from temperance.temperature.diagnosis import (
    CANNOT_TELL,
    DIFFERENT,
    FAITHFUL,
    NOT_TRAINED,
    NOTHING_LEARNT,
    OVER_REGULARISED,
    OVERFITTED,
    Diagnosis,
)
from temperance.temperature.operating_points import TAU_TRAIN
from temperance.temperature.recommendation import Recommendation

# More data are to bring optima within this share of 1.
GOAL = 0.1
# |ln tau| that falls by less than this share from one size to a larger one has stopped falling.
_STALLED = 0.15
# Largest factor of the number of sequences to which the trend is extrapolated.
_FURTHEST = 100.0
_DRAWS = 2000
# Standard deviations within which mean energies are called equal.
_SAME_ENERGY = 0.2


def explain(
    diagnosis: Diagnosis, table: pd.DataFrame, landscape: dict[str, Any], recommendation: Recommendation
) -> list[str]:
    """Explain the measurements of a family in sentences, the diagnosis first.

    Parameters
    ----------
    diagnosis : Diagnosis
        Of the largest models.
    table : pandas.DataFrame
        One row a model: M, replicate, and the optima with their intervals.
    landscape : dict
        Of the largest model.
    recommendation : Recommendation
        Of the family.

    Returns
    -------
    list of str
    """
    largest = table[table["M"] == table["M"].max()]
    sentences = [diagnosis.because, diagnosis.sign_rule]
    if "tau_cal" in largest and diagnosis.name in _CALIBRATED:
        sentences.append(_explain_calibration(diagnosis.name, pooled(largest, "tau_cal")))
    sentences += [
        *_advise(diagnosis, pooled(largest, "tau_f"), recommendation), *_explain_truth(table),
        *_explain_gap(landscape),
    ]  # fmt: skip
    # τ_f of a model that is no model of the family's couplings, or where samples are not equilibrated, does not tell
    # whether more sequences are needed.
    lowest = largest["equilibrated_above"].max() if "equilibrated_above" in largest else 0.0
    if diagnosis.name not in (NOT_TRAINED, NOTHING_LEARNT) and pooled(largest, "tau_f").value >= lowest:
        sentences.append(_explain_more_data(table, "tau_f", "τ_f"))
    return [sentence for sentence in sentences if sentence]


def pooled(rows: pd.DataFrame, name: str) -> Estimate:
    """Pool an optimum over the rows of a table, one a training set.

    Parameters
    ----------
    rows : pandas.DataFrame
        Columns <name>, <name>_low, <name>_high and, where it is known, <name>_shared.
    name : str
        tau_f, tau_r, ...

    Returns
    -------
    Estimate
    """
    parts = (rows[column].to_numpy(float) for column in (name, f"{name}_low", f"{name}_high"))
    shared = float(rows[f"{name}_shared"].mean(skipna=False)) if f"{name}_shared" in rows else float("nan")
    return pool_temperatures([Estimate(*map(float, values)) for values in zip(*parts, strict=True)], shared)


# On which side of 1 site conditionals have to be best calibrated to agree.
_CALIBRATED = {
    OVERFITTED: lambda tau: tau.low > 1,
    OVER_REGULARISED: lambda tau: tau.high < 1,
    FAITHFUL: lambda tau: 1 - 2 * DIFFERENT < tau.value < 1 + 2 * DIFFERENT,
}


def _explain_calibration(diagnosis: str, tau_cal: Estimate) -> str:
    """Say whether the site conditionals, which need no sampling, agree."""
    verdict = "agree" if _CALIBRATED[diagnosis](tau_cal) else "do not agree"
    estimate = f"τ_cal = {tau_cal.brief()}"
    return f"Its site conditionals {verdict}: on held-out sequences they are calibrated best at {estimate}."


def _advise(diagnosis: Diagnosis, tau_f: Estimate, recommendation: Recommendation) -> Iterator[str]:
    """Say what to sample at for which purpose."""
    tau = recommendation.tau if diagnosis.learnt else None
    if diagnosis.name in (NOT_TRAINED, CANNOT_TELL):
        return
    if diagnosis.name == NOTHING_LEARNT:
        tau = recommendation.tau
        colder = "" if tau is None else f" Your floors lead to τ = {tau.value:.2f}."
        yield (
            "Such a model is no more than the family's profile. Below 1 its samples are nearer to the consensus and "
            f"less varied; how far to go is for you to choose.{colder}"
        )
        if any(point.decides and point.name != TAU_TRAIN for point in recommendation.operating_points):
            yield (
                "A trusted judge sees that the family's sites do go together, so there is more to learn: train with a "
                "weaker penalty (train.l2_couplings), or on more sequences."
            )
        return
    yield (
        "For a set that covers the family, sample at 1."
        if diagnosis.name == FAITHFUL
        else f"For a set that covers the family, sample at {tau_f.value:.2f}."
    ) + ("" if tau is None else f" For designs, sample at {tau.value:.2f}.")


def _explain_truth(table: pd.DataFrame) -> Iterator[str]:
    """Say what tau_r tells where the truth is known: whether data or the model's form are the limit."""
    if "tau_r" not in table:
        return
    sizes = sorted(table["M"].unique())
    largest = pooled(table[table["M"] == sizes[-1]], "tau_r")
    estimate = f"τ_r = {largest.within_ladder()}"
    if not 0 < largest.value < np.inf:
        yield "The truth accepts samples best at a temperature outside those sampled."
        return
    if largest.low <= 1 + DIFFERENT and largest.high >= 1 - DIFFERENT:
        yield f"The truth accepts its samples best at {estimate}, the model's own temperature within the error."
        return
    yield f"The truth accepts its samples best at {estimate}."
    if len(sizes) > 1:
        previous = pooled(table[table["M"] == sizes[-2]], "tau_r")
        if 0 < previous.value < np.inf and abs(np.log(largest.value)) > (1 - _STALLED) * abs(np.log(previous.value)):
            yield (
                f"It was {previous.value:.2f} with {sizes[-2]:,} sequences: it comes no closer to 1 with more of them, "
                "so the limit is the model, its pairwise form or its regularisation, not the data."
            )


def _explain_gap(landscape: dict[str, Any]) -> Iterator[str]:
    uniform, profile = landscape["gaps"]["uniform"], landscape["gaps"]["profile"]
    if uniform["gap"] is not None and profile["gap"] is not None:
        remark = " So the model prefers scrambled training sequences to them." if profile["gap"] < -_SAME_ENERGY else ""
        yield (
            f"The energy gap: held-out sequences lie {_describe_gap(uniform['gap'], 'random ones')} and "
            f"{_describe_gap(profile['gap'], 'those with shuffled columns')}.{remark}"
        )


def _describe_gap(gap: float, references: str) -> str:
    if abs(gap) <= _SAME_ENERGY:
        return f"as high as {references}"
    return f"{abs(gap):.1f} standard deviations {'below' if gap > 0 else 'ABOVE'} {references}"


def _explain_more_data(table: pd.DataFrame, name: str, label: str) -> str:
    """Say how many times more sequences would bring an optimum near 1, from |ln tau| ~ M^-a over the sizes sampled."""
    sizes = np.array(sorted(table["M"].unique()), float)
    means = [pooled(table[table["M"] == size], name) for size in sizes]
    logs = np.array([np.log(mean.value) if 0 < mean.value < np.inf else np.nan for mean in means])
    if means[-1].low > 1 - GOAL and means[-1].high < 1 + GOAL:
        return f"More sequences would change {label} little: it is already within {GOAL:.0%} of 1."
    if abs(logs[-1]) < np.log(1 + GOAL):
        return ""
    unknown = f"The sizes sampled do not tell how many more sequences would bring {label} near 1."
    if len(sizes) < 3 or np.isnan(logs).any() or len(set(np.sign(logs))) > 1:
        return unknown
    lows, highs = np.array([(mean.low, mean.high) for mean in means]).T
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.log(highs / lows) / (2 * ndtri(0.975))
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
        f"About {middle:.1f} times as many sequences ({low:.1f} to {high:.1f}, if the trend over these sizes goes on) "
        f"would bring {label} within {GOAL:.0%} of 1."
    )
