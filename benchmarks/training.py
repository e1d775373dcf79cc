"""Seconds to a Pearson correlation of 0.95 of connected two-site correlations, ours and adabmDCA's, on real families.

Both are given the same training sequences, weights and pseudocount, and nothing of the held-out sequences. Ours counts
when 40,000 fresh chains confirm it; the peer's by its own criterion, on the chains that it learns with. What either
model shows on 40,000 fresh chains, swept until their mean energy rests or 800 times, and its log-likelihood of the
held-out sequences, are measured in the same way.
"""

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import HERE, REPEATS, Process, peer_program, save, write_fasta

from temperance.alignment import encode, filter_alignment, read
from temperance.alphabet import alphabet
from temperance.gibbs import choose_engine, profile_chains, uniform_chains
from temperance.potts import Potts, load
from temperance.split import split
from temperance.statistics import frequencies, showing
from temperance.thermodynamics import annealed, energy_curve
from temperance.weights import sequence_weights

LETTERS = alphabet("protein")
TARGET, FRESH, MOST_SWEEPS = 0.95, 40_000, 800
# File, our settings beside the defaults, and the best of the peer's that were found (docs/method.md).
FAMILIES: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "PF00014": ("PF00014.fasta", {"l2_couplings": 0.0003}, ["--lr", "1.0", "--nsweeps", "2"]),
    "WW": ("WW_PF00397.fasta", {"l2_couplings": 0.0003}, ["--lr", "1.0", "--nsweeps", "2"]),
    "vwa": (
        "vwa_1atzA.aln",
        {"l2_couplings": 0.001, "sweeps": 10, "confirm_sweeps": 800, "max_steps": 400},
        ["--lr", "0.5", "--nsweeps", "2"],
    ),
}
# How many times our seconds the peer gets, and the seconds of its one run to the end, at its best settings.
DEFAULTS_LIMIT, BEST_LIMIT, LONG_LIMIT = 21, 5.5, 1800
# Rounds in which the peer would need more seconds than this at its defaults leave it out after the first.
PATIENCE = 600


def prepare(file: Path, folder: Path) -> dict[str, np.ndarray]:
    """Training and held-out part of an alignment, with weights, also as the files that either program reads."""
    kept = filter_alignment(encode(read(file), LETTERS, path=file), LETTERS, path=file)
    parts = split(kept.sequences, np.random.default_rng(0))
    training, heldout = kept.sequences[parts.training], kept.sequences[parts.heldout]
    data = {"training": training, "weights": sequence_weights(training)}
    data |= {"heldout": heldout, "heldout_weights": sequence_weights(heldout)}
    np.savez(folder / "data.npz", **data)
    write_fasta(folder / "training.fasta", training)
    np.savetxt(folder / "weights", data["weights"], fmt="%.9g")
    return data


def ours(folder: Path, settings: dict[str, Any], seed: int) -> tuple[float, dict[str, Any]]:
    log, settings = folder / "ours.json", settings | {"seed": seed}
    program = [
        sys.executable,
        HERE / "train_one.py",
        folder / "data.npz",
        folder / "ours.safetensors",
        json.dumps(settings),
    ]
    run = Process(program, log=log)
    return run.seconds, json.loads(log.read_text().splitlines()[-1])


def peers(folder: Path, options: list[str], limit: float, seed: int) -> tuple[float, float, bool]:
    """Seconds, the Pearson correlation that its own chains showed last, and whether that was its target."""
    command = [peer_program("adabmDCA"), "train", "-d", folder / "training.fasta", "-w", folder / "weights"]
    command += ["-o", folder / "peer", "--target", str(TARGET), "--device", "cpu", "--no-progress"]
    run = Process([*command, "--seed", str(seed), *options], limit=limit)
    last = (folder / "peer" / "adabmDCA.log").read_text().splitlines()
    steps = [row.split() for row in last if row[:1].isdigit() and "optimization" in row]
    pearson = float(steps[-1][5]) if steps else float("nan")
    return run.seconds, pearson, pearson >= TARGET


def load_peers(folder: Path, length: int) -> Potts:
    """The model in adabmDCA's params.dat."""
    q, place = len(LETTERS.symbols), {letter: a for a, letter in enumerate(LETTERS.symbols)}
    rows = [line.split() for line in (folder / "peer" / "params.dat").read_text().splitlines()]
    fields, couplings = np.zeros((length, q), np.float32), np.zeros((length, q, length, q), np.float32)
    table = pd.DataFrame([row for row in rows if row[0] == "J"])
    i, j, value = table[1].astype(int), table[2].astype(int), table[5].astype(np.float32)
    a, b = table[3].map(place), table[4].map(place)
    couplings[i, a, j, b] = couplings[j, b, i, a] = value
    for _, site, letter, field in (row for row in rows if row[0] == "h"):
        fields[int(site), place[letter]] = float(field)
    return Potts(fields, couplings).zero_sum()


