"""What gibbs.cu computes, in NumPy; and what stands for a card on a CPU, for all that is around the kernel."""

import ctypes
from functools import cache

import numpy as np

from temperance.engines.cuda_engine import CudaEngine
from temperance.engines.cuda_layout import group_bytes, row_cells, row_states, source_sites
from temperance.potts.model import FORBIDDEN

TURNS = (13, 15, 26, 6), (17, 29, 16, 24)


def threefry(key, counters, lanes):
    """The first word of Threefry-2x32, 20 rounds, of each counter and lane."""
    first, second = np.uint32(key[0]), np.uint32(key[1])
    keys = first, second, first ^ second ^ np.uint32(0x1BD11BDA)
    with np.errstate(over="ignore"):
        x0, x1 = np.broadcast_arrays(counters.astype(np.uint32) + first, lanes.astype(np.uint32) + second)
        for group in range(5):
            for turn in TURNS[group % 2]:
                x0 = x0 + x1
                x1 = (x1 << np.uint32(turn) | x1 >> np.uint32(32 - turn)) ^ x0
            x0 = x0 + keys[(group + 1) % 3]
            x1 = x1 + keys[(group + 2) % 3] + np.uint32(group + 1)
    return x0


def uniform(key, counters, lanes):
    return (threefry(key, counters, lanes) >> np.uint32(8)).astype(np.float32) * np.float32(2**-24 - 2**-47)


def packed_sums(rows):
    """Sums (..., 2 W) of eight rows (..., 8, W) of numbers 2^16 y + x, x and y of 16 bits."""
    pairs = rows.astype(np.int64).sum(axis=-2)
    low = (pairs & 0xFFFF).astype(np.uint16).view(np.int16).astype(np.int64)
    return np.stack([low, (pairs - low) >> 16], axis=-1).reshape(*rows.shape[:-2], -1).astype(np.int32)


def unpacked(slabs, q):
    """Couplings (site, source site, source state, W) of slabs, as whole numbers where these are."""
    slabs = np.asarray(slabs)
    length, groups, _ = slabs.shape
    cells = row_cells(q) // (2 if slabs.dtype == np.int32 else 1)
    slabs = slabs[..., : 8 * q * cells].reshape(length, 8 * groups, q, cells)
    return packed_sums(slabs[..., None, :]) if slabs.dtype == np.int32 else slabs


def choose(logits, shares, width=8):
    """States (C,) in which the distribution exp(logits), (C, W), first exceeds the shares (C,).

    Threads have `width` states each."""
    top = logits.max(axis=1, keepdims=True)
    weights = np.exp2((logits - top) * np.float32(np.log2(np.e))).astype(np.float32)
    parts = np.cumsum(weights.reshape(len(logits), -1, width), axis=2, dtype=np.float32)
    before, total = np.zeros((len(logits), parts.shape[1]), np.float32), np.zeros(len(logits), np.float32)
    for part in range(parts.shape[1]):
        before[:, part] = total
        total = total + parts[:, part, -1]
    return (before[:, :, None] + parts <= (shares * total)[:, None, None]).sum(axis=(1, 2))


def swept(slabs, fields, chains, betas, unit, key, sweeps, q):
    """Chains (C, L) after sweeps; slabs as packed, fields (L, W)."""
    (count, length), sources = chains.shape, 8 * slabs.shape[1]
    states = np.zeros((count, sources), np.uint8)
    states[:, :length] = chains
    lanes, places = np.arange(count), np.arange(sources)
    couplings = unpacked(slabs, q)
    pairs = (couplings[..., 1::2] * 2**16 + couplings[..., ::2]) if couplings.dtype == np.int32 else couplings
    for update in range(int(sweeps) * length):
        site = update % length
        rows = pairs[site, places, states]
        if pairs.dtype == np.int32:
            blocks = rows.reshape(count, -1, 8, rows.shape[-1])
            sums = packed_sums(blocks).sum(axis=1, dtype=np.int32)
        else:
            sums = rows.sum(axis=1, dtype=np.float32)
        local = fields[site] + np.float32(unit) * sums.astype(np.float32)
        with np.errstate(invalid="ignore"):
            logits = np.where(local > FORBIDDEN / 2, betas[:, None] * local, np.float32(-np.inf))
        shares = uniform(key, np.full(count, update), lanes)
        states[:, site] = np.minimum(choose(logits, shares, row_states(q)), q - 1)
    return states[:, :length]


_LAUNCH = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, *[ctypes.c_uint] * 7, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p),
    ctypes.c_void_p,
)  # fmt: skip


class EmulatedCard:
    """Stands for a card of 4 multiprocessors; what is launched on it is computed by `swept`."""

    capability, multiprocessors, shared_memory, platform = 90, 4, 232_448, "cpu"

    free = 80e9

    def __init__(self):
        self.launches = []
        self._callback = _LAUNCH(self._launch)

    def free_memory(self):
        return self.free

    def launcher(self):
        return ctypes.cast(self._callback, ctypes.c_void_p).value

    def load(self, source, defines, name):
        """What stands for a kernel's address: what the emulation has to know of it."""
        return defines["Q"] | defines["SINGLE"] << 8 | 1 << 16

    def _launch(self, kernel, blocks, models, depth, threads, *rest):
        _, _, shared, _, parameters, _ = rest
        try:
            self._run(kernel, models, parameters)
            self.launches.append((kernel, blocks, models, threads, shared))
        except Exception as error:
            print("emulated launch failed:", repr(error), flush=True)
            return 1
        return 0

    def _run(self, kernel, models, parameters):
        q, single = kernel & 255, bool(kernel >> 8 & 1)

        def array(n, kind, *shape):
            address = ctypes.cast(parameters[n], ctypes.POINTER(ctypes.c_void_p))[0]
            raw = (ctypes.c_byte * (int(np.prod(shape)) * np.dtype(kind).itemsize)).from_address(address)
            return np.frombuffer(raw, kind).reshape(shape)

        count, length = (ctypes.cast(parameters[n], ctypes.POINTER(ctypes.c_int64))[0] for n in (8, 9))
        cells = group_bytes(q, single) // 4
        arrays = (
            array(0, np.float32 if single else np.int32, models, length, source_sites(length) // 8, cells),
            array(1, np.float32, models, length, row_cells(q)), array(2, np.uint8, models, count, length),
            array(3, np.float32, models, count), array(4, np.float32, models), array(5, np.uint32, models, 2),
            array(6, np.int32, models),
        )  # fmt: skip
        result = array(7, np.uint8, models, count, length)
        for model in range(models):
            result[model] = swept(*(values[model] for values in arrays), q)


@cache
def emulated_card():
    return EmulatedCard()


def emulated_engine(single=False):
    """The CUDA engine, but for its kernel."""
    return CudaEngine(single, card=emulated_card())
