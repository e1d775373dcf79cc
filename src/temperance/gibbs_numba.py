"""The CPU engine: compiled loops in which the couplings of one site stay in cache while all chains visit it."""

from functools import cache, reduce
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from temperance.potts import Potts
from temperance.statistics import Frequencies, frequencies

_LANES = 8
# exp2(x) on [0, 1) as a polynomial, relative error below 2e-7: exp2(0)..exp2(1) by Chebyshev nodes.
_EXP2 = tuple(
    float(np.float32(c))
    for c in np.polynomial.chebyshev.Chebyshev.interpolate(np.exp2, 6, [0, 1])
    .convert(kind=np.polynomial.Polynomial)
    .coef
)
_LOG2E = np.float32(np.log2(np.e))


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
        return _energies(*prepared, np.ascontiguousarray(chains), min(numba.get_num_threads(), len(chains)))

    def frequencies(self, chains: np.ndarray, q: int) -> Frequencies:
        return frequencies(chains, q)


# ---------------------------------------------------------------- one draw, in vector registers
#
# Compiled loops over an array of q local fields store and load it again for every source site, which is most of their
# time: written as LLVM vectors, the fields stay in registers from the sum to the draw (docs/method.md has the figures).

_FLOAT, _INT, _LONG = ir.FloatType(), ir.IntType(32), ir.IntType(64)
_VECTOR, _INTS = ir.VectorType(_FLOAT, _LANES), ir.VectorType(_INT, _LANES)


@intrinsic(prefer_literal=True)
def _draw(typing: Any, width: Any, fields: Any, slab: Any, chain: Any, scale: Any, unit: Any) -> Any:
    """State at which the distribution exp2(scale * local fields) first exceeds the share `unit` of its total.

    fields (width,), slab (L, q, width) and chain (L,) are contiguous; the local fields are those of the site that
    fields and slab belong to.
    """
    return types.int64(width, fields, slab, chain, scale, unit), _Draw(width.literal_value)


