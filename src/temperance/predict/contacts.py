"""Contacts that couplings predict, and those of a structure."""

import gzip
import io
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from Bio.Align import PairwiseAligner, substitution_matrices
from Bio.PDB.MMCIFParser import MMCIFParser
from Bio.PDB.PDBParser import PDBParser
from Bio.SeqUtils import seq1

from temperance.core.alphabet import Alphabet
from temperance.core.errors import InputError
from temperance.potts.model import Potts
from temperance.potts.pair_kernels import pairs_of_sites

# Ranks at which precision is told, as multiples of the length.
RANKS = {"L/5": 0.2, "L/2": 0.5, "L": 1.0, "2L": 2.0}
_NUCLEOTIDES = {"A": "A", "C": "C", "G": "G", "U": "U", "T": "U", "DA": "A", "DC": "C", "DG": "G", "DT": "T"}


def coupling_scores(model: Potts, letters: Alphabet) -> np.ndarray:
    """(L, L) average-product-corrected Frobenius norms of couplings, zero-sum gauge, gaps left out; diagonal 0.

    (Dunn, Wahl, Gloor, Bioinformatics 24:333, 2008; Ekeberg et al., Phys. Rev. E 87:012707, 2013.)
    """
    residues = [state for state in range(model.q) if state != letters.gap]
    couplings = model.zero_sum().couplings
    norms = np.zeros((model.L, model.L))
    for i in range(model.L):
        block = couplings[i][residues][:, :, residues].astype(np.float64)
        norms[i] = np.sqrt((block**2).sum(axis=(0, 2)))
    return apc(norms)


def apc(norms: np.ndarray) -> np.ndarray:
    """Symmetric norms (L, L), zero on the diagonal, without the product of the means of their row and column."""
    others = len(norms) - 1
    of_site = norms.sum(axis=1) / others
    mean = of_site.mean()
    found = norms - np.multiply.outer(of_site, of_site) / mean if mean > 0 else norms.copy()
    np.fill_diagonal(found, 0)
    return found


def contact_table(scores: np.ndarray, columns: pd.DataFrame, distances: np.ndarray | None = None) -> pd.DataFrame:
    """One row a pair of sites, the highest score first.

    Parameters
    ----------
    scores : np.ndarray
        (L, L).
    columns : pandas.DataFrame
        Sites with their column, residue and number in the reference.
    distances : np.ndarray, optional
        (L, L) in angstroms, nan where the structure has no such pair.

    Returns
    -------
    pandas.DataFrame
        i, j (sites from 1), column, residue and number of each, separation (in the reference, else in columns), score,
        distance.
    """
    left, right = pairs_of_sites(len(scores))
    table = pd.DataFrame({"i": left + 1, "j": right + 1})
    for side, sites in (("i", left), ("j", right)):
        for name in ("column", "residue", "number"):
            table[f"{name}_{side}"] = columns[name].to_numpy()[sites]
    numbered = table["number_j"] - table["number_i"]
    table["separation"] = numbered.fillna(table["column_j"] - table["column_i"]).astype(int)
    table["score"] = scores[left, right]
    if distances is not None:
        table["distance"] = distances[left, right]
    return table.sort_values("score", ascending=False, kind="stable", ignore_index=True)


def precision(table: pd.DataFrame, length: int, cutoff: float, separation: int) -> pd.DataFrame:
    """Of the highest-scoring pairs at least so far apart in sequence, which share is in contact.

    Returns
    -------
    pandas.DataFrame
        rank (`L/5`, ...), pairs, precision, error (binomial), expected (of pairs drawn at random).
    """
    able = table[(table["separation"] >= separation) & table["distance"].notna()]
    contact = (able["distance"] < cutoff).to_numpy()
    rows = []
    for rank, share in RANKS.items():
        count = min(max(1, round(share * length)), len(contact))
        found = contact[:count].mean() if count else np.nan
        error = (found * (1 - found) / count) ** 0.5 if count else np.nan
        rows.append((rank, count, found, error, contact.mean() if count else np.nan))
    return pd.DataFrame(rows, columns=["rank", "pairs", "precision", "error", "expected"])


