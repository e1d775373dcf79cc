"""Peak memory of training, and what a bmDCA user once asked for: 600 columns, 21 states, 20,000 sequences.

The sequences come from a planted Potts model: every site has strong couplings to the next two, so that correlations
stand out of the noise of 20,000 sequences, and chains equilibrate all the same. (On a random graph of three contacts a
site they do not: such a model is a glass, and what it shows depends on how long it was swept.)
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from common import HERE, Process, save

from temperance.engines.chains import draw_uniform_chains
from temperance.engines.registry import choose_engine
from temperance.potts.frequencies import correlation_agreement, frequencies
from temperance.potts.model import Potts
from temperance.potts.pair_kernels import pairs_of_sites

Q, SEQUENCES = 21, 20_000
# How far along the sequence a site's contacts are, spread of the planted couplings and fields, sweeps before the
# sequences are taken.
REACH, COUPLING, FIELD, SWEEPS = 2, 1.5, 1.0, 100
SETTINGS = {"stop": "pearson", "target_pearson": 0.9, "sweeps": 5, "max_steps": 600}


def planted(length: int) -> Potts:
    rng = np.random.default_rng(length)
    left, right = pairs_of_sites(length)
    couplings = np.zeros((len(left), Q, Q), np.float32)
    near = right - left <= REACH
    couplings[near] = rng.normal(0, COUPLING, (near.sum(), Q, Q))
    return Potts.from_pairs(rng.normal(0, FIELD, (length, Q)).astype(np.float32), couplings)


def draw(model: Potts, count: int, seed: int) -> np.ndarray:
    """Sequences (count, L) of a planted model."""
    engine = choose_engine("numba")
    chains = draw_uniform_chains(count, model.L, Q, np.random.default_rng(seed))
    return engine.sweep(engine.prepare(model), chains, 1.0, seed, SWEEPS)


def train(sequences: np.ndarray, settings: dict[str, object]) -> tuple[Process, dict[str, object]]:
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        np.savez(folder / "data.npz", training=sequences, weights=np.ones(len(sequences)))
        log = folder / "log"
        command = [
            HERE / "train_one.py",
            folder / "data.npz",
            folder / "model.safetensors",
            json.dumps({"seed": 1} | settings),
        ]
        run = Process([sys.executable, *command], log=log)
        return run, json.loads(log.read_text().splitlines()[-1])


def main() -> None:
    brief = {"max_steps": 3, "confirm_chains": 4000}
    idle, _ = train(draw(planted(10), SEQUENCES, 1), brief)
    rows = []
    for length in (100, 200, 400):
        run, _ = train(draw(planted(length), SEQUENCES, 1), brief)
        rows.append(measured(length, run, idle))
        print(rows[-1], flush=True)
    model = planted(600)
    sequences = draw(model, SEQUENCES, 1)
    # What the truth itself shows of its 20,000 sequences, if as many of its chains are looked at as of the model's.
    target = frequencies(sequences, Q, dtype=np.float32)
    truth = correlation_agreement(target, draw(model, 4000, 2)).expected_pearson(40_000)
    print(f"the planted model itself would show {truth:.3f}", flush=True)
    run, result = train(sequences, SETTINGS)
    columns = ("steps", "pearson", "slope", "ceiling", "sweeps", "equilibrated")
    rows.append(measured(600, run, idle) | {"seconds": run.seconds} | {name: result[name] for name in columns})
    rows[-1]["truth"] = truth
    print(rows[-1], flush=True)
    save("long_family", rows)


def measured(length: int, run: Process, idle: Process) -> dict[str, float]:
    needed = (length * Q) ** 2 * 4 + 4000 * length
    return {"L": length, "couplings_and_chains": needed, "peak": run.peak, "idle": idle.peak,
            "times": (run.peak - idle.peak) / needed}  # fmt: skip


if __name__ == "__main__":
    main()
