"""Compiled loops over all pairs of sites: counts, comparisons, energies and gradient steps.

What there is for every pair is stored once, as (L (L - 1) / 2, q, q) in the order (0, 1), (0, 2), ... (L - 2, L - 1).
Nothing here makes another array of that size, and the results do not depend on the number of threads.
"""

import numba
import numpy as np


def pairs_of_sites(length: int) -> tuple[np.ndarray, np.ndarray]:
    """Sites i and j of all pairs i < j, in their order."""
    left, right = np.triu_indices(length, 1)
    return left, right


@numba.njit(cache=True, inline="always")
def _first_pair(i: int, length: int) -> int:
    """Number of the pair (i, i + 1)."""
    return i * length - i * (i + 1) // 2


@numba.njit(cache=True, inline="always")
def _fair_site(k: int, length: int) -> int:
    """Sites from both ends in turn: site i has L - 1 - i partners, so threads get equal shares."""
    return k // 2 if k % 2 == 0 else length - 1 - k // 2


@numba.njit(cache=True)
def _count_partners(sequences: np.ndarray, weights: np.ndarray, i: int, sums: np.ndarray) -> None:
    """Add to sums[j - i - 1, a, b], (L - 1 - i, q, q), the weights of the sequences with a at site i and b at j > i.

    Sequences of one state after the other: what they add to stays in the innermost cache.
    """
    count, length = sequences.shape
    following = np.zeros(sums.shape[1] + 1, np.int64)
    for m in range(count):
        following[sequences[m, i] + 1] += 1
    following = following.cumsum()
    order = np.empty(count, np.int64)
    for m in range(count):
        place = following[sequences[m, i]]
        following[sequences[m, i]] = place + 1
        order[place] = m
    for n in order:
        sequence, weight = sequences[n], weights[n]
        a = sequence[i]
        for j in range(i + 1, length):
            sums[j - i - 1, a, sequence[j]] += weight


@numba.njit(parallel=True, cache=True)
def pair_frequencies(sequences: np.ndarray, weights: np.ndarray, q: int, pair: np.ndarray) -> None:
    """Fill `pair` with the weighted two-site frequencies of sequences (M, L)."""
    length, total = sequences.shape[1], weights.sum()
    for k in numba.prange(length):
        i = _fair_site(k, length)
        sums = np.zeros((length - 1 - i, q, q))
        _count_partners(sequences, weights, i, sums)
        start = _first_pair(i, length)
        pair[start : start + len(sums)] = sums / total


