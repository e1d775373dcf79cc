"""One page over all families. Inputs: their figures and tables. Output: a self-contained HTML page."""

from pathlib import Path

from temperance.evidence import Evidence
from temperance.job import job
from temperance.report import page, section
from temperance.store import save_text

with job(snakemake) as log:
    families = snakemake.params.families
    captions = {Path(path).stem: " ".join(Path(path).read_text().split()) for path in snakemake.params.captions}
    sections = []
    for (name, subsets), designs in zip(families.items(), snakemake.input.designs, strict=True):
        evidence = Evidence.load(Path(designs).parent, subsets, snakemake.params.settings[name])
        sections.append(section(name, evidence, captions))
    save_text(snakemake.output[0], page(sections, snakemake.params.seed))
    for part in sections:
        log.info("%s: sample at temperature %s (%s)", part.name, part.tau, part.interval)
