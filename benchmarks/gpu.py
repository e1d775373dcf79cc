"""Sampling and training on an NVIDIA card, beside adabmDCA's kernels where PEER has a PyTorch for the card.

`gpu.py [FOLDER] [--parts NAME...]`, the folder with PF00014.fasta; without it a planted family of 53 sites is learnt.
Ratios are of times in one run, peer and ours in turn; the last table says which targets were met. All of it takes five
minutes. With `--small`, on any machine, small systems go through plain JAX: to see that this runs.
"""

import argparse
import itertools
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from common import HERE, Peer, Process, clocked, in_turn, random_potts, rule_seconds, save, write_fasta
from engines import compared
from long_family import SETTINGS, draw, planted
from training import FAMILIES, FRESH, prepare

from temperance.core.threads import use_threads
from temperance.engines.chains import draw_profile_chains, draw_uniform_chains
from temperance.engines.jax_engine import JaxEngine
from temperance.engines.registry import choose_engine
from temperance.msa.frequencies import site_frequencies
from temperance.potts.frequencies import frequencies
from temperance.potts.model import Potts
from temperance.sampling.replica_exchange import sample
from temperance.thermo.annealing import estimate_log_z
from temperance.thermo.energy_curve import interpolate_energies
from temperance.training import train
from temperance.workflow.job import set_card_defaults

Row = dict[str, Any]
Q, CORES = 21, 2
TEMPERATURES = [0.4, 0.55, 0.7, 0.85, 1.0, 1.2, 1.5]
# Persistent chains of the trainings that are repeated: with the default of 4,000 some end before independent chains
# show a correlation of 0.95.
CHAINS = 10_000
# Gradient steps between two looks at a training; fewer of a large one on two cores.
BLOCK, FEW = 10, 4
# Updates of a measurement.
UPDATES = 150_000_000


class Bench:
    """The sizes of a run, and what its parts share.

    Attributes
    ----------
    small : bool
    families : Path or None
    """

    def __init__(self, small: bool, families: Path | None):
        self.small, self.families = small, families
        self.peer = Peer() if "PEER" in os.environ and not small else None
        self.folder = Path(tempfile.mkdtemp())
        self.rows: dict[str, list[Row]] = {}
        self.settings: dict[str, Any] = {"l2_couplings": 0.001}
        if families:
            file, self.settings, _ = FAMILIES["PF00014"]
            self.data = prepare(families / file, self.folder)
        else:
            sequences = draw(planted(6 if small else 53), 500 if small else 7000, 1)
            self.data = {"training": sequences, "weights": np.ones(len(sequences))}
            np.savez(self.folder / "data.npz", **self.data)
        self.settings = self.settings | {"chains": CHAINS, "stop": "pearson", "confirm_chains": FRESH}
        if small:
            self.settings |= {"chains": 100, "confirm_chains": 200, "max_steps": 20, "sweeps": 2}
        self._model: Potts | None = None
        self.chain_on_cores: Future[Row] | None = None
        self._pool = ThreadPoolExecutor(1)

    def engine(self, single: bool = False) -> JaxEngine:
        """That of the card."""
        if self.small:
            return JaxEngine()
        from temperance.engines.cuda_engine import CudaEngine

        return CudaEngine(single)

    def learn(self, engine: Any, seed: int, **settings: Any) -> Any:
        options = self.settings | settings
        return train(self.data["training"], self.data["weights"], Q, engine, seed, progress=lambda _: None, **options)

    def run_job(self, name: str, **settings: Any) -> tuple[Process, Row]:
        """Train in a process of its own; what it prints at its end."""
        model, log = self.folder / f"model-{name}", self.folder / f"log-{name}"
        program = [sys.executable, HERE / "train_one.py", self.folder / "data.npz", model]
        program += [json.dumps(self.settings | {"seed": 1} | settings), "jax" if self.small else "cuda"]
        run = Process(program, log=log)
        return run, json.loads(log.read_text().splitlines()[-1])

    def start_chain_on_cores(self) -> None:
        """Start the whole chain on the last two cores, which the rest leaves to it, where there are enough."""
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) >= 4 * CORES:
            os.sched_setaffinity(0, cores[:-CORES])
            self.chain_on_cores = self._pool.submit(run_chain, self, "numba", "numba", cores[-CORES:])

    @property
    def model(self) -> Potts:
        """One that was learnt on the card."""
        if self._model is None:
            self._model = self.learn(self.engine(), 1).model
        return self._model


