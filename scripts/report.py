"""One page over all families. Inputs: what their own pages leave for it. Output: a self-contained HTML page."""

import pandas as pd

from temperance.report.page import write_report
from temperance.workflow.job import job

with job(snakemake) as log:
    write_report(snakemake.output[0], snakemake.input, pd.DataFrame(columns=["family"]), snakemake.params.seed)
    log.info("%d families", len(snakemake.input))
