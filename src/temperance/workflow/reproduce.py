"""Make a recorded result again, from the alignment on, and compare it by digest.

Called as ``python -m temperance.workflow.reproduce RECORD``.

It runs in the folder in which the workflow ran, and leaves nothing there.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from temperance.core.files import load_json, versions
from temperance.workflow.provenance import digests

SNAKEFILE = Path(__file__).parents[3] / "Snakefile"


def main(path: str, cores: str = "all") -> int:
    """Make the result of a record again in a folder of its own, and compare digests."""
    record = load_json(path)
    results = record["config"].get("results", "results")
    for what, then in record["versions"].items():
        if (now := versions().get(what)) != then:
            print(f"{what} is {now}, was {then}")
    with tempfile.TemporaryDirectory() as place:
        config, made = Path(place, "config.json"), Path(place, "results")
        config.write_text(json.dumps({**record["config"], "results": str(made)}))
        wanted = {output: str(made / Path(output).relative_to(results)) for output in record["output"]}
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(SNAKEFILE), "--configfile", str(config)]
        if subprocess.run([*command, "--cores", cores, "--nolock", "--", *wanted.values()]).returncode:
            return 1
        found = digests(wanted.values())
    same = {output: found.get(again) == record["output"][output] for output, again in wanted.items()}
    for output, equal in same.items():
        print(f"{output}: {'the same bytes' if equal else 'differs'}")
    return 0 if all(same.values()) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
