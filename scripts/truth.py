"""Draw a lattice-protein family. Input: folds. Outputs: the alignment, the full ensemble, diagnostics."""

import numpy as np

from temperance.errors import InputError
from temperance.job import Progress, job
from temperance.store import load_arrays, provenance, save_arrays, save_json, save_text
from temperance.tempering import effective_size, split_rhat
from temperance.truth.lattice import SYMBOLS, ensemble, sample_family

with job(snakemake) as log:
    truth, seed = snakemake.params.settings["truth"], snakemake.params.seed
    folds = load_arrays(snakemake.input.folds)[0]["contacts"]
    rng = np.random.default_rng(seed)
    competing = ensemble(folds, truth["native"], truth["folds"], rng)
    drawing = {key: truth[key] for key in ("gamma", "chains", "burn_in", "spacing")}
    draws = sample_family(competing, count=truth["sequences"], seed=seed, progress=Progress(log), **drawing)
    rhat, ess = split_rhat(draws.log_p_nat), effective_size(draws.log_p_nat)
    judging = ensemble(folds, truth["native"], None, rng)
    sequences = draws.sequences.transpose(1, 0, 2).reshape(-1, draws.sequences.shape[-1])[: truth["sequences"]]
    if rhat > 1.05:
        log.warning("warning: the truth's chains are not equilibrated (R-hat %.3f); raise truth.burn_in", rhat)
    if not np.isfinite(draws.log_p_nat).all():
        raise InputError("truth.gamma: the chains left the range of numbers; lower it")
    letters = np.array(list(SYMBOLS))
    records = (f">lattice_{number}\n{''.join(row)}\n" for number, row in enumerate(letters[sequences], 1))
    source = provenance(truth, seed)
    save_text(snakemake.output.alignment, "".join(records))
    save_arrays(snakemake.output.ensemble, {"contacts": judging.contacts}, source)
    against_all = judging.p_nat(sequences[:500])
    diagnostics = {
        "sequences": len(sequences),
        "acceptance": draws.acceptance,
        "rhat": rhat,
        "ess": ess,
        "mean_p_nat_drawn_ensemble": float(np.exp(draws.log_p_nat).mean()),
        "mean_p_nat_all_folds": float(against_all.mean()),
    }
    save_json(snakemake.output.diagnostics, diagnostics | {"provenance": source})
    log.info("%d sequences, mean p_nat %.3f against all folds, R-hat %.3f", len(sequences), against_all.mean(), rhat)
