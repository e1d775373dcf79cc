"""Sample a model at all temperatures of its window. Outputs: sequences and energies, diagnostics of every rung."""

from temperance.core.files import load_arrays, provenance, save_arrays, save_table
from temperance.engines.registry import choose_engine
from temperance.potts.model import load
from temperance.sampling.replica_exchange import sample
from temperance.workflow.job import checkpoint, job

with job(snakemake) as log:
    settings, seed = snakemake.params.settings["sample"], snakemake.params.seed
    model, letters, _ = load(snakemake.input.model)
    subset = load_arrays(snakemake.input.subset)[0]
    training = load_arrays(snakemake.input.alignment)[0]["sequences"][subset["indices"]]
    engine = choose_engine(snakemake.params.engine)
    source = provenance(settings | {"engine": engine.name}, seed)
    last = checkpoint(snakemake, source)
    samples = sample(
        model, engine, seed, starts=training, weights=subset["weights"], keep_all=snakemake.params.keep_all,
        progress=log.info, checkpoint=last, **settings,
    )  # fmt: skip
    save_arrays(snakemake.output.samples, samples.arrays(), source | {"alphabet": letters.name})
    save_table(snakemake.output.ladder, samples.rungs.assign(round_trips=samples.round_trips, sweeps=samples.sweeps))
    last.clear()
    expected = samples.rungs[samples.rungs.origin.isin(["listed", "refined"])]
    failed = expected[~expected.equilibrated]
    if len(failed):
        log.warning(
            "warning: %d of %d temperatures, from %.3g to %.3g, are not equilibrated (R-hat up to %.3f): their samples "
            "depend on where chains began. More sweeps (sample.max_sweeps) or a stronger penalty (train.l2_couplings) "
            "may help",
            len(failed), len(expected), failed.temperature.min(), failed.temperature.max(), failed.rhat.max(),
        )  # fmt: skip
