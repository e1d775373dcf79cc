"""Learning with full coupling arrays on the device that JAX computes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import jax
import jax.numpy as jnp
import numpy as np

from temperance.engines.base import DAMPING, MOMENTUM, GradientStats, sampling_noise
from temperance.engines.jax_functions import chain_frequencies, energies, mask_between_sites
from temperance.potts.frequencies import CorrelationAgreement, Frequencies
from temperance.potts.model import Potts, profile_fields

if TYPE_CHECKING:
    from temperance.engines.base import Chains, Scalar

Prepared = tuple[jax.Array, jax.Array]


@jax.tree_util.register_dataclass
@dataclass
class JaxLearner:
    """Learn with full (L, q, L, q) arrays on the device, where both halves of the couplings move alike.

    Attributes
    ----------
    data, prepared, direction : tuple
        Of sites (L, q) and between sites (L, q, L, q): the data's frequencies, the parameters, the search direction.
    l2 : tuple
        Strengths of the penalty, of fields and of couplings.
    has_fields : float
        1, or 0 for a model whose fields stay zero.
    """

    data: Prepared
    l2: tuple[Any, Any]
    has_fields: Any
    prepared: Prepared
    direction: Prepared

    @classmethod
    def from_frequencies(
        cls, data: Frequencies, l2_fields: float, l2_couplings: float, fields: bool = True
    ) -> JaxLearner:
        """Begin to learn at the profile model of frequencies.

        Parameters
        ----------
        data : Frequencies
            Of the training sequences; those of single sites are positive.
        l2_fields, l2_couplings : float
            Strengths of the penalty.
        fields : bool
            Whether the model has fields; without, the data's sites are uniform.

        Returns
        -------
        JaxLearner
            Without couplings and with a direction of zero.
        """
        frequencies = np.asarray(data.single, np.float32), Potts.from_pairs(data.single, data.pair).couplings
        l2 = np.float32(l2_fields), np.float32(l2_couplings)
        start = np.asarray(profile_fields(data.single), np.float32)
        return _begin(frequencies, l2, np.float32(fields), start)

    @property
    def parameters(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the present fields and couplings of pairs.

        Returns
        -------
        fields : np.ndarray
            (L, q).
        couplings : np.ndarray
            (L (L - 1) / 2, q, q).
        """
        fields, couplings = map(np.asarray, self.prepared)
        return fields, Potts(fields, couplings).pairs()

    @property
    def arrays(self) -> dict[str, jax.Array]:
        """Collect the state of learning, for a checkpoint.

        Returns
        -------
        dict of str to jax.Array
            fields (L, q) and couplings (L, q, L, q); of_fields and of_couplings, of the same shapes, are the search
            directions.
        """
        (fields, couplings), (field_direction, coupling_direction) = self.prepared, self.direction
        return {
            "fields": fields,
            "couplings": couplings,
            "of_fields": field_direction,
            "of_couplings": coupling_direction,
        }

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Self:
        """Return to a saved state.

        Parameters
        ----------
        arrays : mapping of str to np.ndarray
            From `arrays`.

        Returns
        -------
        JaxLearner
            A new object.
        """
        fields, couplings, field_direction, coupling_direction = (jnp.asarray(arrays[name]) for name in self.arrays)
        return replace(self, prepared=(fields, couplings), direction=(field_direction, coupling_direction))

    def update_direction(self, chains: Chains, noise_fraction: Scalar) -> tuple[Self, GradientStats]:
        """Estimate the gradient from chains, and update the search direction.

        Parameters
        ----------
        chains : array
            (C, L) uint8 samples of the present model.
        noise_fraction : float
            Multiple of the sampling variance that the shrinkage of pair gradients subtracts.

        Returns
        -------
        learner : JaxLearner
            With the new direction.
        stats : GradientStats
            Of this gradient.
        """
        direction, stats = _compute_direction(self, jnp.asarray(chains), noise_fraction)
        return replace(self, direction=direction), stats

    def energy_change(self, sequences: Chains) -> jax.Array:
        """Compute the change of energies when the model moves by the whole direction.

        Parameters
        ----------
        sequences : array
            (M, L) uint8.

        Returns
        -------
        jax.Array
            (M,) nats.
        """
        return energies(*self.direction, jnp.asarray(sequences))

    def step(self, rate: Scalar, factor: Scalar) -> Self:
        """Add a multiple of the direction to the parameters, and multiply them all by a factor.

        Parameters
        ----------
        rate : float
            Multiple of the direction.
        factor : float
            Applied after the direction was added.

        Returns
        -------
        JaxLearner
            A new object.
        """
        return replace(self, prepared=_move(self.prepared, self.direction, rate, factor))

    def correlation_agreement(self, chains: Chains) -> CorrelationAgreement:
        """Compute the agreement of the chains' connected correlations with those of the data.

        Parameters
        ----------
        chains : array
            (C, L) uint8.

        Returns
        -------
        CorrelationAgreement
            With the data as the reference.
        """
        moments, single = _moments(self.data, jnp.asarray(chains))
        return CorrelationAgreement.from_moments(np.asarray(moments), np.asarray(single, float), len(chains))

    def mean_data_energy(self) -> float:
        """Compute the mean energy of the data.

        Returns
        -------
        float
            Nats.
        """
        return float(_mean_energy(self.prepared, self.data))

    def penalty(self) -> float:
        """Compute l2_fields * sum h^2 + l2_couplings * sum_{i<j} J^2.

        Returns
        -------
        float
            Nats; twice what is subtracted from the mean log-likelihood.
        """
        return float(_penalty(self))


