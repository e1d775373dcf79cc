"""One page over all families. Inputs: their figures and tables. Output: a self-contained HTML page."""

from temperance.job import job
from temperance.report import write_report

with job(snakemake) as log:
    for part in write_report(snakemake.output[0], **snakemake.params):
        log.info("%s: %s", part.name, part.headline)
