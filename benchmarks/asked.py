"""What jobs asked for, beside what they took: families of several lengths and depths, trained for a few steps.

Memory does not depend on steps. Asked: without the share of Snakemake's own processes, which Snakemake does not count.
"""

import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from common import HERE, Process, save, write_fasta

from temperance.workflow import resources
from temperance.workflow.configuration import configure

# Columns and sequences.
SHAPES = (30, 2000), (100, 2000), (100, 20_000), (100, 200_000), (200, 2000), (400, 1000)
BRIEF = {
    "subsets": {"sizes": ["all"], "replicates": 1},
    "train": {"max_steps": 10, "path_steps": 5},
    "sample": {"max_sweeps": 4},
    "design": {"candidates": 400},
}


def sequences(length: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Half of the sites of each as one of eight ancestors has them, the others as the site's profile has it."""
    profile = rng.dirichlet(np.full(20, 0.15), length).cumsum(axis=1)
    residues, ancestors = ((rng.random((n, length, 1)) > profile).sum(axis=2) for n in (count, 8))
    states = np.where(rng.random((count, length)) < 0.5, residues, ancestors[rng.integers(8, size=count)])
    return states.clip(0, 19).astype(np.uint8) + 1


def measured(results: Path, families: dict[str, dict]) -> list[dict]:
    rows = []
    for name, settings in families.items():
        summary = json.loads((results / name / "ingest.json").read_text())
        size = resources.Size(summary["M"], summary["L"], summary["q"])
        for path in sorted((results / name / "benchmarks").glob("*.tsv")):
            stage, used = path.stem.split("-")[0], pd.read_csv(path, sep="\t").iloc[0]
            rows.append(
                {"L": size.L, "M": size.M, "stage": stage, "used_mb": used["max_rss"], "seconds": used["s"],
                 "asked_mb": resources.memory(stage, size, settings) - resources.SNAKEMAKE_MEMORY,
                 "asked_minutes": resources.minutes(stage, size, settings, 2)}
            )  # fmt: skip
    return rows


def main() -> None:
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        config: dict = BRIEF | {"families": {}, "results": f"{folder}/results"}
        for length, count in SHAPES:
            path = folder / f"L{length}M{count}.fasta"
            write_fasta(path, sequences(length, count, rng))
            config["families"][path.stem] = {"alignment": str(path)}
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        root = HERE.parent
        command = ["snakemake", "--snakefile", root / "Snakefile", "--directory", folder, "--configfile",
                   folder / "config.yaml", "--cores", "2"]  # fmt: skip
        Process(command)
        plans = configure(config)["families"]
        save("requests", measured(folder / "results", plans))


if __name__ == "__main__":
    main()
