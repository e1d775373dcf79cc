"""Every model of a study's family that can be listed in full: exact training, exact optima. Output: a row a model."""

from temperance.core.files import save_table
from temperance.validation.study import of_enumerable
from temperance.workflow.job import job

with job(snakemake) as log:
    models = of_enumerable(snakemake.params.points, snakemake.params.seed)
    save_table(snakemake.output[0], models.assign(family=snakemake.wildcards.name))
    log.info("%d models", len(models))