def assess(model: Potts, data: dict[str, np.ndarray]) -> dict[str, Any]:
    """What fresh chains of a model show, and its log-likelihood of held-out sequences, nats a site."""
    engine, rng, weights = choose_engine("numba"), np.random.default_rng(1), data["weights"]
    target = frequencies(data["training"], model.q, weights).with_pseudocount(1 / weights.sum())
    prepared, chains = engine.prepare(model), profile_chains(FRESH, target.single, rng)
    before, done, block, resting = np.inf, 0, 25, False
    while not resting and done < MOST_SWEEPS:
        chains, done = engine.sweep(prepared, chains, 1.0, done, block), done + block
        energies = engine.energies(prepared, chains)
        resting = abs(energies.mean() - before) < 2 * energies.std() * (2 / FRESH) ** 0.5
        before, block = energies.mean(), done
    shown = showing(target, chains)
    ceiling = showing(target, data["training"][rng.choice(len(weights), FRESH, p=weights / weights.sum())])
    # Annealing needs to know where the energy changes fast: a few hundred chains a temperature tell.
    betas = np.linspace(0, 1, 41)
    pilot = [engine.energies(prepared, engine.sweep(prepared, uniform_chains(500, model.L, model.q, rng), b, 1, 50))
             for b in betas]  # fmt: skip
    log_z = annealed(model, engine, 1, np.array([1.0]), energy_curve(betas, np.array(pilot)[:, None]), steps=4000)
    mean = np.average(model.energies(data["heldout"]), weights=data["heldout_weights"])
    return {
        "fresh_pearson": shown.pearson, "fresh_slope": shown.slope, "ceiling": ceiling.pearson, "sweeps": done,
        "rests": resting, "heldout": -(mean + log_z.log_z[0]) / model.L, "heldout_error": log_z.error[0] / model.L,
    }  # fmt: skip


def main(families: Path) -> None:
    rows = []
    for name, (file, settings, best) in FAMILIES.items():
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            data = prepare(families / file, folder)
            ours(folder, settings | {"max_steps": 1, "confirm_chains": 100}, 0)
            runs: dict[str, list[Any]] = {"ours": [], "defaults": [], "best": []}
            for seed in range(REPEATS):
                runs["ours"].append(ours(folder, settings, seed))
                seconds = statistics.median(run[0] for run in runs["ours"])
                if not runs["defaults"] or DEFAULTS_LIMIT * seconds < PATIENCE:
                    runs["defaults"].append(peers(folder, [], DEFAULTS_LIMIT * seconds, seed))
                runs["best"].append(peers(folder, best, BEST_LIMIT * seconds, seed))
                print(name, {of: found[-1] for of, found in runs.items()}, flush=True)
            length = data["training"].shape[1]
            known = {"family": name, "L": length, "M": len(data["weights"]), "Meff": data["weights"].sum()}
            seconds = statistics.median(run[0] for run in runs["ours"])
            rows.append(
                known
                | {"program": "ours", "settings": json.dumps(settings), "seconds": seconds}
                | {"reached": all(run[1]["stopped"] == "target" for run in runs["ours"])}
                | {"own_pearson": statistics.median(run[1]["pearson"] for run in runs["ours"])}
                | assess(load(folder / "ours.safetensors")[0], data)
            )
            for of, options in (("defaults", []), ("best", best)):
                rows.append(
                    known
                    | {"program": f"adabmDCA, {of}", "settings": " ".join(options)}
                    | {"seconds": statistics.median(run[0] for run in runs[of])}
                    | {"reached": statistics.median(run[2] for run in runs[of]) > 0}
                    | {"own_pearson": statistics.median(run[1] for run in runs[of])}
                )
            long, own, reached = peers(folder, best, LONG_LIMIT, 0)
            rows.append(
                known
                | {"program": "adabmDCA, best, to the end", "settings": " ".join(best), "seconds": long}
                | {"reached": reached, "own_pearson": own}
                | assess(load_peers(folder, length), data)
            )
            print(rows[-1], flush=True)
        save("training", rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
