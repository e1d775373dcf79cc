"""Families from a sequence or a seed alignment and a database of sequences, by HMMER's profile searches."""

import contextlib
import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

import numpy as np
import pandas as pd
import pyhmmer
from pyhmmer.easel import Alphabet as HmmerAlphabet
from pyhmmer.easel import DigitalSequence, DigitalSequenceBlock, MSAFile, SequenceFile, TextMSA, TextSequence
from pyhmmer.errors import EaselError
from pyhmmer.plan7 import HMM, Background, Builder, TopHits

from temperance.core.alphabet import Alphabet
from temperance.core.errors import InputError, last_line
from temperance.core.settings.alignment import SearchSettings
from temperance.msa.hmmer import hmm_alphabet

_READ_ERRORS = (EaselError, ValueError, OSError, EOFError, zlib.error)
_COLUMNS = ["name", "from", "to", "bits", "evalue", "coverage", "kept"]


class SearchResult(NamedTuple):
    """Hold the sequences that a profile search has found, aligned, and a table of its hits.

    Attributes
    ----------
    names, rows : list of str
        Domains aligned to the match states of the profile, as A2M: insertions are lower case and `.`. First the
        reference, then what else the search began with.
    hits : pandas.DataFrame
        One row a domain above the thresholds: name, from, to (residues, from 1), bits, evalue (independent, of the
        domain), coverage (share of match states), kept.
    """

    names: list[str]
    rows: list[str]
    hits: pd.DataFrame


def search_query(
    query: str | Path,
    database: str | Path,
    alphabet: Alphabet,
    settings: SearchSettings,
    threads: int,
    progress: Callable,
) -> SearchResult:
    """Search iteratively with one sequence (jackhmmer), and align the hits to the query's residues.

    Parameters
    ----------
    query, database : path-like
        FASTA or any format that HMMER reads, the database plain or gzipped.
    alphabet : Alphabet
        Protein.
    settings : SearchSettings
        `search` of the configuration: iterations, evalue, bits_per_residue, coverage.
    threads : int
        Threads of HMMER.
    progress : callable
        Receives a message after each round.

    Returns
    -------
    SearchResult
        The query first, then every domain that covers enough match states.

    Raises
    ------
    InputError
        If a file cannot be read, the alphabet is not protein, the query is not one sequence, or no hit is above the
        thresholds.
    """
    hmmer_alphabet = _find_hmmer_alphabet(alphabet)
    if hmmer_alphabet.type != "amino":
        raise InputError(
            f"query: iterative search is for protein, not {alphabet.name}; give a seed alignment as 'seed'"
        )
    try:
        with SequenceFile(str(query), digital=True, alphabet=hmmer_alphabet) as file:
            sequences = list(file.read_block())
    except (EaselError, ValueError, OSError) as error:
        raise InputError(f"{query}: HMMER reads no {alphabet.name} sequence from it: {last_line(error)}") from None
    if len(sequences) != 1:
        raise InputError(f"{query}: {len(sequences)} sequences; expected exactly one")
    query_sequence, thresholds = sequences[0], _thresholds(settings, len(sequences[0]))
    profile, hits = None, None
    try:
        with _targets(database, hmmer_alphabet) as targets:
            for result in next(iter(pyhmmer.jackhmmer(
                [query_sequence], targets, max_iterations=settings.iterations, checkpoints=True, cpus=threads,
                builder=Builder(hmmer_alphabet, architecture="hand", seed=1), **thresholds,
            ))):  # fmt: skip
                hits, profile = result.hits, result.hmm
                progress(
                    f"round {result.iteration}: {sum(1 for _ in _domains(hits))} domains of "
                    f"{len(hits.included)} sequences{', converged' if result.converged else ''}"
                )
    except _READ_ERRORS as error:
        raise _unreadable(database, error) from None
    return _align_domains(database, profile, hits, [query_sequence], hmmer_alphabet, settings, threads)


def search_seed(
    seed: str | Path,
    database: str | Path,
    alphabet: Alphabet,
    settings: SearchSettings,
    threads: int,
    progress: Callable,
) -> SearchResult:
    """Search once with the profile of a seed alignment (hmmsearch), and align the hits to its match states.

    Parameters
    ----------
    seed, database : path-like
        Alignment in any format that HMMER reads; sequences likewise, plain or gzipped.
    alphabet : Alphabet
        Protein, RNA or DNA.
    settings : SearchSettings
        `search` of the configuration: evalue, bits_per_residue, coverage.
    threads : int
        Threads of HMMER.
    progress : callable
        Receives a message after the search.

    Returns
    -------
    SearchResult
        The sequences of the seed first, then every domain that covers enough match states.

    Raises
    ------
    InputError
        If a file cannot be read, HMMER has no such alphabet, or no hit is above the thresholds.
    """
    hmmer_alphabet = _find_hmmer_alphabet(alphabet)
    try:
        with MSAFile(str(seed), digital=True, alphabet=hmmer_alphabet) as file:
            msa = file.read()
    except (ValueError, EaselError, OSError) as error:
        raise InputError(f"{seed}: HMMER reads no {alphabet.name} alignment from it: {last_line(error)}") from None
    if msa is None:
        raise InputError(f"{seed}: contains no alignment")
    msa.name = msa.name or "seed"
    profile, _, _ = Builder(hmmer_alphabet, seed=1).build_msa(msa, Background(hmmer_alphabet))
    thresholds = _thresholds(settings, profile.M)
    try:
        with _targets(database, hmmer_alphabet) as targets:
            hits = next(iter(pyhmmer.hmmsearch(profile, targets, cpus=threads, **thresholds)))
    except _READ_ERRORS as error:
        raise _unreadable(database, error) from None
    progress(f"{sum(1 for _ in _domains(hits))} domains of {len(hits.included)} sequences")
    return _align_domains(database, profile, hits, list(msa.sequences), hmmer_alphabet, settings, threads)


