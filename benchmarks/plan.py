"""Seconds and memory to plan many families (`snakemake -n`), six sizes and three replicates of each, nothing done.

A hundred are planned in one go, a thousand in tenths (`--batch`).
"""

import tempfile
from pathlib import Path

import yaml
from common import HERE, Process, save

# Families, and the parts in which they are planned.
PLANS = (100, 1), (1000, 10)
ROW = "ACDEFGHIKLMNPQRSTVWYACDEFGHIKL"
# Of each family: four to begin with, five a subset, and five at the end.
JOBS = 4 + 5 * 18 + 5


def write_families(families: int, folder: Path) -> Path:
    """Alignments, and the configuration that names them."""
    names = [f"family{number:05}" for number in range(families)]
    for name in names:
        (folder / f"{name}.aln").write_text(f"{ROW}\n" * 40)
    config = {
        "families": {name: {"alignment": f"{name}.aln"} for name in names},
        "subsets": {"sizes": [10, 12, 14, 16, 18, "all"], "replicates": 3},
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


def planned(families: int, parts: int, folder: Path) -> dict[str, float]:
    """Plan the first of so many parts."""
    command = ["snakemake", "--snakefile", HERE.parent / "Snakefile", "--directory", folder, "--configfile",
               write_families(families, folder), "--cores", "2", "--dry-run", "--quiet", "--batch",
               f"all=1/{parts}"]  # fmt: skip
    run = Process(command)
    jobs = JOBS * families // parts + 1
    return {"families": families, "parts": parts, "jobs": jobs, "seconds": run.seconds, "peak": run.peak}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        save("plan", [planned(*plan, Path(directory)) for plan in PLANS])
