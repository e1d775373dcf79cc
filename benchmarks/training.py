"""Seconds to a Pearson correlation of 0.95 of connected two-site correlations, ours and adabmDCA's, on real families.

Both are given the same training sequences, weights and pseudocount, and nothing of the held-out sequences. Ours counts
when 40,000 fresh chains confirm it; the peer's by its own criterion, on the chains that it learns with. When those of
ours showed it is in the table, too. What either model shows on 40,000 fresh chains, swept until their mean energy rests
or 800 times, and its log-likelihood of the held-out sequences, are measured in the same way. Where the peer does not
reach 0.95 in one long run, or ours not at all, ours is also timed to the highest hundredth that both did reach. Where
ours does not reach it, trainings that are cut short tell what fresh chains show of either program's models on the way.
`training.py FOLDER [FAMILY...]`
"""

import json
import math
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import HERE, REPEATS, Process, peer_program, save, write_fasta

from temperance.core.alphabet import alphabet
from temperance.engines.chains import draw_uniform_chains
from temperance.engines.registry import choose_engine
from temperance.msa.alignment import filter_alignment, read
from temperance.msa.encoding import encode
from temperance.msa.split import split
from temperance.msa.weights import sequence_weights
from temperance.potts.frequencies import correlation_agreement, frequencies
from temperance.potts.model import Potts, load
from temperance.sampling.population import anneal_population
from temperance.thermo.annealing import estimate_log_z
from temperance.thermo.energy_curve import interpolate_energies

Row = dict[str, Any]
Rows = list[Row]
# Seconds of a run of ours, how its chains got on, and what it says at the end.
Runs = list[tuple[float, pd.DataFrame, dict[str, Any]]]
LETTERS = alphabet("protein")
TARGET, FRESH, MOST_SWEEPS = 0.95, 40_000, 800
# File, our settings beside the defaults, and the best of the peer's that were found (docs/method.md).
FAMILIES: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "PF00014": ("PF00014.fasta", {"l2_couplings": 0.001}, ["--lr", "1.0", "--nsweeps", "2"]),
    "WW": (
        "WW_PF00397.fasta",
        {"l2_couplings": 0.001, "chains": 2000, "check_every": 5},
        ["--lr", "2.0", "--nsweeps", "2"],
    ),
    "vwa": (
        "vwa_1atzA.aln",
        {"l2_couplings": 0.01, "max_steps": 200},
        ["--lr", "1.0", "--nsweeps", "2"],
    ),
}
# How many times our seconds the peer gets, and the seconds of its one run to the end, at its best settings.
DEFAULTS_LIMIT, BEST_LIMIT, LONG_LIMIT = 21, 5.5, 900
# A limit of more seconds than this is waited for once.
PATIENCE = 300
# Steps after which trainings are cut short.
SHORT = 5, 10, 20, 40


def prepare(file: Path, folder: Path) -> dict[str, np.ndarray]:
    """Training and held-out part of an alignment, with weights, also as the files that either program reads."""
    alignment = filter_alignment(encode(read(file), LETTERS, path=file), LETTERS, path=file)
    parts = split(alignment.sequences, np.random.default_rng(0))
    training, heldout = alignment.sequences[parts.training], alignment.sequences[parts.heldout]
    data = {"training": training, "weights": sequence_weights(training)}
    data |= {"heldout": heldout, "heldout_weights": sequence_weights(heldout)}
    np.savez(folder / "data.npz", **data)
    write_fasta(folder / "training.fasta", training)
    np.savetxt(folder / "weights", data["weights"], fmt="%.9g")
    return data


def ours(folder: Path, settings: dict[str, Any], seed: int) -> tuple[float, pd.DataFrame, dict[str, Any]]:
    """Seconds in all; seconds since it began to learn, and the Pearson correlation of its own chains; what it says."""
    log, settings = folder / "ours.json", settings | {"seed": seed}
    program = [
        sys.executable,
        HERE / "train_one.py",
        folder / "data.npz",
        folder / "ours.safetensors",
        json.dumps({"stop": "pearson", "confirm_chains": FRESH} | settings),
    ]
    run = Process(program, log=log)
    result = json.loads(log.read_text().splitlines()[-1])
    return run.seconds, pd.DataFrame(result.pop("history")), result