@numba.njit(parallel=True, cache=True)
def correlation_moments(single: np.ndarray, pair: np.ndarray, shown: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Sums (L, 5) of x, y, x^2, y^2 and xy over the pairs of each site.

    x are the connected correlations of frequencies `single` and `pair`; y those of samples (C, L), whose one-site
    frequencies are `shown`.
    """
    count, length = samples.shape
    q = single.shape[1]
    moments = np.zeros((length, 5))
    ones = np.ones(count, np.int32)
    for k in numba.prange(length):
        i = _fair_site(k, length)
        counts = np.zeros((length - 1 - i, q, q), np.int32)
        _count_partners(samples, ones, i, counts)
        start = _first_pair(i, length)
        sums = np.zeros(5)
        for j in range(i + 1, length):
            known, seen = pair[start + j - i - 1], counts[j - i - 1]
            for a in range(q):
                for b in range(q):
                    x = known[a, b] - single[i, a] * single[j, b]
                    y = seen[a, b] / count - shown[i, a] * shown[j, b]
                    sums[0] += x
                    sums[1] += y
                    sums[2] += x * x
                    sums[3] += y * y
                    sums[4] += x * y
        moments[i] = sums
    return moments


@numba.njit(parallel=True, cache=True)
def energies(fields: np.ndarray, couplings: np.ndarray, columns: np.ndarray, blocks: int) -> np.ndarray:
    """Energies (C,) of sequences given by columns, (L, C)."""
    length, count = columns.shape
    found = np.zeros(count)
    for block in numba.prange(blocks):
        start, stop = block * count // blocks, (block + 1) * count // blocks
        for i in range(length):
            for c in range(start, stop):
                found[c] -= fields[i, columns[i, c]]
            first = _first_pair(i, length) - i - 1
            for j in range(i + 1, length):
                _take_pair(couplings[first + j], columns[i], columns[j], found, start, stop)
    return found


@numba.njit(cache=True, inline="always")
def _take_pair(
    table: np.ndarray, left: np.ndarray, right: np.ndarray, found: np.ndarray, start: int, stop: int
) -> None:
    for c in range(start, stop):
        found[c] -= table[left[c], right[c]]


# ---------------------------------------------------------------- gradient steps by Adam


@numba.njit(parallel=True, cache=True, fastmath={"reassoc", "contract"})
def advance_moments(
    samples: np.ndarray,
    target: np.ndarray,
    couplings: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    l2: np.float32,
    b1: np.float32,
    b2: np.float32,
) -> np.ndarray:
    """Take the gradient that samples (C, L) give into Adam's moments.

    Sums (L, 2) over the pairs of each site: of its square, and of the variance that one sample would give it.
    """
    count, length = samples.shape
    q = target.shape[1]
    share, one = np.float32(1 / count), np.float32(1)
    sums = np.zeros((length, 2))
    ones = np.ones(count, np.int32)
    for k in numba.prange(length):
        i = _fair_site(k, length)
        counts = np.zeros((length - 1 - i, q, q), np.int32)
        _count_partners(samples, ones, i, counts)
        start = _first_pair(i, length)
        for n in range(len(counts)):
            shown, wanted, value = counts[n].ravel(), target[start + n].ravel(), couplings[start + n].ravel()
            m, v = first[start + n].ravel(), second[start + n].ravel()
            square, variance = np.float32(0), np.float32(0)
            for e in range(q * q):
                p = np.float32(shown[e]) * share
                g = wanted[e] - p - l2 * value[e]
                m[e] = b1 * m[e] + (one - b1) * g
                v[e] = b2 * v[e] + (one - b2) * (g * g)
                square += g * g
                variance += p * (one - p)
            sums[i, 0] += square
            sums[i, 1] += variance
    return sums


@numba.njit(cache=True, inline="always")
def _direction(m: np.ndarray, v: np.ndarray, to_first: np.float32, to_second: np.float32, out: np.ndarray) -> None:
    """Adam's step of unit rate, from moments and the factors that undo their start at zero."""
    for e in range(m.size):
        out[e] = m[e] * to_first / (np.sqrt(v[e] * to_second) + np.float32(1e-8))


@numba.njit(parallel=True, cache=True)
def direction_energies(
    first: np.ndarray,
    second: np.ndarray,
    to_first: np.float32,
    to_second: np.float32,
    columns: np.ndarray,
    blocks: int,
) -> np.ndarray:
    """Energies (C,) that sequences given by columns, (L, C), have in couplings that are Adam's unit step."""
    length, count = columns.shape
    q = first.shape[1]
    found = np.zeros(count)
    for block in numba.prange(blocks):
        start, stop = block * count // blocks, (block + 1) * count // blocks
        table = np.empty((q, q), np.float32)
        for i in range(length):
            number = _first_pair(i, length) - i - 1
            for j in range(i + 1, length):
                _direction(first[number + j].ravel(), second[number + j].ravel(), to_first, to_second, table.ravel())
                _take_pair(table, columns[i], columns[j], found, start, stop)
    return found


@numba.njit(parallel=True, cache=True)
def move(
    couplings: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    rate: np.float32,
    to_first: np.float32,
    to_second: np.float32,
) -> None:
    """Add `rate` times Adam's unit step to the couplings."""
    size = couplings.shape[1] * couplings.shape[2]
    for n in numba.prange(len(couplings)):
        step = np.empty(size, np.float32)
        _direction(first[n].ravel(), second[n].ravel(), to_first, to_second, step)
        value = couplings[n].ravel()
        for e in range(size):
            value[e] += rate * step[e]


# ---------------------------------------------------------------- the sampler's slabs


@numba.njit(parallel=True, cache=True)
def largest(couplings: np.ndarray) -> np.ndarray:
    """Largest absolute coupling of each pair."""
    found = np.zeros(len(couplings), np.float32)
    for n in numba.prange(len(couplings)):
        for value in couplings[n].flat:
            found[n] = max(found[n], abs(value))
    return found


@numba.njit(parallel=True, cache=True)
def fill_slabs(couplings: np.ndarray, per_unit: np.float32, slabs: np.ndarray) -> None:
    """Couplings as whole numbers of units, both ways round, into (site, source site, source state, at least q)."""
    length, q = slabs.shape[0], couplings.shape[1]
    for k in numba.prange(length):
        i = _fair_site(k, length)
        number = _first_pair(i, length) - i - 1
        for j in range(i + 1, length):
            table, here, there = couplings[number + j], slabs[i, j], slabs[j, i]
            for a in range(q):
                for b in range(q):
                    value = np.int16(np.rint(table[a, b] * per_unit))
                    there[a, b] = value
                    here[b, a] = value
