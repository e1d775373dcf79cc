"""Reproduce a recorded result, starting from the alignment, and compare it by digest.

Called as ``python -m temperance.workflow.reproduce RECORD [CORES]`` in the folder in which the workflow ran; it
leaves no files there.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from temperance.core.errors import InputError
from temperance.core.files import load_json, versions
from temperance.workflow.command_line import carry_out
from temperance.workflow.files import SNAKEFILE
from temperance.workflow.provenance import digests


def reproduce(path: str, cores: str = "all") -> int:
    """Repeat the computation of a record in a temporary folder, and print whether each file has the same bytes.

    Versions of programs that differ from the recorded ones are printed, too.

    Parameters
    ----------
    path : str
        Record, a JSON file in a folder `provenance` of the results.
    cores : str
        Number of CPU cores, or all.

    Returns
    -------
    int
        Exit status: 0 if all files are the same, else 1.

    Raises
    ------
    InputError
        If the file is no record.
    """
    record = load_json(path)
    if not isinstance(record, dict) or not {"config", "versions", "output"} <= record.keys():
        raise InputError(f"{path}: not the record of a job; expected a JSON file in a folder 'provenance'")
    results = record["config"].get("results", "results")
    for program, recorded in record["versions"].items():
        if (current := versions().get(program)) != recorded:
            print(f"{program} is {current}, was {recorded}")
    with tempfile.TemporaryDirectory() as folder:
        config, new_results = Path(folder, "config.json"), Path(folder, "results")
        config.write_text(json.dumps({**record["config"], "results": str(new_results)}))
        copies = {output: str(new_results / Path(output).relative_to(results)) for output in record["output"]}
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(SNAKEFILE), "--configfile", str(config)]
        if subprocess.run([*command, "--cores", cores, "--nolock", "--", *copies.values()]).returncode:
            return 1
        copy_digests = digests(copies.values())
    identical = {output: copy_digests.get(copy) == record["output"][output] for output, copy in copies.items()}
    for output, equal in identical.items():
        print(f"{output}: {'the same bytes' if equal else 'differs'}")
    return 0 if all(identical.values()) else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Reproduce the record that the command line names.

    Parameters
    ----------
    arguments : sequence of str, optional
        Of the command line.

    Returns
    -------
    int
        Exit status: 0 if all files are the same; 1 if not, or if the record cannot be read.
    """
    parser = argparse.ArgumentParser(
        prog="python -m temperance.workflow.reproduce", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("record", help="a JSON file in a folder 'provenance' of the results")
    parser.add_argument("cores", nargs="?", default="all", help="number of CPU cores; all of them by default")
    return carry_out(parser, lambda options: reproduce(options.record, options.cores), arguments)


if __name__ == "__main__":
    sys.exit(main())
