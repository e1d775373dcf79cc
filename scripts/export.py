"""Write a model, its samples nearest the recommended temperature, or its alignment, as other programs read them."""

import numpy as np

from temperance.core.files import load_arrays, load_json, load_table, save_text
from temperance.msa.fasta import fasta, format_chains
from temperance.potts.formats.registry import write_model
from temperance.potts.model import load
from temperance.workflow.job import job

with job(snakemake) as log:
    model, letters, _ = load(snakemake.input.model)
    (out,), form = snakemake.output, snakemake.params.form
    if form == "chains":
        drawn = load_arrays(snakemake.input.samples)[0]
        tau = load_json(snakemake.input.recommendation)["sampling_temperature"]
        at = int(np.argmin(np.abs(drawn["temperatures"] - tau)))
        save_text(out, format_chains(drawn["sequences"][at].reshape(-1, model.L), letters))
        log.info("samples at temperature %g", drawn["temperatures"][at])
    elif form == "alignment":
        rows = letters.decode(load_arrays(snakemake.input.alignment)[0]["sequences"])
        names = load_table(snakemake.input.sequences)["name"]
        save_text(out, fasta(names, rows))
    else:
        write_model(out, model, letters, form)
