"""Chains of structures in PDB and mmCIF files: their sequences, and distances between their residues."""

import io
import logging
import math
import re
from pathlib import Path
from typing import NamedTuple

import gemmi
import numpy as np

from temperance.core.alphabet import Alphabet
from temperance.core.bounded_files import open_binary
from temperance.core.errors import InputError

log = logging.getLogger(__name__)

# Bytes of a file, and residues of a chain: more than the largest in the PDB have.
_LARGEST = 2**27
_LONGEST_CHAIN = 50_000
# Names by which programs of molecular dynamics tell states of protonation.
_LETTERS = {
    "HID": "H", "HIE": "H", "HIP": "H", "HSD": "H", "HSE": "H", "HSP": "H", "CYX": "C", "CYM": "C", "ASH": "D",
    "GLH": "E", "LYN": "K",
}  # fmt: skip


class Chain(NamedTuple):
    """Hold the residues of one chain of a structure, and their sequence.

    Attributes
    ----------
    name : str
        Identifier, that of the authors.
    residues : list of gemmi.Residue
        Without water and ligands; they live as long as the structure does.
    sequence : str
        Their one-letter codes; of modified residues that of the parent, X of others. T of DNA is U.
    """

    name: str
    residues: list[gemmi.Residue]
    sequence: str


def read_structure(path: str | Path) -> gemmi.Structure:
    """Read a structure from a PDB or mmCIF file, plain or gzipped.

    Parameters
    ----------
    path : str or Path
        File to read.

    Returns
    -------
    gemmi.Structure
        With one model at least.

    Raises
    ------
    InputError
        If the file is no structure, is cut, or has a coordinate that is no number; names file and line or residue.
    """
    with open_binary(path) as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise _error(path, f"larger than {_LARGEST // 2**20} MB; give the chain alone")
    text = content.decode("utf-8", errors="replace").lstrip("\ufeff")
    first = next((line.strip() for line in io.StringIO(text) if line.strip() and not line.startswith("#")), "")
    is_cif = first.lower().startswith("data_")
    if not is_cif:
        _check_lines(path, text, first)
    try:
        if is_cif:
            blocks = list(gemmi.cif.read_string(text))
            with_atoms = [block for block in blocks if block.find_loop("_atom_site.Cartn_x")]
            block = (with_atoms or blocks)[0]
            if len(with_atoms) > 1:
                log.warning(
                    "warning: structure.path: %s: of its %d structures the first, %s, is read", path, len(with_atoms),
                    block.name,
                )  # fmt: skip
            structure = gemmi.make_structure_from_block(block)
        else:
            structure = gemmi.read_pdb_string(text)
    except (RuntimeError, ValueError, IndexError) as error:
        reason = re.sub(r"^string:([0-9]+):\S*", r"line \1:", str(error).splitlines()[0]).rstrip(":")
        raise _error(
            path, f"not a complete {'mmCIF' if is_cif else 'PDB'} file ({reason}); download it again"
        ) from None
    if not len(structure) or not structure[0].count_atom_sites():
        raise _error(path, f"has no atoms ({'_atom_site' if is_cif else 'ATOM records'}); is it a whole structure?")
    for chain in structure[0]:
        if len(chain) > _LONGEST_CHAIN:
            raise _error(path, f"chain {chain.name} has {len(chain):,} residues; expected {_LONGEST_CHAIN:,} at most")
    for site in structure[0].all():
        if not all(map(math.isfinite, site.atom.pos.tolist())):
            raise _error(
                path, f"a coordinate of {site.residue.name} {site.residue.seqid} of chain {site.chain.name}, atom "
                f"{site.atom.name}, is not a finite number"
            )  # fmt: skip
    structure.merge_chain_parts()
    return structure


def _error(path: str | Path, reason: str) -> InputError:
    return InputError(f"structure.path: {path}: {reason}")


def _check_lines(path: str | Path, text: str, first: str) -> None:
    """Make sure that a text is a PDB file, and that its atoms have coordinates."""
    has_atoms, end, is_told = False, 0, False
    for number, line in enumerate(io.StringIO(text), 1):
        if line.rstrip() == "END":
            end = number
        if not line.startswith(("ATOM  ", "HETATM")):
            continue
        if end and not is_told:
            log.warning("warning: structure.path: %s: atoms after END, line %d, are not read", path, end)
            is_told = True
        has_atoms = True
        if not all(re.fullmatch(r" *[+-]?[0-9]+\.?[0-9]* *", line[start : start + 8]) for start in (30, 38, 46)):
            raise _error(
                path, f"line {number}: coordinates '{line.rstrip()[30:54]}'; expected three numbers in columns 31 to 54"
            )  # fmt: skip
    if not has_atoms:
        kind = "a web page" if first.startswith("<") else f"not a PDB or mmCIF file (it begins with '{first[:30]}')"
        raise _error(path, f"is {kind}; expected the structure itself, with ATOM records")


