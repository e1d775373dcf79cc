"""The page of one family. Outputs: a self-contained HTML page, and what the page of all families shows of it."""

from pathlib import Path

from temperance.report.page import write_page
from temperance.report.results import Evidence
from temperance.workflow.job import job

with job(snakemake) as log:
    params, name = snakemake.params, snakemake.wildcards.family
    evidence = Evidence.load(Path(snakemake.output.page).parent, params.subsets, params.settings)
    captions = snakemake.input.captions
    part = write_page(snakemake.output.page, snakemake.output.summary, name, evidence, captions, params.seed)
    log.info("%s", part.headline)
