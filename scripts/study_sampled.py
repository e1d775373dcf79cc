"""Every model of a study's family that went through the whole chain. Outputs: a row a model, its scores."""

from pathlib import Path

from temperance.core.files import save_table
from temperance.validation.study import of_sampled
from temperance.workflow.job import job

with job(snakemake) as log:
    folders = [[Path(folder) for folder in of_point] for of_point in snakemake.params.folders]
    models, scores = of_sampled(snakemake.params.points, folders)
    save_table(snakemake.output.models, models.assign(family=snakemake.wildcards.name))
    save_table(snakemake.output.scores, scores.assign(family=snakemake.wildcards.name))
    log.info("%d models", len(models))
