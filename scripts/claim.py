"""One claim of theory on systems that are solved exactly. Outputs: its table, its figure as SVG and PNG."""

from temperance import figures, figures_of_theory
from temperance.claims import CLAIMS
from temperance.job import job
from temperance.store import save_table

with job(snakemake) as log:
    name = snakemake.wildcards.claim
    table = CLAIMS[name](snakemake.params.seed)
    save_table(snakemake.output.table, table)
    with figures.theme():
        figures.save(figures_of_theory.CLAIMS[name](table), list(snakemake.output.figures))
    log.info("%d rows", len(table))
