"""A judge that is a program: the instability index of proteins (Guruprasad et al., Protein Eng. 4:155, 1990).

Usage: python instability.py sequences.fasta scores.tsv
"""

import sys
from pathlib import Path

from Bio import SeqIO
from Bio.SeqUtils.ProtParam import ProteinAnalysis

with Path(sys.argv[2]).open("w") as table:
    for record in SeqIO.parse(sys.argv[1], "fasta"):
        sequence = str(record.seq)
        index = ProteinAnalysis(sequence).instability_index() if len(sequence) > 2 else 0.0
        print(record.id, round(index, 3), sep="\t", file=table)
