"""Coverage of every estimator on every system. Outputs: the table, and the same as Markdown."""

import pandas as pd

from temperance.core.files import load_table, save_table, save_text
from temperance.validation.coverage import markdown
from temperance.workflow.job import job

with job(snakemake) as log:
    table = pd.concat([load_table(path) for path in snakemake.input], ignore_index=True)
    save_table(snakemake.output.table, table)
    save_text(snakemake.output.markdown, markdown(table))
    log.info("covered in %.1f %% of all, least %.0f %%", 100 * table["covered"].mean(), 100 * table["covered"].min())
