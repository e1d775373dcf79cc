"""A second model that learns from results: how strongly, of what use that is, and the model itself."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from temperance.core.checkpoint import NONE, Checkpoint
from temperance.core.errors import InputError
from temperance.core.files import finite_values
from temperance.core.settings.training import TrainSettings
from temperance.engines.registry import choose_engine
from temperance.laboratory.feedback import STRENGTHS, choose_feedback, leave_out_results, tabulate_strengths
from temperance.laboratory.findings import Measurements
from temperance.msa.weights import draw_by_weight, sequence_weights
from temperance.potts.frequencies import frequencies
from temperance.potts.model import Potts
from temperance.training.feedback import LEAST_SUM, Adjusted, add_results, adjust, balance, draw_chains

log = logging.getLogger(__name__)

# Chains of the short trainings with results left out, which only have to rank sequences.
_CHAINS = 1000
# Norm of the gradient over that of its noise, at which short trainings end, and the one with all results.
_NEAR, _AT_NOISE = 1.5, 1.1
# Steps of the training with all results, in multiples of those of a short one.
_LONGER = 3


@dataclass(frozen=True)
class NaturalTraining:
    """A model of natural sequences alone, and what it was trained on and how.

    Attributes
    ----------
    model : Potts
        At the optimum of its penalised likelihood.
    sequences, weights : np.ndarray
        (M, L) uint8 and (M,) training sequences.
    l2_couplings : float
        Penalty on its couplings.
    options : TrainSettings
        Further settings of its training.
    identity : float or None
        Identity from which sequences share a weight, results as well.
    """

    model: Potts
    sequences: np.ndarray
    weights: np.ndarray
    l2_couplings: float
    options: TrainSettings
    identity: float | None


def learn_from_results(
    natural: NaturalTraining, measured: Measurements, strength: float | str, draws: int, seed: int,
    checkpoint: Checkpoint = NONE,
) -> tuple[Potts, dict[str, Any]]:  # fmt: skip
    """Choose how strongly results are learnt from, and train a model with all of them.

    Parameters
    ----------
    natural : NaturalTraining
        The model without results.
    measured : Measurements
        All results.
    strength : float or 'auto'
        Weight of all results, natural sequences together counting as 1; auto chooses it by results that are left out.
    draws : int
        Bootstrap draws.
    seed : int
        Random seed.
    checkpoint : Checkpoint
        From which it goes on after a fold.

    Returns
    -------
    model : Potts
        That of natural sequences alone where results are of no proven use.
    summary : dict
        For a JSON file: strength, why, the AUC of both models and the gain, with their intervals, `strengths` (rows of
        `temperance.laboratory.feedback.tabulate_strengths`), and how training ended.

    Raises
    ------
    InputError
        If the strength is too large for these results.
    """
    rng = np.random.default_rng(seed)
    trainer = _Trainer.prepare(natural, measured, rng)
    fixed = None if strength == "auto" else float(strength)
    strengths = [value for value in (STRENGTHS if fixed is None else (fixed,)) if trainer.allows(value)]
    too_strong = InputError(
        f"measured.feedback: {strength} leaves nothing of the natural sequences when sequences that are not functional "
        "are subtracted; give a smaller number, or auto"
    )
    if not strengths and fixed is not None:
        raise too_strong
    folds = int(rng.integers(2**31))
    # Before the first fold, since a later job that goes on after some of them draws the same chains.
    chains = trainer.draw(min(_CHAINS, natural.options.chains))
    left_out = leave_out_results(
        measured, strengths, lambda rows: trainer.energies_without(rows, strengths, chains),
        trainer.centred_energies(natural.model), folds, rng, checkpoint,
    )  # fmt: skip
    if left_out is None:
        why = "Functional sequences, or others, are of a single cluster of relatives: there is nothing to assess."
        return natural.model, {"strength": 0.0, "why": why, "strengths": []}
    if fixed is not None and np.isnan(left_out.energies).any():
        raise too_strong
    gain = choose_feedback(measured, left_out, fixed, rng, draws)
    rows = tabulate_strengths(measured, left_out).to_dict("records")
    summary = finite_values(gain.summary()) | {"strengths": [finite_values(row) for row in rows]}
    if not gain.strength:
        return natural.model, summary
    all_results, chains = np.ones(len(measured.functional), bool), trainer.draw(natural.options.chains)
    adjusted = trainer.learn(all_results, gain.strength, natural.model, chains)
    summary |= {"steps": adjusted.steps, "gradient": adjusted.gradient, "pearson": adjusted.pearson}
    return adjusted.model, summary


@dataclass(frozen=True)
class _Trainer:
    """Trainings with some of the results."""

    natural: NaturalTraining
    measured: Measurements
    weights: np.ndarray
    rng: np.random.Generator

    @classmethod
    def prepare(cls, natural: NaturalTraining, measured: Measurements, rng: np.random.Generator) -> "_Trainer":
        return cls(natural, measured, sequence_weights(measured.sequences, natural.identity), rng)

    def allows(self, strength: float) -> bool:
        """Tell whether enough weight is left of all sequences."""
        return 1 + strength * balance(self.measured.functional, self.weights) >= LEAST_SUM

    def centred_energies(self, model: Potts) -> np.ndarray:
        """Compute energies of measured sequences, less the mean of training sequences, which models may shift."""
        mean = np.average(model.energies(self.natural.sequences), weights=self.natural.weights)
        return model.energies(self.measured.sequences) - mean

    def energies_without(self, rows: np.ndarray, strengths: Sequence[float], chains: np.ndarray) -> np.ndarray:
        """Compute energies by models that learn from some results with every strength, each from the one before.

        Parameters
        ----------
        rows : np.ndarray
            (N,) bool, of the results to learn from.
        strengths : sequence of float
            S strengths, in the order of training.
        chains : np.ndarray
            (C, L) uint8, of the model of natural sequences.

        Returns
        -------
        np.ndarray
            (S, N) of all results, as of `centred_energies`; nan from a model that diverged.
        """
        model, energies = self.natural.model, []
        for strength in strengths:
            adjusted = self.learn(rows, strength, model, chains, short=True)
            model, chains = adjusted.model, adjusted.chains
            diverged = np.isnan(adjusted.gradient)
            energies.append(np.full(len(rows), np.nan) if diverged else self.centred_energies(model))
            log.info(
                "strength %g, %d results: gradient %.2f times its noise after %d steps",
                strength, rows.sum(), adjusted.gradient, adjusted.steps,
            )  # fmt: skip
        return np.array(energies)

    def draw(self, count: int) -> np.ndarray:
        """Draw chains of the model of natural sequences alone."""
        return draw_chains(self.natural.model, count, choose_engine("numba"), self.rng)

    def learn(
        self, rows: np.ndarray, strength: float, start: Potts, chains: np.ndarray, short: bool = False
    ) -> Adjusted:
        """Learn from some results, going on from a model and chains of it."""
        natural, options, engine = self.natural, self.natural.options, choose_engine("numba")
        share = 1 / natural.weights.sum() if options.pseudocount == "auto" else float(options.pseudocount)
        share = min(share, 0.5)
        data = frequencies(natural.sequences, start.q, natural.weights, np.float32).with_pseudocount(share)
        target = add_results(
            data, self.measured.sequences[rows], self.measured.functional[rows], self.weights[rows], strength,
            share / start.q,
        )  # fmt: skip
        draw_natural = partial(draw_by_weight, natural.sequences, natural.weights, rng=self.rng)
        near, most = (_NEAR, options.path_steps) if short else (_AT_NOISE, _LONGER * options.path_steps)
        return adjust(start, chains, target, draw_natural, natural.l2_couplings, options, engine, self.rng, near, most)
