"""Where the time of the embedded default goes, from an empty folder, and what a second call of it costs."""

import tempfile
from pathlib import Path

import pandas as pd
from common import HERE, Process, save

ROOT = HERE.parent


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = ["snakemake", "--cores", "2", "--snakefile", ROOT / "Snakefile", "--directory", folder]
        command += ["--configfile", ROOT / "config" / "config.yaml"]
        first, again = Process(command), Process(command)
        rows = []
        for file in sorted(Path(folder).glob("results/**/benchmarks/*.tsv")):
            job = pd.read_csv(file, sep="\t").iloc[0]
            rows.append({"rule": file.stem.split("-")[0], "seconds": job["s"], "memory": job["max_rss"]})
    jobs = (
        pd.DataFrame(rows)
        .groupby("rule")
        .agg(
            jobs=("seconds", "size"),
            seconds=("seconds", "sum"),
            longest=("seconds", "max"),
            megabytes=("memory", "max"),
        )
    )
    table = jobs.sort_values("seconds", ascending=False).reset_index().to_dict("records")
    table.append({"rule": "all of it, two jobs at a time", "jobs": int(jobs["jobs"].sum()), "seconds": first.seconds})
    table.append({"rule": "once more, nothing to do", "jobs": 0, "seconds": again.seconds})
    save("pipeline", table)
    print(pd.DataFrame(table).to_string(), flush=True)


if __name__ == "__main__":
    main()
