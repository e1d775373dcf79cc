"""Independent chains of a model in training, and whether they agree with the chains that it is trained with."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from scipy.special import logsumexp

from temperance.engines.base import Engine, Learner
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
# Gibbs sweeps of a population after its model was rescaled.
_RESCALED_SWEEPS = 2


class Trained(Protocol):
    """A model and its training data, as far as a test of convergence asks for them."""

    @property
    def prepared(self) -> Any:
        """The model, in the layout that the engine reads."""
        ...

    def correlation_agreement(self, chains: Any) -> CorrelationAgreement:
        """Compute the agreement of the connected correlations of chains (C, L) with the data's."""
        ...

    def mean_data_energy(self) -> float:
        """Compute the mean energy of the data, nats."""
        ...

    def penalty(self) -> float:
        """Compute l2_fields * sum h^2 + l2_couplings * sum_{i<j} J^2, nats."""
        ...


class ConvergenceTest:
    """Draws populations of independent chains and compares them with the data and with persistent chains.

    Parameters
    ----------
    sequences, weights : np.ndarray
        Training data, (M, L) uint8 and (M,).
    q : int
        States.
    rng : numpy.random.Generator
        Source of all randomness.
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
        """Draw sequences (count, L) of the data with probabilities proportional to their weights."""
        return self.sequences[self._rng.choice(len(self.sequences), count, p=self.weights / self.weights.sum())]

    def population(self, model: Trained, count: int) -> Population:
        """Draw independent chains of the model by population annealing."""
        return anneal_population(self._engine, model.prepared, count, self._shape, self._rng)

    def scale_error(self, model: Trained, energies: np.ndarray) -> float:
        """Compute the relative error of the parameters' common scale from the energies (C,) of chains of the model."""
        penalty = model.penalty()
        return float(scale_step(energies.mean() - model.mean_data_energy() - penalty, energies.var(), penalty))

    def rescale(self, learner: Learner, population: Population, chains: Any) -> tuple[Learner, Population, Any]:
        """Correct the common scale of a model's parameters by what a population says of it; all chains follow.

        Single steps know the scale to a few percent only: the few chains that tell it are far fewer than a population.

        Parameters
        ----------
        learner : Learner
        population : Population
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
        followed, population_energies = self._follow(learner, population.chains, log_weights)
        log_z = population.log_z + float(logsumexp(log_weights)) - np.log(len(log_weights))
        population = replace(population, chains=followed, energies=population_energies, log_z=log_z)
        return learner, population, self._follow(learner, chains, -error * energies)[0]

    def _follow(self, learner: Learner, chains: Any, log_weights: np.ndarray) -> tuple[Any, np.ndarray]:
        """Resample chains (C, L) by weights (C,) and sweep them in the model that these lead to."""
        parents = systematic_resample(np.arange(len(log_weights)), log_weights, self._rng.random())
        seed = int(self._rng.integers(2**63))
        return resample_chains(self._engine, learner.prepared, chains, parents, 1.0, seed, _RESCALED_SWEEPS)

    def ceiling(self, model: Trained, count: int) -> float:
        """Compute the Pearson correlation that `count` sequences drawn from the data themselves reach."""
        return float(model.correlation_agreement(self.draw_data(count)).pearson)

    def confirm(
        self, model: Trained, population: Population, energies: np.ndarray, agreement: CorrelationAgreement,
        effective_count: float | None = None,
    ) -> Confirmation:  # fmt: skip
        """Compare a population with the data and with persistent chains.

        Parameters
        ----------
        model : Trained
        population : Population
        energies : np.ndarray
            (C,) of the persistent chains.
        effective_count : float, optional
            How many independent chains these are worth; as many as there are if not set.
        agreement : CorrelationAgreement
            Of the persistent chains' correlations with the data's.

        Returns
        -------
        Confirmation
        """
        fresh = model.correlation_agreement(population.chains)
        shift = float(population.energies.mean() - energies.mean())
        error = float(
            np.hypot(population.mean_energy_error, energies.std() / (effective_count or len(energies)) ** 0.5)
        )
        short = agreement.pearson_noise_corrected - fresh.pearson_noise_corrected > _PEARSON_TOLERANCE
        near = abs(shift) <= max(_Z_ENERGY * error, _ENERGY_TOLERANCE * float(energies.std()))
        sound = population.families >= FEWEST_FAMILIES and near and not short
        confirmation = Confirmation(
            pearson=fresh.pearson,
            slope=fresh.slope,
            ceiling=self.ceiling(model, len(population.energies)),
            scale_error=self.scale_error(model, population.energies),
            energy_shift=shift / max(float(energies.std()), 1e-9),
            chains=len(population.energies),
            sweeps=population.sweeps,
            families=population.families,
            equilibrated=bool(sound),
        )
        self._progress(
            f"{confirmation.chains} independent chains of {confirmation.families:.0f} families: Pearson "
            f"{confirmation.pearson:.3f}, energy {confirmation.energy_shift:+.2f} standard deviations from that of the "
            f"training chains, {'in agreement' if sound else 'not in agreement'}"
        )
        return confirmation

    def mix(self, chains: Any, others: Any, share: float = 1.0) -> np.ndarray:
        """Replace random chains by others, drawn at random.

        Parameters
        ----------
        chains, others : array
            (C, L) and (N, L) uint8.
        share : float
            Of the chains, at most, that are replaced.

        Returns
        -------
        np.ndarray
            (C, L), in random order.
        """
        count = len(chains)
        replaced = min(len(others), round(share * count))
        kept = self._rng.permutation(count)[: count - replaced]
        fresh = self._rng.permutation(len(others))[:replaced]
        return np.concatenate([np.asarray(chains)[kept], np.asarray(others)[fresh]])[self._rng.permutation(count)]
