"""Choice of the L2 penalty: models along a path of strengths, compared by the likelihood of held-out sequences."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from temperance.msa.clusters import label_clusters
from temperance.stats.resampling import weighted_mean
from temperance.training.effective_parameters import UNKNOWN_NOISE, Noise, predict_tau_f

# Effective number of held-out sequences below which a choice among strengths is not reliable.
FEWEST_HELDOUT = 20
# Standard errors by which a strength's held-out likelihood has to exceed a stronger one's for it to be preferred.
_MARGIN = 1.0
# Effective parameters, over the effective number of sequences times the heat capacity, up to which the law holds.
MOST_PARAMETERS = 0.5
COLUMNS = [
    "l2_couplings", "steps", "log_likelihood", "log_likelihood_error", "penalty", "effective_parameters",
    "heat_capacity", "predicted_tau_f", "sequences_tau_f", "sequences_tau_r", "scale_error", "families",
    "equilibrated", "chosen",
]  # fmt: skip


@dataclass(frozen=True)
class HeldoutSequences:
    """Sequences that no model was trained with, by whose likelihood penalties are compared.

    Attributes
    ----------
    sequences : np.ndarray
        (H, L) uint8.
    weights : np.ndarray
        (H,)
    clusters : np.ndarray
        (H,) labels; sequences of one cluster are relatives, and say less than as many independent ones.
    """

    sequences: np.ndarray
    weights: np.ndarray
    clusters: np.ndarray

    @classmethod
    def from_sequences(cls, sequences: np.ndarray, weights: np.ndarray) -> "HeldoutSequences":
        """Find the clusters of relatives among sequences.

        Parameters
        ----------
        sequences, weights : np.ndarray
            (H, L) uint8 and (H,).

        Returns
        -------
        HeldoutSequences
        """
        return cls(sequences, weights, label_clusters(sequences))

    def mean(self, values: np.ndarray) -> tuple[float, float]:
        """Compute the weighted mean of values and its standard error over clusters.

        Parameters
        ----------
        values : np.ndarray
            (H,)

        Returns
        -------
        float, float
            nan without sequences.
        """
        return weighted_mean(values, self.weights, self.clusters) if len(self.weights) else (np.nan, np.nan)


@dataclass(frozen=True)
class Strength:
    """A model trained with one penalty, and what held-out sequences and independent chains tell of it.

    Attributes
    ----------
    l2_couplings : float
        The penalty.
    steps : int
        Gradient steps taken with this penalty.
    energies : np.ndarray
        (H,) of the held-out sequences, nats; none where there are no held-out sequences.
    log_z, log_z_error : float
        ln Z of the model by population annealing, and its standard error.
    families : float
        Effective number of independent chains behind `log_z`.
    equilibrated : bool
        Whether independent chains agree with those that were trained with: only such a model can be sampled.
    penalty : float
        l2_couplings * sum_{i<j} J^2 (and that of the fields), nats.
    effective_parameters : float
        Of `temperance.training.effective_parameters`, nan where the chains are too few.
    heat_capacity : float
        Variance of the model's energy at temperature 1.
    scale_error : float
        Relative error of the parameters' common scale.
    noise : tuple of float
        `temperance.training.effective_parameters.Noise`; of nan where the chains are too few.
    """

    l2_couplings: float
    steps: int
    energies: np.ndarray
    log_z: float
    log_z_error: float
    families: float
    equilibrated: bool
    penalty: float
    effective_parameters: float
    heat_capacity: float
    scale_error: float
    noise: Sequence[float] = UNKNOWN_NOISE


def is_likelier(weaker: Strength, stronger: Strength, heldout: HeldoutSequences) -> bool:
    """Tell whether the weaker penalty's model is likelier for held-out sequences, by more than a standard error.

    The difference is taken sequence by sequence, so that what all models find hard does not blur it; its error is that
    over clusters of relatives.

    Parameters
    ----------
    weaker, stronger : Strength
        Models of a weaker and of a stronger penalty.
    heldout : HeldoutSequences
        Weights and clusters of the sequences whose energies the models have.

    Returns
    -------
    bool
    """
    gains = stronger.energies - weaker.energies
    mean, error = heldout.mean(gains)
    gain = mean + stronger.log_z - weaker.log_z
    return bool(gain > _MARGIN * np.hypot(error, np.hypot(weaker.log_z_error, stronger.log_z_error)))


def choose_strength(strengths: Sequence[Strength], heldout: HeldoutSequences) -> int:
    """Find the strongest penalty for which no weaker one makes the held-out sequences likelier.

    Only models whose chains have equilibrated take part: one that cannot be sampled is of no use for design.

    Parameters
    ----------
    strengths : sequence of Strength
        From the strongest penalty to the weakest.
    heldout : HeldoutSequences
        Weights and clusters of the sequences whose energies the models have.

    Returns
    -------
    int
        Its index.
    """
    best = 0
    for number, strength in enumerate(strengths[1:], 1):
        if strength.equilibrated and (
            not strengths[best].equilibrated or is_likelier(strength, strengths[best], heldout)
        ):
            best = number
    return best


def tabulate_strengths(
    strengths: Sequence[Strength], heldout: HeldoutSequences, meff: float, length: int, chosen: float
) -> pd.DataFrame:
    """Tabulate the strengths that were tried, from the strongest.

    Parameters
    ----------
    strengths : sequence of Strength
        In that order.
    heldout : HeldoutSequences
        Weights and clusters of the sequences whose energies the models have.
    meff : float
        Effective number of training sequences.
    length : int
        Sites.
    chosen : float
        The penalty that was chosen.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`: log-likelihood of held-out sequences in nats a site, with its standard error over clusters; the
        optimal temperature of the held-out likelihood that the training data alone predict; and the effective numbers
        of sequences from which on tau_f and tau_r are within 0.1 of 1, by the law (docs/theory.md), nan where it is
        unknown or out of its range.
    """
    rows = []
    for strength in strengths:
        mean, error = heldout.mean(strength.energies)
        noise = Noise(*strength.noise)
        if noise.parameters > MOST_PARAMETERS * meff * noise.heat_capacity:
            noise = UNKNOWN_NOISE
        sequences_f, sequences_r = noise.count_sequences(meff, strength.penalty)
        rows.append(
            {
                "l2_couplings": strength.l2_couplings,
                "steps": strength.steps,
                "log_likelihood": -(mean + strength.log_z) / length,
                "log_likelihood_error": float(np.hypot(error, strength.log_z_error)) / length,
                "penalty": strength.penalty,
                "effective_parameters": strength.effective_parameters,
                "heat_capacity": strength.heat_capacity,
                "predicted_tau_f": predict_tau_f(
                    strength.effective_parameters, meff, strength.penalty, strength.heat_capacity
                ),
                "sequences_tau_f": sequences_f,
                "sequences_tau_r": sequences_r,
                "scale_error": strength.scale_error,
                "families": strength.families,
                "equilibrated": strength.equilibrated,
                "chosen": strength.l2_couplings == chosen,
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)
