"""Describe a run as an RO-Crate: which job made which file of which, with which versions.

Called as ``python -m temperance.workflow.crate RESULTS``; it writes ``ro-crate-metadata.json`` into the folder of
results, from the records of jobs. Profile: Process Run Crate 0.5, https://w3id.org/ro/wfrun/process/0.5.
"""

import argparse
import mimetypes
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from temperance.core.errors import InputError
from temperance.core.files import load_json, save_json
from temperance.core.version import __version__
from temperance.workflow.command_line import carry_out
from temperance.workflow.provenance import digests

METADATA = "ro-crate-metadata.json"
_CRATE, _PROFILE = "https://w3id.org/ro/crate/1.1", "https://w3id.org/ro/wfrun/process/0.5"
_CONTEXT = [f"{_CRATE}/context", {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}]
# Of files whose ending Python does not know.
_FORMATS = {
    ".tsv": "text/tab-separated-values", ".fasta": "text/x-fasta", ".parquet": "application/vnd.apache.parquet",
    ".a2m": "text/x-fasta", ".sto": "text/x-stockholm",
}  # fmt: skip

Entity = dict[str, Any]


def describe_run(results: Path, license_: str = "", author: str = "") -> Entity:
    """Describe the files of a run and the jobs that made them.

    Parameters
    ----------
    results : Path
        Folder of results.
    license_ : str
        Address of the licence of the results; empty if none is stated.
    author : str
        Name of the person who ran the workflow; empty if it is not to be told.

    Returns
    -------
    dict
        Content of `ro-crate-metadata.json`.

    Raises
    ------
    InputError
        If the folder has no records of jobs, or a file is not what its job wrote.
    """
    root = results.resolve()
    records = {path: load_json(path) for path in sorted(root.glob("**/provenance/*.json"))}
    records = {path: record for path, record in records.items() if record["output"]}
    if not records:
        raise InputError(f"{results}: no records of jobs; expected the folder of results of a run that has begun")
    entities: dict[str, Entity] = {}
    actions = [_describe_job(root, path, record, entities) for path, record in records.items()]
    if author:
        entities["#author"] = {"@id": "#author", "@type": "Person", "name": author}
        for action in actions:
            action["agent"] = {"@id": "#author"}
    licence: Entity = {"@id": license_ or "#no-licence", "@type": "CreativeWork"}
    licence["name"] = license_ or "No licence is stated"
    profile = {"@id": _PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
    files = [entity["@id"] for entity in entities.values() if entity["@type"] == "File"]
    dataset: Entity = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Results of temperance {__version__}: {root.name}",
        "description": "Potts models of families of sequences, their samples over temperature, and what follows: the "
        "report is report.html. Each file is the result of the job that made it.",
        "datePublished": max(action["endTime"] for action in actions),
        "license": {"@id": licence["@id"]},
        "conformsTo": {"@id": _PROFILE},
        "hasPart": _refer(sorted(files)),
        "mentions": _refer(action["@id"] for action in actions),
    }
    descriptor = {
        "@id": METADATA,
        "@type": "CreativeWork",
        "conformsTo": {"@id": _CRATE},
        "about": {"@id": "./"},
    }
    return {"@context": _CONTEXT, "@graph": [descriptor, dataset, profile, licence, *entities.values(), *actions]}


def _describe_job(root: Path, path: Path, record: Entity, entities: dict[str, Entity]) -> Entity:
    """Describe a job, and add its files and programs to the entities."""
    # Paths were written in the folder in which the run was started; results may have been moved since.
    first = next((name for name in record["output"] if f"{Path(name).name}.json" == path.name), None)
    if first is None:
        raise InputError(f"{path}: the record does not name its own output; delete it and run again")

    def link(name: str, digest: str) -> Entity:
        place = Path(os.path.normpath(path.parents[1] / os.path.relpath(name, Path(first).parent)))
        return _describe_file(root, place, digest, entities)

    end = path.stat().st_mtime
    action: Entity = {
        "@id": f"#{path.relative_to(root)}",
        "@type": "CreateAction",
        "name": " ".join([record["rule"], *map(str, record["wildcards"].values())]),
        "instrument": {"@id": _describe_program(record["versions"], entities)},
        "object": [link(*item) for item in record["input"].items()],
        "result": [link(*item) for item in record["output"].items()],
        "endTime": _format_time(end),
        # The record has the seed and the configuration, too.
        "subjectOf": _describe_file(root, path, digests([str(path)])[str(path)], entities),
    }
    timing = path.parents[1] / os.path.relpath(record["log"], Path(first).parent)
    timing = Path(os.path.normpath(timing.parents[1] / "benchmarks" / f"{timing.stem}.tsv"))
    if timing.is_file():
        action["startTime"] = _format_time(end - float(pd.read_csv(timing, sep="\t")["s"].iloc[-1]))
    return action


def _describe_file(root: Path, path: Path, digest: str, entities: dict[str, Entity]) -> Entity:
    """Describe a file of the results; one that is gone or lies elsewhere, as the alignment, by its digest alone."""
    if path.is_relative_to(root) and path.is_file():
        name = str(path.relative_to(root))
        if name not in entities:
            if digests([str(path)])[str(path)] != digest:
                raise InputError(
                    f"{path}: is not what its job wrote: damaged, or changed by hand; delete it and run again"
                )
            form = _FORMATS.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
            entities[name] = {
                "@id": name,
                "@type": "File",
                "name": name,
                "encodingFormat": form,
                "contentSize": str(path.stat().st_size),
                "sha256": digest,
            }
        return {"@id": name}
    identifier = f"#sha256-{digest}"
    entities.setdefault(identifier, {"@id": identifier, "@type": "CreativeWork", "name": path.name, "sha256": digest})
    return {"@id": identifier}


def _describe_program(versions: dict[str, str], entities: dict[str, Entity]) -> str:
    """Describe the program with the packages that its numbers depend on; return its identifier."""
    names = [f"#{program}-{version}" for program, version in versions.items()]
    for (program, version), name in zip(versions.items(), names, strict=True):
        entities.setdefault(
            name, {"@id": name, "@type": "SoftwareApplication", "name": program, "softwareVersion": version}
        )
    own = f"#temperance-{versions['temperance']}"
    needed = entities[own].get("softwareRequirements", [])
    entities[own]["softwareRequirements"] = needed + [
        link for link in _refer(names) if link["@id"] != own and link not in needed
    ]
    return own


def _refer(identifiers: Iterable[str]) -> list[Entity]:
    """Refer to entities by their identifiers."""
    return [{"@id": identifier} for identifier in identifiers]


def _format_time(seconds: float) -> str:
    """Write seconds since 1970 as a date with time, to the second."""
    return datetime.fromtimestamp(round(seconds), UTC).isoformat()


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the description of the run that the command line names.

    Parameters
    ----------
    arguments : sequence of str, optional
        Of the command line.

    Returns
    -------
    int
        Exit status: 0, or 1 after an error.
    """
    parser = argparse.ArgumentParser(
        prog="python -m temperance.workflow.crate", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("results", nargs="?", default="results", help="folder of results")
    parser.add_argument("--license", default="", help="address of the licence of the results")
    parser.add_argument("--author", default="", help="who ran the workflow")
    return carry_out(parser, _write, arguments)


def _write(options: argparse.Namespace) -> int:
    path = Path(options.results) / METADATA
    save_json(path, describe_run(Path(options.results), options.license, options.author))
    print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
