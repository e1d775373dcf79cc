"""Run a random sample of mutants, and print the share that tests notice and the mutants that none does.

It is run in the project's folder, with mutmut on the path: `make mutants SAMPLE=250` (docs/testing.md).
"""

import json
import random
import subprocess
import sys
from pathlib import Path

from mutmut.stats import status_by_exit_code
from scipy.stats import binomtest

SEED = 1
# A small module: a run of its mutants makes those of all modules, and finds which tests reach each.
SMALL = "temperance.scoring.names.*"


def run_mutmut(*arguments: str) -> None:
    """Run mutmut in a process of its own."""
    subprocess.run([sys.executable, "-m", "mutmut", *arguments], check=True)


def read_statuses() -> dict[str, str]:
    """Read what came of each mutant: killed, survived, timeout, no tests, ...; not checked where it was not run."""
    results = [json.loads(path.read_text())["exit_code_by_key"] for path in Path("mutants").rglob("*.meta")]
    return {name: status_by_exit_code[code] for result in results for name, code in result.items()}


if __name__ == "__main__":
    run_mutmut("run", SMALL)
    sample = random.Random(SEED).sample(sorted(read_statuses()), int(sys.argv[1]))
    run_mutmut("run", *sample)
    statuses = read_statuses()
    survivors = sorted(name for name in sample if statuses[name] not in ("killed", "timeout"))
    for name in survivors:
        print(f"{statuses[name]}: {name}", flush=True)
        run_mutmut("show", name)
    noticed = binomtest(len(sample) - len(survivors), len(sample))
    low, high = noticed.proportion_ci()
    print(f"noticed: {noticed.k} of {noticed.n}, {noticed.statistic:.1%} (95% interval {low:.1%} to {high:.1%})")