@jax.jit
def _begin(frequencies: Prepared, l2: tuple[Any, Any], has_fields: Any, fields: Any) -> JaxLearner:
    """Return the learner of a model without couplings."""
    start = fields, jnp.zeros_like(frequencies[1])
    return JaxLearner(frequencies, l2, has_fields, start, jax.tree.map(jnp.zeros_like, start))


@jax.jit
def _move(parameters: Prepared, direction: Prepared, rate: Any, factor: Any) -> Prepared:
    return jax.tree.map(lambda value, step: factor * (value + rate * step), parameters, direction)


@jax.jit
def _mean_energy(parameters: Prepared, data: Prepared) -> Any:
    (fields, couplings), (single, pair) = parameters, data
    return -jnp.vdot(single, fields) - jnp.vdot(pair, couplings) / 2


@jax.jit
def _penalty(learner: JaxLearner) -> Any:
    fields, couplings = learner.prepared
    return learner.l2[0] * jnp.vdot(fields, fields) + learner.l2[1] * jnp.vdot(couplings, couplings) / 2


@jax.jit
def _compute_direction(learner: JaxLearner, chains: Any, noise_fraction: Any) -> tuple[Prepared, GradientStats]:
    """Compute the next direction, and the statistics of the gradient."""
    (single, pair), (fields, couplings), (l2_fields, l2_couplings) = learner.data, learner.prepared, learner.l2
    length, q = fields.shape
    chain_single, chain_pair = chain_frequencies(chains, q)
    ascent = single - chain_single - l2_fields * fields
    crossed = jnp.einsum("ia,jb->iajb", ascent, single)
    raw = mask_between_sites(length) * (pair - chain_pair - l2_couplings * couplings)
    centred = raw - mask_between_sites(length) * (crossed + crossed.transpose(2, 3, 0, 1))
    squares = (centred**2).sum(axis=(1, 3), keepdims=True)
    noise_factors, noise = sampling_noise(single, len(chains), noise_fraction, learner.has_fields)
    factors = jnp.asarray(noise_factors)
    signal_share = jnp.maximum(0, 1 - jnp.outer(factors, factors)[:, None, :, None] / jnp.maximum(squares, 1e-30))
    independent = jnp.einsum("ia,jb->iajb", single, single)
    field_steps = learner.has_fields * ascent / (single + l2_fields + DAMPING)
    steps = field_steps, signal_share * centred / (independent + l2_couplings + DAMPING)
    direction = jax.tree.map(lambda old, new: MOMENTUM * old + (1 - MOMENTUM) * new, learner.direction, steps)
    scale_slope = jnp.vdot(fields, ascent) + jnp.vdot(couplings, raw) / 2
    norm = jnp.sqrt(learner.has_fields * (ascent**2).sum() + squares.sum() / 2)
    return direction, GradientStats(norm, noise, scale_slope, _penalty(learner))


@jax.jit
def _moments(data: Prepared, chains: Any) -> tuple[Any, Any]:
    """Compute moments (5,) and one-site frequencies of chains (C, L), for `CorrelationAgreement.from_moments`."""
    single, pair = data
    length, q = single.shape
    chain_single, chain_pair = chain_frequencies(chains, q)
    x, y = (
        mask_between_sites(length) * (two_site - jnp.einsum("ia,jb->iajb", one_site, one_site))
        for one_site, two_site in ((single, pair), (chain_single, chain_pair))
    )
    entries = length * (length - 1) * q**2
    return jnp.stack([terms.sum() for terms in (x, y, x * x, y * y, x * y)]) / entries, chain_single