def peers(folder: Path, options: list[str], limit: float, seed: int) -> tuple[float, pd.DataFrame]:
    """Seconds in all, and by step: seconds since it was set up, and the Pearson correlation that its chains showed.

    It writes its model every 100 steps.
    """
    command = [peer_program("adabmDCA"), "train", "-d", folder / "training.fasta", "-w", folder / "weights"]
    command += ["-o", folder / "peer", "--target", str(TARGET), "--device", "cpu", "--no-progress"]
    run = Process([*command, "--seed", str(seed), *options], limit=limit)
    rows = [row.split() for row in (folder / "peer" / "adabmDCA.log").read_text().splitlines()]
    steps = [(float(row[-1]), float(row[5])) for row in rows if row[1:2] == ["optimization"]]
    return run.seconds, pd.DataFrame(steps, columns=["seconds", "pearson"])


def load_peers(folder: Path, length: int) -> Potts:
    """The model in adabmDCA's params.dat."""
    q, states = len(LETTERS.symbols), {letter: a for a, letter in enumerate(LETTERS.symbols)}
    rows = [line.split() for line in (folder / "peer" / "params.dat").read_text().splitlines()]
    fields, couplings = np.zeros((length, q), np.float32), np.zeros((length, q, length, q), np.float32)
    table = pd.DataFrame([row for row in rows if row[0] == "J"])
    i, j, value = table[1].astype(int), table[2].astype(int), table[5].astype(np.float32)
    a, b = table[3].map(states), table[4].map(states)
    couplings[i, a, j, b] = couplings[j, b, i, a] = value
    for _, site, letter, field in (row for row in rows if row[0] == "h"):
        fields[int(site), states[letter]] = float(field)
    return Potts(fields, couplings).zero_sum()


def assess(model: Potts, data: dict[str, np.ndarray]) -> dict[str, Any]:
    """Measure a model on chains annealed from infinite temperature, and on held-out sequences, in nats a site."""
    engine, rng, weights = choose_engine("numba"), np.random.default_rng(1), data["weights"]
    target = frequencies(data["training"], model.q, weights).with_pseudocount(1 / weights.sum())
    prepared = engine.prepare(model)
    population = anneal_population(engine, prepared, FRESH, target.single.shape, rng)
    agreement = correlation_agreement(target, population.chains)
    ceiling = correlation_agreement(
        target, data["training"][rng.choice(len(weights), FRESH, p=weights / weights.sum())]
    )
    # Annealing needs to know where the energy changes fast: a few hundred chains a temperature tell.
    betas = np.linspace(0, 1, 41)
    starts = (draw_uniform_chains(500, model.L, model.q, rng) for _ in betas)
    pilot = [
        engine.energies(prepared, engine.sweep(prepared, start, beta, 1, 50))
        for start, beta in zip(starts, betas, strict=True)
    ]
    log_z = estimate_log_z(
        model, engine, 1, np.array([1.0]), interpolate_energies(betas, np.array(pilot)[:, None]), steps=4000
    )
    mean = np.average(model.energies(data["heldout"]), weights=data["heldout_weights"])
    return {
        "fresh_pearson": agreement.pearson, "fresh_slope": agreement.slope, "ceiling": ceiling.pearson,
        "sweeps": population.sweeps, "families": population.families,
        "heldout": -(mean + log_z.log_z[0]) / model.L, "heldout_error": log_z.error[0] / model.L,
    }  # fmt: skip


def beyond(runs: list[tuple[float, pd.DataFrame]]) -> bool:
    """Whether the runs so far decide that the median one of all rounds ends before its target."""
    return sum(log["pearson"].max() < TARGET for _, log in runs) > REPEATS / 2


def until(log: pd.DataFrame, level: float) -> float:
    """Seconds until a program's own chains showed it; NaN where they did not."""
    return log["seconds"][log["pearson"] >= level].min()


def floored(pearson: float) -> float:
    return min(TARGET, math.floor(100 * pearson) / 100)


