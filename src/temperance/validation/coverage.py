"""How often stated 95 % intervals hold the truth: every estimator against enumeration, many times over."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from temperance.engines.base import Engine
from temperance.potts import enumeration
from temperance.potts.frequencies import frequencies
from temperance.sampling.replica_exchange import sample
from temperance.sampling.samples import sequences_of_all_rungs
from temperance.stats.resampling import interval_factor, jackknife_error
from temperance.temperature.divergence import Heldout, divergences
from temperance.thermo.thermodynamics import annealed, curves, energy_curve
from temperance.truth.enumerable import KINDS

LENGTH, Q = 10, 2
TEMPERATURES = (0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0)
SHOWN = (0.5, 1.0, 2.0)


def coverage(
    kind: str, size: int, repeats: int, seed: int, engine: Engine, progress: Callable[[str], None] | None = None
) -> pd.DataFrame:
    """Sample one model of one enumerable truth anew `repeats` times and count how often intervals hold the exact value.

    The model is trained exactly on `size` sequences, L2 0.01; every repeat has its own ladders and its own 1,000
    held-out sequences.

    Returns
    -------
    pandas.DataFrame
        system, M, estimator, temperature (none for optima), exact, covered (share of repeats), repeats.
    """
    rng = np.random.default_rng(seed)
    truth = KINDS[kind](LENGTH, Q, rng)
    training = enumeration.draw(truth, LENGTH, Q, size, rng)
    model = enumeration.fit(frequencies(training, Q).with_pseudocount(1 / size), 0.01)
    energies = enumeration.energies_of_all(model)
    hits: dict[tuple[str, float | None], list[bool]] = {}
    known: dict[tuple[str, float | None], float] = {}
    for repeat in range(repeats):
        drawn = sample(model, engine, seed + repeat, list(TEMPERATURES), starts=training, sequences=1024, keep_all=True)
        own = np.random.default_rng([seed, repeat])
        for key, value, low, high in _intervals(drawn, model, engine, truth, energies, own):
            hits.setdefault(key, []).append(bool(low <= value <= high))
            known[key] = value
        if progress:
            progress(f"{kind}: {repeat + 1} of {repeats} repeats")
    rows = [
        {"system": kind, "M": size, "estimator": name, "temperature": tau, "exact": known[name, tau],
         "covered": float(np.mean(found)), "repeats": len(found)}
        for (name, tau), found in hits.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _intervals(
    drawn: Any, model: Any, engine: Engine, truth: np.ndarray, energies: np.ndarray, rng: np.random.Generator
) -> Iterator[tuple[tuple[str, float | None], float, float, float]]:
    """Estimator and temperature, exact value, and the interval's ends."""
    true_energies = truth[enumeration.positions(sequences_of_all_rungs(drawn.arrays()).reshape(-1, LENGTH), Q)]
    true_energies = true_energies.reshape(drawn.energies.shape)
    found = curves(drawn.betas, drawn.energies, LENGTH, Q, true_energies)
    heldout = rng.choice(len(truth), 1000, p=enumeration.boltzmann(truth))
    distance = divergences(
        found, drawn.betas, drawn.energies, Heldout(energies[heldout], np.ones(1000), truth[heldout]), rng,
        true_energies=true_energies, true_log_z=(enumeration.log_z(truth), 0.0),
    )  # fmt: skip
    factor = interval_factor(drawn.energies.shape[1])
    at = np.sort(1 / np.array(SHOWN))
    check = annealed(model, engine, int(rng.integers(2**63)), at, energy_curve(drawn.betas, drawn.energies), steps=100)
    for k, beta in enumerate(at):
        tau, g = float(1 / beta), int(np.argmin(np.abs(found.betas - beta)))
        state = enumeration.boltzmann(energies, beta)
        for name, value in (
            ("log_z", enumeration.log_z(energies, beta)),
            ("energy", float(state @ energies)),
            ("entropy", enumeration.entropy(state)),
            ("heat_capacity", enumeration.heat_capacity(energies, beta)),
        ):
            estimate = getattr(found, name)[:, g]
            half = factor * jackknife_error(estimate)
            yield (name, tau), value, estimate[0] - half, estimate[0] + half
        half = 1.96 * check.error[k]
        yield ("log_z_ais", tau), enumeration.log_z(energies, beta), check.log_z[k] - half, check.log_z[k] + half
        row = distance.table.iloc[g]
        for name in ("forward", "reverse", "jeffreys"):
            yield (
                (name, tau),
                getattr(enumeration, name)(truth, energies, beta),
                row[f"{name}_low"],
                row[f"{name}_high"],
            )
    for name, value in asdict(enumeration.optima(truth, energies)).items():
        optimum = distance.optima[name]
        for way in ("minimum", "root"):
            estimate = getattr(optimum, way)
            yield (f"{name}, {way}", None), value, estimate.low, estimate.high


def markdown(table: pd.DataFrame) -> str:
    """Coverage in per cent, a row an estimator and temperature, a column a system."""
    names = table["estimator"] + table["temperature"].map(lambda tau: f" at τ = {tau:g}" if tau == tau else "")
    systems = (table["system"] + ", M = " + table["M"].astype(str)).rename("system")
    cells = (100 * table["covered"]).groupby([names.rename("estimator"), systems], sort=False).mean().unstack()  # noqa: PD010
    cells["mean"] = cells.mean(axis=1)
    head = "| | " + " | ".join(cells.columns) + " |\n|---" + "|---" * cells.shape[1] + "|\n"
    rows = (f"| {name} | " + " | ".join(f"{value:.0f}" for value in row) + " |\n" for name, row in cells.iterrows())
    return head + "".join(rows)
