"""Gibbs sampling behind one small interface.

An engine updates all chains at site 0, 1, ... L - 1 in turn, each from its conditional distribution given the
rest of the chain, at the chain's own inverse temperature. Engines give the same distribution, not the same
numbers; the result of one engine depends on the seed alone, not on the number of threads.
"""

from typing import Any, Protocol

import numpy as np

from temperance.potts import Potts
from temperance.statistics import Frequencies


class Engine(Protocol):
    """What a sampler has to offer."""

    name: str

    def prepare(self, model: Potts) -> Any:
        """The model in the layout that `sweep` and `energies` of this engine read fastest."""
        ...

    def sweep(self, prepared: Any, chains: np.ndarray, beta: float | np.ndarray, seed: int, sweeps: int) -> np.ndarray:
        """Chains (C, L) uint8 after `sweeps` sweeps at inverse temperature beta, one or (C,); a new array."""
        ...

    def energies(self, prepared: Any, chains: np.ndarray) -> np.ndarray:
        """Energies (C,) of chains at temperature 1."""
        ...

    def frequencies(self, chains: np.ndarray, q: int) -> Frequencies:
        """One- and two-site frequencies of chains."""
        ...


def choose_engine(name: str = "auto") -> Engine:
    """The engine called `name`; `auto` takes JAX where it sees an accelerator and Numba on a CPU.

    Both libraries are imported only when they are needed: either takes seconds.
    """
    if name == "auto":
        name = "jax" if _accelerator() else "numba"
    if name == "jax":
        from temperance.gibbs_jax import JaxEngine

        return JaxEngine()
    from temperance.gibbs_numba import NumbaEngine

    return NumbaEngine()


def _accelerator() -> bool:
    import jax

    return jax.default_backend() != "cpu"


def uniform_chains(count: int, length: int, q: int, rng: np.random.Generator) -> np.ndarray:
    """(count, length) uint8 chains, every state equally likely."""
    return rng.integers(0, q, (count, length), dtype=np.uint8)


def profile_chains(count: int, frequencies: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(count, L) uint8 chains whose sites are independent draws from one-site frequencies (L, q)."""
    cumulative = frequencies.cumsum(axis=1)
    draws = rng.random((count, len(frequencies))) * cumulative[:, -1]
    chains = np.empty(draws.shape, np.uint8)
    for i, edges in enumerate(cumulative):
        chains[:, i] = np.minimum(np.searchsorted(edges, draws[:, i], side="right"), len(edges) - 1)
    return chains
