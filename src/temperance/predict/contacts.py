"""Contact prediction from couplings, and comparison with the contacts of a structure."""

import logging
from pathlib import Path

import gemmi
import numpy as np
import pandas as pd

from temperance.core.alphabet import Alphabet
from temperance.core.errors import InputError
from temperance.potts.model import Potts
from temperance.potts.pair_kernels import pairs_of_sites
from temperance.predict.resemblance import Match, chance, match, resembles
from temperance.predict.structures import Chain, backbone, polymer_chains, read_structure, residue_distances

log = logging.getLogger(__name__)

# Ranks at which precision is computed, as multiples of the length.
RANKS = {"L/5": 0.2, "L/2": 0.5, "L": 1.0, "2L": 2.0}
# Columns of `structure_trace`.
TRACE_COLUMNS = ("residue", "number", "site", "x", "y", "z")


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

    The chain's residues are aligned locally to those of the reference. The chain, the sites that it covers and its
    identity are logged.

    Parameters
    ----------
    path : str or Path
        PDB or mmCIF file, plain or gzipped.
    chain : str
        Identifier of the chain; empty for the one that resembles the reference best.
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
        If the file is no structure, has no such chain, or does not resemble the reference, if chains of different
        sequences resemble it equally, or if residues have atoms at the same point.
    """
    selected, alignment, mapped = _match_reference(path, chain, columns, alphabet)
    distances = np.full((len(columns), len(columns)), np.nan)
    distances[np.ix_(mapped, mapped)] = residue_distances([selected.residues[b] for b in alignment.in_chain], atoms)
    # Programs write residues that they could not place at one point, such as 0 0 0 or 9999 9999 9999.
    if len(coincident := np.argwhere(np.triu(distances == 0, 1))):
        pair = [selected.residues[alignment.in_chain[list(mapped).index(site)]] for site in coincident[0]]
        first, second = (f"{residue.name} {residue.seqid}" for residue in pair)
        raise InputError(
            f"structure.path: {path}: {first} and {second} of chain {selected.name} have atoms at the same point; "
            "remove residues that are not resolved"
        )
    covered = int(np.isfinite(np.diag(distances)).sum())
    if covered < 2:
        needed = "CB, CA or C3'" if atoms == "cb" else "other than hydrogen"
        raise InputError(
            f"structure.path: {path}: chain {selected.name} has {covered} residues with an atom {needed}; give a "
            "structure that has at least 2 of them"
        )
    identity = alignment.identity
    log.info("%s: chain %s covers %d of %d sites, %.0f %% identical", path, selected.name, covered, len(columns),
             100 * identity)  # fmt: skip
    return distances, covered, identity


def structure_trace(path: str | Path, chain: str, columns: pd.DataFrame, alphabet: Alphabet) -> pd.DataFrame:
    """Tabulate the backbone of a structure's chain, with the sites to which the alignment's reference maps it.

    Parameters
    ----------
    path : str or Path
        PDB or mmCIF file, plain or gzipped.
    chain : str
        Identifier of the chain; empty for the one that resembles the reference best.
    columns : pandas.DataFrame
        One row a site: column, and residue and number in the reference.
    alphabet : Alphabet
        Protein sequences are aligned with BLOSUM62, others by matches and mismatches.

    Returns
    -------
    pandas.DataFrame
        One row a residue of the chain that has an alpha carbon (C3' of nucleotides), in its order: residue (one-letter
        code), number (of the structure's authors, text), site (from 1; nan where none is mapped), and x, y, z of that
        atom in angstroms.

    Raises
    ------
    InputError
        As `structure_distances`, except for atoms at the same point.
    """
    selected, alignment, mapped = _match_reference(path, chain, columns, alphabet)
    sites = np.full(len(selected.residues), np.nan)
    sites[alignment.in_chain] = mapped + 1
    points = backbone(selected.residues)
    table = pd.DataFrame(
        {
            "residue": list(selected.sequence),
            "number": [str(residue.seqid) for residue in selected.residues],
            "site": pd.array(sites, dtype="Int64"),
        }
    ).assign(x=points[:, 0], y=points[:, 1], z=points[:, 2])
    return table[np.isfinite(points[:, 0])].reset_index(drop=True)


def _match_reference(
    path: str | Path, chain: str, columns: pd.DataFrame, alphabet: Alphabet
) -> tuple[Chain, Match, np.ndarray]:
    """Select a structure's chain, align it to the reference, and list the sites (from 0) of the aligned residues."""
    residues = columns["residue"].fillna("").str.upper().to_numpy()
    sites = np.flatnonzero((residues != "") & (residues != "-"))
    if not len(sites):
        raise InputError(f"structure.path: {path}: the reference has no residue; see filter.reference")
    reference = "".join(residues[sites])
    if alphabet.name in ("rna", "dna"):
        reference = reference.replace("T", "U")
    structure = read_structure(path)
    selected, alignment = _select_chain(path, structure, chain, reference, alphabet)
    return selected, alignment, sites[alignment.in_reference]


def _select_chain(
    path: str | Path, structure: gemmi.Structure, name: str, reference: str, alphabet: Alphabet
) -> tuple[Chain, Match]:
    """Select the chain of that name, or the one that resembles the reference best, and align it."""
    chains = polymer_chains(structure, alphabet)
    if not chains:
        kind = alphabet.name if alphabet.name in ("protein", "rna", "dna") else "protein or nucleic acid"
        raise InputError(
            f"structure.path: {path}: no chain has residues of {kind} (ATOM records); give a structure of the family"
        )
    matches = {sequence: match(reference, sequence, alphabet) for sequence in {chain.sequence for chain in chains}}
    chains.sort(key=lambda chain: -matches[chain.sequence].score)
    candidates = [chain for chain in chains if name in ("", chain.name)]
    if not candidates:
        available = ", ".join(sorted(chain.name for chain in chains))
        raise InputError(f"structure.chain: {path} has no chain {name}; its chains are {available}")

    def _describe(chain: Chain) -> str:
        alignment = matches[chain.sequence]
        paired = len(alignment.in_chain)
        return f"chain {chain.name} ({paired} residues aligned, {alignment.identity:.0%} identical)"

    best = candidates[0]
    alignment = matches[best.sequence]
    probability = chance(reference, best.sequence, alphabet, alignment.score)
    if not resembles(probability, len({chain.sequence for chain in candidates})):
        other = f"; {_describe(chains[0])} fits best" if chains[0].name != best.name else ""
        raise InputError(
            f"structure.path: {path}: {_describe(best)} does not resemble the reference more than shuffled chains do "
            f"(p = {probability:.2g}){other}; give another chain, or the structure's sequence as filter.reference"
        )
    for chain in candidates[1:]:
        if matches[chain.sequence].score > 0.9 * alignment.score and not _is_copy(alignment, matches, best, chain):
            raise InputError(
                f"structure.chain: {path}: {_describe(best)} and {_describe(chain)} resemble the reference; give one"
            )
    return best, alignment


def _is_copy(alignment: Match, matches: dict[str, Match], best: Chain, chain: Chain) -> bool:
    """Tell whether two chains have the same residues where both are aligned to the reference."""
    residues = [
        {a: one.sequence[b] for a, b in zip(pairs.in_reference.tolist(), pairs.in_chain.tolist(), strict=True)}
        for one, pairs in ((best, alignment), (chain, matches[chain.sequence]))
    ]
    shared = residues[0].keys() & residues[1].keys()
    return sum(residues[0][a] == residues[1][a] for a in shared) >= 0.9 * max(len(shared), 1)
