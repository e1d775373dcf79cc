"""Sampling and training on a GPU, beside adabmDCA's kernels where PEER has a PyTorch for the card. About five minutes.

Two floors stand beside a sweep: of operations, the products of one-hot states with couplings at the rate at which the
card multiplies large matrices, and of bytes, all couplings once at the rate at which it reads large arrays; both rates
are measured here. `gpu.py [FOLDER]`, the folder with PF00014.fasta; without it a planted family of 53 sites is learnt.
With `--small`, on any machine, small systems go through the kernel operation by operation: to see that this runs.
"""

import argparse
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from common import Peer, clocked, in_turn, random_potts, save
from engines import compared
from long_family import draw, planted
from training import FAMILIES, prepare

from temperance import gibbs_triton
from temperance.gibbs import choose_engine, profile_chains, uniform_chains
from temperance.gibbs_jax import JaxEngine
from temperance.gibbs_triton import TritonEngine
from temperance.potts import Potts
from temperance.statistics import frequencies, site_frequencies
from temperance.together import run_together
from temperance.training import Training, train

Q, REPLICATES = 21, 6
# Chains of a program, its warps and stages, in the order in which they are tried.
SHAPES = [(64, 4, 3), (64, 4, 2), (64, 4, 4), (128, 4, 3), (128, 8, 3), (32, 2, 3), (32, 4, 3), (64, 8, 3)]


def waited(action: Callable[[], Any]) -> float:
    """Seconds until the device has done it."""
    return clocked(lambda: jax.block_until_ready(action()))


def rates(size: int) -> tuple[float, float]:
    """Operations a second of float16 products, and bytes a second of sums, of arrays of side `size`."""
    a = jnp.ones((size, size), jnp.float16)
    multiply, add = jax.jit(lambda x: x @ x), jax.jit(lambda x: x.sum(dtype=jnp.float32))
    best = [min(waited(lambda f=f: f(a)) for _ in range(5)) for f in (multiply, add)]
    return 2 * size**3 / best[0], 2 * size**2 / best[1]


def peer_of(card: bool) -> Peer | None:
    """The peer, where it is installed with a PyTorch that sees the card."""
    return Peer() if card and "PEER" in os.environ else None


