"""Find a family in a database. Outputs: what was found, aligned to match states; every domain with its scores."""

from temperance.core.alphabet import alphabet
from temperance.core.files import save_table, save_text
from temperance.msa.fasta import fasta
from temperance.msa.search import search_query, search_seed
from temperance.workflow.job import job

with job(snakemake) as log:
    settings, given = snakemake.params.settings, dict(snakemake.input.items())
    letters, database = alphabet(settings["alphabet"]), given.pop("database")
    (kind, path), *_ = given.items()
    search = {"query": search_query, "seed": search_seed}[kind]
    found = search(path, database, letters, settings["search"], snakemake.threads, log.info)
    save_text(snakemake.output.alignment, fasta(found.names, found.rows))
    save_table(snakemake.output.hits, found.hits)
    log.info("%d of %d domains cover enough of the profile", found.hits["kept"].sum(), len(found.hits))
