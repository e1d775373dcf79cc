"""Thermodynamics of a model over its ladder, its divergence from the truth, and its landscape.

Outputs: a row a temperature, the density of states, the divergence curves, their optima, the landscape in numbers.
"""

from dataclasses import asdict

import numpy as np

from temperance.core.files import load_arrays, load_table, provenance, save_json, save_table
from temperance.engines.registry import choose_engine
from temperance.msa.clusters import label_clusters
from temperance.msa.frequencies import site_frequencies
from temperance.potts.model import load
from temperance.sampling.diagnostics import lies_equilibrated, sequence_rhat
from temperance.sampling.samples import sequences_of_all_rungs
from temperance.scoring.tables import Family
from temperance.temperature.divergence import Heldout, divergences
from temperance.temperature.gain import independent_log_likelihood, likelihood_gain
from temperance.thermo.landscape import energy_sets, gaps, valleys
from temperance.thermo.thermodynamics import (
    annealed,
    compare,
    curves,
    density_of_states,
    energy_curve,
    group_ladders,
    table,
    trusted,
)
from temperance.truth import load_truth
from temperance.workflow.job import job

with job(snakemake) as log:
    seed, settings = snakemake.params.seed, snakemake.params.settings
    rng = np.random.default_rng(seed)
    model, letters, _ = load(snakemake.input.model)
    family = Family.load(snakemake.input.alignment, snakemake.input.split, snakemake.input.subset)
    drawn = load_arrays(snakemake.input.samples)[0]
    betas, energies = drawn["betas"], group_ladders(drawn["energies"])
    engine = choose_engine(snakemake.params.engine)
    truth = load_truth(snakemake.input.truth) if hasattr(snakemake.input, "truth") else None
    true_energies = None
    if truth:
        true_energies = truth.energies(sequences_of_all_rungs(drawn).reshape(-1, model.L)).reshape(energies.shape)
    found = curves(betas, energies, model.L, letters.q, true_energies)
    heldout = Heldout(
        model.energies(family.heldout), family.heldout_weights, truth and truth.energies(family.heldout),
        label_clusters(family.heldout),
    )  # fmt: skip
    weights, draws = load_arrays(snakemake.input.subset)[0]["weights"], settings["optimum"]["bootstrap"]
    training_energy = float(np.average(model.energies(family.training), weights=weights))
    distance = divergences(
        found, betas, energies, heldout, rng, draws, training_energy=training_energy,
        true_energies=true_energies, true_log_z=truth and truth.log_z,
    )  # fmt: skip

    optima = distance.optima_table()
    if truth and truth.of_all is not None:
        from temperance.potts import enumeration

        of_all = enumeration.energies_of_all(model)
        known = asdict(enumeration.optima(truth.of_all, of_all))
        known["tau_train"] = enumeration.matching_temperature(of_all, training_energy)
        optima["exact"] = optima["optimum"].map(known)

    at, curve = 1 / drawn["temperatures"][::-1], energy_curve(betas, energies)
    check = annealed(model, engine, seed, at, curve, **settings["annealing"])
    coldest = drawn["sequences"][0].reshape(-1, model.L)
    lowest = valleys(model, engine, seed, np.concatenate([coldest, family.training]))
    states = table(found, at, heldout.model, heldout.weights, model.L, heldout.labels)
    states = compare(states, check, curve.log_z(at, model.L, letters.q), lowest.log_z_bound(at))
    states["rhat_sequences"] = [sequence_rhat(sequences, letters.q) for sequences in drawn["sequences"]]
    states["equilibrated"] = trusted(states, load_table(snakemake.input.ladder), settings["sample"]["max_rhat"])

    # An optimum among temperatures that are not equilibrated is said to be.
    optima["equilibrated"] = lies_equilibrated(
        states["temperature"].to_numpy(), states["equilibrated"].to_numpy(), optima["value"].to_numpy()
    )

    single = site_frequencies(family.training, letters.q, weights)
    entropy_at_one = float(np.interp(1, found.betas, found.entropy[0], right=np.nan))
    near_one = energies[np.argmin(np.abs(betas - 1))].ravel()
    sets = energy_sets(model, family.training, family.heldout, family.heldout_weights, single, near_one, rng)
    independent = independent_log_likelihood(family.training, weights, family.heldout, letters.q)
    gain = likelihood_gain(
        found, heldout, independent, model.L, distance.optima["tau_f"].minimum.value, rng, draws
    )  # fmt: skip
    landscape = {
        "ground_state": lowest.summary(letters),
        "energies": sets.reset_index().to_dict("records"),
        "gaps": gaps(sets, single, letters.q, entropy_at_one),
        "gain": gain.summary() | {"clusters": heldout.units, "heldout": len(family.heldout)},
        "provenance": provenance(settings, seed),
    }
    save_table(snakemake.output.table, states)
    save_table(snakemake.output.density, density_of_states(found, betas, energies, model.L, letters.q))
    save_table(snakemake.output.divergence, distance.table)
    save_table(snakemake.output.optima, optima)
    save_json(snakemake.output.landscape, landscape)
    for row in states[states["missing"] > 0].itertuples():
        log.warning(
            "warning: temperature %.3g is not equilibrated: ladders miss valleys that make ln Z larger by %.1f or more",
            row.temperature, row.missing,
        )  # fmt: skip
    for row in optima.itertuples():
        log.info("%s %.3f [%.3f, %.3f]", row.optimum, row.value, row.low, row.high)
