"""Search a sequence database for a family, starting from one sequence or from a seed alignment."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.alphabet import alphabet as find_alphabet
from temperance.core.files import save_table, save_text
from temperance.core.settings.stages import SearchStage
from temperance.msa.fasta import format_fasta
from temperance.msa.search import search_query, search_seed

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    database : Path
        Sequences in any format that HMMER reads.
    query : Path, optional
        One sequence, searched for iteratively (jackhmmer).
    seed : Path, optional
        Seed alignment, searched with once (hmmsearch), where there is no query.
    """

    database: Path
    query: Path | None = None
    seed: Path | None = None


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    alignment : Path
        Hits, aligned to the match states, as A2M.
    hits : Path
        Scores of the domains, one row a domain.
    """

    alignment: Path
    hits: Path


def run(inputs: Inputs, outputs: Outputs, settings: SearchStage, threads: int) -> None:
    """Search a database, and align the hits.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : SearchStage
        Thresholds of the search, and the alphabet.
    threads : int
        Threads of HMMER.

    Raises
    ------
    InputError
        If a file cannot be read, HMMER has no such alphabet, or no hit is above the thresholds.
    """
    alphabet = find_alphabet(settings.alphabet)
    search, query = (search_query, inputs.query) if inputs.query else (search_seed, inputs.seed)
    result = search(str(query), str(inputs.database), alphabet, settings.search, threads, log.info)
    save_text(outputs.alignment, format_fasta(result.names, result.rows))
    save_table(outputs.hits, result.hits)
    log.info("%d of %d domains cover enough of the profile", result.hits["kept"].sum(), len(result.hits))
