"""Compiled loops over all pairs of sites: counts, comparisons, energies and gradient steps.

What there is for every pair is stored once, as (L (L - 1) / 2, q^2) in the order (0, 1), (0, 2), ... (L - 2, L - 1).
Nothing here makes another array of that size, and the results do not depend on the number of threads. Compiled code
keeps to plain loops over elements: slices and NumPy's functions take Numba seconds each to compile. It keeps to the
order of operations that is written, too: what Numba has just compiled and what it loads from its cache would otherwise
differ in their last digits.
"""

import numba
import numpy as np

from temperance.core.threads import threaded


def pairs_of_sites(length: int) -> tuple[np.ndarray, np.ndarray]:
    """List all pairs of sites i < j.

    Parameters
    ----------
    length : int
        Number of sites.

    Returns
    -------
    left, right : np.ndarray
        (L (L - 1) / 2,) sites i and j, in the order (0, 1), (0, 2), ... (L - 2, L - 1).

    Examples
    --------
    >>> pairs_of_sites(3)
    (array([0, 0, 1]), array([1, 2, 2]))
    """
    left, right = np.triu_indices(length, 1)
    return left, right


@numba.njit(cache=True, inline="always")
def _first_pair(i: int, length: int) -> int:
    """Compute the position of the pair (i, i + 1) among all."""
    return i * length - i * (i + 1) // 2


@numba.njit(cache=True)
def _count_partners(sequences: np.ndarray, weights: np.ndarray, i: int, q: int) -> np.ndarray:
    """Sum weights of sequences with a at site i and b at j > i: (L - 1 - i, q^2), at [j - i - 1, q a + b].

    Sequences of one state after the other: what they add to stays in the innermost cache.
    """
    count, length = sequences.shape
    sums, next_positions = np.zeros((length - 1 - i, q * q), weights.dtype), np.zeros(q + 1, np.int64)
    for m in range(count):
        next_positions[sequences[m, i] + 1] += 1
    for a in range(q):
        next_positions[a + 1] += next_positions[a]
    order = np.empty(count, np.int64)
    for m in range(count):
        position = next_positions[sequences[m, i]]
        next_positions[sequences[m, i]] = position + 1
        order[position] = m
    for n in order:
        sequence, weight = sequences[n], weights[n]
        first = q * int(sequence[i])
        for j in range(i + 1, length):
            sums[j - i - 1, first + sequence[j]] += weight
    return sums


@threaded
def pair_frequencies(
    part: int, parts: int, sequences: np.ndarray, shares: np.ndarray, q: int, pair: np.ndarray
) -> None:
    """Compute weighted two-site frequencies.

    Called without `part` and `parts`, as all `threaded` kernels are.

    Parameters
    ----------
    part, parts : int
        Number of this thread's part, and of parts.
    sequences : np.ndarray
        (M, L) uint8.
    shares : np.ndarray
        (M,) weights that sum to 1.
    q : int
        Number of states.
    pair : np.ndarray
        (L (L - 1) / 2, q^2): overwritten by the frequencies.
    """
    length = sequences.shape[1]
    for i in range(part, length, parts):
        sums = _count_partners(sequences, shares, i, q)
        start = _first_pair(i, length)
        for n in range(len(sums)):
            for e in range(q * q):
                pair[start + n, e] = sums[n, e]


@threaded
def correlation_moments(
    part: int, parts: int, single: np.ndarray, pair: np.ndarray, sample_single: np.ndarray, samples: np.ndarray
) -> np.ndarray:
    """Sum x, y, x^2, y^2 and xy over the pairs of each site and their states.

    x are the connected correlations of reference frequencies; y those of samples.

    Parameters
    ----------
    part, parts : int
        Number of this thread's part, and of parts.
    single, pair : np.ndarray
        (L, q) and (L (L - 1) / 2, q^2) one- and two-site frequencies of the reference.
    sample_single : np.ndarray
        (L, q) one-site frequencies of the samples.
    samples : np.ndarray
        (C, L) uint8.

    Returns
    -------
    np.ndarray
        (L, 5) float64: sums of this part, 0 for other parts' sites.
    """
    count, length = samples.shape
    q = single.shape[1]
    moments = np.zeros((length, 5))
    ones = np.ones(count, np.int32)
    for i in range(part, length, parts):
        counts = _count_partners(samples, ones, i, q)
        start = _first_pair(i, length) - i - 1
        for j in range(i + 1, length):
            reference, sampled = pair[start + j], counts[j - i - 1]
            for a in range(q):
                for b in range(q):
                    x = reference[q * a + b] - single[i, a] * single[j, b]
                    y = sampled[q * a + b] / count - sample_single[i, a] * sample_single[j, b]
                    moments[i, 0] += x
                    moments[i, 1] += y
                    moments[i, 2] += x * x
                    moments[i, 3] += y * y
                    moments[i, 4] += x * y
    return moments


