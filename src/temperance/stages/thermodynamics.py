"""Compute the thermodynamics of a model over its ladder, its divergence from the truth, and its energy landscape."""

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from temperance.core.files import finite_values, load_arrays, load_table, provenance, save_json, save_table
from temperance.core.settings.stages import ThermodynamicsStage
from temperance.engines.registry import choose_engine
from temperance.msa.clusters import label_clusters
from temperance.msa.frequencies import site_frequencies
from temperance.potts import enumeration, exact_optima
from temperance.potts.model import Potts, load
from temperance.sampling.diagnostics import is_within_equilibrated, sequence_rhat
from temperance.sampling.samples import sequences_of_all_rungs
from temperance.scoring.tables import Family
from temperance.stats.estimate import Estimate
from temperance.temperature.divergence import Heldout, divergences
from temperance.temperature.gain import best_independent_log_likelihood, independent_log_likelihood, likelihood_gain
from temperance.thermo.annealing import estimate_log_z
from temperance.thermo.energy_curve import interpolate_energies
from temperance.thermo.landscape import find_valleys, measure_gaps, summarise_energies
from temperance.thermo.thermodynamics import (
    MOST_MISSING,
    compare_log_z,
    estimate_curves,
    estimate_density_of_states,
    group_ladders,
    is_equilibrated,
    tabulate_states,
)
from temperance.truth import Truth, load_truth

log = logging.getLogger(__name__)

_MEANINGS = {
    "tau_f": "τ_f, where samples have the mean energy of held-out sequences",
    "tau_train": "τ_train, where samples have the mean energy of the training sequences",
    "tau_r": "τ_r, where the truth accepts samples best",
    "tau_j": "τ_J, where the sum of both divergences from the truth is least",
}


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    model : Path
        Potts model of the training set, from `train`.
    subset : Path
        Indices and weights of the training set, from `subsample`.
    samples, ladder : Path
        Tempered samples, and diagnostics of every rung, from `sample`.
    alignment : Path
        Encoded alignment with sequence weights, from `ingest`.
    split : Path
        Indices of training and held-out sequences, from `split`.
    truth : Path, optional
        True distribution, where the family was drawn from one.
    """

    model: Path
    subset: Path
    samples: Path
    ladder: Path
    alignment: Path
    split: Path
    truth: Path | None = None


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    table : Path
        Thermodynamics, one row a temperature.
    density : Path
        Density of states by energy.
    divergence : Path
        Divergences from the truth, one row an inverse temperature.
    optima : Path
        Temperatures of least divergence, with intervals.
    landscape : Path
        Ground state, energies and energy gaps, likelihood gain over independent sites and, where the truth is known,
        what its energy and the model's gain with temperature at 1 (sign rule), as JSON.
    """

    table: Path
    density: Path
    divergence: Path
    optima: Path
    landscape: Path


