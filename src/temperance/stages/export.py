"""Export the largest model, its samples nearest the recommended temperature, or the alignment, for other programs."""

import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np

from temperance.core.files import load_arrays, load_json, load_table, save_text
from temperance.msa.fasta import format_chains, format_fasta
from temperance.potts.formats.registry import write_model
from temperance.potts.model import load

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    recommendation : Path
        Recommended temperature, from `optimum`.
    model, samples : Path
        Potts model of the largest subset, and its tempered samples.
    alignment, sequences : Path
        Encoded alignment and names of its sequences, from `ingest`.
    """

    recommendation: Path
    model: Path
    alignment: Path
    sequences: Path
    samples: Path


class Outputs(NamedTuple):
    """File to write.

    Attributes
    ----------
    file : Path
        Model, samples or alignment, in the format of the other program.
    """

    file: Path


def run(inputs: Inputs, outputs: Outputs, form: str) -> None:
    """Write one file in the format of another program.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    form : str
        chains, the samples nearest the recommended temperature; alignment, the columns and sequences that models are
        trained on; else a format of models, such as ccmpred.

    Raises
    ------
    InputError
        If the format of models has no such alphabet.
    """
    model, alphabet, _ = load(inputs.model)
    if form == "chains":
        samples = load_arrays(inputs.samples)[0]
        tau = load_json(inputs.recommendation)["sampling_temperature"]
        index = int(np.argmin(np.abs(samples["temperatures"] - tau)))
        save_text(outputs.file, format_chains(samples["sequences"][index].reshape(-1, model.L), alphabet))
        log.info("exported samples at temperature %g", samples["temperatures"][index])
    elif form == "alignment":
        rows = alphabet.decode(load_arrays(inputs.alignment)[0]["sequences"])
        save_text(outputs.file, format_fasta(load_table(inputs.sequences)["name"], rows))
    else:
        write_model(outputs.file, model, alphabet, form)
