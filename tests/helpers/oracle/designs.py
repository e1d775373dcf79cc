"""Which candidates become designs, and what the table says of them."""

import numpy as np

from oracle.judges import find_threshold
from oracle.run import decode
from oracle.sequences import count_differences


def find_thresholds(family, judges, percentile):
    """Find the score that a design needs by each judge: that of a percentile of natural sequences, by weight."""
    return {judge: find_threshold(family.natural_scores[judge], family.weights, percentile) for judge in judges}


def find_most_gaps(family):
    """Find the share of gaps that 95 % of the natural sequences, by weight, do not exceed."""
    shares = [row.count("-") / len(row) for row in decode(family.natural)]
    reached = 0.0
    for index in np.argsort(shares, kind="stable"):
        reached += family.weights[index]
        if reached / family.weights.sum() >= 0.95 - 1e-9:
            return shares[index]
    raise AssertionError("the weights do not add up")


def select_designs(sequences, table, thresholds, novelty_floor, most_gaps, number):
    """Select designs among candidates: the most faithful first, then each the one farthest from all before it.

    A candidate has every judge's threshold, the novelty floor and few enough gaps, and counts once, however often it
    was drawn. Of equally far ones the more faithful is taken. Also returned is how many qualify.
    """
    qualified, seen = [], set()
    for index, sequence in enumerate(sequences):
        new = table["distance_natural"][index] >= novelty_floor - 1e-9 and sequence.tobytes() not in seen
        natural = all(table[judge][index] >= threshold for judge, threshold in thresholds.items())
        if new and natural and table["gaps"][index] <= most_gaps + 1e-9:
            qualified.append(index)
            seen.add(sequence.tobytes())
    qualified.sort(key=lambda index: -table["potts"][index])
    chosen = qualified[:1]
    distances = np.full(len(qualified), sequences.shape[1] + 1)
    while len(chosen) < min(number, len(qualified)):
        distances = np.minimum(distances, count_differences(sequences[qualified], sequences[chosen[-1]]))
        chosen.append(qualified[int(distances.argmax())])
    return chosen, len(qualified)


def are_complete_clusters(sequences, labels, identity=0.8):
    """Tell whether all members of each cluster are so identical, and no two clusters could be one."""
    max_differences = (1 - identity) * sequences.shape[1] + 1e-9

    def _is_one(members):
        return all((count_differences(members, sequence) <= max_differences).all() for sequence in members)

    groups = [sequences[labels == label] for label in sorted(set(labels))]
    joined = [np.concatenate([one, other]) for n, one in enumerate(groups) for other in groups[:n]]
    return all(map(_is_one, groups)) and not any(map(_is_one, joined))


def find_conserved(sequences, weights, symbols="-ACDEFGHIKLMNPQRSTVWY"):
    """Find the residue that nine of ten sequences with a residue at a site have there, if nine of ten have one."""
    residues = []
    for column in sequences.T:
        totals = [sum(weights[column == state]) for state in range(len(symbols))]
        present = sum(totals[1:])
        best = max(range(1, len(symbols)), key=lambda state: totals[state])
        enough = present >= 0.9 * sum(totals) and totals[best] >= 0.9 * present
        residues.append(symbols[best] if enough else "")
    return residues


def list_lost(conserved, aligned, columns):
    """List what a design has in place of conserved residues, as `W27R`."""
    sites = [site for site, residue in enumerate(conserved) if residue]
    return list_mutations([conserved[n] for n in sites], [aligned[n] for n in sites], [columns[n] for n in sites])


def list_mutations(seed, aligned, columns):
    """List the mutations of a design, as `A12V G30-`, by the columns of the alignment as it was read."""
    words = []
    for site, (old, new) in enumerate(zip(seed, aligned, strict=True)):
        if old != new:
            words.append(f"{old}{columns[site]}{new}")
    return " ".join(words)
