"""Sequence weights at 80 % identity against adabmDCA's, and the clustering behind a held-out set, at two sizes."""

import tempfile
from pathlib import Path

import numpy as np
from common import Peer, clocked, in_turn, own_peak, save

from temperance.split import split
from temperance.weights import sequence_weights

LENGTH, SIZES = 100, (12_500, 50_000)


def family(count: int) -> np.ndarray:
    """Sequences (count, 100) of 21 states in families of five, whose members differ in a tenth to a third of columns."""
    rng = np.random.default_rng(0)
    ancestors = rng.integers(0, 21, (count // 5, LENGTH), dtype=np.uint8)
    sequences = np.repeat(ancestors, 5, axis=0)
    mutated = rng.random(sequences.shape) < rng.uniform(0.1, 0.33, (len(sequences), 1))
    sequences[mutated] = rng.integers(0, 21, mutated.sum(), dtype=np.uint8)
    return sequences


def main() -> None:
    peer, rows = Peer(), []
    for count in SIZES:
        sequences = family(count)
        before = own_peak()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "sequences.npz"
            np.savez(file, sequences=sequences)
            seconds = in_turn(
                {
                    "ours": lambda s=sequences: clocked(lambda: sequence_weights(s)),
                    "peer": lambda f=file: peer.ask(do="weights", file=str(f), threshold=0.8),
                }
            )
        held_out = clocked(lambda s=sequences: split(s, np.random.default_rng(0)))
        rows.append(
            {"M": count, "L": LENGTH, "ours": seconds["ours"], "peer": seconds["peer"]}
            | {"ratio": seconds["peer"] / seconds["ours"], "split": held_out, "memory": own_peak() - before}
        )
        print(rows[-1], flush=True)
    save("identity", rows)


if __name__ == "__main__":
    main()