def compare(name: str, folder: Path, data: dict[str, np.ndarray], settings: dict[str, Any], best: list[str]) -> Rows:
    facts = {"family": name, "L": data["training"].shape[1], "M": len(data["weights"]), "Meff": data["weights"].sum()}
    ours(folder, settings | {"max_steps": 1, "confirm_chains": 100}, 0)
    our_runs: Runs = []
    contestants = {"adabmDCA, defaults": (list[str](), DEFAULTS_LIMIT), "adabmDCA, best": (best, BEST_LIMIT)}
    theirs: dict[str, list[tuple[float, pd.DataFrame]]] = {program: [] for program in contestants}
    for seed in range(REPEATS):
        our_runs.append(ours(folder, settings, seed))
        print(name, our_runs[-1][0], our_runs[-1][2], flush=True)
        seconds = statistics.median(run[0] for run in our_runs)
        for program, (options, factor) in contestants.items():
            runs, limit = theirs[program], factor * seconds
            if not (beyond(runs) or (runs and limit > PATIENCE)):
                runs.append(peers(folder, options, limit, seed))
                print(name, program, runs[-1][0], runs[-1][1]["pearson"].max(), flush=True)
    rows = [facts | summary(TARGET, settings, our_runs) | assess(load(folder / "ours.safetensors")[0], data)]
    for program, (options, _) in contestants.items():
        pearsons = np.array([log["pearson"].max() for _, log in theirs[program]])
        rows.append(
            facts
            | {"program": program, "target": TARGET, "settings": " ".join(options)}
            | {"seconds": statistics.median(run[0] for run in theirs[program]), "runs": len(pearsons)}
            | {"own_seconds": np.median([until(log, TARGET) for _, log in theirs[program]])}
            | {"reached": np.median(pearsons >= TARGET) == 1, "own_pearson": np.median(pearsons)}
        )
    seconds, log = peers(folder, best, LONG_LIMIT, 0)
    level = min(floored(log["pearson"].max()), TARGET if reached(our_runs) else floored(shown_by(our_runs)))
    rows.append(
        facts
        | {"program": "adabmDCA, best", "target": level, "settings": " ".join(best), "runs": 1, "reached": True}
        | {"seconds": until(log, level), "own_seconds": until(log, level), "own_pearson": log["pearson"].iloc[-1]}
        | {"to_the_end": seconds}
        | assess(load_peers(folder, data["training"].shape[1]), data)
    )
    if level < TARGET:
        our_runs = [ours(folder, settings | {"target_pearson": level}, seed) for seed in range(REPEATS)]
        rows.append(facts | summary(level, settings, our_runs) | assess(load(folder / "ours.safetensors")[0], data))
    return rows


def on_the_way(name: str, folder: Path, data: dict[str, np.ndarray], settings: dict[str, Any], best: list[str]) -> Rows:
    """Models cut short: seconds of learning, the program's own chains, and what fresh chains show."""
    rows, length = list[Row](), data["training"].shape[1]
    for steps in SHORT:
        _, log, _ = ours(folder, settings | {"max_steps": steps, "confirm_chains": 100}, 0)
        rows.append(way(name, "ours", steps, log) | assess(load(folder / "ours.safetensors")[0], data))
        _, log = peers(folder, [*best, "--nepochs", str(steps)], LONG_LIMIT, 0)
        rows.append(way(name, "adabmDCA, best", steps, log) | assess(load_peers(folder, length), data))
        print(*rows[-2:], flush=True)
    return rows


def way(name: str, program: str, steps: int, log: pd.DataFrame) -> Row:
    last = log.iloc[-1]
    return {"family": name, "program": program, "steps": steps, "seconds": last["seconds"], "own": last["pearson"]}


def reached(runs: Runs) -> bool:
    return all(result["stopped"] == "target" for _, _, result in runs)


def shown_by(runs: Runs) -> float:
    """Median Pearson correlation on the fresh chains of our runs."""
    return statistics.median(result["pearson"] for _, _, result in runs)


def summary(target: float, settings: dict[str, Any], runs: Runs) -> Row:
    return {
        "program": "ours", "target": target, "settings": json.dumps(settings), "runs": len(runs),
        "seconds": statistics.median(seconds for seconds, _, _ in runs), "reached": reached(runs),
        "own_seconds": np.median([until(log, target) for _, log, _ in runs]), "own_pearson": shown_by(runs),
    }  # fmt: skip


def main(families: Path, names: list[str]) -> None:
    for name in names or FAMILIES:
        file, settings, best = FAMILIES[name]
        with tempfile.TemporaryDirectory() as directory:
            folder = Path(directory)
            arguments = name, folder, prepare(families / file, folder), settings, best
            rows = compare(*arguments)
            save(f"training_{name}", rows)
            if not rows[0]["reached"]:
                save(f"way_{name}", on_the_way(*arguments))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
