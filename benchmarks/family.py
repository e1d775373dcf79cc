"""One real family, six sizes and three replicates with the settings' defaults: seconds of each rule's jobs, and files.

Usage: python benchmarks/family.py family.fasta
"""

import sys
import tempfile
from pathlib import Path

import yaml
from common import HERE, Process, rule_seconds, save

CONFIG = {"subsets": {"sizes": [0.05, 0.1, 0.2, 0.4, 0.7, "all"], "replicates": 3}}


def main(alignment: Path) -> None:
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        config = folder / "config.yaml"
        config.write_text(yaml.safe_dump(CONFIG | {"families": {"family": {"alignment": str(alignment.resolve())}}}))
        run = Process(["snakemake", "--snakefile", HERE.parent / "Snakefile", "--directory", folder, "--configfile",
                       config, "--cores", "2"], log=folder / "log.txt")  # fmt: skip
        jobs = rule_seconds(folder / "results").groupby("rule")["seconds"].agg(["count", "mean"])
        sizes = [path.stat().st_size for path in (folder / "results").rglob("*") if path.is_file()]
    rows = [{"rule": rule, "jobs": row["count"], "seconds": row["mean"]} for rule, row in jobs.iterrows()]
    save("family", rows)
    print(f"{run.seconds:.0f} s, {len(sizes)} files, {sum(sizes) / 1e6:.0f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
