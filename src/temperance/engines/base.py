"""Gibbs sampling and the gradient steps that go with it, behind one small interface.

An engine updates all chains at site 0, 1, ... L - 1 in turn, each from its conditional distribution given the
rest of the chain, at the chain's own inverse temperature. Engines give the same distribution, not the same
numbers; the result of one engine depends on the seed alone, not on the number of threads. Arrays that it returns are
its own: `numpy.asarray` brings them from a device.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

from temperance.potts.frequencies import CorrelationAgreement, Frequencies
from temperance.potts.model import Potts


class Engine(Protocol):
    """What a sampler has to offer.

    Attributes
    ----------
    name : str
        As in the configuration's `engine`.
    on_host : bool
        Whether its arrays are NumPy's.
    """

    name: str
    on_host: bool

    def available_memory(self) -> float:
        """Return the bytes of its device's memory that the process may still take; infinite for one on the host."""
        ...

    def prepare(self, model: Potts) -> Any:
        """Bring a model into the layout that `sweep` and `energies` of this engine read fastest."""
        ...

    def sweep(self, prepared: Any, chains: Any, beta: Any, seed: Any, sweeps: Any) -> Any:
        """Chains (C, L) uint8 after `sweeps` sweeps at inverse temperature beta, one or (C,); a new array.

        `seed` is a whole number, or two words of 32 bits.
        """
        ...

    def energies(self, prepared: Any, chains: Any) -> Any:
        """Energies (C,) of chains at temperature 1."""
        ...

    def learner(self, data: Frequencies, l2_fields: float, l2_couplings: float) -> "Learner":
        """Begin to learn a model from frequencies, at their profile model."""
        ...

    def repeat(self, step: Callable[..., tuple[Any, Any]], fixed: Any, state: Any, given: Any) -> tuple[Any, Any]:
        """Run `state, seen = step(engine, fixed, state, given)` over what is given; return the last state and all seen.

        Once for each leading index of the arrays of the named tuple `given`; what was seen, a named tuple, too, has
        that index in front. An engine may compile all of it, once for steps that are equal, so states are made of
        arrays and learners, and `step` does not look into them.
        """
        ...

    def loop(self, count: Any, step: Callable[[Any, Any], Any], state: Any) -> Any:
        """Run `state = step(number, state)` for number = 0 ... count - 1, within `repeat`; return the last state."""
        ...


class GradientStats(NamedTuple):
    """What a gradient says of the model that it was taken at.

    Attributes
    ----------
    norm, noise
        Its norm in centred states, and the norm that the chains' sampling noise has.
    scale_slope
        How fast the penalised likelihood rises with the logarithm of the common scale of all parameters, nats.
    penalty
        l2_fields * sum h^2 + l2_couplings * sum_{i<j} J^2.
    """

    norm: Any
    noise: Any
    scale_slope: Any
    penalty: Any


class Learner(Protocol):
    """Parameters, and the direction in which the penalised likelihood has them go.

    It is Newton's for independent sites, in the fields and in couplings of x - f, x being the one-hot sequence and f
    the data's frequencies: there fields and couplings do not mix (the centring of Montavon and Mueller, Neural
    Networks: Tricks of the Trade, 2012). The gradient of a pair is divided by f_i(a) f_j(b) + l2 + DAMPING and
    multiplied by the share of its square that is above what sampling gives it (James and Stein, Berkeley Symp. 1:361,
    1961): most pairs of a long family have nothing but noise to follow. Of what it was before it keeps MOMENTUM.
    """

    @property
    def prepared(self) -> Any:
        """The present model, as `Engine.sweep` and `Engine.energies` read it."""
        ...

    @property
    def parameters(self) -> tuple[np.ndarray, np.ndarray]:
        """Fields (L, q), couplings (L (L - 1) / 2, q, q); pairs in the order of `temperance.potts.pair_kernels`."""
        ...

    @property
    def arrays(self) -> dict[str, Any]:
        """All that changes while it learns, in a layout of its own."""
        ...

    def restored(self, arrays: Mapping[str, np.ndarray]) -> "Learner":
        """As one that had these arrays was, when this one is of the same data; it may be the same object."""
        ...

    def update_direction(self, chains: Any, noise_fraction: Any) -> "GradientStats":
        """Turn the direction to the gradient that chains (C, L) give.

        Pairs are shrunk by the share `noise_fraction` of what sampling gives them.
        """
        ...

    def energy_change(self, sequences: Any) -> Any:
        """By how much the energies (M,) of sequences grow when the model moves by the whole direction."""
        ...

    def step(self, rate: Any, factor: Any) -> "Learner":
        """With `rate` times the direction added and all parameters multiplied; it may be the same object."""
        ...

    def correlation_agreement(self, chains: Any) -> CorrelationAgreement:
        """How the connected correlations of chains (C, L) follow the data's."""
        ...

    def mean_data_energy(self) -> float:
        """Mean energy of the data."""
        ...

    def penalty(self) -> float:
        """l2_fields * sum h^2 + l2_couplings * sum_{i<j} J^2."""
        ...


# More momentum overshoots where persistent chains answer late; less damping follows the noise of rare states
# (docs/method.md has the figures).
MOMENTUM, DAMPING = 0.5, 0.004


def sampling_noise(single: Any, count: int, noise_fraction: Any) -> tuple[Any, Any]:
    """Compute the noise of the gradient of `count` chains whose sites are independent, with frequencies (L, q).

    Numbers (L,), of which noise_i noise_j is the share `noise_fraction` of the mean squared norm in a pair, and the
    norm, all of it, over fields and pairs.
    """
    spread = 1 - (single**2).sum(axis=1)
    norm = (spread.sum() + (spread.sum() ** 2 - (spread**2).sum()) / 2) / count
    return (spread * (noise_fraction / count) ** 0.5).astype(np.float32), norm**0.5


def seed_words(seed: Any) -> Any:
    """Split a seed, if it is a whole number, into its two words of 32 bits."""
    return np.array([seed >> 32 & 0xFFFFFFFF, seed & 0xFFFFFFFF], np.uint32) if isinstance(seed, int) else seed