class _Draw:
    """Code generator of `_draw` for one width."""

    def __init__(self, width: int):
        self._width, self._blocks = width, width // _LANES
        # Sums of as many source sites run side by side as there are registers for.
        self._unroll = 4 if self._blocks <= 3 else 2 if self._blocks <= 6 else 1

    def __call__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        self._builder = builder
        fields, slab, chain = (context.make_array(signature.args[k])(context, builder, arguments[k]) for k in (1, 2, 3))
        scale, unit = arguments[4:]
        local = self._local_fields(fields, slab, chain)
        cumulative = self._cumulative(self._weights(local, self._broadcast(scale)))
        total = builder.extract_element(cumulative[-1], _INT(_LANES - 1))
        mark = self._broadcast(builder.fmul(unit, total))
        state = _LONG(0)
        for sums in cumulative:
            passed = builder.bitcast(builder.fcmp_ordered("<=", sums, mark), ir.IntType(_LANES))
            state = builder.add(state, builder.zext(builder.ctpop(passed), _LONG))
        return state

    def _local_fields(self, fields: Any, slab: Any, chain: Any) -> list[Any]:
        """The fields plus, of every source site, the slab's row of the state that it is in."""
        builder = self._builder
        sums = [
            [
                cgutils.alloca_once_value(builder, self._load(fields.data, b) if u == 0 else _constant(0))
                for b in self._each
            ]
            for u in range(self._unroll)
        ]
        length = cgutils.unpack_tuple(builder, chain.shape, 1)[0]
        stride = builder.mul(cgutils.unpack_tuple(builder, slab.shape, 3)[1], _LONG(self._width))

        def add(source: Any, u: int) -> None:
            state = builder.zext(builder.load(builder.gep(chain.data, [source])), _LONG)
            row = builder.add(builder.mul(source, stride), builder.mul(state, _LONG(self._width)))
            for b in self._each:
                value = self._load(builder.gep(slab.data, [row]), b)
                builder.store(builder.fadd(builder.load(sums[u][b]), value), sums[u][b])

        whole = builder.sub(length, builder.urem(length, _LONG(self._unroll)))
        with cgutils.for_range_slice(builder, _LONG(0), whole, _LONG(self._unroll)) as (source, _):
            for u in range(self._unroll):
                add(builder.add(source, _LONG(u)), u)
        with cgutils.for_range_slice(builder, whole, length, _LONG(1)) as (source, _):
            add(source, 0)
        return [reduce(builder.fadd, [builder.load(sums[u][b]) for u in range(self._unroll)]) for b in self._each]

    @property
    def _each(self) -> range:
        return range(self._blocks)

    def _weights(self, local: list[Any], scale: Any) -> list[Any]:
        """exp2(scale * (local - largest)) as 2^n times a polynomial on [0, 1)."""
        builder, top = self._builder, reduce(self._maximum, local)
        for hop in (4, 2, 1):
            top = self._maximum(top, self._shuffle(top, top, [lane ^ hop for lane in range(_LANES)]))
        weights = []
        for value in local:
            x = self._maximum(builder.fmul(builder.fsub(value, top), scale), _constant(-126))
            n = self._call("llvm.floor", x)
            r = builder.fsub(x, n)
            power = _constant(_EXP2[-1])
            for coefficient in _EXP2[-2::-1]:
                power = self._call("llvm.fma", power, r, _constant(coefficient))
            exponent = builder.shl(builder.add(builder.fptosi(n, _INTS), _INTS([127] * _LANES)), _INTS([23] * _LANES))
            weights.append(builder.fmul(power, builder.bitcast(exponent, _VECTOR)))
        return weights

    def _cumulative(self, weights: list[Any]) -> list[Any]:
        builder = self._builder
        sums: list[Any] = []
        for value in weights:
            for hop in (1, 2, 4):
                moved = [_LANES + lane - hop if lane >= hop else 0 for lane in range(_LANES)]
                value = builder.fadd(value, self._shuffle(_constant(0), value, moved))
            if sums:
                value = builder.fadd(value, self._shuffle(sums[-1], sums[-1], [_LANES - 1] * _LANES))
            sums.append(value)
        return sums

    def _load(self, pointer: Any, block: int) -> Any:
        start = self._builder.gep(pointer, [_LONG(block * _LANES)])
        value = self._builder.load(self._builder.bitcast(start, _VECTOR.as_pointer()))
        value.align = 4
        return value

    def _broadcast(self, scalar: Any) -> Any:
        one = self._builder.insert_element(_VECTOR(ir.Undefined), scalar, _INT(0))
        return self._shuffle(one, one, [0] * _LANES)

    def _shuffle(self, left: Any, right: Any, lanes: list[int]) -> Any:
        return self._builder.shuffle_vector(left, right, _INTS(lanes))

    def _maximum(self, left: Any, right: Any) -> Any:
        return self._call("llvm.maxnum", left, right)

    def _call(self, name: str, *values: Any) -> Any:
        kind = ir.FunctionType(_VECTOR, [_VECTOR] * len(values))
        function = cgutils.get_or_insert_function(self._builder.module, kind, f"{name}.v{_LANES}f32")
        return self._builder.call(function, values)


def _constant(value: float) -> Any:
    return _VECTOR([float(value)] * _LANES)


@cache
def _sweep_kernel(width: int) -> Any:
    """The kernel for one padded number of states, which `_draw` has to know as it is compiled."""

    @numba.njit(parallel=True, cache=True)
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
            for _ in range(sweeps):
                for i in range(length):
                    row, slab = fields[i], slabs[i]
                    for c in range(start, stop):
                        # splitmix64 (Steele, Lea, Flood, OOPSLA 2014)
                        z = streams[c] + np.uint64(0x9E3779B97F4A7C15)
                        streams[c] = z
                        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                        z ^= z >> np.uint64(31)
                        unit = np.float32(z >> np.uint64(40)) * np.float32(2**-24)
                        chain = chains[c]
                        chain[i] = min(_draw(width, row, slab, chain, beta[c] * _LOG2E, unit), q - 1)

    return sweep


@numba.njit(parallel=True, cache=True)
def _energies(fields: np.ndarray, slabs: np.ndarray, chains: np.ndarray, blocks: int) -> np.ndarray:
    count, length = chains.shape
    energies = np.zeros(count)
    for block in numba.prange(blocks):
        for i in range(length):
            slab = slabs[i]
            for c in range(block * count // blocks, (block + 1) * count // blocks):
                chain = chains[c]
                state = chain[i]
                total = fields[i, state]
                for j in range(i):
                    total += slab[j, chain[j], state]
                energies[c] -= total
    return energies
