"""Coverage of the stated 95 % intervals: every estimator against enumeration, many times over."""

from collections.abc import Callable, Iterator
from dataclasses import asdict

import numpy as np
import pandas as pd

from temperance.engines.base import Engine
from temperance.potts import enumeration, exact_optima
from temperance.potts.frequencies import frequencies
from temperance.potts.model import Potts
from temperance.sampling.replica_exchange import sample
from temperance.sampling.samples import TemperedSamples, sequences_of_all_rungs
from temperance.stats.resampling import interval_factor, jackknife_error
from temperance.temperature.divergence import Heldout, divergences
from temperance.thermo.annealing import estimate_log_z
from temperance.thermo.energy_curve import interpolate_energies
from temperance.thermo.thermodynamics import estimate_curves
from temperance.truth.enumerable import KINDS
from temperance.validation.systems import LENGTH, Q

# Temperatures that are sampled, and those at which coverage is tabulated.
_TEMPERATURES, _TABULATED = (0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0), (0.5, 1.0, 2.0)


def coverage(
    kind: str, size: int, repeats: int, seed: int, engine: Engine, progress: Callable[[str], None] | None = None
) -> pd.DataFrame:
    """Estimate how often intervals cover the exact value, by sampling a model of an enumerable truth many times.

    The model is trained exactly on `size` sequences, L2 0.01; every repeat has its own ladders and its own 1,000
    held-out sequences.

    Parameters
    ----------
    kind : str
        Kind of the truth, of `temperance.truth.enumerable.KINDS`.
    size : int
        Training sequences.
    repeats : int
        Independent repeats of sampling.
    seed : int
        Random seed.
    engine : Engine
        Engine that samples.
    progress : callable, optional
        Takes a message after each repeat.

    Returns
    -------
    pandas.DataFrame
        One row an estimator and temperature: system, M, estimator, temperature (nan for optima), exact, covered (share
        of repeats), repeats.
    """
    rng = np.random.default_rng(seed)
    truth = KINDS[kind](LENGTH, Q, rng)
    training = enumeration.draw_sequences(truth, LENGTH, Q, size, rng)
    model = enumeration.fit_pairwise(frequencies(training, Q).with_pseudocount(1 / size), 0.01)
    energies = enumeration.energies_of_all(model)
    covered: dict[tuple[str, float | None], list[bool]] = {}
    exact: dict[tuple[str, float | None], float] = {}
    for repeat in range(repeats):
        samples = sample(
            model, engine, seed + repeat, list(_TEMPERATURES), starts=training, sequences=1024, keep_all=True
        )
        repeat_rng = np.random.default_rng([seed, repeat])
        for key, value, low, high in _intervals(samples, model, engine, truth, energies, repeat_rng):
            covered.setdefault(key, []).append(bool(low <= value <= high))
            exact[key] = value
        if progress:
            progress(f"{kind}: {repeat + 1} of {repeats} repeats")
    rows = [
        {"system": kind, "M": size, "estimator": name, "temperature": tau, "exact": exact[name, tau],
         "covered": float(np.mean(hits)), "repeats": len(hits)}
        for (name, tau), hits in covered.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _intervals(
    samples: TemperedSamples, model: Potts, engine: Engine, truth: np.ndarray, energies: np.ndarray,
    rng: np.random.Generator,
) -> Iterator[tuple[tuple[str, float | None], float, float, float]]:  # fmt: skip
    """Yield estimator and temperature, exact value, and the interval's ends, of every estimate from the samples."""
    true_energies = truth[enumeration.find_positions(sequences_of_all_rungs(samples.arrays()).reshape(-1, LENGTH), Q)]
    true_energies = true_energies.reshape(samples.energies.shape)
    estimates = estimate_curves(samples.betas, samples.energies, LENGTH, Q, true_energies)
    heldout = rng.choice(len(truth), 1000, p=enumeration.boltzmann(truth))
    divergence = divergences(
        estimates, samples.betas, samples.energies, Heldout(energies[heldout], np.ones(1000), truth[heldout]), rng,
        true_energies=true_energies, true_log_z=(enumeration.log_z(truth), 0.0),
    )  # fmt: skip
    factor = interval_factor(samples.energies.shape[1])
    betas = np.sort(1 / np.array(_TABULATED))
    annealing = estimate_log_z(
        model, engine, int(rng.integers(2**63)), betas, interpolate_energies(samples.betas, samples.energies), steps=100
    )
    for k, beta in enumerate(betas):
        tau, g = float(1 / beta), int(np.argmin(np.abs(estimates.betas - beta)))
        state = enumeration.boltzmann(energies, beta)
        for name, value in (
            ("log_z", enumeration.log_z(energies, beta)),
            ("energy", float(state @ energies)),
            ("entropy", enumeration.entropy(state)),
            ("heat_capacity", enumeration.heat_capacity(energies, beta)),
        ):
            estimate = getattr(estimates, name)[:, g]
            half = factor * jackknife_error(estimate)
            yield (name, tau), value, estimate[0] - half, estimate[0] + half
        half = 1.96 * annealing.error[k]
        log_z = annealing.log_z[k]
        yield ("log_z_ais", tau), enumeration.log_z(energies, beta), log_z - half, log_z + half
        row = divergence.table.iloc[g]
        kappa = enumeration.true_heat_capacity(truth, energies, beta)
        for name, value in (
            ("forward", exact_optima.forward_divergence(truth, energies, beta)),
            ("reverse", exact_optima.reverse_divergence(truth, energies, beta)),
            ("jeffreys", exact_optima.jeffreys_divergence(truth, energies, beta)),
            ("kappa", kappa),
            ("energy_slope", kappa / enumeration.heat_capacity(energies, beta)),
        ):
            yield (name, tau), value, row[f"{name}_low"], row[f"{name}_high"]
    for name, value in asdict(exact_optima.find_optima(truth, energies)).items():
        optimum = divergence.optima[name]
        for method in ("minimum", "root"):
            estimate = getattr(optimum, method)
            yield (f"{name}, {method}", None), value, estimate.low, estimate.high


def describe_coverage(table: pd.DataFrame) -> str:
    """Say how often intervals hold the exact value, over all estimates and for the worst.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `coverage`.

    Returns
    -------
    str
    """
    mean, least = 100 * table["covered"].mean(), 100 * table["covered"].min()
    return f"intervals hold the exact value in {mean:.1f} % of all cases, for the worst estimate in {least:.0f} %"


def format_coverage(table: pd.DataFrame) -> str:
    """Format coverage as a Markdown table in per cent, a row an estimator and temperature, a column a system.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `coverage`, of several systems.

    Returns
    -------
    str
        Markdown, the mean over systems in the last column.
    """
    names = table["estimator"] + table["temperature"].map(lambda tau: f" at τ = {tau:g}" if tau == tau else "")
    systems = (table["system"] + ", M = " + table["M"].astype(str)).rename("system")
    cells = (100 * table["covered"]).groupby([names.rename("estimator"), systems], sort=False).mean().unstack()  # noqa: PD010
    cells["mean"] = cells.mean(axis=1)
    header = "| | " + " | ".join(cells.columns) + " |\n|---" + "|---" * cells.shape[1] + "|\n"
    rows = (f"| {name} | " + " | ".join(f"{value:.0f}" for value in row) + " |\n" for name, row in cells.iterrows())
    return header + "".join(rows)
