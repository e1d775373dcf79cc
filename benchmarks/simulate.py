"""Families through Snakemake's own scheduler with profiles/slurm, on a cluster of 500 slots that computes nothing.

Jobs last as long as those of one family did (`measured/family.tsv`, by family.py), spread over families of a quarter to
four times its cost. Found are the time that the last job would end at, and what Snakemake itself needs for each job.
"""

import json
import os
import resource
import sys
import tempfile
from pathlib import Path

import pandas as pd
from common import HERE, MEASURED, Process, save
from plan import JOBS, write_families

FAMILIES = 50, 100, 200
SLOTS = 500


def simulated(families: int, folder: Path, seconds: dict[str, float]) -> dict[str, float]:
    clock = folder / "clock.json"
    os.environ |= {
        "PYTHONPATH": str(HERE), "SIMULATED_SECONDS": json.dumps(seconds), "SIMULATED_CLOCK": str(clock)
    }  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = Process(
        ["snakemake", "--snakefile", HERE.parent / "Snakefile", "--directory", folder, "--configfile",
         write_families(families, folder), "--profile", HERE.parent / "profiles" / "slurm", "--executor", "stub",
         "--jobs", str(SLOTS), "--latency-wait", "0"],
        log=folder / "log.txt",
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    totals = json.loads(clock.read_text())
    return {
        "families": families, "jobs": JOBS * families, "submissions": totals["submitted"], "slots": SLOTS,
        "simulated_hours": totals["now"] / 3600, "busy_share": totals["busy"] / totals["now"] / SLOTS,
        "processor_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, "peak": run.peak,
    }  # fmt: skip


if __name__ == "__main__":
    measured = pd.read_csv(MEASURED / "family.tsv", sep="\t").set_index("rule")["seconds"].to_dict()
    counts = [int(argument) for argument in sys.argv[1:]] or FAMILIES
    rows = []
    for count in counts:
        with tempfile.TemporaryDirectory() as directory:
            rows.append(simulated(count, Path(directory), measured))
            print(rows[-1], flush=True)
    save("simulate", rows)
