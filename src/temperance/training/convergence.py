"""Test of convergence: independent chains of a model in training, compared with its persistent chains and the data."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from scipy.special import logsumexp

from temperance.engines.base import Engine, Learner
from temperance.msa.weights import draw_by_weight
from temperance.potts.frequencies import CorrelationAgreement
from temperance.sampling.population import Population, anneal_population, resample_chains
from temperance.sampling.systematic_resampling import systematic_resample
from temperance.training.result import Confirmation
from temperance.training.step import scale_step

# The scale of the parameters has settled when its error is below this share.
SCALE_TOLERANCE = 0.03
# Families of descendants that a population needs: with fewer its averages are those of a few sequences.
FEWEST_FAMILIES = 20
# Mean energies agree within so many standard errors, or standard deviations of the energy, since chains that started
# from the data pull them a little; noise-corrected Pearson correlations within this difference.
_Z_ENERGY, _ENERGY_TOLERANCE, _PEARSON_TOLERANCE = 2.58, 0.25, 0.1
# Blocks of a population, of descendants of different chains, whose differences give the errors of its averages.
_BLOCKS = 10
# Gibbs sweeps of a population after its model was rescaled.
_RESCALED_SWEEPS = 2


class Trained(Protocol):
    """A model and its training data, as far as a test of convergence asks for them."""

    @property
    def prepared(self) -> Any:
        """Model in the layout that the engine reads.

        Returns
        -------
        object
            As of the engine's `prepare`.
        """
        ...

    def correlation_agreement(self, chains: Any) -> CorrelationAgreement:
        """Compute the agreement of the connected correlations of chains with the data's.

        Parameters
        ----------
        chains : array
            (C, L) uint8.

        Returns
        -------
        CorrelationAgreement
        """
        ...

    def mean_data_energy(self) -> float:
        """Compute the mean energy of the data.

        Returns
        -------
        float
            Nats.
        """
        ...

    def penalty(self) -> float:
        """Compute l2_fields * sum h^2 + l2_couplings * sum_{i<j} J^2.

        Returns
        -------
        float
            Nats.
        """
        ...


class ConvergenceTest:
    """Test a model in training: compare independent chains with the data and with its persistent chains.

    Parameters
    ----------
    engine : Engine
        Sampler of the chains.
    sequences, weights : np.ndarray
        Training data, (M, L) uint8 and (M,).
    q : int
        States.
    rng : numpy.random.Generator
        Source of all randomness.
    progress : callable
        Takes messages.
    """

    def __init__(
        self,
        engine: Engine,
        sequences: np.ndarray,
        weights: np.ndarray,
        q: int,
        rng: np.random.Generator,
        progress: Callable[[str], None],
    ):
        self._engine, self._rng, self._progress = engine, rng, progress
        self.sequences, self.weights, self._shape = sequences, weights, (sequences.shape[1], q)

    def draw_data(self, count: int) -> np.ndarray:
        """Draw sequences of the data with probabilities proportional to their weights, with replacement.

        Parameters
        ----------
        count : int
            Number of sequences.

        Returns
        -------
        np.ndarray
            (count, L) uint8.
        """
        return draw_by_weight(self.sequences, self.weights, count, self._rng)

    def population(self, model: Trained, count: int) -> Population:
        """Draw independent chains of the model by population annealing.

        Parameters
        ----------
        model : Trained
            Model to sample at temperature 1.
        count : int
            Number of chains.

        Returns
        -------
        Population
        """
        return anneal_population(self._engine, model.prepared, count, self._shape, self._rng)

    def scale_error(self, model: Trained, energies: np.ndarray) -> float:
        """Compute the relative error of the parameters' common scale from energies of chains of the model.

        Parameters
        ----------
        model : Trained
            Gives the mean energy of the data and the penalty.
        energies : np.ndarray
            (C,) of the chains, nats.

        Returns
        -------
        float
            Newton's step in the logarithm of the scale, see `temperance.training.step.scale_step`.
        """
        penalty = model.penalty()
        return float(scale_step(energies.mean() - model.mean_data_energy() - penalty, energies.var(), penalty))

    def rescale(self, learner: Learner, population: Population, chains: Any) -> tuple[Learner, Population, Any]:
        """Correct the common scale of a model's parameters by the energies of a population; all chains follow.

        Single steps know the scale to a few percent only: they estimate it from far fewer chains than a population has.

        Parameters
        ----------
        learner : Learner
            Model in training.
        population : Population
            Independent chains of it.
        chains : array
            (C, L) uint8, the persistent chains.

        Returns
        -------
        Learner, Population, array
            As they are if the scale is further off than a test of convergence allows.
        """
        error = self.scale_error(learner, population.energies)
        if abs(error) > SCALE_TOLERANCE:
            return learner, population, chains
        energies = np.asarray(self._engine.energies(learner.prepared, chains), float)
        log_weights = -error * population.energies
        learner = learner.step(0.0, 1 + error)
        resampled, population_energies = self._follow(learner, population.chains, log_weights)
        log_z = population.log_z + float(logsumexp(log_weights)) - np.log(len(log_weights))
        population = replace(population, chains=resampled, energies=population_energies, log_z=log_z)
        return learner, population, self._follow(learner, chains, -error * energies)[0]

    def _follow(self, learner: Learner, chains: Any, log_weights: np.ndarray) -> tuple[Any, np.ndarray]:
        """Resample chains (C, L) by weights (C,) and sweep them in the rescaled model of `learner`."""
        parents = systematic_resample(np.arange(len(log_weights)), log_weights, self._rng.random())
        seed = int(self._rng.integers(2**63))
        return resample_chains(self._engine, learner.prepared, chains, parents, 1.0, seed, _RESCALED_SWEEPS)

    def ceiling(self, model: Trained, count: int) -> float:
        """Compute the Pearson correlation of connected correlations that sequences drawn from the data reach.

        Parameters
        ----------
        model : Trained
            Gives the data's correlations.
        count : int
            Number of sequences drawn.

        Returns
        -------
        float
        """
        return float(model.correlation_agreement(self.draw_data(count)).pearson)

    def confirm(
        self, model: Trained, population: Population, energies: np.ndarray, agreement: CorrelationAgreement,
        effective_count: float | None = None,
    ) -> Confirmation:  # fmt: skip
        """Compare a population with the data and with persistent chains.

        Parameters
        ----------
        model : Trained
            The model that both were sampled from.
        population : Population
            Independent chains.
        energies : np.ndarray
            (C,) of the persistent chains, nats.
        agreement : CorrelationAgreement
            Of the persistent chains' correlations with the data's.
        effective_count : float, optional
            How many independent chains these are worth; as many as there are if not set.

        Returns
        -------
        Confirmation
        """
        population_agreement = model.correlation_agreement(population.chains)
        shift = float(population.energies.mean() - energies.mean())
        error = float(
            np.hypot(population.mean_energy_error, energies.std() / (effective_count or len(energies)) ** 0.5)
        )
        correlations_differ = (
            agreement.pearson_noise_corrected - population_agreement.pearson_noise_corrected > _PEARSON_TOLERANCE
        )
        energies_agree = abs(shift) <= max(_Z_ENERGY * error, _ENERGY_TOLERANCE * float(energies.std()))
        equilibrated = population.families >= FEWEST_FAMILIES and energies_agree and not correlations_differ
        confirmation = Confirmation(
            pearson=population_agreement.pearson,
            pearson_error=self._pearson_error(model, population.chains),
            slope=population_agreement.slope,
            ceiling=self.ceiling(model, len(population.energies)),
            scale_error=self.scale_error(model, population.energies),
            energy_shift=shift / max(float(energies.std()), 1e-9),
            chains=len(population.energies),
            sweeps=population.sweeps,
            families=population.families,
            equilibrated=bool(equilibrated),
        )
        comparison = "in agreement" if equilibrated else "not in agreement"
        self._progress(
            f"{confirmation.chains} independent chains from {confirmation.families:.0f} ancestors: Pearson "
            f"{confirmation.pearson:.3f} ± {confirmation.pearson_error:.3f}, energy {confirmation.energy_shift:+.2f} "
            f"standard deviations from that of the training chains, {comparison}"
        )
        return confirmation

    def _pearson_error(self, model: Trained, chains: Any) -> float:
        """Estimate the standard error of the Pearson correlation of a population (C, L), leaving out blocks of it.

        Resampling leaves the descendants of a chain side by side, so blocks are independent.
        """
        size = len(chains) // _BLOCKS
        if not size:
            return float("nan")
        blocks = np.arange(_BLOCKS * size).reshape(_BLOCKS, size)
        remaining_rows = (np.delete(blocks, n, axis=0).ravel() for n in range(_BLOCKS))
        correlations = [float(model.correlation_agreement(chains[rows]).pearson) for rows in remaining_rows]
        return float(np.std(correlations) * (_BLOCKS - 1) ** 0.5)

    def mix(self, chains: Any, replacements: Any, share: float = 1.0) -> np.ndarray:
        """Replace some chains, chosen at random, by sequences chosen at random from others.

        Parameters
        ----------
        chains, replacements : array
            (C, L) and (N, L) uint8.
        share : float
            Largest share of the chains that is replaced.

        Returns
        -------
        np.ndarray
            (C, L), in random order.
        """
        count = len(chains)
        replaced = min(len(replacements), round(share * count))
        remaining = self._rng.permutation(count)[: count - replaced]
        selected = self._rng.permutation(len(replacements))[:replaced]
        return np.concatenate([np.asarray(chains)[remaining], np.asarray(replacements)[selected]])[
            self._rng.permutation(count)
        ]
