"""What is known of each judge: whether it moves over the ladder, sees more than single sites, and may decide."""

from typing import Any

import numpy as np

from temperance.scoring.discrimination import Discrimination

# A judge whose mean percentile moves by fewer points over the ladder, or lies beyond these everywhere, tells nothing
# apart.
_LEAST_SPAN, _LOWEST, _HIGHEST = 5.0, 1.0, 99.0
# A judge is trusted if it ranks natural sequences above shuffled ones at least so often, by its 95 % interval.
_LEAST_AUC = 0.6
TRUTHS = ("p_nat", "truth")


def is_saturated(mean: np.ndarray) -> bool:
    """Tell whether mean percentiles (T,) hardly move over the ladder, or are at an end of the scale everywhere."""
    return bool(np.ptp(mean) < _LEAST_SPAN or (mean >= _HIGHEST).all() or (mean <= _LOWEST).all())


def judge_standing(name: str, percentiles: np.ndarray, seen: Discrimination | None) -> dict[str, Any]:
    """Summarise a judge for judges.json.

    Parameters
    ----------
    percentiles : np.ndarray
        (T,) mean percentiles of the samples of each temperature.
    seen : Discrimination, optional
        How well it tells natural sequences from shuffled ones; not needed of a truth.

    Returns
    -------
    dict
        name, saturated, span (points), auc and auc_error (or null), trusted, why (a sentence).
    """
    known = percentiles[np.isfinite(percentiles)]
    span = float(np.ptp(known)) if len(known) else 0.0
    saturated = not len(known) or is_saturated(known)
    auc: dict[str, float | None] = {"auc": None, "auc_error": None}
    if seen is not None and np.isfinite(seen.auc):
        auc = {"auc": seen.auc, "auc_error": seen.error}
    trusted, why = _trust(name, saturated, span, seen)
    return {"name": name, "saturated": saturated, "span": span} | auc | {"trusted": trusted, "why": why}


def _trust(name: str, saturated: bool, span: float, seen: Discrimination | None) -> tuple[bool, str]:
    if saturated:
        return False, f"Its mean percentile moves by only {span:.0f} points over all temperatures."
    if name in TRUTHS:
        return True, "It is the truth that the family was drawn from."
    if seen is None or not np.isfinite(seen.auc):
        return False, "Nothing shows whether it sees more than single sites."
    shown = f"natural sequences above ones with shuffled columns in {seen.auc:.0%} of cases"
    if seen.low < _LEAST_AUC:
        return False, f"It ranks {shown} (50% would be chance): too few for a judge of how sites go together."
    return True, f"It ranks {shown}, so it sees how sites go together."
