"""What the largest model says of contacts and mutants, and the family of conservation. Outputs: tables, a summary."""

import numpy as np

from temperance.core.files import load_arrays, load_table, provenance, save_json, save_table
from temperance.msa.conservation import conservation
from temperance.potts.model import load
from temperance.predict.contacts import contact_table, coupling_scores, precision, structure_distances
from temperance.predict.mutants import measured, reference_states, score_measured, single_mutants, spearman
from temperance.workflow.job import job

with job(snakemake) as log:
    settings, given = snakemake.params.settings, dict(snakemake.input.items())
    model, letters, _ = load(given["model"])
    columns = load_table(given["columns"], text=["residue"])
    arrays, pool = load_arrays(given["alignment"])[0], load_arrays(given["split"])[0]["training"]
    summary = {"separation": settings["structure"]["separation"]}

    wanted, distances = settings["structure"], None
    if "structure" in given:
        distances, sites, identity = structure_distances(
            given["structure"], wanted["chain"], wanted["atoms"], columns, letters
        )
        summary["structure"] = {"sites": sites, "identity": identity, "cutoff": wanted["cutoff"]}
    contacts = contact_table(coupling_scores(model, letters), columns, distances)
    if distances is not None:
        ranks = precision(contacts, model.L, wanted["cutoff"], wanted["separation"])
        summary["precision"] = ranks.to_dict("records")
        log.info("precision %s", ", ".join(f"{row.precision:.2f} of {row.rank}" for row in ranks.itertuples()))

    reference = reference_states(columns, arrays["sequences"], letters)
    mutants = single_mutants(model, reference, columns, letters)
    if "measured" in given:
        path, rng = given["measured"], np.random.default_rng(snakemake.params.seed)
        compared = score_measured(measured(path), model, reference, columns, letters, path)
        agreement = spearman(compared["measured"], compared["score"], rng, settings["optimum"]["bootstrap"])
        summary["mutants"] = agreement | {"measured": len(compared)}
        mutants = mutants.merge(compared[["mutant", "measured"]].drop_duplicates("mutant"), on="mutant", how="left")
        log.info("Spearman %.3f (%.3f to %.3f) over %d mutants", *agreement.values())

    save_table(snakemake.output.contacts, contacts)
    save_table(snakemake.output.mutants, mutants)
    save_table(
        snakemake.output.conservation,
        conservation(arrays["sequences"][pool], arrays["weights"][pool], columns, letters),
    )
    save_json(snakemake.output.summary, summary | {"provenance": provenance(settings, snakemake.params.seed)})
