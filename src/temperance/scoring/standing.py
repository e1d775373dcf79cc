"""Assessment of judges: whether one moves over the ladder, depends on more than single sites, and may decide."""

from typing import Any

import numpy as np

from temperance.scoring.discrimination import Discrimination

# A judge is saturated if its mean percentile moves by fewer points over the ladder.
_LEAST_SPAN = 5.0
# A judge is trusted if it ranks natural sequences above shuffled ones at least so often, by its 95 % interval.
_LEAST_AUC = 0.6
TRUTHS = ("p_nat", "truth")


def is_saturated(mean: np.ndarray) -> bool:
    """Tell whether mean percentiles hardly move over the ladder, as they do at an end of the scale.

    Parameters
    ----------
    mean : np.ndarray
        (T,) of the samples of each temperature.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_saturated(np.array([99.5, 60.0, 10.0])), is_saturated(np.array([51.0, 50.0, 49.0]))
    (False, True)
    """
    return bool(np.ptp(mean) < _LEAST_SPAN)


def judge_standing(name: str, percentiles: np.ndarray, discrimination: Discrimination | None) -> dict[str, Any]:
    """Summarise a judge for judges.json: whether it is saturated, whether it is trusted, and why.

    Parameters
    ----------
    name : str
        The judge's key.
    percentiles : np.ndarray
        (T,) mean percentiles of the samples of each temperature.
    discrimination : Discrimination, optional
        How well it tells natural sequences from shuffled ones; not needed of a truth.

    Returns
    -------
    dict
        name, saturated, span (points), auc and auc_error (or null), trusted, why (a sentence).
    """
    scored = percentiles[np.isfinite(percentiles)]
    span = float(np.ptp(scored)) if len(scored) else 0.0
    saturated = not len(scored) or is_saturated(scored)
    auc: dict[str, float | None] = {"auc": None, "auc_error": None}
    if discrimination is not None and np.isfinite(discrimination.auc):
        auc = {"auc": discrimination.auc, "auc_error": discrimination.error}
    trusted, why = _trust(name, saturated, span, discrimination)
    return {"name": name, "saturated": saturated, "span": span} | auc | {"trusted": trusted, "why": why}


def _trust(name: str, saturated: bool, span: float, discrimination: Discrimination | None) -> tuple[bool, str]:
    if saturated:
        return False, f"Its mean percentile moves by only {span:.0f} points over all temperatures."
    if name in TRUTHS:
        return True, "It is the truth that the family was drawn from."
    if discrimination is None or not np.isfinite(discrimination.auc):
        return False, "Nothing shows whether it sees more than single sites."
    ranking = f"natural sequences above ones with shuffled columns in {discrimination.auc:.0%} of cases"
    if discrimination.low < _LEAST_AUC:
        return False, f"It ranks {ranking} (50% would be chance): too few for a judge of how sites go together."
    return True, f"It ranks {ranking}, so it sees how sites go together."
