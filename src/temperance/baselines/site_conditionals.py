"""Models learnt site by site: the autoregressive model (arDCA) and the pseudolikelihood Potts model (plmDCA).

Both give each site a softmax over its states, linear in the states of other sites: those before it in an order, or all
others. Each site is a convex problem of its own.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, logsumexp

from temperance.msa.frequencies import site_frequencies
from temperance.potts.model import Potts

# Sites that are learnt together: as many as numbers (sequences, sites, states) of this size allow.
_NUMBERS, _MOST_SITES = 1 << 24, 16
_MOST_STEPS = 500


def learn_conditionals(
    sequences: np.ndarray,
    weights: np.ndarray,
    q: int,
    dependencies: np.ndarray,
    l2_fields: float,
    l2_couplings: float,
    tolerance: float = 1e-5,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit a softmax regression of each site's state on the states of the sites that it depends on.

    Each site's loss is the weighted mean negative log-likelihood of its state given the others', plus
    l2_fields / 2 * sum h^2 + l2_couplings / 2 * sum J^2. It is minimised by L-BFGS, parameters in units of how the
    loss curves at independence, so that rare states do not take the longest.

    Parameters
    ----------
    sequences, weights : np.ndarray
        (M, L) uint8 and (M,).
    q : int
        States.
    dependencies : np.ndarray
        (L, L) bool: whether site i (row) depends on site j.
    l2_fields, l2_couplings : float
        Penalties.
    tolerance : float
        A step that lowers the loss by a smaller share is the last.

    Returns
    -------
    np.ndarray, np.ndarray
        Fields (L, q) and couplings (L, q, L, q) float32, [site, state, other site, its state].
    """
    length = sequences.shape[1]
    single = site_frequencies(sequences, q, weights)
    start, spread = np.log(np.maximum(single, 1 / (weights.sum() + q))), single * (1 - single)
    shares = jnp.asarray(weights / weights.sum(), jnp.float32)
    fields, couplings = np.zeros((length, q), np.float32), np.zeros((length, q, length, q), np.float32)
    at_once = int(np.clip(_NUMBERS // (len(sequences) * q), 1, _MOST_SITES))
    # Sites that see equally many others go together.
    ranked = np.argsort(dependencies.sum(axis=1), kind="stable")
    for sites in np.split(ranked, range(at_once, length, at_once)):
        neighbours = np.flatnonzero(dependencies[sites].any(axis=0))
        mask = np.repeat(dependencies[np.ix_(sites, neighbours)].T, q, axis=0)[:, :, None].astype(np.float32)
        curvature = (spread[sites] + l2_fields, spread[neighbours].reshape(-1, 1, 1) * spread[sites] + l2_couplings)
        units = [np.maximum(values, 1e-12) ** -0.5 for values in curvature]
        one_hot = jax.nn.one_hot(sequences[:, neighbours], q, dtype=jnp.float32).reshape(len(sequences), -1)
        targets = jnp.asarray(sequences[:, sites], jnp.int32)
        fixed = (shares, one_hot, targets, mask, *(unit.astype(np.float32) for unit in units))

        def _flat_loss(flat: np.ndarray, fixed: tuple = fixed, count: int = units[0].size) -> tuple[float, np.ndarray]:
            value, gradients = _loss(flat[:count], flat[count:], fixed, l2_fields, l2_couplings)
            return float(value), np.concatenate(gradients, dtype=np.float64)

        guess = np.concatenate([(start[sites] / units[0]).ravel(), np.zeros(units[1].size)])
        options = {"maxiter": _MOST_STEPS, "ftol": tolerance, "gtol": tolerance}
        optimum = minimize(_flat_loss, guess, jac=True, method="L-BFGS-B", options=options).x
        fields[sites] = optimum[: units[0].size].reshape(units[0].shape) * units[0]
        rows = (optimum[units[0].size :].reshape(units[1].shape) * units[1] * mask).reshape(-1, q, len(sites), q)
        couplings[np.ix_(sites, np.arange(q), neighbours)] = rows.transpose(2, 3, 0, 1)
    return fields, couplings


@jax.jit
def _loss(fields: Any, couplings: Any, fixed: tuple, l2_fields: float, l2_couplings: float) -> tuple[Any, Any]:
    """Loss of several sites, and its gradients, of parameters in their units."""
    shares, one_hot, targets, mask, unit_fields, unit_couplings = fixed

    def total_loss(fields: Any, couplings: Any) -> Any:
        fields = fields.reshape(unit_fields.shape) * unit_fields
        couplings = couplings.reshape(unit_couplings.shape) * unit_couplings * mask
        logits = (one_hot @ couplings.reshape(len(couplings), -1)).reshape(len(one_hot), *fields.shape) + fields
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), targets[..., None], 2)[..., 0]
        penalty = l2_fields * (fields**2).sum() + l2_couplings * (couplings**2).sum()
        return penalty / 2 - shares @ chosen.sum(axis=1)

    return jax.value_and_grad(total_loss, (0, 1))(jnp.float32(fields), jnp.float32(couplings))