@threaded
def energies(part: int, parts: int, fields: np.ndarray, couplings: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Compute energies of sequences.

    Parameters
    ----------
    part, parts : int
        Number of this thread's part, and of parts.
    fields : np.ndarray
        (L, q).
    couplings : np.ndarray
        (L (L - 1) / 2, q^2).
    columns : np.ndarray
        (L, C) uint8: the sequences by columns.

    Returns
    -------
    np.ndarray
        (C,) float64, nats: 0 for other parts' sequences.
    """
    (length, count), q = columns.shape, fields.shape[1]
    totals = np.zeros(count)
    start, stop = part * count // parts, (part + 1) * count // parts
    for i in range(length):
        for c in range(start, stop):
            totals[c] -= fields[i, columns[i, c]]
        first = _first_pair(i, length) - i - 1
        for j in range(i + 1, length):
            _subtract_pair(couplings[first + j], q, columns[i], columns[j], totals, start, stop)
    return totals


@numba.njit(cache=True, inline="always")
def _subtract_pair(
    table: np.ndarray, q: int, left: np.ndarray, right: np.ndarray, totals: np.ndarray, start: int, stop: int
) -> None:
    for c in range(start, stop):
        totals[c] -= table[q * int(left[c]) + right[c]]


# ---------------------------------------------------------------- steps of learning


@threaded
def update_pair_direction(
    part: int,
    parts: int,
    samples: np.ndarray,
    data: tuple[np.ndarray, np.ndarray],
    ascent: np.ndarray,
    noise: np.ndarray,
    couplings: np.ndarray,
    direction: np.ndarray,
    l2: np.float32,
    damping: np.float32,
    fresh: np.float32,
) -> np.ndarray:
    """Update the search direction of the couplings (`temperance.engines.base.Learner`).

    The new direction is (1 - fresh) times the old one plus `fresh` times the preconditioned, noise-shrunk gradient.

    Parameters
    ----------
    part, parts : int
        Number of this thread's part, and of parts.
    samples : np.ndarray
        (C, L) uint8 samples of the model.
    data : tuple of np.ndarray
        One-site (L, q) and two-site (L (L - 1) / 2, q^2) frequencies of the data, float32.
    ascent : np.ndarray
        (L, q) float32: gradient in the fields.
    noise : np.ndarray
        (L,) float32: noise_i noise_j is the squared norm that sampling alone gives the gradient of a pair.
    couplings : np.ndarray
        (L (L - 1) / 2, q^2) float32.
    direction : np.ndarray
        As `couplings`; overwritten.
    l2 : np.float32
        Strength of the couplings' penalty.
    damping : np.float32
        Added to the denominator of the preconditioner.
    fresh : np.float32
        Weight of the new gradient in the direction.

    Returns
    -------
    np.ndarray
        (L, 3) float64, sums over the pairs of each site of this part: of the centred gradient squared, of the couplings
        times the gradient that is not centred, and of the couplings squared; 0 for other parts' sites.
    """
    single, pair = data
    count, (length, q) = len(samples), single.shape
    share, zero, one = np.float32(1 / count), np.float32(0), np.float32(1)
    sums = np.zeros((length, 3))
    ones = np.ones(count, np.int32)
    for i in range(part, length, parts):
        counts = _count_partners(samples, ones, i, q)
        gradient, columns = np.empty((q, q), np.float32), np.empty((3, q), np.float32)
        for j in range(i + 1, length):
            n = _first_pair(i, length) + j - i - 1
            for b in range(q):
                columns[0, b] = columns[1, b] = columns[2, b] = zero
            for a in range(q):
                for b in range(q):
                    e = q * a + b
                    value = couplings[n, e]
                    raw = pair[n, e] - np.float32(counts[j - i - 1, e]) * share - l2 * value
                    g = raw - ascent[i, a] * single[j, b] - single[i, a] * ascent[j, b]
                    gradient[a, b] = g
                    columns[0, b] += g * g
                    columns[1, b] += value * raw
                    columns[2, b] += value * value
            square = zero
            for b in range(q):
                square += columns[0, b]
                sums[i, 1] += columns[1, b]
                sums[i, 2] += columns[2, b]
            sums[i, 0] += square
            step_share = fresh * max(zero, one - noise[i] * noise[j] / max(square, np.float32(1e-30)))
            for a in range(q):
                for b in range(q):
                    e = q * a + b
                    step = gradient[a, b] / (single[i, a] * single[j, b] + l2 + damping)
                    direction[n, e] = (one - fresh) * direction[n, e] + step_share * step
    return sums


# ---------------------------------------------------------------- the sampler's slabs


@threaded
def fill_slabs(part: int, parts: int, couplings: np.ndarray, per_unit: np.float32, slabs: np.ndarray) -> None:
    """Round couplings to whole numbers of a unit, and write both halves of the symmetric array in the sampler's layout.

    Parameters
    ----------
    part, parts : int
        Number of this thread's part, and of parts.
    couplings : np.ndarray
        (L (L - 1) / 2, q^2) float32, nats.
    per_unit : np.float32
        Units in a nat.
    slabs : np.ndarray
        (site, source site, source state, at least q) int16; overwritten, but for the diagonal and the padding.
    """
    length, q = slabs.shape[0], slabs.shape[2]
    for i in range(part, length, parts):
        number = _first_pair(i, length) - i - 1
        for j in range(i + 1, length):
            table, slab_ij, slab_ji = couplings[number + j], slabs[i, j], slabs[j, i]
            for a in range(q):
                for b in range(q):
                    value = np.int16(np.rint(table[q * a + b] * per_unit))
                    slab_ji[a, b] = value
                    slab_ij[b, a] = value
