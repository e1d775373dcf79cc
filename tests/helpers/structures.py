"""Made-up structures as files."""

import numpy as np

THREE = {"A": "ALA", "C": "CYS", "D": "ASP", "E": "GLU", "F": "PHE", "G": "GLY", "H": "HIS", "I": "ILE", "K": "LYS",
         "L": "LEU", "M": "MET", "N": "ASN", "P": "PRO", "Q": "GLN", "R": "ARG", "S": "SER", "T": "THR", "V": "VAL",
         "W": "TRP", "Y": "TYR"}  # fmt: skip


def pdb(residues: str, points: np.ndarray, chain: str = "A") -> str:
    lines = []
    for number, (residue, point) in enumerate(zip(residues, points, strict=True), 1):
        for atom, shift in (("CA", 0.5), ("CB", 0.0)):
            if atom == "CB" and residue == "G":
                continue
            x, y, z = point[0] + (shift if residue != "G" else 0), point[1], point[2]
            serial = len(lines) + 1
            lines.append(
                f"ATOM  {serial:5d}  {atom:3s} {THREE[residue]} {chain}{number:4d}    {x:8.3f}{y:8.3f}{z:8.3f}"
                "  1.00  0.00           C"
            )
    return "\n".join([*lines, "END", ""])


def cif(residues: str, points: np.ndarray) -> str:
    names = ["group_PDB", "id", "type_symbol", "label_atom_id", "label_alt_id", "label_comp_id", "label_asym_id",
             "label_entity_id", "label_seq_id", "pdbx_PDB_ins_code", "Cartn_x", "Cartn_y", "Cartn_z", "occupancy",
             "B_iso_or_equiv", "auth_seq_id", "auth_comp_id", "auth_asym_id", "auth_atom_id",
             "pdbx_PDB_model_num"]  # fmt: skip
    rows = []
    for number, (residue, (x, y, z)) in enumerate(zip(residues, points, strict=True), 1):
        atom, name = ("CA" if residue == "G" else "CB"), THREE[residue]
        rows.append(
            f"ATOM {number} C {atom} . {name} A 1 {number} ? {x:.3f} {y:.3f} {z:.3f} 1 0 {number} {name} B {atom} 1"
        )
    return "data_x\nloop_\n" + "".join(f"_atom_site.{name}\n" for name in names) + "\n".join(rows) + "\n#\n"
