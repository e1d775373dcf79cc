"""Seconds and memory to plan many families (`snakemake -n`), six sizes and three replicates of each, nothing done."""

import tempfile
from pathlib import Path

import yaml
from common import HERE, Process, save

FAMILIES = 150, 1000
ROW = "ACDEFGHIKLMNPQRSTVWYACDEFGHIKL"
# Of each family: three to begin with, five a subset, and four at the end.
JOBS = 3 + 5 * 18 + 4


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


def planned(families: int, folder: Path) -> dict[str, float]:
    command = ["snakemake", "--snakefile", HERE.parent / "Snakefile", "--directory", folder, "--configfile",
               write_families(families, folder), "--cores", "2", "--dry-run", "--quiet"]  # fmt: skip
    run = Process(command)
    return {"families": families, "jobs": JOBS * families + 2, "seconds": run.seconds, "peak": run.peak}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        save("plan", [planned(families, Path(place)) for families in FAMILIES])
