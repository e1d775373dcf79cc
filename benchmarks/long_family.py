"""Peak memory of training, and what a bmDCA user once asked for: 600 columns, 21 states, 20,000 sequences.

The sequences come from a planted Potts model: couplings on a random graph of three contacts a site, strong enough that
correlations stand out of the noise of 20,000 sequences.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from common import HERE, Process, save

from temperance.gibbs import choose_engine, uniform_chains
from temperance.pairs import pairs_of_sites
from temperance.potts import Potts

Q, SEQUENCES = 21, 20_000
# Contacts of a site, spread of the planted couplings and fields, sweeps before the sequences are taken.
CONTACTS, COUPLING, FIELD, SWEEPS = 3, 1.5, 0.5, 60
SETTINGS = {"target_pearson": 0.9, "max_steps": 600}


def planted(length: int) -> np.ndarray:
    """Sequences (20000, L) of a planted model."""
    rng, engine = np.random.default_rng(length), choose_engine("numba")
    left, _ = pairs_of_sites(length)
    couplings = np.zeros((len(left), Q, Q), np.float32)
    chosen = rng.choice(len(left), CONTACTS * length // 2, replace=False)
    couplings[chosen] = rng.normal(0, COUPLING, (len(chosen), Q, Q))
    model = Potts.of_pairs(rng.normal(0, FIELD, (length, Q)).astype(np.float32), couplings)
    chains = uniform_chains(SEQUENCES, length, Q, rng)
    return engine.sweep(engine.prepare(model), chains, 1.0, length, SWEEPS)


def train(sequences: np.ndarray, settings: dict[str, object]) -> tuple[Process, dict[str, object]]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
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
    brief = {"max_steps": 3, "confirm_chains": 4000, "confirm_sweeps": 1}
    idle, _ = train(planted(10), brief)
    rows = []
    for length in (100, 200, 400):
        run, _ = train(planted(length), brief)
        rows.append(measured(length, run, idle))
        print(rows[-1], flush=True)
    run, shown = train(planted(600), SETTINGS)
    kept = ("steps", "pearson", "slope", "ceiling", "sweeps", "equilibrated")
    rows.append(measured(600, run, idle) | {"seconds": run.seconds} | {name: shown[name] for name in kept})
    print(rows[-1], flush=True)
    save("long_family", rows)


def measured(length: int, run: Process, idle: Process) -> dict[str, float]:
    needed = (length * Q) ** 2 * 4 + 4000 * length
    return {"L": length, "couplings_and_chains": needed, "peak": run.peak, "idle": idle.peak,
            "times": (run.peak - idle.peak) / needed}  # fmt: skip


if __name__ == "__main__":
    main()
