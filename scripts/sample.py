"""Sample a model at all temperatures. Outputs: sequences and energies, and the diagnostics of every rung."""

from temperance.gibbs import choose_engine
from temperance.job import checkpoint, job
from temperance.potts import load
from temperance.store import load_arrays, provenance, save_arrays, save_table
from temperance.tempering import sample

with job(snakemake) as log:
    settings, seed = snakemake.params.settings["sample"], snakemake.params.seed
    model, letters, _ = load(snakemake.input.model)
    training = load_arrays(snakemake.input.alignment)[0]["sequences"][load_arrays(snakemake.input.subset)[0]["indices"]]
    engine = choose_engine(snakemake.params.engine)
    source = provenance(settings | {"engine": engine.name}, seed)
    last = checkpoint(snakemake, source)
    wanted = settings | {"keep_all": snakemake.params.keep_all}
    drawn = sample(model, engine, seed, starts=training, progress=log.info, checkpoint=last, **wanted)
    save_arrays(snakemake.output.samples, drawn.arrays(), source | {"alphabet": letters.name})
    save_table(snakemake.output.ladder, drawn.rungs.assign(round_trips=drawn.round_trips, sweeps=drawn.sweeps))
    last.clear()
    for row in drawn.rungs[drawn.rungs.requested & ~drawn.rungs.equilibrated].itertuples():
        log.warning(
            "warning: temperature %.3g is not equilibrated (R-hat %.3f, effective sample size %.0f); raise "
            "sample.max_sweeps", row.temperature, row.rhat, row.ess,
        )  # fmt: skip
