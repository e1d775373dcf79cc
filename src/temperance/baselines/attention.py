"""Stochastic attention: sequences drawn from the modern Hopfield energy of a family's own, without training."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp

# Share of the variance that the components keep.
_KEPT = 0.95
# Sequences whose energies are found at once.
_AT_ONCE = 1024


@dataclass(frozen=True)
class Attention:
    """E(x) = -(1 / beta) ln sum_k w_k exp(-beta |x - x_k|^2 / 2) over sequences' principal components.

    That is the energy of a modern Hopfield network (Ramsauer et al., ICLR 2021) with memories x_k, but for a constant
    where these are of one length. Its Boltzmann distribution at beta is a mixture of normal distributions about the
    memories, of variance 1 / beta, so it is drawn from as it is, where stochastic attention (Varner, arXiv:2603.14717)
    takes Langevin steps. beta = sqrt(d) / (tau r^2), d being the components and r^2 the memories' mean square: at
    tau = 1 retrieval turns into generation, by the scaling law for random memories.

    Attributes
    ----------
    mean, basis : np.ndarray
        (L q,) mean of one-hot sequences, and (d, L q) principal directions.
    memories, weights : np.ndarray
        (M, d) components of the sequences, and their shares (M,).
    q : int
    """

    mean: np.ndarray
    basis: np.ndarray
    memories: np.ndarray
    weights: np.ndarray
    q: int

    @classmethod
    def of(cls, sequences: np.ndarray, weights: np.ndarray, q: int) -> "Attention":
        """Build the network that remembers these sequences (M, L) with weights (M,)."""
        shares = (weights / weights.sum()).astype(np.float32)
        one_hot = jax.nn.one_hot(sequences, q, dtype=jnp.float32).reshape(len(sequences), -1)
        mean = shares @ one_hot
        centred = one_hot - mean
        _, sizes, directions = jnp.linalg.svd(centred * jnp.sqrt(shares)[:, None], full_matrices=False)
        variance = np.cumsum(np.asarray(sizes, np.float64) ** 2)
        kept = int(np.searchsorted(variance, _KEPT * variance[-1])) + 1
        basis = directions[:kept]
        return cls(np.asarray(mean), np.asarray(basis), np.asarray(centred @ basis.T), shares, q)

    @property
    def L(self) -> int:
        """Number of sites."""
        return self.mean.size // self.q

    def beta(self, temperature: float) -> float:
        """Inverse temperature of the softmax at a sampling temperature."""
        square = float(self.weights @ (self.memories**2).sum(axis=1))
        return len(self.basis) ** 0.5 / (temperature * square)

    def energies(self, sequences: np.ndarray) -> np.ndarray:
        """Compute beta E of each sequence at tau = 1, nats, (M,)."""
        one_hot = jax.nn.one_hot(sequences, self.q, dtype=jnp.float32).reshape(len(sequences), -1)
        logs = jnp.log(self.weights) - self.beta(1.0) * (self.memories**2).sum(axis=1) / 2

        def of(part: jax.Array) -> jax.Array:
            at = (part - self.mean) @ self.basis.T
            return (
                logsumexp(logs + self.beta(1.0) * at @ self.memories.T, axis=1)
                - self.beta(1.0) * (at**2).sum(axis=1) / 2
            )

        parts = [of(one_hot[n : n + _AT_ONCE]) for n in range(0, len(one_hot), _AT_ONCE)]
        return -np.concatenate(parts).astype(np.float64)

    def draw(self, count: int, temperature: float, rng: np.random.Generator) -> np.ndarray:
        """(count, L) uint8, independent; each site takes the state that the drawn components make largest."""
        chosen = rng.choice(len(self.memories), count, p=self.weights / self.weights.sum(dtype=np.float64))
        noise = rng.standard_normal((count, len(self.basis)), np.float32) / self.beta(temperature) ** 0.5
        rebuilt = self.mean + (self.memories[chosen] + noise) @ self.basis
        return rebuilt.reshape(count, -1, self.q).argmax(axis=2).astype(np.uint8)
