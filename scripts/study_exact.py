"""Every model of a study's family that can be listed in full: exact training, exact optima. Output: a row a model."""

from temperance.job import job
from temperance.store import save_table
from temperance.study import of_enumerable

with job(snakemake) as log:
    models = of_enumerable(snakemake.params.points, snakemake.params.seed)
    save_table(snakemake.output[0], models.assign(family=snakemake.wildcards.name))
    log.info("%d models", len(models))
