"""Contact prediction from couplings, and comparison with the contacts of a structure."""

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

# Ranks at which precision is computed, as multiples of the length.
RANKS = {"L/5": 0.2, "L/2": 0.5, "L": 1.0, "2L": 2.0}
_NUCLEOTIDES = {"A": "A", "C": "C", "G": "G", "U": "U", "T": "U", "DA": "A", "DC": "C", "DG": "G", "DT": "T"}


def coupling_scores(model: Potts, alphabet: Alphabet) -> np.ndarray:
    """Compute average-product-corrected Frobenius norms of the couplings, in zero-sum gauge without the gap state.

    (Dunn, Wahl, Gloor, Bioinformatics 24:333, 2008; Ekeberg et al., Phys. Rev. E 87:012707, 2013.)

    Parameters
    ----------
    model : Potts
        Model of L sites.
    alphabet : Alphabet
        States of a site, of which the gap is left out of the norms.

    Returns
    -------
    np.ndarray
        (L, L) float, symmetric, 0 on the diagonal; large values predict contacts.
    """
    residues = [state for state in range(model.q) if state != alphabet.gap]
    couplings = model.zero_sum().couplings
    norms = np.zeros((model.L, model.L))
    for i in range(model.L):
        block = couplings[i][residues][:, :, residues].astype(np.float64)
        norms[i] = np.sqrt((block**2).sum(axis=(0, 2)))
    return apc(norms)


def apc(norms: np.ndarray) -> np.ndarray:
    """Apply the average product correction: subtract the product of row and column means over the overall mean.

    Parameters
    ----------
    norms : np.ndarray
        (L, L) float, symmetric, 0 on the diagonal.

    Returns
    -------
    np.ndarray
        (L, L) float, 0 on the diagonal.
    """
    site_means = norms.sum(axis=1) / (len(norms) - 1)
    mean = site_means.mean()
    corrected = norms - np.multiply.outer(site_means, site_means) / mean if mean > 0 else norms.copy()
    np.fill_diagonal(corrected, 0)
    return corrected