def _find_hmmer_alphabet(alphabet: Alphabet) -> HmmerAlphabet:
    hmmer_alphabet = hmm_alphabet(alphabet)
    if hmmer_alphabet is None:
        raise InputError(f"alphabet: HMMER searches protein, rna and dna, not {alphabet.name}")
    return hmmer_alphabet


class _Thresholds(TypedDict, total=False):
    """HMMER's thresholds: E-values or bit scores, of sequences and of domains, to report and to include."""

    E: float
    domE: float
    incE: float
    incdomE: float
    T: float
    domT: float
    incT: float
    incdomT: float


def _thresholds(settings: SearchSettings, length: int) -> _Thresholds:
    """Translate the settings to HMMER's thresholds.

    Bit scores per residue are multiplied by the profile's length, as in EVcouplings; an E-value is that of a domain.
    """
    if settings.evalue is not None:
        evalue = settings.evalue
        return {"E": evalue, "domE": evalue, "incE": evalue, "incdomE": evalue}
    bits = settings.bits_per_residue * length
    return {"T": bits, "domT": bits, "incT": bits, "incdomT": bits}


@contextlib.contextmanager
def _targets(path: str | Path, hmmer_alphabet: HmmerAlphabet) -> Iterator[Any]:
    """Open a database to search: a file that is read again at each round, a gzipped one as sequences in memory."""
    with Path(path).open("rb") as raw:
        is_gzipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        # Unpacked before HMMER reads it, which does not survive a damaged file.
        source = io.BytesIO(gzip.decompress(raw.read())) if is_gzipped else str(path)
        with SequenceFile(source, digital=True, alphabet=hmmer_alphabet) as file:
            yield file.read_block() if is_gzipped else file


def _unreadable(path: str | Path, error: Exception) -> InputError:
    return InputError(f"{path}: HMMER reads no sequences from it, plain or gzipped: {last_line(error)}")


def _domains(hits: TopHits | None) -> Iterable[Any]:
    return (domain for hit in (hits or ()) if hit.included for domain in hit.domains if domain.included)


def _align_domains(
    database: str | Path,
    profile: HMM | None,
    hits: TopHits | None,
    starting_sequences: list[DigitalSequence],
    hmmer_alphabet: HmmerAlphabet,
    settings: SearchSettings,
    threads: int,
) -> SearchResult:
    rows: list[tuple[Any, ...]] = []
    block = DigitalSequenceBlock(hmmer_alphabet, starting_sequences)
    for domain in _domains(hits):
        alignment = domain.alignment
        residues = alignment.target_sequence.replace("-", "").upper()
        name = f"{domain.hit.name}/{alignment.target_from}-{alignment.target_to}"
        rows.append((name, alignment.target_from, alignment.target_to, domain.score, domain.i_evalue))
        block.append(TextSequence(name=name, sequence=residues).digitize(hmmer_alphabet))
    if profile is None or not rows:
        raise InputError(
            f"{database}: no sequence is above the thresholds; raise search.evalue, lower search.bits_per_residue or "
            "give a larger database"
        )
    # Residues beyond the ends stay, as insertions: they count for the numbers of those within.
    msa = pyhmmer.hmmalign(profile, block, trim=False, all_consensus_cols=True, cpus=threads)
    assert isinstance(msa, TextMSA)
    match = np.frombuffer((msa.reference or "").encode(), np.uint8) != ord(".")
    symbols = np.array([list(row) for row in msa.alignment])
    coverage = (symbols[:, match] != "-").mean(axis=1)[len(starting_sequences) :]
    sufficient = coverage >= settings.coverage
    table = pd.DataFrame(rows, columns=_COLUMNS[:5]).assign(coverage=coverage, kept=sufficient)
    selected = [*range(len(starting_sequences)), *(len(starting_sequences) + np.flatnonzero(sufficient))]
    names = [sequence.name for sequence in starting_sequences] + list(table["name"])
    # Without lower-case letters, readers would take insertions of domains that are left out for columns of gaps.
    symbols = symbols[selected][:, match | (symbols[selected] != ".").any(axis=0)]
    return SearchResult([names[n] for n in selected], ["".join(row) for row in symbols], table[_COLUMNS])
