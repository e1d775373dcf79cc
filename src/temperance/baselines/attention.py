"""Stochastic attention: sequences drawn from the modern Hopfield energy of a family's own, without training."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp

from temperance.msa.weights import draw_by_weight

# Share of the variance that the components keep.
_VARIANCE_SHARE = 0.95
# Sequences whose energies are computed at once.
_AT_ONCE = 1024


@dataclass(frozen=True)
class Attention:
    """Modern Hopfield network whose memories are the principal components x_k of a family's sequences.

    ``E(x) = -(1 / beta) ln sum_k w_k exp(-beta |x - x_k|^2 / 2)`` is the energy of Ramsauer et al., ICLR 2021, but for
    a constant where the memories are of one length. Its Boltzmann distribution at beta is a mixture of normal
    distributions about the memories, of variance 1 / beta, so it is drawn from as it is, where stochastic attention
    (Varner, arXiv:2603.14717) takes Langevin steps. beta = sqrt(d) / (tau r^2), d being the components and r^2 the
    memories' mean square: at tau = 1 retrieval turns into generation, by the scaling law for random memories.

    Attributes
    ----------
    mean, basis : np.ndarray
        (L q,) mean of one-hot sequences, and (d, L q) principal directions.
    memories, weights : np.ndarray
        (M, d) components of the sequences, and their shares (M,).
    q : int
        States.
    """

    mean: np.ndarray
    basis: np.ndarray
    memories: np.ndarray
    weights: np.ndarray
    q: int

    @classmethod
    def from_sequences(cls, sequences: np.ndarray, weights: np.ndarray, q: int) -> "Attention":
        """Build the network whose memories are weighted sequences.

        Parameters
        ----------
        sequences, weights : np.ndarray
            (M, L) uint8 and (M,).
        q : int
            States.

        Returns
        -------
        Attention
        """
        shares = (weights / weights.sum()).astype(np.float32)
        one_hot = jax.nn.one_hot(sequences, q, dtype=jnp.float32).reshape(len(sequences), -1)
        mean = shares @ one_hot
        centred = one_hot - mean
        _, sizes, directions = jnp.linalg.svd(centred * jnp.sqrt(shares)[:, None], full_matrices=False)
        variance = np.cumsum(np.asarray(sizes, np.float64) ** 2)
        rank = int(np.searchsorted(variance, _VARIANCE_SHARE * variance[-1])) + 1
        basis = directions[:rank]
        return cls(np.asarray(mean), np.asarray(basis), np.asarray(centred @ basis.T), shares, q)

    @property
    def L(self) -> int:
        """Number of sites.

        Returns
        -------
        int
        """
        return self.mean.size // self.q

    def beta(self, temperature: float) -> float:
        """Compute the inverse temperature of the softmax at a sampling temperature.

        Parameters
        ----------
        temperature : float
            tau.

        Returns
        -------
        float
        """
        square = float(self.weights @ (self.memories**2).sum(axis=1))
        return len(self.basis) ** 0.5 / (temperature * square)

    def energies(self, sequences: np.ndarray, temperature: float = 1.0) -> np.ndarray:
        """Compute beta E of each sequence at a temperature, by default 1.

        Parameters
        ----------
        sequences : np.ndarray
            (M, L) uint8.
        temperature : float
            tau.

        Returns
        -------
        np.ndarray
            (M,) nats.
        """
        logs = jnp.log(self.weights)

        def _log_density(block: np.ndarray) -> jax.Array:
            components = self._components(block)
            lengths = self.beta(temperature) * (components**2).sum(axis=1) / 2
            return logsumexp(logs + self._similarities(components, temperature), axis=1) - lengths

        parts = [_log_density(sequences[n : n + _AT_ONCE]) for n in range(0, len(sequences), _AT_ONCE)]
        return -np.concatenate(parts).astype(np.float64)

    def attend(self, sequences: np.ndarray, temperature: float) -> np.ndarray:
        """Compute the attention of each sequence to each memory: the softmax of their similarities.

        Parameters
        ----------
        sequences : np.ndarray
            (N, L) uint8.
        temperature : float
            tau: near 0 all attention is on the nearest memory, at infinity it is the memories' shares.

        Returns
        -------
        np.ndarray
            (N, M), rows sum to 1.
        """
        similarities = self._similarities(self._components(sequences), temperature)
        return np.asarray(jax.nn.softmax(jnp.log(self.weights) + similarities, axis=1), np.float64)

    def _components(self, sequences: np.ndarray) -> jax.Array:
        """Compute the principal components (N, d) of sequences."""
        one_hot = jax.nn.one_hot(sequences, self.q, dtype=jnp.float32).reshape(len(sequences), -1)
        return (one_hot - self.mean) @ self.basis.T

    def _similarities(self, components: jax.Array, temperature: float) -> jax.Array:
        """Compute -beta |x - x_k|^2 / 2 of each x and memory (N, M), without the part that all memories share."""
        lengths = (self.memories**2).sum(axis=1)
        return self.beta(temperature) * (components @ self.memories.T - lengths / 2)

    def draw(self, count: int, temperature: float, rng: np.random.Generator) -> np.ndarray:
        """Draw independent sequences: each site takes the state that the drawn components make largest.

        Parameters
        ----------
        count : int
            Sequences.
        temperature : float
            tau.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        np.ndarray
            (count, L) uint8.
        """
        memories = draw_by_weight(self.memories, self.weights, count, rng)
        noise = rng.standard_normal((count, len(self.basis)), np.float32) / self.beta(temperature) ** 0.5
        rebuilt = self.mean + (memories + noise) @ self.basis
        return rebuilt.reshape(count, -1, self.q).argmax(axis=2).astype(np.uint8)
