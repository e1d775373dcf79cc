"""What a job has read and written, by digest: so that damage is seen before it is used, and any result made again."""

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
    """SHA-256 of each file; folders are left out."""
    found = {}
    for path in filter(Path.is_file, map(Path, paths)):
        with path.open("rb") as file:
            found[str(path)] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def place(output: str) -> Path:
    """Find the record of the job whose first output this is."""
    return Path(output).parent / _FOLDER / f"{Path(output).name}.json"


def verified(paths: Iterable[str]) -> dict[str, str]:
    """Digests of what a job is to read.

    Raises
    ------
    InputError
        If a file is not what the job that made it has written.
    """
    found = digests(paths)
    for folder in {Path(path).parent for path in found}:
        for record in folder.glob(f"{_FOLDER}/*.json"):
            written = load_json(record)["output"]
            for path in found.keys() & written.keys():
                if written[path] != found[path]:
                    raise InputError(
                        f"{path}: is not what its job wrote, by the digest in {record}: damaged, or changed by "
                        "hand; delete it and run again"
                    )
    return found


def write(job: Any, read: dict[str, str], config: dict[str, Any]) -> None:
    """Record a Snakemake job that is done, what it `read`, and a configuration that makes it again.

    ``python -m temperance.workflow.reproduce RECORD`` does so, and compares.
    """
    path = place(job.output[0])
    path.parent.mkdir(exist_ok=True)
    record = {
        "rule": job.rule,
        "log": job.log[0],
        "wildcards": dict(job.wildcards),
        "seed": job.params.get("seed"),
        "input": read,
        "output": digests(job.output),
        "config": config,
        "versions": versions(),
        "machine": f"{platform.system()} {platform.machine()} {llvm.get_host_cpu_name()}",
    }
    save_json(path, record)
