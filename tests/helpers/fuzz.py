"""Coverage-guided fuzzing of a reader: ``python fuzz.py READER CORPUS SECONDS``; anything but an InputError is a crash.

CORPUS is a folder of files to start from.
"""

import json
import sys
import tempfile
from pathlib import Path

import atheris
import numpy as np

with atheris.instrument_imports(include=["temperance"]):
    from temperance.core.alphabet import alphabet
    from temperance.core.checkpoint import Checkpoint
    from temperance.core.errors import InputError
    from temperance.core.files import load_json, load_table
    from temperance.core.settings.design import MeasuredSettings
    from temperance.laboratory.placement import place_sequences
    from temperance.laboratory.results_table import read_results
    from temperance.msa.alignment import filter_alignment, read
    from temperance.msa.encoding import encode
    from temperance.potts.formats.registry import read_model
    from temperance.potts.model import load
    from temperance.predict.measured import read_measured
    from temperance.workflow.configfiles import YamlError, parse_yaml
    from temperance.workflow.configuration import configure
    from temperance.workflow.family_table import with_table

ROOT = Path(__file__).parents[2]
FOLDER = Path(tempfile.mkdtemp())


def of_file(name, reader):
    def one(content):
        path = FOLDER / name
        path.write_bytes(content)
        reader(path)

    return one


def ingest(path):
    protein = alphabet("protein")
    filter_alignment(encode(read(path), protein, path=path), protein, path=path)


def configuration(content):
    try:
        settings = parse_yaml(content.decode("utf-8", "replace"))
    except YamlError:
        return
    if isinstance(settings, dict):
        json.dumps(configure(settings), default=lambda settings: settings.model_dump())


def results(path):
    """Read measured sequences of a family of six columns, of which two were dropped, and place them."""
    table = read_results([path], MeasuredSettings(groups=["plate"]))
    natural = np.array([[0, 1, 2, 3], [1, 1, 2, 20]], np.uint8)
    place_sequences(table, np.array([1, 2, 4, 6]), 6, natural, alphabet("protein"))


READERS = {
    "alignment": of_file("x.fasta", ingest),
    "configuration": configuration,
    "model": of_file("x.safetensors", load),
    "checkpoint": of_file("x.checkpoint", lambda path: Checkpoint(path).load()),
    "tsv": of_file("x.tsv", load_table),
    "parquet": of_file("x.parquet", load_table),
    "json": of_file("x.json", load_json),
    "format": of_file("x.dat", lambda path: read_model(path, alphabet("dna"))),
    "mutants": of_file("x.csv", read_measured),
    "results": of_file("x.tsv", results),
    "families": of_file("x.families", lambda path: with_table({"families": str(path)})),
}


def main(name, corpus, seconds):
    def one(content):
        try:
            READERS[name](content)
        except InputError as error:
            assert str(error).isprintable()

    limits = [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", "-max_len=4096"]
    atheris.Setup([sys.argv[0], f"-artifact_prefix={corpus}/crash-", *limits, corpus], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