def sampling(
    engines: dict[str, JaxEngine], sizes: list[int], count: int, peer: Peer | None, side: int
) -> Iterator[Any]:
    operations, bytes_read = rates(side)
    for length in sizes:
        rng = np.random.default_rng(0)
        model, chains = random_potts(length, Q, rng), jnp.asarray(uniform_chains(count, length, Q, rng))
        contestants = ours(engines, model, chains, max(1, 1000 // length))
        if peer:
            contestants |= peers(peer, model, count, max(1, 1000 // length))
        seconds = in_turn(contestants)
        # Padded states, and two bytes of each term of a coupling.
        padded = (length * 32) ** 2
        floors = {
            f"floor_{name}": max(2 * padded * count * terms / operations, 2 * padded * terms / bytes_read)
            for name, terms in (("triton", 2), ("triton-bfloat16", 1))
        }
        updates = {f"{name}_updates": length * count / of_sweep for name, of_sweep in (seconds | floors).items()}
        yield {"L": length, "q": Q, "chains": count} | updates


def ours(engines: dict[str, JaxEngine], model: Potts, chains: Any, sweeps: int) -> dict[str, Callable[[], float]]:
    """Seconds of a sweep."""

    def measure(engine: JaxEngine, prepared: Any) -> float:
        return waited(lambda: engine.sweep(prepared, chains, 1.0, 1, sweeps)) / sweeps

    return {name: partial(measure, engine, engine.prepare(model)) for name, engine in engines.items()}


def peers(peer: Peer, model: Potts, count: int, sweeps: int) -> dict[str, Callable[[], float]]:
    """Seconds of a sweep."""
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "model.npz", fields=model.fields, couplings=model.couplings)
        peer.ask(do="load", file=f"{folder}/model.npz", count=count, device="cuda")

    def measure(dtype: str) -> float:
        return peer.ask(do="sweep", sampler="gibbs", sweeps=sweeps, dtype=dtype) / sweeps

    return {"peer_fp32": partial(measure, "float32"), "peer_bf16": partial(measure, "bfloat16")}


def shapes(length: int, count: int) -> Iterator[Any]:
    """Which shape of a program is fastest on this card."""
    rng = np.random.default_rng(0)
    model, chains = random_potts(length, Q, rng), jnp.asarray(uniform_chains(count, length, Q, rng))
    for shape, terms in itertools.product(SHAPES, (2, 1)):
        gibbs_triton._BLOCK, gibbs_triton._WARPS, gibbs_triton._STAGES = shape
        gibbs_triton.sweep.clear_cache()
        engine = TritonEngine(terms)
        prepared = engine.prepare(model)
        seconds = [waited(lambda e=engine, p=prepared: e.sweep(p, chains, 1.0, 1, 10)) / 10 for _ in range(4)][1:]
        named = dict(zip(("block", "warps", "stages"), shape, strict=True))
        yield named | {"terms": terms, "updates": length * count / statistics.median(seconds)}
    gibbs_triton._BLOCK, gibbs_triton._WARPS, gibbs_triton._STAGES = SHAPES[0]
    gibbs_triton.sweep.clear_cache()


def learning(
    engine: JaxEngine, data: dict[str, np.ndarray], settings: dict[str, Any]
) -> tuple[Training, dict[str, Any]]:
    """Seconds of trainings of a family: one that compiles, the next; several at once, and one after the other."""

    def learn(seed: int, engine: Any) -> Training:
        return train(data["training"], data["weights"], Q, engine, seed, progress=lambda _: None, **settings)

    first = clocked(lambda: learn(0, engine))
    started = time.perf_counter()
    found = learn(1, engine)
    row = {"first": first, "seconds": time.perf_counter() - started, "steps": found.steps, "stopped": found.stopped}
    row |= {"pearson": found.confirmation.pearson, "chains": found.confirmation.chains}
    brief = {"max_steps": 30, "confirm_chains": 4000, "target_pearson": 1.0}

    def few(seed: int, engine: Any) -> Training:
        own = settings | brief
        return train(data["training"], data["weights"], Q, engine, seed, progress=lambda _: None, **own)

    tasks = [partial(few, seed) for seed in range(REPLICATES)]
    run_together(engine, tasks)
    row["together"] = clocked(lambda: run_together(engine, tasks))
    few(0, engine)
    row["in_turn"] = clocked(lambda: [task(engine) for task in tasks])
    return found, row


def accuracy(engines: dict[str, JaxEngine], count: int) -> Iterator[Any]:
    """Largest deviation of pair frequencies from enumeration, in standard errors."""
    model = planted_small()
    states = np.array(list(itertools.product(range(3), repeat=6)), np.uint8)
    weights = np.exp(-(model.energies(states) - model.energies(states).min()))
    exact = frequencies(states, 3, weights).pair
    for name, engine in engines.items():
        chains = uniform_chains(count, 6, 3, np.random.default_rng(0))
        shown = frequencies(np.asarray(engine.sweep(engine.prepare(model), chains, 1.0, 1, 60)), 3).pair
        z = (shown - exact) / np.sqrt(exact * (1 - exact) / count)
        yield {
            "engine": name,
            "chains": count,
            "frequencies": z.size,
            "z_squared": (z**2).mean(),
            "largest_z": abs(z).max(),
        }


def planted_small() -> Potts:
    rng = np.random.default_rng(0)
    return Potts.of_pairs(
        rng.normal(0, 0.5, (6, 3)).astype(np.float32), rng.normal(0, 0.5, (15, 3, 3)).astype(np.float32)
    )


def two_samples(model: Potts, sequences: np.ndarray, engines: dict[str, JaxEngine], count: int, sweeps: int) -> Any:
    """Single precision and bfloat16: do they come from one distribution?"""
    names, samples = ("triton", "triton-bfloat16"), []
    for seed, name in enumerate(names):
        start = profile_chains(count, site_frequencies(sequences, Q), np.random.default_rng(seed))
        engine = engines[name]
        samples.append(np.asarray(engine.sweep(engine.prepare(model), start, 1.0, seed, sweeps)))
    return {"chains": count, "sweeps": sweeps} | compared(model, samples, names)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("families", type=Path, nargs="?")
    asked.add_argument("--small", action="store_true")
    given = asked.parse_args()
    if not given.small:
        choose_engine("triton")  # says in one line that there is no card
    card = {"card": jax.devices()[0].device_kind}
    engines = {
        "triton": TritonEngine(2, given.small),
        "triton-bfloat16": TritonEngine(1, given.small),
        "jax": JaxEngine(),
    }
    sizes, count, side = ([5, 6], 200, 256) if given.small else ([53, 96, 200, 400], 10_000, 8192)

    def keep(name: str, rows: list[dict[str, Any]]) -> None:
        rows = [card | row for row in rows]
        for row in rows:
            print(
                name,
                {key: f"{value:.4g}" if isinstance(value, float) else value for key, value in row.items()},
                flush=True,
            )
        if not given.small:
            save(name, rows)

    keep("gpu_accuracy", list(accuracy(engines, 500 if given.small else 60_000)))
    keep("gpu_sampler", list(sampling(engines, sizes, count, peer_of(not given.small), side)))
    if not given.small:
        keep("gpu_shapes", list(shapes(96, count)))
    settings: dict[str, Any] = {"l2_couplings": 0.001, "confirm_sweeps": 800}
    with tempfile.TemporaryDirectory() as folder:
        if given.families:
            file, settings, _ = FAMILIES["PF00014"]
            data = prepare(given.families / file, Path(folder))
        else:
            sequences = draw(planted(6 if given.small else 53), 500 if given.small else 7000, 1)
            data = {"training": sequences, "weights": np.ones(len(sequences))}
    if given.small:
        settings |= {"chains": 100, "confirm_chains": 200, "confirm_sweeps": 8, "max_steps": 20, "sweeps": 2}
    found, row = learning(engines["triton"], data, settings)
    keep("gpu_training", [{"family": "PF00014" if given.families else "planted"} | row])
    keep("gpu_halves", [two_samples(found.model, data["training"], engines, count, 2 if given.small else 100)])


if __name__ == "__main__":
    main()