def pseudolikelihood(
    sequences: np.ndarray,
    weights: np.ndarray,
    q: int,
    l2_fields: float,
    l2_couplings: float,
    tolerance: float = 1e-5,
) -> Potts:
    """Find the Potts model of largest penalised pseudolikelihood.

    Sites are learnt apart and the two estimates of each coupling averaged (asymmetric plmDCA).

    Parameters
    ----------
    sequences, weights : np.ndarray
        (M, L) uint8 and (M,).
    q : int
        States.
    l2_fields, l2_couplings : float
        Penalties, as of `learn_conditionals`.
    tolerance : float
        As of `learn_conditionals`.

    Returns
    -------
    Potts
        Zero-sum gauge.

    References
    ----------
    Ekeberg, Hartonen, Aurell, J. Comput. Phys. 276:341 (2014).
    """
    length = sequences.shape[1]
    every_other = ~np.eye(length, dtype=bool)
    fields, couplings = learn_conditionals(sequences, weights, q, every_other, l2_fields, l2_couplings, tolerance)
    # Each site's gauge is arbitrary: the part of its couplings that depends on its state alone belongs to its field.
    state_means = couplings.mean(axis=3, keepdims=True)
    fields = fields + state_means.sum(axis=(2, 3))
    couplings = couplings - state_means
    couplings -= couplings.mean(axis=1, keepdims=True)
    fields -= fields.mean(axis=1, keepdims=True)
    return Potts(fields, (couplings + couplings.transpose(2, 3, 0, 1)) / 2)


