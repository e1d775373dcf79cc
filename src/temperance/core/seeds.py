"""Seeds of random numbers."""

import hashlib


def derive_seed(seed: int, *labels: object) -> int:
    """Derive the seed of one stage of one piece of a run: a hash, so that it does not depend on what else is run.

    Parameters
    ----------
    seed : int
        Seed of the run.
    *labels
        What identifies the piece: family, subset, stage.

    Returns
    -------
    int
        63 bits.
    """
    digest = hashlib.sha256("/".join(map(str, (seed, *labels))).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1