def run(inputs: Inputs, outputs: Outputs, settings: ThermodynamicsStage, seed: int, engine_name: str) -> None:
    """Estimate free energies, divergences and the energy landscape of a model from its tempered samples.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : ThermodynamicsStage
        Annealing that checks ln Z, largest R-hat, and the number of bootstrap draws.
    seed : int
        Random seed of the job.
    engine_name : {'auto', 'cuda', 'jax', 'numba'}
        Gibbs sampler, `engine` of the configuration.

    Raises
    ------
    InputError
        If the engine needs a card that the computer does not have.
    """
    rng = np.random.default_rng(seed)
    model, alphabet, _ = load(inputs.model)
    family = Family.load(inputs.alignment, inputs.split, inputs.subset)
    samples = load_arrays(inputs.samples)[0]
    betas, energies = samples["betas"], group_ladders(samples["energies"])
    engine = choose_engine(engine_name)
    truth = load_truth(inputs.truth) if inputs.truth else None
    if truth and truth.forbids:
        # Whatever is sampled, KL(Q || P) and the mean true energy are infinite: only what needs neither is computed.
        truth = None
    true_energies = None
    if truth:
        true_energies = truth.energies(sequences_of_all_rungs(samples).reshape(-1, model.L)).reshape(energies.shape)
    states_curves = estimate_curves(betas, energies, model.L, alphabet.q, true_energies)
    heldout = Heldout(
        model.energies(family.heldout), family.heldout_weights, truth.energies(family.heldout) if truth else None,
        label_clusters(family.heldout),
    )  # fmt: skip
    weights, draws = load_arrays(inputs.subset)[0]["weights"], settings.bootstrap
    training_energy = float(np.average(model.energies(family.training), weights=weights))
    divergence = divergences(
        states_curves, betas, energies, heldout, rng, draws, training_energy=training_energy,
        true_energies=true_energies, true_log_z=truth.log_z if truth else None,
    )  # fmt: skip

    requested_betas, curve = 1 / samples["temperatures"][::-1], interpolate_energies(betas, energies)
    check = estimate_log_z(model, engine, seed, requested_betas, curve, **settings.annealing.model_dump())
    coldest = samples["sequences"][0].reshape(-1, model.L)
    lowest_valleys = find_valleys(model, engine, seed, np.concatenate([coldest, family.training]))
    states = tabulate_states(states_curves, requested_betas, heldout.model, heldout.weights, model.L, heldout.labels)
    states = compare_log_z(
        states, check, curve.log_z(requested_betas, model.L, alphabet.q), lowest_valleys.log_z_bound(requested_betas)
    )
    states["rhat_sequences"] = [sequence_rhat(sequences, alphabet.q) for sequences in samples["sequences"]]
    states["equilibrated"] = is_equilibrated(states, load_table(inputs.ladder), settings.max_rhat)

    frequencies = site_frequencies(family.training, alphabet.q, weights)
    entropy_at_one = float(np.interp(1, states_curves.betas, states_curves.entropy[0], right=np.nan))
    energies_near_one = energies[np.argmin(np.abs(betas - 1))].ravel()
    sets = summarise_energies(
        model, family.training, family.heldout, family.heldout_weights, frequencies, energies_near_one, rng
    )
    independent = independent_log_likelihood(family.training, weights, family.heldout, alphabet.q)
    best_independent = best_independent_log_likelihood(
        family.training, weights, family.heldout, family.heldout_weights, alphabet.q
    )
    gain = likelihood_gain(
        states_curves, heldout, independent, model.L, divergence.optima["tau_f"].minimum.value, rng, draws,
        best_independent=best_independent,
    )  # fmt: skip
    landscape = {
        "ground_state": lowest_valleys.summary(alphabet),
        "energies": sets.reset_index().to_dict("records"),
        "gaps": measure_gaps(sets, frequencies, alphabet.q, entropy_at_one),
        "gain": gain.summary() | {"clusters": heldout.units, "heldout": len(family.heldout)},
        "sign_rule": summarise_sign_rule(divergence.sign_rule, model, truth),
        "provenance": provenance(settings.configured(), seed),
    }
    optima = complete_optima(divergence.optima_table(), states, model, truth, training_energy)
    save_table(outputs.table, states)
    save_table(outputs.density, estimate_density_of_states(states_curves, betas, energies, model.L, alphabet.q))
    save_table(outputs.divergence, divergence.table)
    save_table(outputs.optima, optima)
    save_json(outputs.landscape, landscape)
    incomplete = states[states["missing"] > MOST_MISSING]
    if len(incomplete):
        log.warning(
            "warning: %d temperatures, from %.3g to %.3g, are not equilibrated: samples leave out sequences that have "
            "%.0f %% of the probability or more; a larger sample.sweeps may find them",
            len(incomplete), incomplete.temperature.min(), incomplete.temperature.max(), 100 * incomplete.missing.max(),
        )  # fmt: skip
    for row in optima.itertuples():
        log.info("%s: %s", _MEANINGS[row.optimum], Estimate(row.value, row.low, row.high).within_ladder())


def summarise_sign_rule(sign_rule: dict[str, Estimate], model: Potts, truth: Truth | None) -> dict[str, Any]:
    """Write the quantities of the sign rule at temperature 1, for enumerable systems with their exact values.

    Parameters
    ----------
    sign_rule : dict
        kappa, heat_capacity and energy_slope; empty where the truth is not known.
    model : Potts
        Model whose quantities these are.
    truth : Truth or None
        True distribution, where it is known.

    Returns
    -------
    dict
        Name -> value, low, high and, where all sequences can be enumerated, exact.
    """
    summary = {name: finite_values(asdict(quantity)) for name, quantity in sign_rule.items()}
    if summary and truth and truth.all_energies is not None:
        all_energies = enumeration.energies_of_all(model)
        kappa = enumeration.true_heat_capacity(truth.all_energies, all_energies)
        capacity = enumeration.heat_capacity(all_energies)
        slope = kappa / capacity if capacity > 0 else None
        for name, exact in {"kappa": kappa, "heat_capacity": capacity, "energy_slope": slope}.items():
            summary[name]["exact"] = exact
    return summary


def complete_optima(
    optima: pd.DataFrame, states: pd.DataFrame, model: Potts, truth: Truth | None, training_energy: float
) -> pd.DataFrame:
    """Add to a table of optima whether samples are equilibrated there and, for enumerable systems, the exact values.

    Parameters
    ----------
    optima : pandas.DataFrame
        optimum (its name) and value (temperature), one row an optimum.
    states : pandas.DataFrame
        temperature and equilibrated, one row a temperature.
    model : Potts
        Model whose temperatures these are.
    truth : Truth or None
        True distribution, where it is known.
    training_energy : float
        Weighted mean energy of the training sequences, nats.

    Returns
    -------
    pandas.DataFrame
        `optima` with the columns equilibrated and, where all sequences can be enumerated, exact (temperature).
    """
    if truth and truth.all_energies is not None:
        all_energies = enumeration.energies_of_all(model)
        exact: dict[str, Any] = asdict(exact_optima.find_optima(truth.all_energies, all_energies))
        exact["tau_train"] = exact_optima.matching_temperature(all_energies, training_energy)
        optima["exact"] = optima["optimum"].map(exact)
    optima["equilibrated"] = is_within_equilibrated(
        states["temperature"].to_numpy(), states["equilibrated"].to_numpy(), optima["value"].to_numpy()
    )
    return optima
