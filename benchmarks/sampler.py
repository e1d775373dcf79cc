"""Gibbs site updates per second against adabmDCA's samplers, and how far they are from what memory can deliver.

One update reads a row of couplings for every site. The bound is what this machine reads, all threads together, from a
buffer of the size of one site's couplings, which is what stays in cache while all chains visit the site.
"""

import tempfile
from itertools import product
from pathlib import Path

import numba
import numpy as np
from common import Peer, clocked, in_turn, random_potts, save

from temperance.engines.chains import draw_uniform_chains
from temperance.engines.registry import choose_engine

GRID = [(96, 21, 2000), *product((31, 53, 96, 200, 400), (21, 4), (500, 5000))]
# Site updates that a measurement should last for at least.
WORK = 4_000_000


@numba.njit(parallel=True)
def read(buffer: np.ndarray, times: int, threads: int) -> int:
    """Read all of a buffer, again and again, in every thread."""
    totals = np.zeros(threads, np.int64)
    for thread in numba.prange(threads):
        for n in range(times):
            total = np.int64(n)
            for k in range(buffer.size):
                total += buffer[k]
            totals[thread] ^= total
    return totals.sum()


def bandwidth(size: int) -> float:
    """Bytes per second that all threads together read from a buffer of `size` bytes."""
    buffer, threads = np.ones(size // 8, np.int64), numba.get_num_threads()
    times = int(4e9 / size)
    read(buffer, 1, threads)
    return threads * times * size / min(clocked(lambda: read(buffer, times, threads)) for _ in range(3))


def main() -> None:
    engine, peer, rows = choose_engine("numba"), Peer(), []
    for length, q, count in GRID:
        rng = np.random.default_rng(0)
        model, chains = random_potts(length, q, rng), draw_uniform_chains(count, length, q, rng)
        prepared = engine.prepare(model)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "model.npz"
            np.savez(file, fields=model.fields, couplings=model.couplings)
            peer.ask(do="load", file=str(file), count=count)
        sweeps = -(-WORK // (length * count))
        seconds = in_turn(
            {
                "ours": lambda p=prepared, c=chains, n=sweeps: clocked(lambda: engine.sweep(p, c, 1.0, 1, n)) / n,
                "gibbs": lambda: peer.ask(do="sweep", sampler="gibbs", sweeps=1),
                "metropolis": lambda: peer.ask(do="sweep", sampler="metropolis", sweeps=1),
            }
        )
        updates = {name: length * count / of_sweep for name, of_sweep in seconds.items()}
        of_row = prepared.slabs.itemsize * prepared.slabs.shape[-1]
        used, bound = updates["ours"] * length * of_row, bandwidth(length * q * of_row)
        rows.append(
            {"L": length, "q": q, "chains": count}
            | {f"{name}_updates": value for name, value in updates.items()}
            | {"over_gibbs": updates["ours"] / updates["gibbs"]}
            | {"over_metropolis": updates["ours"] / updates["metropolis"]}
            | {"bytes_per_second": used, "bound": bound, "of_bound": used / bound}
        )
        print(rows[-1], flush=True)
    save("sampler", rows)


if __name__ == "__main__":
    main()
