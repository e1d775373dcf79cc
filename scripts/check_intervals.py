"""How often stated intervals hold the enumerated value on one system. Output: a row an estimator and temperature."""

from temperance.core.files import save_table
from temperance.core.progress import Progress
from temperance.engines.registry import choose_engine
from temperance.validation.coverage import coverage
from temperance.workflow.job import job

with job(snakemake) as log:
    wildcards, params = snakemake.wildcards, snakemake.params
    engine = choose_engine(params.engine)
    table = coverage(wildcards.kind, int(wildcards.size), params.repeats, params.seed, engine, Progress(log.info))
    save_table(snakemake.output[0], table)
    log.info("covered in %.1f %% of all, least %.0f %%", 100 * table["covered"].mean(), 100 * table["covered"].min())
