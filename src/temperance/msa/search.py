"""Families from a sequence or a seed alignment and a database of sequences, by HMMER's profile searches."""

import contextlib
import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyhmmer
from pyhmmer.easel import Alphabet as Biology
from pyhmmer.easel import DigitalSequence, DigitalSequenceBlock, MSAFile, SequenceFile, TextSequence
from pyhmmer.errors import EaselError
from pyhmmer.plan7 import HMM, Background, Builder, TopHits

from temperance.core.alphabet import Alphabet
from temperance.core.errors import InputError, last_line
from temperance.msa.hmmer import hmm_alphabet

_TROUBLE = (EaselError, ValueError, OSError, EOFError, zlib.error)
_COLUMNS = ["name", "from", "to", "bits", "evalue", "coverage", "kept"]


class Found(NamedTuple):
    """What a search found.

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
    letters: Alphabet,
    settings: dict[str, Any],
    threads: int,
    progress: Callable,
) -> Found:
    """Iterate a search that begins with one sequence (jackhmmer), and align what it finds to the query's residues.

    Parameters
    ----------
    query, database : path
        FASTA or any format that HMMER reads, the database plain or gzipped.
    settings : dict
        `search` of the configuration: iterations, evalue, bits_per_residue, coverage.
    """
    biology = _biology(letters)
    if biology.type != "amino":
        raise InputError(f"query: iterative search is for protein, not {letters.name}; begin with a seed alignment")
    try:
        with SequenceFile(str(query), digital=True, alphabet=biology) as file:
            sequences = list(file.read_block())
    except (EaselError, ValueError, OSError) as error:
        raise InputError(f"{query}: no {letters.name} sequence that HMMER reads: {last_line(error)}") from None
    if len(sequences) != 1:
        raise InputError(f"{query}: {len(sequences)} sequences; a query is one")
    target, thresholds = sequences[0], _thresholds(settings, len(sequences[0]))
    profile, hits = None, None
    try:
        with _targets(database, biology) as targets:
            for result in next(iter(pyhmmer.jackhmmer(
                [target], targets, max_iterations=settings["iterations"], checkpoints=True, cpus=threads,
                builder=Builder(biology, architecture="hand", seed=1), **thresholds,
            ))):  # fmt: skip
                hits, profile = result.hits, result.hmm
                progress(
                    f"round {result.iteration}: {sum(1 for _ in _domains(hits))} domains of "
                    f"{len(hits.included)} sequences{', converged' if result.converged else ''}"
                )
    except _TROUBLE as error:
        raise _unreadable(database, error) from None
    return _aligned(database, profile, hits, [target], biology, settings, threads)


def search_seed(
    seed: str | Path,
    database: str | Path,
    letters: Alphabet,
    settings: dict[str, Any],
    threads: int,
    progress: Callable,
) -> Found:
    """Search once with the profile of a seed alignment (hmmsearch), and align what it finds to its match states."""
    biology = _biology(letters)
    try:
        with MSAFile(str(seed), digital=True, alphabet=biology) as file:
            msa = file.read()
    except (ValueError, EaselError, OSError) as error:
        raise InputError(f"{seed}: no {letters.name} alignment that HMMER reads: {last_line(error)}") from None
    if msa is None:
        raise InputError(f"{seed}: holds no alignment")
    msa.name = msa.name or "seed"
    profile, _, _ = Builder(biology, seed=1).build_msa(msa, Background(biology))
    thresholds = _thresholds(settings, profile.M)
    try:
        with _targets(database, biology) as targets:
            hits = next(iter(pyhmmer.hmmsearch(profile, targets, cpus=threads, **thresholds)))
    except _TROUBLE as error:
        raise _unreadable(database, error) from None
    progress(f"{sum(1 for _ in _domains(hits))} domains of {len(hits.included)} sequences")
    return _aligned(database, profile, hits, list(msa.sequences), biology, settings, threads)


def _biology(letters: Alphabet) -> Biology:
    biology = hmm_alphabet(letters)
    if biology is None:
        raise InputError(f"alphabet: HMMER searches protein, rna and dna, not {letters.name}")
    return biology


def _thresholds(settings: dict[str, Any], length: int) -> dict[str, float]:
    """Bit scores a residue count the profile's length, as those of EVcouplings do; an E-value is that of a domain."""
    if settings["evalue"] is not None:
        return dict.fromkeys(("E", "domE", "incE", "incdomE"), settings["evalue"])
    bits = settings["bits_per_residue"] * length
    return dict.fromkeys(("T", "domT", "incT", "incdomT"), bits)


@contextlib.contextmanager
def _targets(path: str | Path, biology: Biology) -> Iterator[Any]:
    """Open a database to search: a file that is read again at each round, a gzipped one as sequences in memory."""
    with Path(path).open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        # Unpacked before HMMER reads it, which does not survive a damaged file.
        source = io.BytesIO(gzip.decompress(raw.read())) if packed else str(path)
        with SequenceFile(source, digital=True, alphabet=biology) as file:
            yield file.read_block() if packed else file


def _unreadable(path: str | Path, error: Exception) -> InputError:
    return InputError(f"{path}: no sequences that HMMER reads, plain or gzipped: {last_line(error)}")


def _domains(hits: TopHits | None) -> Iterable[Any]:
    return (domain for hit in (hits or ()) if hit.included for domain in hit.domains if domain.included)


def _aligned(
    database: str | Path,
    profile: HMM | None,
    hits: TopHits | None,
    given: list[DigitalSequence],
    biology: Biology,
    settings: dict[str, Any],
    threads: int,
) -> Found:
    rows: list[tuple[Any, ...]] = []
    block = DigitalSequenceBlock(biology, given)
    for domain in _domains(hits):
        of = domain.alignment
        residues = of.target_sequence.replace("-", "").upper()
        name = f"{domain.hit.name}/{of.target_from}-{of.target_to}"
        rows.append((name, of.target_from, of.target_to, domain.score, domain.i_evalue))
        block.append(TextSequence(name=name, sequence=residues).digitize(biology))
    if profile is None or not rows:
        raise InputError(
            f"{database}: no sequence is above the thresholds; raise search.evalue, lower search.bits_per_residue or "
            "give a larger database"
        )
    # Residues beyond the ends stay, as insertions: they count for the numbers of those within.
    msa = pyhmmer.hmmalign(profile, block, trim=False, all_consensus_cols=True, cpus=threads)
    match = np.frombuffer(msa.reference.encode(), np.uint8) != ord(".")
    symbols = np.array([list(row) for row in msa.alignment])
    coverage = (symbols[:, match] != "-").mean(axis=1)[len(given) :]
    kept = coverage >= settings["coverage"]
    table = pd.DataFrame(rows, columns=_COLUMNS[:5]).assign(coverage=coverage, kept=kept)
    wanted = [*range(len(given)), *(len(given) + np.flatnonzero(kept))]
    names = [sequence.name for sequence in given] + list(table["name"])
    return Found([names[n] for n in wanted], ["".join(symbols[n]) for n in wanted], table[_COLUMNS])
