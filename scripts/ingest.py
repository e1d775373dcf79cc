"""Read, encode, filter and weigh an alignment. Outputs: arrays, names, the audit of what was dropped, a summary."""

import numpy as np
import pandas as pd

from temperance.core.alphabet import alphabet
from temperance.core.files import provenance, save_arrays, save_json, save_table
from temperance.msa.alignment import encode, filter_alignment, read
from temperance.msa.weights import sequence_weights
from temperance.workflow.job import job

with job(snakemake) as log:
    path, settings = snakemake.input[0], snakemake.params.settings
    letters = alphabet(settings["alphabet"])
    chosen = dict(settings["filter"])
    raw = read(path, chosen.pop("reference"))
    encoded = encode(raw, letters, settings["ambiguous"], path)
    kept = filter_alignment(encoded, letters, path=path, **chosen)
    weights = sequence_weights(kept.sequences, settings["weights"]["identity"])
    arrays = {"sequences": kept.sequences, "columns": kept.columns.astype(np.int32), "weights": weights}
    source = provenance(settings)
    audit = kept.audit_table()
    summary = {
        "source": path,
        "alphabet": letters.name,
        "sequences_read": len(raw.names),
        "columns_read": int(raw.sequences.shape[1]),
        "M": len(kept.names),
        "L": int(kept.sequences.shape[1]),
        "q": letters.q,
        "Meff": float(weights.sum()),
        "sequences_dropped": int((audit["what"] == "sequence").sum()),
        "columns_dropped": int((audit["what"] == "column").sum()),
        "reference": kept.reference,
    }
    save_arrays(snakemake.output.alignment, arrays, source | {"alphabet": letters.name})
    save_table(snakemake.output.sequences, pd.DataFrame({"name": kept.names, "weight": weights}))
    save_table(snakemake.output.audit, audit)
    save_table(snakemake.output.columns, kept.columns_table())
    save_json(snakemake.output.summary, summary | {"provenance": source})
    log.info(
        "M %d of %d, L %d of %d, q %d, Meff %.0f",
        *(summary[key] for key in ("M", "sequences_read", "L", "columns_read", "q", "Meff")),
    )
