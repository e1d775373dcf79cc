"""The CPU engine: compiled loops in which the couplings of one site stay in cache while all chains visit it."""

from functools import cache
from typing import Any

import numba
import numpy as np

from temperance.potts import Potts
from temperance.statistics import Frequencies, frequencies

_LANES = 8
# exp2(x) on [0, 1) as a polynomial, relative error below 2e-7: exp2(0)..exp2(1) by Chebyshev nodes.
_EXP2 = tuple(
    np.float32(c)
    for c in np.polynomial.chebyshev.Chebyshev.interpolate(np.exp2, 6, [0, 1])
    .convert(kind=np.polynomial.Polynomial)
    .coef
)
_C0, _C1, _C2, _C3, _C4, _C5, _C6 = _EXP2
_LOG2E = np.float32(np.log2(np.e))
_FLOOR = np.float32(-126)


class NumbaEngine:
    """Every chain has its own random stream, so any number of threads gives the same chains."""

    name = "numba"

    def prepare(self, model: Potts) -> tuple[np.ndarray, np.ndarray]:
        """Fields (L, Q) and slabs (site, source site, source state, Q), Q being q padded to whole vectors."""
        length, q = model.fields.shape
        width = -(-q // _LANES) * _LANES
        fields = np.full((length, width), -np.inf, np.float32)
        fields[:, :q] = model.fields
        slabs = np.zeros((length, length, q, width), np.float32)
        slabs[..., :q] = model.couplings.transpose(2, 0, 1, 3)
        return fields, slabs

    def sweep(self, prepared: Any, chains: np.ndarray, beta: Any, seed: int, sweeps: int) -> np.ndarray:
        fields, slabs = prepared
        chains = np.array(chains, np.uint8, order="C")
        beta = np.ascontiguousarray(np.broadcast_to(np.asarray(beta, np.float32), (len(chains),)))
        streams = np.random.SeedSequence(seed).generate_state(len(chains), np.uint64)
        blocks = min(numba.get_num_threads(), len(chains))
        _sweep_kernel(fields.shape[1])(fields, slabs, chains, beta, streams, sweeps, blocks)
        return chains

    def energies(self, prepared: Any, chains: np.ndarray) -> np.ndarray:
        return _energies(*prepared, np.ascontiguousarray(chains))

    def frequencies(self, chains: np.ndarray, q: int) -> Frequencies:
        return frequencies(chains, q)


@cache
def _sweep_kernel(width: int) -> Any:
    """The kernel for one padded number of states: a constant bound lets the compiler unroll its inner loops."""

    @numba.njit(parallel=True, fastmath={"contract", "reassoc", "nsz"}, cache=True)
    def sweep(
        fields: np.ndarray,
        slabs: np.ndarray,
        chains: np.ndarray,
        beta: np.ndarray,
        streams: np.ndarray,
        sweeps: int,
        blocks: int,
    ) -> None:
        count, length = chains.shape
        q = slabs.shape[2]
        for block in numba.prange(blocks):
            start, stop = block * count // blocks, (block + 1) * count // blocks
            local = np.empty(width, np.float32)
            exponent = np.empty(width, np.int32)
            power = exponent.view(np.float32)
            for _ in range(sweeps):
                for i in range(length):
                    slab = slabs[i]
                    for c in range(start, stop):
                        chain = chains[c]
                        for a in range(width):
                            local[a] = fields[i, a]
                        whole = length - length % 4
                        for j in range(0, whole, 4):
                            r0, r1 = slab[j, chain[j]], slab[j + 1, chain[j + 1]]
                            r2, r3 = slab[j + 2, chain[j + 2]], slab[j + 3, chain[j + 3]]
                            for a in range(width):
                                local[a] += (r0[a] + r1[a]) + (r2[a] + r3[a])
                        for j in range(whole, length):
                            r0 = slab[j, chain[j]]
                            for a in range(width):
                                local[a] += r0[a]
                        top = local[0]
                        for a in range(1, q):
                            top = max(top, local[a])
                        scale = beta[c] * _LOG2E
                        for a in range(width):
                            x = max((local[a] - top) * scale, _FLOOR)
                            n = np.floor(x)
                            r = x - n
                            local[a] = _C0 + r * (_C1 + r * (_C2 + r * (_C3 + r * (_C4 + r * (_C5 + r * _C6)))))
                            exponent[a] = (np.int32(n) + np.int32(127)) << 23
                        total = np.float32(0)
                        for a in range(q):
                            total += local[a] * power[a]
                            local[a] = total
                        # splitmix64 (Steele, Lea, Flood, OOPSLA 2014)
                        z = streams[c] + np.uint64(0x9E3779B97F4A7C15)
                        streams[c] = z
                        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                        z ^= z >> np.uint64(31)
                        mark = np.float32(z >> np.uint64(40)) * np.float32(2**-24) * total
                        state = 0
                        for a in range(q - 1):
                            state += local[a] <= mark
                        chain[i] = state

    return sweep


@numba.njit(parallel=True, cache=True)
def _energies(fields: np.ndarray, slabs: np.ndarray, chains: np.ndarray) -> np.ndarray:
    count, length = chains.shape
    energies = np.empty(count)
    for c in numba.prange(count):
        chain = chains[c]
        total = 0.0
        for i in range(length):
            total -= fields[i, chain[i]]
            for j in range(i):
                total -= slabs[i, j, chain[j], chain[i]]
        energies[c] = total
    return energies