def contact_table(scores: np.ndarray, columns: pd.DataFrame, distances: np.ndarray | None = None) -> pd.DataFrame:
    """Tabulate all pairs of sites, the highest score first.

    Parameters
    ----------
    scores : np.ndarray
        (L, L) float.
    columns : pandas.DataFrame
        One row a site: column, and residue and number in the reference.
    distances : np.ndarray, optional
        (L, L) in angstroms, nan where the structure has no such pair.

    Returns
    -------
    pandas.DataFrame
        One row a pair: i, j (sites from 1), column, residue and number of each, separation (in the reference, else in
        columns), score and, if there are distances, distance.
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
    """Compute the share of contacts among the highest-scoring pairs, at several ranks.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `contact_table`, with distances.
    length : int
        Sites L, by which ranks are counted.
    cutoff : float
        Distance in angstroms below which a pair is in contact.
    separation : int
        Least distance of a pair along the sequence; closer ones do not count.

    Returns
    -------
    pandas.DataFrame
        rank (`L/5`, ...), pairs (their number), precision, error (binomial standard error), expected (precision of
        pairs drawn at random).
    """
    eligible = table[(table["separation"] >= separation) & table["distance"].notna()]
    contact = (eligible["distance"] < cutoff).to_numpy()
    rows = []
    for rank, share in RANKS.items():
        count = min(max(1, round(share * length)), len(contact))
        value = contact[:count].mean() if count else np.nan
        error = (value * (1 - value) / count) ** 0.5 if count else np.nan
        rows.append((rank, count, value, error, contact.mean() if count else np.nan))
    return pd.DataFrame(rows, columns=["rank", "pairs", "precision", "error", "expected"])


def structure_distances(
    path: str | Path, chain: str, atoms: str, columns: pd.DataFrame, alphabet: Alphabet
) -> tuple[np.ndarray, int, float]:
    """Measure the distances between a structure's residues, at the sites to which the alignment's reference maps them.

    The chain's residues are aligned locally to those of the reference.

    Parameters
    ----------
    path : str or Path
        PDB or mmCIF file, plain or gzipped.
    chain : str
        Identifier of the chain; empty for the first one.
    atoms : {'cb', 'heavy'}
        Whether distances are between beta carbons (alpha of glycine, C3' of nucleotides), or the least between heavy
        atoms.
    columns : pandas.DataFrame
        One row a site: column, and residue and number in the reference.
    alphabet : Alphabet
        Protein sequences are aligned with BLOSUM62, others by matches and mismatches.

    Returns
    -------
    distances : np.ndarray
        (L, L) in angstroms, nan where the structure has no residue.
    sites : int
        Number of sites with a residue.
    identity : float
        Share of these at which the residue is the reference's.

    Raises
    ------
    InputError
        If the file is no structure, has no such chain, or does not resemble the reference.
    """
    residues, sequence = _chain(path, chain)
    reference = columns["residue"].fillna("").str.upper().to_numpy()
    sites = np.flatnonzero((reference != "") & (reference != "-"))
    if not len(sites):
        raise InputError(
            f"structure.path: {path}: the reference has no residue in these columns; choose another by filter.reference"
        )
    in_reference, in_chain = _aligned_positions("".join(reference[sites]), sequence, alphabet)
    identical = np.array([reference[sites[a]] == sequence[b] for a, b in zip(in_reference, in_chain, strict=True)])
    if len(in_reference) < 2 or identical.mean() < 0.25:
        raise InputError(
            f"structure.path: {path}: chain {chain or 'first'} does not resemble the reference ({len(in_reference)} "
            "residues aligned); give another chain, or the structure's sequence as filter.reference"
        )
    distances = np.full((len(columns), len(columns)), np.nan)
    mapped = sites[in_reference]
    distances[np.ix_(mapped, mapped)] = _distances([residues[b] for b in in_chain], atoms)
    return distances, len(mapped), float(identical.mean())


def _chain(path: str | Path, chain: str) -> tuple[list, str]:
    """Read the residues of a chain of the first model, and their one-letter sequence."""
    try:
        content = Path(path).read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        text = content.decode("utf-8", errors="replace")
        parser = MMCIFParser(QUIET=True) if text.lstrip().startswith("data_") else PDBParser(QUIET=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = next(iter(parser.get_structure("structure", io.StringIO(text))))
        chains = {entry.id: entry for entry in model}
    except Exception as error:  # the parsers raise whatever a damaged file leads to
        raise InputError(f"structure.path: {path}: not a PDB or mmCIF file ({type(error).__name__}: {error})") from None
    if not chains or (chain and chain not in chains):
        available = f"its chains are {', '.join(chains)}" if chains else "it has no chain"
        raise InputError(f"structure.chain: {path} has no chain {chain}; {available}")
    residues = [residue for residue in chains[chain or next(iter(chains))] if _letter(residue) != ""]
    return residues, "".join(map(_letter, residues))


def _letter(residue: object) -> str:
    """Name a residue by its one-letter code; empty for water and ligands."""
    name, hetero = residue.resname.strip(), residue.id[0]  # type: ignore[attr-defined]
    if name in _NUCLEOTIDES:
        return _NUCLEOTIDES[name]
    letter = seq1(name, undef_code="", custom_map={"MSE": "M", "SEC": "C", "PYL": "K"})
    return letter if hetero.strip() in ("", "H_MSE", "H_SEC", "H_PYL") else ""


def _aligned_positions(reference: str, sequence: str, alphabet: Alphabet) -> tuple[np.ndarray, np.ndarray]:
    """Align two sequences locally; return the positions in each that are paired, (N,) and (N,) int."""
    aligner = PairwiseAligner(mode="local", open_gap_score=-11, extend_gap_score=-1)
    symbols = set(reference + sequence)
    if alphabet.name == "protein":
        aligner.substitution_matrix = substitution_matrices.load("BLOSUM62")
        symbols = set(aligner.substitution_matrix.alphabet)
    else:
        aligner.match_score, aligner.mismatch_score = 5, -4
    texts = ["".join(c if c in symbols else "X" for c in text) for text in (reference, sequence)]
    if not all(texts) or aligner.score(*texts) <= 0:
        return np.zeros(0, int), np.zeros(0, int)
    blocks = aligner.align(*texts)[0].aligned
    positions = [np.concatenate([np.arange(a, b) for a, b in intervals]) for intervals in blocks]
    return positions[0], positions[1]


def _distances(residues: list, atoms: str) -> np.ndarray:
    """Compute the distances (N, N) between residues, in angstroms."""
    if atoms == "cb":
        points = np.array([_beta(residue) for residue in residues])
        return np.sqrt(((points[:, None] - points) ** 2).sum(axis=2))
    heavy = [np.array([atom.coord for atom in residue if atom.element != "H"]) for residue in residues]
    distances = np.zeros((len(heavy), len(heavy)))
    for i, atoms_i in enumerate(heavy):
        for j in range(i):
            distances[i, j] = distances[j, i] = np.sqrt(((atoms_i[:, None] - heavy[j]) ** 2).sum(axis=2)).min()
    return distances


def _beta(residue: object) -> np.ndarray:
    """Locate a residue's beta carbon, else its alpha carbon or C3'; nan without any, (3,)."""
    for name in ("CB", "CA", "C3'"):
        if name in residue:  # type: ignore[operator]
            return residue[name].coord  # type: ignore[index]
    return np.full(3, np.nan)
