"""One claim of theory on systems that are solved exactly. Outputs: its table, its figure as SVG and PNG."""

from temperance.core.files import save_table
from temperance.report import figures, figures_of_theory
from temperance.validation.claims import CLAIMS
from temperance.workflow.job import job

with job(snakemake) as log:
    name = snakemake.wildcards.claim
    table = CLAIMS[name](snakemake.params.seed)
    save_table(snakemake.output.table, table)
    with figures.theme():
        figures.save(figures_of_theory.CLAIMS[name](table), list(snakemake.output.figures))
    log.info("%d rows", len(table))
