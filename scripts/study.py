"""Phase diagrams of one study. Outputs: a row a model, the mean over replicates, the figure as SVG and PNG."""

import pandas as pd

from temperance.core.files import load_table, save_table
from temperance.report import figures, figures_of_theory
from temperance.validation.study import summarise
from temperance.workflow.job import job

with job(snakemake) as log:
    models = pd.concat([load_table(path) for path in snakemake.input], ignore_index=True)
    summary = summarise(models)
    save_table(snakemake.output.models, models)
    save_table(snakemake.output.table, summary)
    vary = snakemake.params.vary
    with figures.theme():
        drawn = figures_of_theory.phase_diagram(summary, vary) if vary else figures_of_theory.against_size(summary)
        figures.save(drawn, list(snakemake.output.figures))
    log.info("%d models of %s", len(models), ", ".join(summary["family"].unique()))
