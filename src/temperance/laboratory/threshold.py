"""The score from which a sequence is functional: where two modes of the measured scores meet, if there are two."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm
from sklearn.mixture import GaussianMixture

# Evidence of two components over one that counts, as a difference of BIC: very strong on the scale of Kass and Raftery.
_LEAST_EVIDENCE = 10.0
# Two modes have a valley between them that is lower than this share of the lower mode: skewed and flat distributions
# are not two groups.
_VALLEY = 0.5
# Fewer scores show no two modes.
_LEAST_SCORES = 8
_SEED, _STARTS = 1, 10


@dataclass(frozen=True)
class Threshold:
    """Score above which a sequence counts as functional.

    Attributes
    ----------
    value : float or None
        None where the scores do not have two modes.
    why : str
        A sentence: how it was found, or why there is none.
    evidence : float or None
        BIC of one Gaussian less that of two; positive for two. None where the user has set the threshold, or there are
        too few scores.
    """

    value: float | None
    why: str
    evidence: float | None = None


def find_threshold(scores: np.ndarray) -> Threshold:
    """Find the score at which a sequence is equally likely of the lower and of the upper mode of measured scores.

    One and two Gaussians are fitted; there are two modes if the Bayesian information criterion clearly prefers two and
    their mixture falls to less than half the lower mode between the means.

    Parameters
    ----------
    scores : np.ndarray
        (N,) measured scores.

    Returns
    -------
    Threshold
        Its value is None where there are not two modes.

    References
    ----------
    Schwarz, Ann. Stat. 6:461, 1978; Kass, Raftery, J. Am. Stat. Assoc. 90:773, 1995, for what counts as evidence.
    """
    if len(scores) < _LEAST_SCORES or np.ptp(scores) == 0:
        reason = f"{len(scores)} scores" if len(scores) < _LEAST_SCORES else "Equal scores"
        return Threshold(None, f"{reason} do not show two modes; give the threshold in measured.threshold.")
    centre, scale = float(scores.mean()), float(scores.std())
    standardised = ((scores - centre) / scale)[:, None]
    # The variance that is added keeps a component from shrinking to scores that are equal.
    one, two = (
        GaussianMixture(count, n_init=_STARTS, reg_covar=1e-3, random_state=_SEED).fit(standardised) for count in (1, 2)
    )
    evidence = float(one.bic(standardised) - two.bic(standardised))
    order = np.argsort(two.means_[:, 0])
    means, spreads, shares = two.means_[order, 0], two.covariances_[order, 0, 0] ** 0.5, two.weights_[order]
    grid = np.linspace(means[0], means[1], 1001)
    density = (shares * norm.pdf(grid[:, None], means, spreads)).sum(axis=1)
    has_valley = density.min() < _VALLEY * min(density[0], density[-1])
    if evidence < _LEAST_EVIDENCE or not has_valley:
        reason = "no valley between them" if evidence >= _LEAST_EVIDENCE else "no better than one"
        return Threshold(
            None, f"The scores have one mode, not two (two Gaussians: {reason}); give the threshold in "
            "measured.threshold.", evidence,
        )  # fmt: skip

    def _log_odds(score: float) -> float:
        lower, upper = np.log(shares) + norm.logpdf(score, means, spreads)
        return float(upper - lower)

    meeting = brentq(_log_odds, *means) if _log_odds(means[0]) < 0 < _log_odds(means[1]) else grid[density.argmin()]
    value = centre + scale * float(meeting)
    modes = " and ".join(f"{centre + scale * mean:.2f}" for mean in means)
    return Threshold(value, f"The scores have two modes, about {modes}, which meet at {value:.2f}.", evidence)


def choose_threshold(scores: np.ndarray, wanted: float | str) -> Threshold:
    """Take the threshold that the user has set, or find it.

    Parameters
    ----------
    scores : np.ndarray
        (N,) measured scores.
    wanted : float or 'auto'
        Setting of the user.

    Returns
    -------
    Threshold
    """
    if wanted == "auto":
        return find_threshold(scores)
    return Threshold(float(wanted), f"The threshold of {float(wanted):g} was given.")
