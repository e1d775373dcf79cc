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
    """Sites i and j of all pairs i < j, in their order."""
    left, right = np.triu_indices(length, 1)
    return left, right


@numba.njit(cache=True, inline="always")
def _first_pair(i: int, length: int) -> int:
    """Compute the place of the pair (i, i + 1) among all."""
    return i * length - i * (i + 1) // 2


@numba.njit(cache=True)
def _count_partners(sequences: np.ndarray, weights: np.ndarray, i: int, q: int) -> np.ndarray:
    """Sum weights of sequences with a at site i and b at j > i: (L - 1 - i, q^2), at [j - i - 1, q a + b].

    Sequences of one state after the other: what they add to stays in the innermost cache.
    """
    count, length = sequences.shape
    sums, following = np.zeros((length - 1 - i, q * q), weights.dtype), np.zeros(q + 1, np.int64)
    for m in range(count):
        following[sequences[m, i] + 1] += 1
    for a in range(q):
        following[a + 1] += following[a]
    order = np.empty(count, np.int64)
    for m in range(count):
        place = following[sequences[m, i]]
        following[sequences[m, i]] = place + 1
        order[place] = m
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
    """Fill `pair` with the two-site frequencies of sequences (M, L) of shares (M,), which sum to 1."""
    length = sequences.shape[1]
    for i in range(part, length, parts):
        sums = _count_partners(sequences, shares, i, q)
        start = _first_pair(i, length)
        for n in range(len(sums)):
            for e in range(q * q):
                pair[start + n, e] = sums[n, e]


@threaded
def correlation_moments(
    part: int, parts: int, single: np.ndarray, pair: np.ndarray, shown: np.ndarray, samples: np.ndarray
) -> np.ndarray:
    """Sum x, y, x^2, y^2 and xy over the pairs of each site, (L, 5).

    x are the connected correlations of frequencies `single` and `pair`; y those of samples (C, L), whose one-site
    frequencies are `shown`.
    """
    count, length = samples.shape
    q = single.shape[1]
    moments = np.zeros((length, 5))
    ones = np.ones(count, np.int32)
    for i in range(part, length, parts):
        counts = _count_partners(samples, ones, i, q)
        start = _first_pair(i, length) - i - 1
        for j in range(i + 1, length):
            known, seen = pair[start + j], counts[j - i - 1]
            for a in range(q):
                for b in range(q):
                    x = known[q * a + b] - single[i, a] * single[j, b]
                    y = seen[q * a + b] / count - shown[i, a] * shown[j, b]
                    moments[i, 0] += x
                    moments[i, 1] += y
                    moments[i, 2] += x * x
                    moments[i, 3] += y * y
                    moments[i, 4] += x * y
    return moments


@threaded
def energies(part: int, parts: int, fields: np.ndarray, couplings: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Energies (C,) of sequences given by columns, (L, C)."""
    (length, count), q = columns.shape, fields.shape[1]
    found = np.zeros(count)
    start, stop = part * count // parts, (part + 1) * count // parts
    for i in range(length):
        for c in range(start, stop):
            found[c] -= fields[i, columns[i, c]]
        first = _first_pair(i, length) - i - 1
        for j in range(i + 1, length):
            _take_pair(couplings[first + j], q, columns[i], columns[j], found, start, stop)
    return found


@numba.njit(cache=True, inline="always")
def _take_pair(
    table: np.ndarray, q: int, left: np.ndarray, right: np.ndarray, found: np.ndarray, start: int, stop: int
) -> None:
    for c in range(start, stop):
        found[c] -= table[q * int(left[c]) + right[c]]


# ---------------------------------------------------------------- steps of learning


@threaded
def advance(
    part: int,
    parts: int,
    samples: np.ndarray,
    wanted: tuple[np.ndarray, np.ndarray],
    ascent: np.ndarray,
    noise: np.ndarray,
    couplings: np.ndarray,
    direction: np.ndarray,
    l2: np.float32,
    damping: np.float32,
    fresh: np.float32,
) -> np.ndarray:
    """Move `direction` by the share `fresh` towards where the couplings should go (`temperance.engines.base.Learner`).

    Samples (C, L) are the model's, `wanted` the data's one-site (L, q) and two-site frequencies, `ascent` (L, q) is the
    gradient in the fields, and noise_i noise_j, of (L,), the squared norm that sampling alone gives the gradient of a
    pair. Sums (L, 3) over the pairs of each site: of the centred gradient squared, of the couplings times the gradient
    that is not centred, and of the couplings squared.
    """
    single, pair = wanted
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
            kept = fresh * max(zero, one - noise[i] * noise[j] / max(square, np.float32(1e-30)))
            for a in range(q):
                for b in range(q):
                    e = q * a + b
                    step = gradient[a, b] / (single[i, a] * single[j, b] + l2 + damping)
                    direction[n, e] = (one - fresh) * direction[n, e] + kept * step
    return sums


# ---------------------------------------------------------------- the sampler's slabs


@threaded
def fill_slabs(part: int, parts: int, couplings: np.ndarray, per_unit: np.float32, slabs: np.ndarray) -> None:
    """Couplings as whole numbers of units, both ways round, into (site, source site, source state, at least q)."""
    length, q = slabs.shape[0], slabs.shape[2]
    for i in range(part, length, parts):
        number = _first_pair(i, length) - i - 1
        for j in range(i + 1, length):
            table, here, there = couplings[number + j], slabs[i, j], slabs[j, i]
            for a in range(q):
                for b in range(q):
                    value = np.int16(np.rint(table[q * a + b] * per_unit))
                    there[a, b] = value
                    here[b, a] = value