def structure_distances(
    path: str | Path, chain: str, atoms: str, columns: pd.DataFrame, letters: Alphabet
) -> tuple[np.ndarray, int, float]:
    """Distances between the residues of a structure that stand in the alignment's columns.

    The chain's residues are aligned to those of the reference.

    Parameters
    ----------
    chain : str
        Its name; empty, the first one.
    atoms : {'cb', 'heavy'}
        Whether distances are between beta carbons (alpha of glycine), or the least between heavy atoms.

    Returns
    -------
    tuple
        (L, L) angstroms, nan where there is no residue; sites with a residue; share of these that are the reference's.

    Raises
    ------
    InputError
        If the file is no structure, has no such chain, or does not resemble the reference.
    """
    residues, sequence = _chain(path, chain)
    reference = columns["residue"].fillna("").str.upper().to_numpy()
    sites = np.flatnonzero((reference != "") & (reference != "-"))
    if not len(sites):
        raise InputError(f"structure.path: {path}: the reference has no residue; see filter.reference")
    ours, theirs = _matched("".join(reference[sites]), sequence, letters)
    same = np.array([reference[sites[a]] == sequence[b] for a, b in zip(ours, theirs, strict=True)])
    if len(ours) < 2 or same.mean() < 0.25:
        raise InputError(
            f"structure.path: {path}: chain {chain or 'first'} does not resemble the reference ({len(ours)} residues "
            "aligned); give another chain, or the structure's sequence as filter.reference"
        )
    distances = np.full((len(columns), len(columns)), np.nan)
    at = sites[ours]
    distances[np.ix_(at, at)] = _distances([residues[b] for b in theirs], atoms)
    return distances, len(at), float(same.mean())


def _chain(path: str | Path, chain: str) -> tuple[list, str]:
    """Residues of a chain of the first model, and their letters."""
    try:
        content = Path(path).read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        text = content.decode("utf-8", errors="replace")
        parser = MMCIFParser(QUIET=True) if text.lstrip().startswith("data_") else PDBParser(QUIET=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = next(iter(parser.get_structure("structure", io.StringIO(text))))
        chains = {found.id: found for found in model}
    except Exception as error:  # the parsers raise whatever a damaged file leads to
        raise InputError(f"structure.path: {path}: no PDB or mmCIF file ({type(error).__name__}: {error})") from None
    if not chains or (chain and chain not in chains):
        known = f"its chains are {', '.join(chains)}" if chains else "it has no chain"
        raise InputError(f"structure.chain: {path} has no chain {chain}; {known}")
    found = [residue for residue in chains[chain or next(iter(chains))] if _letter(residue) != ""]
    return found, "".join(map(_letter, found))


def _letter(residue: object) -> str:
    """Name a residue by its letter; empty for water and ligands."""
    name, hetero = residue.resname.strip(), residue.id[0]  # type: ignore[attr-defined]
    if name in _NUCLEOTIDES:
        return _NUCLEOTIDES[name]
    letter = seq1(name, undef_code="", custom_map={"MSE": "M", "SEC": "C", "PYL": "K"})
    return letter if hetero.strip() in ("", "H_MSE", "H_SEC", "H_PYL") else ""


def _matched(reference: str, sequence: str, letters: Alphabet) -> tuple[np.ndarray, np.ndarray]:
    """Places of the reference, and of a sequence, that a local alignment puts together."""
    aligner = PairwiseAligner(mode="local", open_gap_score=-11, extend_gap_score=-1)
    known = set(reference + sequence)
    if letters.name == "protein":
        aligner.substitution_matrix = substitution_matrices.load("BLOSUM62")
        known = set(aligner.substitution_matrix.alphabet)
    else:
        aligner.match_score, aligner.mismatch_score = 5, -4
    texts = ["".join(c if c in known else "X" for c in text) for text in (reference, sequence)]
    if not all(texts) or aligner.score(*texts) <= 0:
        return np.zeros(0, int), np.zeros(0, int)
    blocks = aligner.align(*texts)[0].aligned
    places = [np.concatenate([np.arange(a, b) for a, b in of]) for of in blocks]
    return places[0], places[1]


def _distances(residues: list, atoms: str) -> np.ndarray:
    if atoms == "cb":
        points = np.array([_beta(residue) for residue in residues])
        return np.sqrt(((points[:, None] - points) ** 2).sum(axis=2))
    heavy = [np.array([atom.coord for atom in residue if atom.element != "H"]) for residue in residues]
    distances = np.zeros((len(heavy), len(heavy)))
    for i, one in enumerate(heavy):
        for j in range(i):
            distances[i, j] = distances[j, i] = np.sqrt(((one[:, None] - heavy[j]) ** 2).sum(axis=2)).min()
    return distances


def _beta(residue: object) -> np.ndarray:
    for name in ("CB", "CA", "C3'"):
        if name in residue:  # type: ignore[operator]
            return residue[name].coord  # type: ignore[index]
    return np.full(3, np.nan)
