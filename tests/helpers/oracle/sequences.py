"""Counts over sequences: distances, weights, clusters of relatives, frequencies and correlations."""

import itertools
import math

import numpy as np


def count_differences(sequences, sequence):
    """Count the columns in which each of `sequences` differs from `sequence`."""
    return (sequences != sequence).sum(axis=1)


def weigh(sequences, identity=0.8):
    """Weigh each sequence by one over the number of sequences, itself included, that are at least so identical."""
    length = sequences.shape[1]
    weights = []
    for sequence in sequences:
        identical_columns = length - count_differences(sequences, sequence)
        weights.append(1 / sum(1 for count in identical_columns if count >= identity * length - 1e-9))
    return np.array(weights)


def find_nearest(sequences, sequence):
    """Find the nearest of `sequences`, the first of equally near ones, and the share of columns that differ."""
    differences = count_differences(sequences, sequence)
    index = int(differences.argmin())
    return index, differences[index] / len(sequence)


def cluster_within(sequences, distance):
    """Label the single-linkage clusters of sequences that differ in at most `distance` columns."""
    labels = [None] * len(sequences)
    for first in range(len(sequences)):
        if labels[first] is not None:
            continue
        labels[first], waiting = first, [first]
        while waiting:
            differences = count_differences(sequences, sequences[waiting.pop()])
            for other in range(len(sequences)):
                if labels[other] is None and differences[other] <= distance:
                    labels[other] = first
                    waiting.append(other)
    return np.array(labels)


def count_effective(labels, weights=None):
    """Count the clusters of equal weight that would vary as much: (sum w)^2 / sum w^2."""
    sums = {}
    for label, weight in zip(labels, np.ones(len(labels)) if weights is None else weights, strict=True):
        sums[label] = sums.get(label, 0.0) + weight
    return sum(sums.values()) ** 2 / sum(total**2 for total in sums.values())


def cluster_relatives(sequences):
    """Label clusters of relatives, at the lowest identity at which one in twenty has a relative by chance.

    By chance means: if sites were independent with the frequencies of these sequences. The identity is raised until the
    clusters are worth ten equal ones and one for 25 sequences.
    """
    count = len(sequences)
    # Distribution of the number of differing columns of two sequences of independent sites.
    chances = [1.0]
    for column in sequences.T:
        same = sum((list(column).count(state) / count) ** 2 for state in set(column))
        longer = [0.0] * (len(chances) + 1)
        for differing, chance in enumerate(chances):
            longer[differing] += chance * same
            longer[differing + 1] += chance * (1 - same)
        chances = longer
    distance = -1
    while (count - 1) * sum(chances[: distance + 2]) <= 0.05:
        distance += 1
    while distance >= 0:
        labels = cluster_within(sequences, distance)
        if count_effective(labels) >= max(10, count / 25):
            return labels
        distance -= 1
    return np.arange(count)


def count_frequencies(sequences, q, weights=None):
    """Count one-site frequencies (L, q), by weight."""
    weights = np.ones(len(sequences)) if weights is None else weights
    frequencies = np.zeros((sequences.shape[1], q))
    for sequence, weight in zip(sequences, weights, strict=True):
        for site, state in enumerate(sequence):
            frequencies[site, state] += weight
    return frequencies / sum(weights)


def count_pairs(sequences, q, i, j, weights=None):
    """Count two-site frequencies (q, q), by weight."""
    weights = np.ones(len(sequences)) if weights is None else weights
    frequencies = np.zeros((q, q))
    for a, b, weight in zip(sequences[:, i], sequences[:, j], weights, strict=True):
        frequencies[a, b] += weight
    return frequencies / sum(weights)


def correlate_pairs(sequences, q, weights=None):
    """Compute f_ij(a, b) - f_i(a) f_j(b) of all pairs of sites i < j, one long row."""
    single = count_frequencies(sequences, q, weights)
    correlations = []
    for i, j in itertools.combinations(range(sequences.shape[1]), 2):
        correlations.append(count_pairs(sequences, q, i, j, weights) - np.outer(single[i], single[j]))
    return np.ravel(correlations)


def correlate_triples(sequences, q, triples, weights=None):
    """Compute f_abc - f_ab f_c - f_ac f_b - f_bc f_a + 2 f_a f_b f_c at each triple of sites, a row a triple."""
    weights = np.ones(len(sequences)) if weights is None else weights
    single, shares = count_frequencies(sequences, q, weights), weights / sum(weights)
    rows = []
    for i, j, k in triples:
        triple = np.zeros((q, q, q))
        for (a, b, c), share in zip(sequences[:, [i, j, k]], shares, strict=True):
            triple[a, b, c] += share
        ij, ik, jk = triple.sum(axis=2), triple.sum(axis=1), triple.sum(axis=0)
        a, b, c = single[i][:, None, None], single[j][None, :, None], single[k][None, None, :]
        rows.append(np.ravel(triple - ij[:, :, None] * c - ik[:, None, :] * b - jk[None] * a + 2 * a * b * c))
    return np.array(rows)


def correlate(x, y):
    """Compute Pearson's correlation, and the slope of the regression of y on x."""
    x, y = np.asarray(x) - np.mean(x), np.asarray(y) - np.mean(y)
    xx, yy, xy = math.fsum(x * x), math.fsum(y * y), math.fsum(x * y)
    return xy / math.sqrt(xx * yy), xy / xx


def measure_energy(fields, couplings, sequence):
    """Compute E = - sum_i h_i(s_i) - sum_{i<j} J_ij(s_i, s_j), nats at temperature 1."""
    energy = 0.0
    for i, a in enumerate(sequence):
        energy -= float(fields[i, a])
        for j in range(i):
            energy -= float(couplings[i, a, j, sequence[j]])
    return energy


def measure_energies(model, sequences):
    """Compute the energy of each sequence under a model (fields, couplings)."""
    return np.array([measure_energy(*model, sequence) for sequence in sequences])


def compare_ladders(sequences):
    """Compute the mean share of columns in which samples of a ladder differ from those of all others, (K, D, L)."""
    ladders, draws, length = sequences.shape
    shares = []
    for ladder in range(ladders):
        other_sequences = np.delete(sequences, ladder, axis=0).reshape(-1, length)
        differences = sum(int(count_differences(other_sequences, sequence).sum()) for sequence in sequences[ladder])
        shares.append(differences / (draws * len(other_sequences) * length))
    return shares
