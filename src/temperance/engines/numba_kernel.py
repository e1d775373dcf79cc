"""The CPU engine's sweep, compiled for each padded number of states, with the draw of a state in vector registers."""

from functools import cache, reduce
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from temperance.core.threads import threaded
from temperance.potts.model import FORBIDDEN

LANES = 8
# So many rows of the slab are summed as 16-bit numbers before they are added to wider ones.
BLOCK = 8
# exp2(x) on [0, 1) as a polynomial, relative error below 2e-7: exp2(0)..exp2(1) by Chebyshev nodes.
EXP2 = tuple(
    float(np.float32(c))
    for c in np.polynomial.chebyshev.Chebyshev.interpolate(np.exp2, 6, [0, 1])
    .convert(kind=np.polynomial.Polynomial)
    .coef
)
_LOG2E = np.float32(np.log2(np.e))


_FLOAT, _SHORT, _INT, _LONG = ir.FloatType(), ir.IntType(16), ir.IntType(32), ir.IntType(64)
_VECTOR, _INTS = ir.VectorType(_FLOAT, LANES), ir.VectorType(_INT, LANES)


@intrinsic(prefer_literal=True)
def _draw(
    typing: Any, width: Any, row: Any, fields: Any, slab: Any, unit: Any, chain: Any, scale: Any, share: Any
) -> Any:
    """Draw the state at which the distribution exp2(scale * local fields) first exceeds `share` of its total.

    fields (width,), slab (L, q, row) in multiples of `unit` and chain (L,) are contiguous; the local fields are those
    of the site that fields and slab belong to.
    """
    generator = _Draw(width.literal_value, row.literal_value)
    return types.int64(width, row, fields, slab, unit, chain, scale, share), generator