@dataclass(frozen=True)
class Autoregressive:
    """Autoregressive model (arDCA) with exact likelihood and sampling.

    P(s) = prod_k softmax(h_i + sum_{j before i} J_ij(., s_j))(s_i), i = order[k].

    Attributes
    ----------
    fields, couplings : np.ndarray
        (L, q) and (L, q, L, q) float32, [site, state, other site, its state]; zero where the other is not before.
    order : np.ndarray
        (L,) sites in the order in which they are drawn.

    References
    ----------
    Trinquier, Uguzzoni, Pagnani, Zamponi, Weigt, Nat. Commun. 12:5800 (2021).
    """

    fields: np.ndarray
    couplings: np.ndarray
    order: np.ndarray

    @classmethod
    def learn(
        cls,
        sequences: np.ndarray,
        weights: np.ndarray,
        q: int,
        l2_fields: float,
        l2_couplings: float,
        tolerance: float = 1e-5,
    ) -> "Autoregressive":
        """Learn the model of largest penalised likelihood, sites in the order of their entropy, the lowest first.

        Parameters
        ----------
        sequences, weights : np.ndarray
            (M, L) uint8 and (M,).
        q : int
            States.
        l2_fields, l2_couplings : float
            Penalties, as of `learn_conditionals`.
        tolerance : float
            As of `learn_conditionals`.

        Returns
        -------
        Autoregressive
        """
        single = site_frequencies(sequences, q, weights)
        entropy = -(single * np.log(np.maximum(single, 1e-300))).sum(axis=1)
        order = np.argsort(entropy, kind="stable")
        ranks = np.argsort(order)
        dependencies = ranks[None, :] < ranks[:, None]
        return cls(*learn_conditionals(sequences, weights, q, dependencies, l2_fields, l2_couplings, tolerance), order)

    @property
    def L(self) -> int:
        """Number of sites.

        Returns
        -------
        int
        """
        return self.fields.shape[0]

    @property
    def q(self) -> int:
        """Number of states.

        Returns
        -------
        int
        """
        return self.fields.shape[1]

    def _logits(self, site: int, sequences: np.ndarray) -> np.ndarray:
        """Compute the logits (M, q) of one site, from sequences (M, L) of which the sites before it are read."""
        position = int(np.flatnonzero(self.order == site)[0])
        before = self.order[:position]
        rows = self.couplings[site].transpose(1, 2, 0)
        logits = np.tile(self.fields[site].astype(np.float64), (len(sequences), 1))
        for j in before:
            logits += rows[j, sequences[:, j]]
        return logits

    def log_probabilities(self, sequences: np.ndarray, temperature: float = 1.0) -> np.ndarray:
        """Compute ln Q_tau of each sequence: every site's softmax at a temperature, which is not P^(1 / tau).

        Parameters
        ----------
        sequences : np.ndarray
            (M, L) uint8.
        temperature : float
            tau, by which logits are divided.

        Returns
        -------
        np.ndarray
            (M,) nats.
        """
        total = np.zeros(len(sequences))
        for site in range(self.L):
            logits = log_softmax(self._logits(site, sequences) / temperature, axis=1)
            total += logits[np.arange(len(sequences)), sequences[:, site]]
        return total

    def energies(self, sequences: np.ndarray) -> np.ndarray:
        """Compute -ln P of each sequence.

        Parameters
        ----------
        sequences : np.ndarray
            (M, L) uint8.

        Returns
        -------
        np.ndarray
            (M,) nats.
        """
        return -self.log_probabilities(sequences)

    def draw(self, count: int, temperature: float, rng: np.random.Generator) -> np.ndarray:
        """Draw independent sequences, every site from its softmax at a temperature.

        Parameters
        ----------
        count : int
            Sequences.
        temperature : float
            tau, by which logits are divided.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        np.ndarray
            (count, L) uint8.
        """
        sequences = np.zeros((count, self.L), np.uint8)
        for site in self.order:
            logits = self._logits(site, sequences) / temperature
            sequences[:, site] = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
        return sequences

    def compare_to_joint_tempering(self, sequences: np.ndarray, temperature: float) -> dict[str, float]:
        """Estimate how far generation with tempered site conditionals is from the tempered joint, P^(1 / tau) / Z.

        Averages under the joint distribution are those of the draws with importance weights.

        Parameters
        ----------
        sequences : np.ndarray
            (M, L) uint8, draws at this temperature.
        temperature : float
            tau.

        Returns
        -------
        dict
            joint_energy: mean energy under P^(1 / tau) / Z, nats; joint_divergence: Kullback-Leibler divergence of the
            draws' distribution from it, nats a sequence; joint_share: effective share of the draws under the weights,
            on which the reliability of the two depends.
        """
        energies = self.energies(sequences)
        logs = -energies / temperature - self.log_probabilities(sequences, temperature)
        shares = np.exp(logs - logsumexp(logs))
        return {
            "joint_energy": float(shares @ energies),
            "joint_divergence": float(logsumexp(logs) - np.log(len(logs)) - logs.mean()),
            "joint_share": float(1 / (shares**2).sum() / len(logs)),
        }
