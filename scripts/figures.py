"""Draw the figures of one family. Outputs: PNG and SVG of each."""

from pathlib import Path

from temperance.report import figures
from temperance.report.results import Evidence
from temperance.workflow.job import job

with job(snakemake) as log:
    evidence = Evidence.load(Path(snakemake.output[0]).parents[1], snakemake.params.subsets, snakemake.params.settings)
    with figures.theme():
        for name, arguments in evidence.of_figures().items():
            paths = [path for path in snakemake.output if path.rsplit("/", 1)[-1].rsplit(".", 1)[0] == name]
            if paths:
                figures.save(figures.FIGURES[name](*arguments), paths)
    log.info("%d files", len(snakemake.output))
