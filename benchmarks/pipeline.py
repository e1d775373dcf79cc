"""Where the time of the embedded default goes, from an empty folder, and what a second call of it costs."""

import tempfile
from pathlib import Path

import pandas as pd
from common import HERE, Process, rule_seconds, save

ROOT = HERE.parent


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = ["snakemake", "--cores", "2", "--snakefile", ROOT / "Snakefile", "--directory", folder]
        command += ["--configfile", ROOT / "config" / "config.yaml"]
        first, again = Process(command), Process(command)
        rows = rule_seconds(Path(folder) / "results")
    jobs = rows.groupby("rule").agg(
        jobs=("seconds", "size"),
        seconds=("seconds", "sum"),
        longest=("seconds", "max"),
        megabytes=("memory", "max"),
    )
    table = jobs.sort_values("seconds", ascending=False).reset_index().to_dict("records")
    table.append({"rule": "all of it, two jobs at a time", "jobs": int(jobs["jobs"].sum()), "seconds": first.seconds})
    table.append({"rule": "once more, nothing to do", "jobs": 0, "seconds": again.seconds})
    save("pipeline", table)
    print(pd.DataFrame(table).to_string(), flush=True)


if __name__ == "__main__":
    main()
