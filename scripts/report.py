"""One page over all families. Inputs: their figures and tables. Output: a self-contained HTML page."""

from temperance.report.page import write_report
from temperance.workflow.job import job

with job(snakemake) as log:
    for part in write_report(snakemake.output[0], **snakemake.params):
        log.info("%s: %s", part.name, part.headline)
