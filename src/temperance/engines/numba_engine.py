"""The CPU engine: compiled loops in which the couplings of one site stay in cache while all chains visit it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy.linalg.blas import saxpy

from temperance.engines.base import DAMPING, MOMENTUM, GradientStats, sampling_noise
from temperance.engines.numba_kernel import BLOCK, LANES, sweep_kernel
from temperance.msa.frequencies import site_frequencies
from temperance.potts import pair_kernels
from temperance.potts.frequencies import CorrelationAgreement, Frequencies, correlation_agreement
from temperance.potts.model import Potts, profile_fields

if TYPE_CHECKING:
    from temperance.engines.base import Array, Chains, Constants, Inputs, Outputs, Scalar, Seed, State


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
        In nats: no sum of BLOCK rows leaves the range of 16 bits, in which it is exact.
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
        padded = np.full((length, -(-q // LANES) * LANES), -np.inf, np.float32)
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
        sums = np.add.reduceat(between + between.T, np.arange(0, length, BLOCK), axis=1)
        # A little more than the sum, for rounding.
        self.unit = max(float(sums.max()) / (2**15 - 1 - BLOCK), 1e-30)
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
        kernel = sweep_kernel(padded.shape[1], slabs.shape[3])
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

    def learner(self, data: Frequencies, l2_fields: float, l2_couplings: float, fields: bool = True) -> NumbaLearner:
        """Begin to learn a model from frequencies, at their profile model.

        Parameters
        ----------
        data : Frequencies
            Of the training sequences; those of single sites are positive.
        l2_fields, l2_couplings : float
            Strengths of the penalty.
        fields : bool
            Whether the model has fields; without, the data's sites are uniform.

        Returns
        -------
        NumbaLearner
            Without couplings and with a direction of zero.
        """
        return NumbaLearner(data, l2_fields, l2_couplings, fields)

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
    """Hold a model in training on the CPU, whose parameters are changed in place.

    In memory are the couplings, their slabs, and as much again twice: the data's frequencies and the direction.

    Parameters
    ----------
    data : Frequencies
        Of the training sequences; those of single sites are positive.
    l2_fields, l2_couplings : float
        Strengths of the penalty.
    fields : bool
        Whether the model has fields; without, the data's sites are uniform.
    """

    def __init__(self, data: Frequencies, l2_fields: float, l2_couplings: float, fields: bool = True):
        self._q, self._l2 = data.single.shape[1], (np.float32(l2_fields), np.float32(l2_couplings))
        self._frequencies, self._has_fields = data, np.float32(fields)
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
        field_step = self._has_fields * ascent / (single + l2_fields + np.float32(DAMPING))
        field_direction += fresh * (field_step - field_direction)
        noise_factors, noise = sampling_noise(single, len(chains), noise_fraction, self._has_fields)
        sums = pair_kernels.update_pair_direction(
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
            float(self._has_fields * (ascent**2).sum() + squares) ** 0.5,
            noise,
            float((fields * ascent).sum() + scale_slope),
            penalty,
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


def _dot(first: np.ndarray, second: np.ndarray) -> float:
    """Compute a sum of products in double precision: single precision does not hold a long sum."""
    return float(np.einsum("i,i->", first.ravel(), second.ravel(), dtype=np.float64))


# ---------------------------------------------------------------- one draw, in vector registers
#
# Compiled loops over an array of q local fields store and load it again for every source site, which is most of their
# time: written as LLVM vectors, the fields stay in registers from the sum to the draw (docs/method.md has the figures).
