"""A small family that the real workflow takes to a report in seconds."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import yaml
from small_systems import random_potts

from temperance.alphabet import Alphabet
from temperance.gibbs import choose_engine, uniform_chains

ROOT = Path(__file__).parents[2]

SMALL = {
    "subsets": {"sizes": [60, "all"], "replicates": 1},
    "train": {"chains": 200, "sweeps": 2, "max_steps": 20, "confirm_chains": 400, "confirm_sweeps": 25},
    "sample": {"temperatures": [0.5, 1.0, 2.0], "sequences": 64, "ladders": 8, "sweeps": 1, "max_sweeps": 2},
    "annealing": {"chains": 100, "steps": 50},
    "optimum": {"novelty_floor": 0.0, "diversity_floor": 0.0, "bootstrap": 20},
    "design": {"number": 5, "candidates": 64},
}  # fmt: skip


def planted_rows(letters: Alphabet, length: int = 10, count: int = 400, seed: int = 0) -> list[str]:
    """Samples of a random Potts model as aligned strings."""
    model = random_potts(length, letters.q, seed, scale=0.6)
    engine = choose_engine("numba")
    chains = uniform_chains(count, length, letters.q, np.random.default_rng(seed))
    return letters.decode(engine.sweep(engine.prepare(model), chains, 1.0, seed, 20))


def fasta(rows: list[str]) -> str:
    return "".join(f">natural_{number}\n{row}\n" for number, row in enumerate(rows))


def snakemake(folder: Path, config: dict, *arguments: str, cores: int = 2) -> subprocess.CompletedProcess:
    """Run the project's workflow on `config`, its results and Snakemake's own files kept in `folder`."""
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump({"results": str(folder / "results")} | config))
    command = [
        sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--directory", folder,
        "--configfile", path, "--cores", str(cores), *arguments,
    ]  # fmt: skip
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=600)


def error_lines(run: subprocess.CompletedProcess) -> list[str]:
    return [line for line in (run.stdout + run.stderr).splitlines() if "error: " in line]