def waited(action: Callable[[], Any]) -> float:
    """Seconds until the device has done it."""
    return clocked(lambda: jax.block_until_ready(action()))


# ---------------------------------------------------------------- jobs


def jobs(bench: Bench) -> Iterator[Row]:
    """Whole jobs of a training, from the start of Python: with nothing compiled, and with what the first one kept."""
    os.environ["XDG_CACHE_HOME"] = str(bench.folder / "cache")
    for job in ("first ever", "with disk caches"):
        run, training = bench.run_job("alone")
        learning = {"learning": training["history"]["seconds"][-1]}
        yield {"job": job, "seconds": run.seconds} | learning | {key: training[key] for key in
               ("stopped", "steps", "pearson", "chains", "families", "sweeps")}  # fmt: skip


def sharing(bench: Bench) -> Iterator[Row]:
    """Jobs of a training with what is on disk, several at once on one card: seconds until the last one's end."""
    os.environ["XDG_CACHE_HOME"] = str(bench.folder / "cache")
    run_job = partial(bench.run_job, stop="converged")
    run_job("alone")
    for jobs in (1, 2, 4):
        with ThreadPoolExecutor() as pool:
            seconds = [run.seconds for run, _ in pool.map(run_job, map(str, range(jobs)))]
        yield {"jobs": jobs, "longest": max(seconds), "mean": sum(seconds) / jobs}


def chain(bench: Bench) -> Iterator[Row]:
    """Every job of one training set with the settings' defaults, from the alignment to the scores: seconds by rule."""
    card, cores = "jax" if bench.small else "cuda", sorted(os.sched_getaffinity(0))
    os.environ["XDG_CACHE_HOME"] = str(bench.folder / "cache")
    # The card's second run has what the first one compiled, and makes all results anew.
    yield {"engine": f"{card}, first ever"} | run_chain(bench, card, "first", cores[:CORES])
    yield {"engine": card} | run_chain(bench, card, "second", cores[:CORES])
    on_cores = (
        bench.chain_on_cores.result() if bench.chain_on_cores else run_chain(bench, "numba", "numba", cores[-CORES:])
    )
    yield {"engine": f"numba, {CORES} cores"} | on_cores


def run_chain(bench: Bench, engine: str, results: str, cores: Sequence[int]) -> Row:
    """Seconds of Snakemake on some cores, and of the jobs of the rules that use the engine."""
    folder = bench.folder / f"chain-{engine}"
    folder.mkdir(exist_ok=True)
    if bench.families:
        alignment = (bench.families / FAMILIES["PF00014"][0]).resolve()
    else:
        alignment = folder / "family.fasta"
        write_fasta(alignment, bench.data["training"])
    settings: Row = {"families": {"family": {"alignment": str(alignment)}}, "engine": engine, "results": results,
                     "subsets": {"sizes": ["all"], "replicates": 1}}  # fmt: skip
    if bench.small:
        settings["train"] = {"l2_couplings": 0.01, "max_steps": 20, "confirm_chains": 500}
        settings["sample"] = {"sequences": 64, "max_sweeps": 8}
    config, log = folder / "config.json", folder / "log"
    config.write_text(json.dumps(settings))
    program = ["taskset", "-c", ",".join(map(str, cores))]
    program += [sys.executable, "-m", "snakemake", "--cores", str(len(cores))]
    program += ["--directory", folder, "--snakefile", HERE.parent / "Snakefile", "--configfile", config]
    run = Process([*program, "--", f"{results}/family/f1-r1/scores.tsv"], log=log)
    seconds = rule_seconds(folder / results).groupby("rule")["seconds"].sum()
    return {"seconds": run.seconds} | {
        rule: float(seconds[rule]) for rule in ("train", "sample", "thermodynamics", "score")
    }


