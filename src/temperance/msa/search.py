"""Families from a sequence or a seed alignment and a database of sequences, by HMMER's profile searches."""

import codecs
import contextlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

import numpy as np
import pandas as pd
import pyhmmer
from pyhmmer.easel import Alphabet as HmmerAlphabet
from pyhmmer.easel import (
    DigitalMSA,
    DigitalSequence,
    DigitalSequenceBlock,
    MSAFile,
    SequenceFile,
    TextMSA,
    TextSequence,
)
from pyhmmer.errors import EaselError
from pyhmmer.plan7 import HMM, Background, Builder, TopHits

from temperance.core.alphabet import NAMED, Alphabet, recognise
from temperance.core.errors import InputError, last_line
from temperance.core.opening import compression, open_input
from temperance.core.settings.alignment import SearchSettings
from temperance.msa.alignment import read_rows
from temperance.msa.fasta import format_fasta
from temperance.msa.formats import MOST_COLUMNS
from temperance.msa.hmmer import hmm_alphabet

# pyhmmer raises SystemError where Easel fails to recognise what an open file holds.
_READ_ERRORS = (EaselError, ValueError, OSError, EOFError, SystemError)
# Easel's A2M knows no gaps but - and .
_PLAIN_GAPS = str.maketrans("~_", "--")
# A compressed database is unpacked into memory; and of so many sequences the alphabet is recognised.
_MOST_UNPACKED, _RECOGNISED_BY = 500_000_000, 100
# Easel takes any amount of memory for a line: so much of a file must have an end of line.
_BEGINNING = 1_000_000
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
        FASTA or any format that HMMER reads, plain or compressed by gzip, bzip2 or xz.
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
    query_sequence = _read_query(query, alphabet, hmmer_alphabet)
    thresholds = _thresholds(settings, len(query_sequence))
    profile, hits = None, None
    try:
        with _targets(database, alphabet, hmmer_alphabet) as targets:
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
        Alignment in any format of `temperance.msa.alignment.read`; sequences in FASTA or any format that HMMER reads.
        Both plain or compressed by gzip, bzip2 or xz.
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
    msa = _read_seed(seed, alphabet, hmmer_alphabet)
    profile, _, _ = Builder(hmmer_alphabet, seed=1).build_msa(msa, Background(hmmer_alphabet))
    thresholds = _thresholds(settings, profile.M)
    try:
        with _targets(database, alphabet, hmmer_alphabet) as targets:
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


def _read_query(path: str | Path, alphabet: Alphabet, hmmer_alphabet: HmmerAlphabet) -> DigitalSequence:
    try:
        with _open_sequences(path, "a query", None) as file:
            sequences = file.read_block(sequences=2)
    except _READ_ERRORS as error:
        raise InputError(f"{path}: HMMER reads no {alphabet.name} sequence from it: {last_line(error)}") from None
    if len(sequences) != 1:
        raise InputError(f"{path}: {'several' if sequences else 'no'} sequences; expected exactly one")
    # A stop codon ends a translation, and is no residue.
    name, residues = sequences[0].name, sequences[0].sequence.upper().rstrip("*")
    _check_alphabet(path, alphabet, residues)
    if not residues or len(residues) > MOST_COLUMNS:
        raise InputError(f"{path}: sequence {name} has {len(residues):,} residues; a query has 1 to {MOST_COLUMNS:,}")
    if "*" in residues:
        number = residues.index("*") + 1
        raise InputError(f"{path}: sequence {name} has a stop (*) as residue {number:,}; give a whole protein")
    try:
        return TextSequence(name=name, sequence=residues).digitize(hmmer_alphabet)
    except ValueError as error:
        raise InputError(f"{path}: sequence {name} is not {alphabet.name}: {last_line(error)}") from None


def _read_seed(path: str | Path, alphabet: Alphabet, hmmer_alphabet: HmmerAlphabet) -> DigitalMSA:
    names, rows, is_aligned = read_rows(path)
    _check_alphabet(path, alphabet, "".join(rows[:_RECOGNISED_BY]))
    text = format_fasta(names, (row.translate(_PLAIN_GAPS) for row in rows))
    try:
        with MSAFile(
            io.BytesIO(text.encode()), format="afa" if is_aligned else "a2m", digital=True, alphabet=hmmer_alphabet
        ) as file:
            msa = file.read()
    except (ValueError, EaselError) as error:
        raise InputError(f"{path}: HMMER reads no {alphabet.name} alignment from it: {last_line(error)}") from None
    assert msa is not None
    msa.name = "seed"
    return msa


def _check_alphabet(path: str | Path, alphabet: Alphabet, residues: str) -> None:
    recognised = recognise(Counter(residues))
    if alphabet.name in NAMED and recognised and (recognised == "protein") != (alphabet.name == "protein"):
        raise InputError(f"{path}: contains {recognised}, not {alphabet.name}; give {alphabet.name}, or set 'alphabet'")


@contextlib.contextmanager
def _open_sequences(path: str | Path, needed: str, hmmer_alphabet: HmmerAlphabet | None) -> Iterator[Any]:
    """Open a file of sequences, as text or in an alphabet; a compressed one is unpacked in memory.

    Unpacked before HMMER reads it, which does not survive a damaged file.
    """
    digital: dict[str, Any] = {"digital": True, "alphabet": hmmer_alphabet} if hmmer_alphabet else {}
    with open_input(path, needed) as content:
        beginning = content.read(_BEGINNING)
        if b"\0" in beginning or (len(beginning) == _BEGINNING and b"\n" not in beginning):
            raise InputError(f"{path}: not text; give the path of {needed}, such as FASTA")
        if beginning.startswith(codecs.BOM_UTF8):
            raise InputError(f"{path}: begins with a byte order mark; save it as UTF-8 without one")
        source: Any = str(path)
        if compression(path, needed):
            unpacked = beginning + content.read(_MOST_UNPACKED)
            if len(unpacked) > _MOST_UNPACKED:
                raise InputError(
                    f"{path}: unpacks to more than {_MOST_UNPACKED // 1_000_000} MB; unpack it first, a plain file is "
                    "read from disk"
                )
            source = io.BytesIO(unpacked)
    with SequenceFile(source, **digital) as file:
        yield file


@contextlib.contextmanager
def _targets(path: str | Path, alphabet: Alphabet, hmmer_alphabet: HmmerAlphabet) -> Iterator[Any]:
    """Open a database to search: a file that is read again at each round, a compressed one as sequences in memory."""
    with _open_sequences(path, "a database of sequences", hmmer_alphabet) as file:
        is_unpacked = bool(compression(path, "a database of sequences"))
        block = file.read_block(None if is_unpacked else _RECOGNISED_BY)
        _check_alphabet(path, alphabet, "".join(entry.textize().sequence for entry in block[:_RECOGNISED_BY]))
        if not is_unpacked:
            file.rewind()
        yield block if is_unpacked else file


def _unreadable(path: str | Path, error: Exception) -> InputError:
    return InputError(f"{path}: HMMER reads no sequences from it, plain or compressed: {last_line(error)}")


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
