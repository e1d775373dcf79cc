"""A small family that the real workflow takes to a report in seconds."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from small_systems import random_potts

from temperance.core.alphabet import Alphabet
from temperance.engines.chains import draw_uniform_chains
from temperance.engines.registry import choose_engine

ROOT = Path(__file__).parents[2]

SMALL = {
    "subsets": {"sizes": [60, "all"], "replicates": 1},
    "train": {"chains": 200, "sweeps": 2, "max_steps": 20, "path_steps": 10, "confirm_chains": 400},
    "sample": {"temperatures": [0.5, 1.0, 2.0], "sequences": 64, "ladders": 8, "sweeps": 1, "max_sweeps": 2},
    "annealing": {"chains": 100, "steps": 50},
    "optimum": {"novelty_floor": 0.0, "diversity_floor": 0.0, "bootstrap": 20},
    "figure_formats": [],
    "design": {"number": 5, "candidates": 64, "percentile": 0},
}  # fmt: skip
# One model instead of two, where a test needs no more.
ONE_SUBSET = {"subsets": {"sizes": ["all"], "replicates": 1}}


def planted_rows(alphabet: Alphabet, length: int = 10, count: int = 400, seed: int = 0) -> list[str]:
    """Samples of a random Potts model as aligned strings."""
    model = random_potts(length, alphabet.q, seed, scale=0.6)
    engine = choose_engine("numba")
    chains = draw_uniform_chains(count, length, alphabet.q, np.random.default_rng(seed))
    return alphabet.decode(engine.sweep(engine.prepare(model), chains, 1.0, seed, 20))


def fasta(rows: list[str]) -> str:
    return "".join(f">natural_{number}\n{row}\n" for number, row in enumerate(rows))


def command(folder: Path, config: dict, *arguments: str, cores: int | None = 2) -> dict:
    """What `subprocess` needs to run the project's workflow on `config`, everything that it writes in `folder`."""
    arguments = arguments if cores is None else ("--cores", str(cores), *arguments)
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump({"results": str(folder / "results")} | config))
    words = [
        sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--directory", folder,
        "--configfile", path, *arguments,
    ]  # fmt: skip
    return {"args": words, "env": {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}}


def snakemake(folder: Path, config: dict, *arguments: str, cores: int | None = 2) -> subprocess.CompletedProcess:
    return subprocess.run(
        **command(folder, config, *arguments, cores=cores), capture_output=True, text=True, timeout=600
    )


def install(folder: Path, *packages: str) -> str:
    """Have pip install packages into a folder of their own, for PYTHONPATH; skip the test where it cannot."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", folder]
    run = subprocess.run([*pip, *packages], capture_output=True, text=True)
    if run.returncode:
        pytest.skip(f"pip does not install {' '.join(packages)} here: {run.stderr.strip().splitlines()[-1:]}")
    return os.fspath(folder)


RESULTS = ["*.tsv", "*.json", "*.fasta", "*.hmm", "*/*.safetensors", "*/*.parquet", "*/*.tsv", "*/*.json",
           "figures/*.svg"]  # fmt: skip


def digests(folder: Path) -> dict[str, str]:
    """Of every result of the one family of a run."""
    family = folder / "results" / "family"
    files = [path for pattern in RESULTS for path in family.glob(pattern) if "provenance" not in path.parts]
    files = [path for path in files if path.parent.name not in ("logs", "benchmarks")]
    return {str(path.relative_to(family)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def error_lines(run: subprocess.CompletedProcess) -> list[str]:
    return [line for line in (run.stdout + run.stderr).splitlines() if "error: " in line]
