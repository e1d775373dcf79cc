"""Truths of ten spins that claims are shown on."""

import numpy as np

from temperance.core.seeds import derive_seed
from temperance.truth.enumerable import KINDS

# Sites and states of every truth.
LENGTH, Q = 10, 2
_SHAPES: dict[str, dict[str, float]] = {"planted": {"gap": 6}}


def draw_truth(kind: str, seed: int) -> np.ndarray:
    """Draw the energies of a truth of ten spins, the same for every claim of a run.

    Parameters
    ----------
    kind : str
        A key of `temperance.truth.enumerable.KINDS`. A planted gap is 6 nats wide.
    seed : int
        Random seed of the whole run.

    Returns
    -------
    np.ndarray
        (1024,) of every sequence, nats, in the order of `temperance.potts.enumeration`.
    """
    return KINDS[kind](LENGTH, Q, np.random.default_rng(derive_seed(seed, kind, "truth")), **_SHAPES.get(kind, {}))
