"""Record what jobs read and wrote, by digest, so that damage is noticed and every result can be reproduced."""

import hashlib
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm

from temperance.core.errors import InputError
from temperance.core.files import load_json, save_json, versions

_FOLDER = "provenance"


def digests(paths: Iterable[str]) -> dict[str, str]:
    """Compute the SHA-256 digests of files.

    Parameters
    ----------
    paths : iterable of str
        Files; folders and missing files are left out.

    Returns
    -------
    dict of str to str
        Hexadecimal digest by path.
    """
    digests_by_path = {}
    for path in filter(Path.is_file, map(Path, paths)):
        with path.open("rb") as file:
            digests_by_path[str(path)] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests_by_path


def record_path(output: str) -> Path:
    """Find the path of the record of a job.

    Parameters
    ----------
    output : str
        First output of the job.

    Returns
    -------
    Path
        JSON file in the folder `provenance` beside the output.
    """
    return Path(output).parent / _FOLDER / f"{Path(output).name}.json"


def verified_digests(paths: Iterable[str]) -> dict[str, str]:
    """Compute the digests of a job's inputs, and check that they are as the jobs that made them wrote them.

    Parameters
    ----------
    paths : iterable of str
        Inputs of the job.

    Returns
    -------
    dict of str to str
        Hexadecimal digest by path.

    Raises
    ------
    InputError
        If a file differs from what its job has recorded.
    """
    current = digests(paths)
    for folder in {Path(path).parent for path in current}:
        for record in folder.glob(f"{_FOLDER}/*.json"):
            written = load_json(record)["output"]
            for path in current.keys() & written.keys():
                if written[path] != current[path]:
                    raise InputError(
                        f"{path}: is not what its job wrote (digest in {record}): damaged, or changed by "
                        "hand; delete it and run again"
                    )
    return current


def write(job: Any, input_digests: dict[str, str], config: dict[str, Any]) -> None:
    """Write the record of a job that is done: its inputs and outputs by digest, and a configuration that reproduces it.

    ``python -m temperance.workflow.reproduce RECORD`` repeats the computation and compares the digests.

    Parameters
    ----------
    job : object
        The object that Snakemake passes to a script.
    input_digests : dict of str to str
        Digests of the inputs, from `verified_digests`.
    config : dict
        Configuration, reduced to what determines the results of the job's family.
    """
    path = record_path(job.output[0])
    path.parent.mkdir(exist_ok=True)
    record = {
        "rule": job.rule,
        "log": job.log[0],
        "wildcards": dict(job.wildcards),
        "seed": job.params.get("seed"),
        "input": input_digests,
        "output": digests(job.output),
        "config": config,
        "versions": versions(),
        "machine": f"{platform.system()} {platform.machine()} {llvm.get_host_cpu_name()}",
    }
    save_json(path, record)