# ---------------------------------------------------------------- correctness


def accuracy(bench: Bench) -> Iterator[Row]:
    """Deviations of pair frequencies from enumeration, in standard errors, of frequencies that are seen 20 times."""
    count = 20_000 if bench.small else 60_000
    for single, (q, length) in itertools.product((False, True), ((2, 8), (3, 6), (21, 3))):
        engine, rng = bench.engine(single), np.random.default_rng(q)
        pairs = length * (length - 1) // 2
        model = Potts.from_pairs(
            rng.normal(0, 0.7, (length, q)).astype(np.float32), rng.normal(0, 0.7, (pairs, q, q)).astype(np.float32)
        )
        states = np.array(list(itertools.product(range(q), repeat=length)), np.uint8)
        for restricted, temperature in itertools.product((False, True), (0.7, 1.0, math.inf)):
            allowed = np.ones((length, q), bool)
            if restricted:
                allowed[0, 0], allowed[1, q - 1], allowed[-1, : q - 1] = False, False, False
            possible = states[allowed[np.arange(length), states].all(axis=1)]
            weights = np.exp(-(model.energies(possible) - model.energies(possible).min()) / temperature)
            exact = frequencies(possible, q, weights).pair
            start = draw_profile_chains(count, allowed / allowed.sum(axis=1, keepdims=True), rng)
            prepared = engine.prepare(model.restrict(allowed))
            chains = np.asarray(engine.sweep(prepared, start, 1 / temperature, 1, 60))
            often = (exact > 20 / count) & (exact < 1 - 20 / count)
            z = (frequencies(chains, q).pair - exact)[often]
            z /= np.sqrt(exact[often] * (1 - exact[often]) / count)
            yield {
                "cells": "float32" if single else "int16", "q": q, "L": length, "temperature": temperature,
                "forbidden_states": restricted, "frequencies": z.size, "z_squared": (z**2).mean(),
                "largest_z": abs(z).max(), "forbidden_taken": int((~allowed[np.arange(length), chains]).sum()),
            }  # fmt: skip


def two_samples(bench: Bench) -> Iterator[Row]:
    """Samples of the family's model by three engines, two at a time: do they come from one distribution?"""
    count, sweeps = (500, 3) if bench.small else (10_000, 100)
    engines = {"cuda": bench.engine(), "jax": JaxEngine(), "numba": choose_engine("numba")}
    samples = {}
    for seed, (name, engine) in enumerate(engines.items()):
        start = draw_profile_chains(count, site_frequencies(bench.data["training"], Q), np.random.default_rng(seed))
        samples[name] = np.asarray(engine.sweep(engine.prepare(bench.model), start, 1.0, seed, sweeps))
    for one, other in (("cuda", "jax"), ("cuda", "numba")):
        comparison = compared(bench.model, [samples[one], samples[other]], ("one", "other"))
        yield {"one": one, "other": other, "chains": count, "sweeps": sweeps} | comparison


# ---------------------------------------------------------------- speed


