"""How often stated intervals hold the enumerated value on one system. Output: a row an estimator and temperature."""

from temperance.coverage import coverage
from temperance.gibbs import choose_engine
from temperance.job import job
from temperance.progress import Progress
from temperance.store import save_table

with job(snakemake) as log:
    wildcards, params = snakemake.wildcards, snakemake.params
    engine = choose_engine(params.engine)
    table = coverage(wildcards.kind, int(wildcards.size), params.repeats, params.seed, engine, Progress(log.info))
    save_table(snakemake.output[0], table)
    log.info("covered in %.1f %% of all, least %.0f %%", 100 * table["covered"].mean(), 100 * table["covered"].min())