class _Draw:
    """Generate the code of `_draw` for one number of states and one length of the slab's rows."""

    def __init__(self, width: int, row: int):
        self._each, self._row = range(width // LANES), row

    def __call__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        self._builder = builder
        fields, slab, chain = (context.make_array(signature.args[k])(context, builder, arguments[k]) for k in (2, 3, 5))
        unit, scale, share = (arguments[k] for k in (4, 6, 7))
        local = self._local_fields(fields, slab, self._broadcast(unit), chain)
        cumulative = self._cumulative(self._weights(local, self._broadcast(scale)))
        total = builder.extract_element(cumulative[-1], _INT(LANES - 1))
        mark = self._broadcast(builder.fmul(share, total))
        state = _LONG(0)
        for sums in cumulative:
            passed = builder.bitcast(builder.fcmp_ordered("<=", sums, mark), ir.IntType(LANES))
            state = builder.add(state, builder.zext(builder.ctpop(passed), _LONG))
        return state

    def _local_fields(self, fields: Any, slab: Any, unit: Any, chain: Any) -> list[Any]:
        """Sum the fields and, of every source site, the slab's row of the state that it is in."""
        builder = self._builder
        sums = [cgutils.alloca_once_value(builder, _INTS([0] * LANES)) for _ in self._each]
        length = cgutils.unpack_tuple(builder, chain.shape, 1)[0]
        stride = builder.mul(cgutils.unpack_tuple(builder, slab.shape, 3)[1], _LONG(self._row))
        kind = ir.VectorType(_SHORT, self._row)

        def load_row(source: Any) -> Any:
            state = builder.zext(builder.load(builder.gep(chain.data, [source])), _LONG)
            start = builder.add(builder.mul(source, stride), builder.mul(state, _LONG(self._row)))
            row = builder.load(builder.bitcast(builder.gep(slab.data, [start]), kind.as_pointer()))
            row.align = min(2 * self._row, 64)
            return row

        def add(source: Any, count: int) -> None:
            rows = [load_row(builder.add(source, _LONG(u))) for u in range(count)]
            total = reduce(builder.add, rows)
            for b, value in zip(self._each, sums, strict=True):
                lane_sums = self._shuffle(total, total, [b * LANES + lane for lane in range(LANES)])
                builder.store(builder.add(builder.load(value), builder.sext(lane_sums, _INTS)), value)

        whole = builder.sub(length, builder.urem(length, _LONG(BLOCK)))
        with cgutils.for_range_slice(builder, _LONG(0), whole, _LONG(BLOCK)) as (source, _):
            add(source, BLOCK)
        with cgutils.for_range_slice(builder, whole, length, _LONG(1)) as (source, _):
            add(source, 1)
        couplings = [builder.fmul(builder.sitofp(builder.load(value), _VECTOR), unit) for value in sums]
        return [builder.fadd(self._load(fields.data, b), couplings[b]) for b in self._each]

    def _weights(self, local: list[Any], scale: Any) -> list[Any]:
        """Compute exp2(scale * (local - largest)) as 2^n times a polynomial on [0, 1)."""
        builder, top = self._builder, reduce(self._maximum, local)
        for hop in (4, 2, 1):
            top = self._maximum(top, self._shuffle(top, top, [lane ^ hop for lane in range(LANES)]))
        weights = []
        for value in local:
            x = self._maximum(builder.fmul(builder.fsub(value, top), scale), _constant(-126))
            n = self._call("llvm.floor", x)
            r = builder.fsub(x, n)
            power = _constant(EXP2[-1])
            for coefficient in EXP2[-2::-1]:
                power = self._call("llvm.fma", power, r, _constant(coefficient))
            exponent = builder.shl(builder.add(builder.fptosi(n, _INTS), _INTS([127] * LANES)), _INTS([23] * LANES))
            weight = builder.fmul(power, builder.bitcast(exponent, _VECTOR))
            possible = builder.fcmp_ordered(">", value, _constant(FORBIDDEN / 2))
            weights.append(builder.select(possible, weight, _constant(0)))
        return weights

    def _cumulative(self, weights: list[Any]) -> list[Any]:
        builder = self._builder
        sums: list[Any] = []
        for value in weights:
            for hop in (1, 2, 4):
                shifted = [LANES + lane - hop if lane >= hop else 0 for lane in range(LANES)]
                value = builder.fadd(value, self._shuffle(_constant(0), value, shifted))
            if sums:
                value = builder.fadd(value, self._shuffle(sums[-1], sums[-1], [LANES - 1] * LANES))
            sums.append(value)
        return sums

    def _load(self, pointer: Any, block: int) -> Any:
        start = self._builder.gep(pointer, [_LONG(block * LANES)])
        value = self._builder.load(self._builder.bitcast(start, _VECTOR.as_pointer()))
        value.align = 4
        return value

    def _broadcast(self, scalar: Any) -> Any:
        one = self._builder.insert_element(_VECTOR(ir.Undefined), scalar, _INT(0))
        return self._shuffle(one, one, [0] * LANES)

    def _shuffle(self, first: Any, second: Any, lanes: list[int]) -> Any:
        return self._builder.shuffle_vector(first, second, _INTS(lanes))

    def _maximum(self, first: Any, second: Any) -> Any:
        return self._call("llvm.maxnum", first, second)

    def _call(self, name: str, *values: Any) -> Any:
        kind = ir.FunctionType(_VECTOR, [_VECTOR] * len(values))
        function = cgutils.get_or_insert_function(self._builder.module, kind, f"{name}.v{LANES}f32")
        return self._builder.call(function, values)


def _constant(value: float) -> Any:
    return _VECTOR([float(value)] * LANES)


@cache
def sweep_kernel(width: int, row: int) -> Any:
    """Compile the Gibbs sweeps of the Numba engine for one number of states.

    Parameters
    ----------
    width : int
        States q, padded to a multiple of `LANES`.
    row : int
        Numbers in memory from one row of a slab (couplings of a site with one state of another) to the next.

    Returns
    -------
    callable
        `kernel(fields, slabs, unit, chains, beta, streams, sweeps)`, which updates chains (C, L) in place so many
        times. Each chain has its inverse temperature, beta (C,), and random stream, streams (C,) uint64.
    """

    @threaded
    def _sweep(
        part: int,
        parts: int,
        fields: np.ndarray,
        slabs: np.ndarray,
        unit: np.float32,
        chains: np.ndarray,
        beta: np.ndarray,
        streams: np.ndarray,
        sweeps: int,
    ) -> None:
        """Update every site of chains so many times."""
        count, length = chains.shape
        q = slabs.shape[2]
        start, stop = part * count // parts, (part + 1) * count // parts
        for _ in range(sweeps):
            for i in range(length):
                site_fields, slab = fields[i], slabs[i]
                for c in range(start, stop):
                    # splitmix64 (Steele, Lea, Flood, OOPSLA 2014)
                    z = streams[c] + np.uint64(0x9E3779B97F4A7C15)
                    streams[c] = z
                    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                    z ^= z >> np.uint64(31)
                    # Not all of the total, however that is rounded: the last states may be forbidden.
                    share = np.float32(z >> np.uint64(40)) * np.float32(2**-24 - 2**-47)
                    chain = chains[c]
                    state = _draw(width, row, site_fields, slab, unit, chain, beta[c] * _LOG2E, share)
                    chain[i] = min(state, q - 1)

    return _sweep