def sampler(bench: Bench) -> Iterator[Row]:
    """Site updates a second, the model random, beside the peer's single-precision kernel."""
    sizes, counts = ([5, 6], [50]) if bench.small else ([53, 96, 200, 400], [4000, 10_000, 40_000])
    for q, length in itertools.product((Q, 4), sizes):
        rng, engine = np.random.default_rng(0), bench.engine()
        model = random_potts(length, q, rng)
        prepared, file = engine.prepare(model), bench.folder / "model.npz"
        if bench.peer:
            np.savez(file, fields=model.fields, couplings=model.couplings)
        for count in counts:
            chains = jnp.asarray(draw_uniform_chains(count, length, q, rng))
            sweeps = 2 if bench.small else -(-UPDATES // (count * length))
            contestants = {"cuda": partial(ours, engine, prepared, chains, sweeps)}
            if bench.peer:
                bench.peer.ask(do="load", file=str(file), count=count, device="cuda")
                contestants["peer"] = partial(peers, bench.peer, max(1, 1000 // length))
            updates = {name: length * count / seconds for name, seconds in in_turn(contestants).items()}
            row = {"L": length, "q": q, "chains": count} | {f"{n}_updates": u for n, u in updates.items()}
            yield row | ({"ratio": updates["cuda"] / updates["peer"]} if bench.peer else {})


def ours(engine: JaxEngine, prepared: Any, chains: Any, sweeps: int) -> float:
    """Seconds of a sweep."""
    return waited(lambda: engine.sweep(prepared, chains, 1.0, 1, sweeps)) / sweeps


def peers(peer: Peer, sweeps: int) -> float:
    """Seconds of a sweep."""
    return peer.ask(do="sweep", sampler="gibbs", sweeps=sweeps, dtype="float32") / sweeps


def learning(bench: Bench) -> Iterator[Row]:
    """Trainings of the family one after the other in this process: the first loads what is on disk."""
    engine, chains = bench.engine(), {} if bench.small else {"chains": CHAINS}
    for seed in range(10):
        started = time.perf_counter()
        result = bench.learn(engine, seed, **chains)
        row = {"seed": seed, "seconds": time.perf_counter() - started, "steps": result.steps, "stopped": result.stopped}
        confirmed = result.confirmation
        row |= {"pearson": confirmed.pearson, "pearson_error": confirmed.pearson_error}
        yield row | {"chains": confirmed.chains, "families": confirmed.families}
        bench._model = result.model


def exchange(bench: Bench) -> Iterator[Row]:
    """Replica exchange of the family's model and annealing for ln Z, all of it, on the card and on two cores."""
    limits: dict[str, Any] = {"sequences": 64, "ladders": 8, "max_sweeps": 8} if bench.small else {}
    engines = {"cuda, first": bench.engine(), "cuda": None, f"numba, {CORES} cores": choose_engine("numba")}
    engine: Any = None
    for name, new_engine in engines.items():
        engine, before = new_engine or engine, use_threads(CORES if "numba" in name else 64)
        lines: list[str] = []
        started = time.perf_counter()
        samples = sample(bench.model, engine, 1, TEMPERATURES, starts=bench.data["training"],
                         progress=lines.append, **limits)  # fmt: skip
        seconds, started, betas = time.perf_counter() - started, time.perf_counter(), 1 / samples.temperatures[::-1]
        estimate_log_z(bench.model, engine, 1, betas, interpolate_energies(samples.betas, samples.energies))
        annealing = time.perf_counter() - started
        use_threads(before)
        rungs = samples.rungs
        yield {
            "engine": name, "seconds": seconds, "annealing": annealing, "rungs": len(rungs),
            "chains": len(rungs) * samples.sequences.shape[1],
            "sweeps": samples.sweeps, "rhat": rungs.rhat.max(), "energy": rungs.mean_energy.iloc[-1], "said": lines[-1],
        }  # fmt: skip


def long_family(bench: Bench) -> Iterator[Row]:
    """A planted family of 400 sites and 20,000 sequences: the whole training on the card, steps of it on two cores."""
    length, count = (8, 200) if bench.small else (400, 20_000)
    model, engine = planted(length), bench.engine()
    start = draw_uniform_chains(count, length, Q, np.random.default_rng(1))
    sequences = np.asarray(engine.sweep(engine.prepare(model), start, 1.0, 1, 100))
    settings: Row = SETTINGS | {"l2_couplings": 0.003, "confirm_chains": FRESH, "max_minutes": 0.75}
    if bench.small:
        settings |= {"chains": 100, "confirm_chains": 200, "max_steps": 20}
    quiet = {"progress": lambda _: None}
    started = time.perf_counter()
    result = train(sequences, np.ones(count), Q, engine, 1, **settings, **quiet)
    row = {"engine": "cuda", "seconds": time.perf_counter() - started, "steps": result.steps, "stopped": result.stopped}
    seconds = result.history["seconds"].to_numpy()
    row["seconds_a_step"] = float(np.median(np.diff(seconds))) / BLOCK if len(seconds) > 1 else math.nan
    yield row | {"pearson": result.confirmation.pearson, "chains": result.confirmation.chains}
    before = use_threads(CORES)
    # A few steps, and the population that is mixed in after them, as on the card.
    brief = settings | {"max_steps": FEW, "check_every": FEW, "confirm_chains": 100}
    result = train(
        sequences, np.ones(count), Q, choose_engine("numba"), 1, **(brief | {"target_pearson": 1.0}), **quiet
    )
    use_threads(before)
    step = float(result.history["seconds"].iloc[0]) / FEW
    yield {"engine": f"numba, {CORES} cores", "steps": result.steps, "seconds_a_step": step}


# ---------------------------------------------------------------- targets


def targets(bench: Bench) -> Iterator[Row]:
    """What was asked for, and what was measured."""
    for row in bench.rows.get("sampler", []):
        lower = 4 if row["chains"] == 4000 else 9 if (row["L"], row["q"]) == (400, Q) else 6
        named = f"L {row['L']} q {row['q']} chains {row['chains']}: times the peer's updates a second"
        yield verdict(named, row.get("ratio", math.nan), lower=lower)
    for row, upper in zip(bench.rows.get("jobs", []), (45, 15), strict=False):
        yield verdict(f"training, whole job, {row['job']}, seconds", row["seconds"], upper=upper)
    for row in bench.rows.get("learning", [])[1:]:
        yield verdict(f"training, warm, seed {row['seed']}, seconds", row["seconds"], upper=3)
    for row in bench.rows.get("accuracy", []):
        named = f"enumeration, {row['cells']}, q {row['q']}, temperature {row['temperature']}"
        named += ", forbidden states" if row["forbidden_states"] else ""
        yield verdict(f"{named}: largest z", row["largest_z"], upper=5)
    for row in bench.rows.get("two_samples", []):
        yield verdict(f"{row['one']} and {row['other']}: mean squared z", row["z_squared"], upper=1.05)


def verdict(what: str, value: float, lower: float = -math.inf, upper: float = math.inf) -> Row:
    requirement = f"at least {lower:g}" if lower > -math.inf else f"at most {upper:g}"
    return {"what": what, "asked": requirement, "measured": value, "met": bool(lower <= value <= upper)}


PARTS = jobs, sharing, learning, sampler, accuracy, two_samples, exchange, long_family, chain, targets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("families", type=Path, nargs="?")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--parts", nargs="*", choices=[part.__name__ for part in PARTS])
    options = parser.parse_args()
    set_card_defaults()
    began = time.perf_counter()
    bench = Bench(options.small, options.families)
    if "chain" in (options.parts or [part.__name__ for part in PARTS]):
        bench.start_chain_on_cores()
    for part in PARTS:
        if options.parts and part.__name__ not in options.parts:
            continue
        rows = bench.rows[part.__name__] = []
        try:
            for row in part(bench):
                rows.append(row)
                cells = {key: f"{value:.4g}" if isinstance(value, float) else value for key, value in row.items()}
                print(f"[{time.perf_counter() - began:5.0f} s] {part.__name__}", cells, flush=True)
        except Exception as error:  # one part is not to cost the others
            print(f"{part.__name__} FAILED: {error!r}", flush=True)
        if rows and not options.small:
            card = {"card": jax.devices()[0].device_kind} if part not in (jobs, sharing, chain) else {}
            save(f"gpu_{part.__name__}", [card | row for row in rows])


if __name__ == "__main__":
    main()
