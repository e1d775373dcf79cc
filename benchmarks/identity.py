"""Sequence weights at 80 % identity against adabmDCA's, and the clustering behind a held-out set, at two sizes."""

import sys
import tempfile
from pathlib import Path

import numpy as np
from common import Peer, Process, clocked, in_turn, save

from temperance.msa.split import split
from temperance.msa.weights import sequence_weights

LENGTH, SIZES = 100, (12_500, 50_000)
# Of the sequences, how many the peer weighs: its time is divided by that share.
SHARE = 0.02


def family(count: int) -> np.ndarray:
    """Sequences (count, 100) of 21 states, five to an ancestor, from which a tenth to a third of columns differ."""
    rng = np.random.default_rng(0)
    ancestors = rng.integers(0, 21, (count // 5, LENGTH), dtype=np.uint8)
    sequences = np.repeat(ancestors, 5, axis=0)
    mutated = rng.random(sequences.shape) < rng.uniform(0.1, 0.33, (len(sequences), 1))
    sequences[mutated] = rng.integers(0, 21, mutated.sum(), dtype=np.uint8)
    return sequences


def memory(count: int) -> int:
    """Peak memory in bytes of a program that weighs and splits so many sequences."""
    return Process([sys.executable, __file__, str(count)]).peak


def weigh_and_split(count: int) -> None:
    sequences = family(count)
    sequence_weights(sequences)
    split(sequences, np.random.default_rng(0))


def main() -> None:
    peer, rows = Peer(), []
    for count in SIZES:
        sequences = family(count)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "sequences.npz"
            np.savez(file, sequences=sequences)
            seconds = in_turn(
                {
                    "ours": lambda s=sequences: clocked(lambda: sequence_weights(s)),
                    "peer": lambda f=file: peer.ask(do="weights", file=str(f), threshold=0.8, share=SHARE) / SHARE,
                }
            )
        held_out = clocked(lambda s=sequences: split(s, np.random.default_rng(0)))
        rows.append(
            {"M": count, "L": LENGTH, "ours": seconds["ours"], "peer": seconds["peer"]}
            | {"ratio": seconds["peer"] / seconds["ours"], "split": held_out, "memory": memory(count) - memory(100)}
        )
        print(rows[-1], flush=True)
    save("identity", rows)


if __name__ == "__main__":
    weigh_and_split(int(sys.argv[1])) if len(sys.argv) > 1 else main()
