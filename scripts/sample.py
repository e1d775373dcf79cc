"""Sample a model at all temperatures of its window. Outputs: sequences and energies, diagnostics of every rung."""

from temperance.gibbs import choose_engine
from temperance.job import checkpoint, job
from temperance.potts import load
from temperance.sampling.replica_exchange import sample
from temperance.store import load_arrays, provenance, save_arrays, save_table

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
    expected = samples.rungs.origin.isin(["asked", "refined"])
    for row in samples.rungs[expected & ~samples.rungs.equilibrated].itertuples():
        log.warning(
            "warning: temperature %.3g is not equilibrated (R-hat %.3f, effective sample size %.0f); raise "
            "sample.max_sweeps", row.temperature, row.rhat, row.ess,
        )  # fmt: skip
