"""What designs are chosen for: diversity, success, or what their results would teach."""

import logging

import numpy as np

from temperance.design.selection import select, select_likeliest
from temperance.laboratory.probabilities import Probabilities

log = logging.getLogger(__name__)


def select_for(
    objective: str, sequences: np.ndarray, probabilities: Probabilities | None, fidelity: np.ndarray,
    qualified: np.ndarray, number: int, spread: float,
) -> tuple[str, np.ndarray]:  # fmt: skip
    """Choose designs for an objective, or for diversity, with a warning, where results do not allow it.

    Parameters
    ----------
    objective : {'diversity', 'success', 'learning'}
        As in `design.objective` of the configuration.
    sequences : np.ndarray
        (N, L) uint8.
    probabilities : Probabilities or None
        Of being functional; None where too little was measured.
    fidelity, qualified : np.ndarray
        (N,) float, bool: score that picks the first design and settles ties, and who may be chosen.
    number : int
        Largest number of designs.
    spread : float
        Least share of sites in which two designs differ, for success and learning.

    Returns
    -------
    objective : str
        For what they were chosen.
    chosen : np.ndarray
        (K,) int: indices of the designs in the order of their choice.
    """
    possible = _possible(objective, probabilities)
    if possible == "diversity" or probabilities is None:
        return "diversity", select(sequences, fidelity, qualified, number)
    models = probabilities.value[None] if possible == "success" else probabilities.resampled
    return possible, select_likeliest(sequences, models, fidelity, qualified, number, spread)


def _possible(wanted: str, probabilities: Probabilities | None) -> str:
    """Tell what designs are chosen for; diversity, with a warning, where results do not allow what is wanted."""
    if wanted == "diversity":
        return wanted
    if probabilities is None:
        log.warning(
            "warning: design.objective: too little was measured for %s; designs are chosen for diversity", wanted
        )
        return "diversity"
    if wanted == "success" and not probabilities.decides:
        log.warning(
            "warning: design.objective: the calibrated probability decides nothing yet (measured.json says why); "
            "designs are chosen for diversity, not success. The objective learning needs no decision."
        )
        return "diversity"
    return wanted