def polymer_chains(structure: gemmi.Structure, alphabet: Alphabet) -> list[Chain]:
    """Extract the chains of a structure's first model that have residues of the alphabet's kind.

    Parameters
    ----------
    structure : gemmi.Structure
        From `read_structure`.
    alphabet : Alphabet
        Chains are of amino acids for protein, of nucleotides for RNA and DNA, of both for others.

    Returns
    -------
    list of Chain
        In the order of the file.
    """
    chains = []
    for chain in structure[0]:
        residue_letters = [(residue, _letter(residue, alphabet)) for residue in chain.first_conformer()]
        residue_letters = [(residue, letter) for residue, letter in residue_letters if letter]
        if residue_letters:
            residues = [residue for residue, _ in residue_letters]
            chains.append(Chain(chain.name, residues, "".join(letter for _, letter in residue_letters)))
    return chains


def _letter(residue: gemmi.Residue, alphabet: Alphabet) -> str:
    """Name a residue by its one-letter code; empty for water, ligands, and residues of another kind."""
    info = gemmi.find_tabulated_residue(residue.name)
    is_nucleotide = info.is_nucleic_acid() or "C3'" in residue
    if alphabet.name in ("protein", "rna", "dna") and is_nucleotide != (alphabet.name != "protein"):
        return ""
    code = _LETTERS.get(residue.name, info.one_letter_code.strip())
    # Modified residues of a chain, whose codes are in lower case, are HETATM; standard ones are ligands there.
    is_modified = not code.isupper() and ("CA" in residue or "C3'" in residue)
    if residue.het_flag == "H" and not (is_modified and code):
        return ""
    letter = code.upper() or ("X" if is_modified else "")
    return "U" if is_nucleotide and letter == "T" else letter


def residue_distances(residues: list[gemmi.Residue], atoms: str) -> np.ndarray:
    """Compute the distances between residues.

    Parameters
    ----------
    residues : list of gemmi.Residue
        N residues.
    atoms : {'cb', 'heavy'}
        Whether distances are between beta carbons (alpha of glycine, C3' of nucleotides), or the least between heavy
        atoms.

    Returns
    -------
    np.ndarray
        (N, N) in angstroms, nan where a residue has no such atom.
    """
    points = [_beta(residue) if atoms == "cb" else _heavy(residue) for residue in residues]
    counts = np.array([len(rows) for rows in points])
    distances = np.full((len(residues), len(residues)), np.nan)
    resolved = np.flatnonzero(counts)
    if not len(resolved):
        return distances
    everything = np.concatenate([points[i] for i in resolved])
    starts = np.concatenate([[0], counts[resolved].cumsum()[:-1]])
    for i in resolved:
        nearest = np.sqrt(((points[i][:, None] - everything) ** 2).sum(axis=2)).min(axis=0)
        distances[i, resolved] = np.minimum.reduceat(nearest, starts)
    distances[resolved, resolved] = 0
    return distances


def backbone(residues: list[gemmi.Residue]) -> np.ndarray:
    """Locate the alpha carbons of residues, or C3' of nucleotides.

    Parameters
    ----------
    residues : list of gemmi.Residue
        N residues.

    Returns
    -------
    np.ndarray
        (N, 3) in angstroms, nan where a residue has no such atom.
    """
    points = np.full((len(residues), 3), np.nan)
    for n, residue in enumerate(residues):
        if name := next((name for name in ("CA", "C3'") if name in residue), ""):
            points[n] = residue.find_atom(name, "*").pos.tolist()
    return points


def _beta(residue: gemmi.Residue) -> np.ndarray:
    """Locate a residue's beta carbon, else its alpha carbon or C3', (1, 3); (0, 3) without any."""
    atom = next((residue.find_atom(name, "*") for name in ("CB", "CA", "C3'") if name in residue), None)
    return np.array([atom.pos.tolist()] if atom else []).reshape(-1, 3)


def _heavy(residue: gemmi.Residue) -> np.ndarray:
    """Locate a residue's heavy atoms, (n, 3)."""
    return np.array([atom.pos.tolist() for atom in residue if not atom.is_hydrogen()]).reshape(-1, 3)
