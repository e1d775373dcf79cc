"""Find a family in a database of sequences, beginning with one sequence or with a seed alignment."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.alphabet import alphabet
from temperance.core.files import save_table, save_text
from temperance.core.settings.stages import SearchStage
from temperance.msa.fasta import fasta
from temperance.msa.search import search_query, search_seed

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """A database, and either a sequence or a seed alignment."""

    database: Path
    query: Path | None = None
    seed: Path | None = None


class Outputs(NamedTuple):
    """What was found, aligned to match states; every domain with its scores."""

    alignment: Path
    hits: Path


def run(inputs: Inputs, outputs: Outputs, settings: SearchStage, threads: int) -> None:
    """Search the database."""
    letters = alphabet(settings.alphabet)
    search, begin = (search_query, inputs.query) if inputs.query else (search_seed, inputs.seed)
    result = search(str(begin), str(inputs.database), letters, settings.search, threads, log.info)
    save_text(outputs.alignment, fasta(result.names, result.rows))
    save_table(outputs.hits, result.hits)
    log.info("%d of %d domains cover enough of the profile", result.hits["kept"].sum(), len(result.hits))
