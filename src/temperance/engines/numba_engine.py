"""The CPU engine: compiled loops in which the couplings of one site stay in cache while all chains visit it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from scipy.linalg.blas import saxpy

from temperance.core.threads import threaded
from temperance.engines.base import DAMPING, MOMENTUM, GradientStats, sampling_noise
from temperance.msa.frequencies import site_frequencies
from temperance.potts import pair_kernels
from temperance.potts.frequencies import CorrelationAgreement, Frequencies, correlation_agreement
from temperance.potts.model import FORBIDDEN, Potts, profile_fields

if TYPE_CHECKING:
    from temperance.engines.base import Array, Chains, Constants, Inputs, Outputs, Scalar, Seed, State

_LANES = 8
# So many rows of the slab are summed as 16-bit numbers before they are added to wider ones.
_BLOCK = 8
# exp2(x) on [0, 1) as a polynomial, relative error below 2e-7: exp2(0)..exp2(1) by Chebyshev nodes.
EXP2 = tuple(
    float(np.float32(c))
    for c in np.polynomial.chebyshev.Chebyshev.interpolate(np.exp2, 6, [0, 1])
    .convert(kind=np.polynomial.Polynomial)
    .coef
)
_LOG2E = np.float32(np.log2(np.e))


@dataclass
class Prepared:
    """Hold a model in the layout that `sweep` reads, beside its fields and couplings.

    Attributes
    ----------
    fields : np.ndarray
        (L, q) float32.
    couplings : np.ndarray
        (L (L - 1) / 2, q^2) float32, as in `temperance.potts.pair_kernels`.
    padded : np.ndarray
        Fields with -inf up to a multiple of eight states.
    slabs : np.ndarray
        (site, source site, source state, row) int16: couplings in units of `unit`, rows padded to whole cache lines.
    unit : float
        In nats: no sum of _BLOCK rows leaves the range of 16 bits, in which it is exact.
    """

    fields: np.ndarray
    couplings: np.ndarray
    padded: np.ndarray
    slabs: np.ndarray
    unit: float

    @classmethod
    def from_parameters(cls, fields: np.ndarray, couplings: np.ndarray) -> Prepared:
        """Lay out fields and couplings of pairs for sweeps.

        Parameters
        ----------
        fields : np.ndarray
            (L, q) float32.
        couplings : np.ndarray
            (L (L - 1) / 2, q^2) float32.

        Returns
        -------
        Prepared
            It keeps the two arrays, not copies.
        """
        length, q = fields.shape
        # Whole cache lines of 32 states, or 8 or 16 to the line.
        row = -(-q // 32) * 32 if q > 16 else 16 if q > 8 else 8
        padded = np.full((length, -(-q // _LANES) * _LANES), -np.inf, np.float32)
        prepared = cls(fields, couplings, padded, _aligned_zeros((length, length, q, row)), 1.0)
        prepared.refresh()
        return prepared

    def refresh(self) -> None:
        """Recompute the layout from fields and couplings that have changed."""
        length, q = self.fields.shape
        self.padded[:, :q] = self.fields
        between = np.zeros((length, length))
        # Not abs, which would be another array of that size.
        between[pair_kernels.pairs_of_sites(length)] = np.maximum(
            self.couplings.max(axis=1), -self.couplings.min(axis=1)
        )
        sums = np.add.reduceat(between + between.T, np.arange(0, length, _BLOCK), axis=1)
        # A little more than the sum, for rounding.
        self.unit = max(float(sums.max()) / (2**15 - 1 - _BLOCK), 1e-30)
        pair_kernels.fill_slabs(self.couplings, np.float32(1 / self.unit), self.slabs)


def _aligned_zeros(shape: tuple[int, ...]) -> np.ndarray:
    """Allocate int16 zeros that start at a cache line."""
    size = 2 * int(np.prod(shape))
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(np.int16).reshape(shape)


class NumbaEngine:
    """Sample and learn on the CPU.

    Every chain has its own random stream, so any number of threads gives the same chains.

    Attributes
    ----------
    name : str
        `numba`.
    on_host : bool
        True: its arrays are NumPy's.
    """

    name, on_host = "numba", True

    def available_memory(self) -> float:
        """Return infinity: jobs ask for the host's memory before they start.

        Returns
        -------
        float
            Infinity.
        """
        return np.inf

    def prepare(self, model: Potts) -> Prepared:
        """Lay out a model for sweeps.

        Parameters
        ----------
        model : Potts
            Model to sample.

        Returns
        -------
        Prepared
            In single precision.
        """
        fields, couplings = (np.asarray(values, np.float32) for values in (model.fields, model.pairs()))
        return Prepared.from_parameters(fields, couplings.reshape(-1, model.q**2))

    def sweep(
        self, prepared: Prepared, chains: Chains, beta: Scalar | Array, seed: Seed, sweeps: int | Array
    ) -> np.ndarray:
        """Run Gibbs sweeps: update every site of every chain in turn from its conditional distribution.

        Parameters
        ----------
        prepared : Prepared
            From `prepare` or `NumbaLearner.prepared`.
        chains : np.ndarray
            (C, L) uint8 states.
        beta : float or np.ndarray
            Inverse temperature, one for all chains or (C,).
        seed : int or np.ndarray
            Entropy of `numpy.random.SeedSequence`, which gives every chain its stream.
        sweeps : int
            Number of sweeps.

        Returns
        -------
        np.ndarray
            (C, L) uint8, a new array.
        """
        swept = np.array(chains, np.uint8, order="C")
        betas = np.ascontiguousarray(np.broadcast_to(np.asarray(beta, np.float32), (len(swept),)))
        entropy = seed if isinstance(seed, int) else np.asarray(seed)
        streams = np.random.SeedSequence(entropy).generate_state(len(swept), np.uint64)
        padded, slabs = prepared.padded, prepared.slabs
        kernel = _sweep_kernel(padded.shape[1], slabs.shape[3])
        kernel(padded, slabs, np.float32(prepared.unit), swept, betas, streams, int(sweeps))
        return swept

    def energies(self, prepared: Prepared, chains: Chains) -> np.ndarray:
        """Compute energies of chains at temperature 1, from couplings that are not rounded.

        Parameters
        ----------
        prepared : Prepared
            From `prepare` or `NumbaLearner.prepared`.
        chains : np.ndarray
            (C, L) uint8 states.

        Returns
        -------
        np.ndarray
            (C,) float64, nats.
        """
        return _energies(prepared.fields, prepared.couplings, np.asarray(chains))

    def learner(self, data: Frequencies, l2_fields: float, l2_couplings: float) -> NumbaLearner:
        """Begin to learn a model from frequencies, at their profile model.

        Parameters
        ----------
        data : Frequencies
            Of the training sequences; those of single sites are positive.
        l2_fields, l2_couplings : float
            Strengths of the penalty.

        Returns
        -------
        NumbaLearner
            Without couplings and with a direction of zero.
        """
        return NumbaLearner(data, l2_fields, l2_couplings)

    def scan(
        self,
        step: Callable[[Self, Constants, State, Inputs], tuple[State, Outputs]],
        constants: Constants,
        state: State,
        inputs: Inputs,
    ) -> tuple[State, Outputs]:
        """Run a step over the leading axis of the inputs, in a plain loop.

        Parameters
        ----------
        step : callable
            `state, output = step(engine, constants, state, row)`.
        constants : Any
            What is the same for all steps.
        state : Any
            State before the first step.
        inputs : named tuple of arrays
            Inputs of all steps, at least one.

        Returns
        -------
        state : Any
            State after the last step.
        outputs : named tuple of arrays
            Outputs of all steps, stacked along a leading axis.
        """
        outputs = []
        for row in zip(*inputs, strict=True):
            state, output = step(self, constants, state, type(inputs)(*row))
            outputs.append(output)
        return state, type(output)(*map(np.array, zip(*outputs, strict=True)))

    def fori_loop(self, count: int | Array, step: Callable[[int | Array, State], State], state: State) -> State:
        """Run a step a number of times, in a plain loop.

        Parameters
        ----------
        count : int
            Number of steps.
        step : callable
            `state = step(number, state)`.
        state : Any
            State before the first step.

        Returns
        -------
        Any
            State after the last step.
        """
        for number in range(int(count)):
            state = step(number, state)
        return state


def _energies(fields: np.ndarray, couplings: np.ndarray, sequences: np.ndarray) -> np.ndarray:
    return sum(pair_kernels.energies(fields, couplings, np.ascontiguousarray(sequences.T)))


class NumbaLearner:
    """Learn in place on the CPU.

    In memory are the couplings, their slabs, and as much again twice: the data's frequencies and the direction.

    Parameters
    ----------
    data : Frequencies
        Of the training sequences; those of single sites are positive.
    l2_fields, l2_couplings : float
        Strengths of the penalty.
    """

    def __init__(self, data: Frequencies, l2_fields: float, l2_couplings: float):
        self._q, self._l2 = data.single.shape[1], (np.float32(l2_fields), np.float32(l2_couplings))
        self._frequencies = data
        self._data = data.single.astype(np.float32), data.pair.reshape(-1, self._q**2)
        couplings, coupling_direction = (np.zeros(self._data[1].shape, np.float32) for _ in range(2))
        self._direction = np.zeros(data.single.shape, np.float32), coupling_direction
        self._prepared = Prepared.from_parameters(profile_fields(data.single), couplings)
        self._stale = False

    @property
    def prepared(self) -> Prepared:
        """Return the layout of the present model for sweeps.

        Returns
        -------
        Prepared
            The same object at each call; it changes with the model.
        """
        if self._stale:
            self._prepared.refresh()
            self._stale = False
        return self._prepared

    @property
    def parameters(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the present fields and couplings of pairs.

        Returns
        -------
        fields : np.ndarray
            (L, q) float32.
        couplings : np.ndarray
            (L (L - 1) / 2, q, q) float32.
        """
        fields, couplings = self._flat
        return fields, couplings.reshape(-1, self._q, self._q)

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Collect the state of learning, for a checkpoint.

        Returns
        -------
        dict of str to np.ndarray
            Parameters, and the direction of each: the learner's own arrays, not copies.
        """
        (fields, couplings), (field_direction, coupling_direction) = self._flat, self._direction
        return {
            "fields": fields,
            "couplings": couplings,
            "of_fields": field_direction,
            "of_couplings": coupling_direction,
        }

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Self:
        """Return to a saved state.

        Parameters
        ----------
        arrays : mapping of str to np.ndarray
            From `arrays`.

        Returns
        -------
        NumbaLearner
            The same object.
        """
        for name, values in self.arrays.items():
            values[...] = arrays[name]
        self._stale = True
        return self

    @property
    def _flat(self) -> tuple[np.ndarray, np.ndarray]:
        return self._prepared.fields, self._prepared.couplings

    def update_direction(self, chains: Chains, noise_fraction: Scalar) -> tuple[Self, GradientStats]:
        """Estimate the gradient from chains, and update the search direction.

        Parameters
        ----------
        chains : np.ndarray
            (C, L) uint8 samples of the present model.
        noise_fraction : float
            Multiple of the sampling variance that the shrinkage of pair gradients subtracts.

        Returns
        -------
        learner : NumbaLearner
            The same object.
        stats : GradientStats
            Of this gradient.
        """
        chains = np.asarray(chains)
        fields, couplings = self._flat
        field_direction, coupling_direction = self._direction
        l2_fields, l2_couplings = self._l2
        single, fresh = self._data[0], np.float32(1 - MOMENTUM)
        ascent = single - site_frequencies(chains, self._q).astype(np.float32) - l2_fields * fields
        field_direction += fresh * (ascent / (single + l2_fields + np.float32(DAMPING)) - field_direction)
        noise_factors, noise = sampling_noise(single, len(chains), noise_fraction)
        sums = pair_kernels.advance(
            chains,
            self._data,
            ascent,
            noise_factors,
            couplings,
            coupling_direction,
            l2_couplings,
            np.float32(DAMPING),
            fresh,
        )
        squares, scale_slope, coupling_squares = sum(sums).sum(axis=0)
        penalty = float(l2_fields * (fields**2).sum() + l2_couplings * coupling_squares)
        stats = GradientStats(
            float((ascent**2).sum() + squares) ** 0.5, noise, float((fields * ascent).sum() + scale_slope), penalty
        )
        return self, stats

    def energy_change(self, sequences: Chains) -> np.ndarray:
        """Compute the change of energies when the model moves by the whole direction.

        Parameters
        ----------
        sequences : np.ndarray
            (M, L) uint8.

        Returns
        -------
        np.ndarray
            (M,) float64, nats.
        """
        return _energies(*self._direction, np.asarray(sequences))

    def step(self, rate: Scalar, factor: Scalar) -> Self:
        """Add a multiple of the direction to the parameters, and multiply them all by a factor.

        Parameters
        ----------
        rate : float
            Multiple of the direction.
        factor : float
            Applied after the direction was added.

        Returns
        -------
        NumbaLearner
            The same object.
        """
        fields, couplings = self._flat
        fields += np.float32(rate) * self._direction[0]
        saxpy(self._direction[1].ravel(), couplings.ravel(), a=rate)
        for values in self._flat:
            values *= np.float32(factor)
        self._stale = True
        return self

    def correlation_agreement(self, chains: Chains) -> CorrelationAgreement:
        """Compute the agreement of the chains' connected correlations with those of the data.

        Parameters
        ----------
        chains : np.ndarray
            (C, L) uint8.

        Returns
        -------
        CorrelationAgreement
            With the data as the reference.
        """
        return correlation_agreement(self._frequencies, np.asarray(chains))

    def mean_data_energy(self) -> float:
        """Compute the mean energy of the data.

        Returns
        -------
        float
            Nats.
        """
        return -sum(_dot(frequencies, values) for frequencies, values in zip(self._data, self._flat, strict=True))

    def penalty(self) -> float:
        """Compute l2_fields * sum h^2 + l2_couplings * sum_{i<j} J^2.

        Returns
        -------
        float
            Nats; twice what is subtracted from the mean log-likelihood.
        """
        return float(sum(l2 * _dot(values, values) for l2, values in zip(self._l2, self._flat, strict=True)))


def _dot(left: np.ndarray, right: np.ndarray) -> float:
    """Compute a sum of products in double precision: single precision does not hold a long sum."""
    return float(np.einsum("i,i->", left.ravel(), right.ravel(), dtype=np.float64))


# ---------------------------------------------------------------- one draw, in vector registers
#
# Compiled loops over an array of q local fields store and load it again for every source site, which is most of their
# time: written as LLVM vectors, the fields stay in registers from the sum to the draw (docs/method.md has the figures).

_FLOAT, _SHORT, _INT, _LONG = ir.FloatType(), ir.IntType(16), ir.IntType(32), ir.IntType(64)
_VECTOR, _INTS = ir.VectorType(_FLOAT, _LANES), ir.VectorType(_INT, _LANES)


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
        self._each, self._row = range(width // _LANES), row

    def __call__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        self._builder = builder
        fields, slab, chain = (context.make_array(signature.args[k])(context, builder, arguments[k]) for k in (2, 3, 5))
        unit, scale, share = (arguments[k] for k in (4, 6, 7))
        local = self._local_fields(fields, slab, self._broadcast(unit), chain)
        cumulative = self._cumulative(self._weights(local, self._broadcast(scale)))
        total = builder.extract_element(cumulative[-1], _INT(_LANES - 1))
        mark = self._broadcast(builder.fmul(share, total))
        state = _LONG(0)
        for sums in cumulative:
            passed = builder.bitcast(builder.fcmp_ordered("<=", sums, mark), ir.IntType(_LANES))
            state = builder.add(state, builder.zext(builder.ctpop(passed), _LONG))
        return state

    def _local_fields(self, fields: Any, slab: Any, unit: Any, chain: Any) -> list[Any]:
        """Sum the fields and, of every source site, the slab's row of the state that it is in."""
        builder = self._builder
        sums = [cgutils.alloca_once_value(builder, _INTS([0] * _LANES)) for _ in self._each]
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
                part = self._shuffle(total, total, [b * _LANES + lane for lane in range(_LANES)])
                builder.store(builder.add(builder.load(value), builder.sext(part, _INTS)), value)

        whole = builder.sub(length, builder.urem(length, _LONG(_BLOCK)))
        with cgutils.for_range_slice(builder, _LONG(0), whole, _LONG(_BLOCK)) as (source, _):
            add(source, _BLOCK)
        with cgutils.for_range_slice(builder, whole, length, _LONG(1)) as (source, _):
            add(source, 1)
        couplings = [builder.fmul(builder.sitofp(builder.load(value), _VECTOR), unit) for value in sums]
        return [builder.fadd(self._load(fields.data, b), couplings[b]) for b in self._each]

    def _weights(self, local: list[Any], scale: Any) -> list[Any]:
        """Compute exp2(scale * (local - largest)) as 2^n times a polynomial on [0, 1)."""
        builder, top = self._builder, reduce(self._maximum, local)
        for hop in (4, 2, 1):
            top = self._maximum(top, self._shuffle(top, top, [lane ^ hop for lane in range(_LANES)]))
        weights = []
        for value in local:
            x = self._maximum(builder.fmul(builder.fsub(value, top), scale), _constant(-126))
            n = self._call("llvm.floor", x)
            r = builder.fsub(x, n)
            power = _constant(EXP2[-1])
            for coefficient in EXP2[-2::-1]:
                power = self._call("llvm.fma", power, r, _constant(coefficient))
            exponent = builder.shl(builder.add(builder.fptosi(n, _INTS), _INTS([127] * _LANES)), _INTS([23] * _LANES))
            weight = builder.fmul(power, builder.bitcast(exponent, _VECTOR))
            possible = builder.fcmp_ordered(">", value, _constant(FORBIDDEN / 2))
            weights.append(builder.select(possible, weight, _constant(0)))
        return weights

    def _cumulative(self, weights: list[Any]) -> list[Any]:
        builder = self._builder
        sums: list[Any] = []
        for value in weights:
            for hop in (1, 2, 4):
                shifted = [_LANES + lane - hop if lane >= hop else 0 for lane in range(_LANES)]
                value = builder.fadd(value, self._shuffle(_constant(0), value, shifted))
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
def _sweep_kernel(width: int, row: int) -> Any:
    """Compile the kernel for one padded number of states, which `_draw` has to know."""

    @threaded
    def sweep(
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

    return sweep
