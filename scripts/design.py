"""Sample the largest model at the recommended temperature and choose designs. Outputs: FASTA, table, summary."""

import numpy as np

from temperance.core.files import load_arrays, load_json, load_table, provenance, save_json, save_table, save_text
from temperance.design.constraints import Constraints
from temperance.design.selection import design_table, fasta, mutations, natural_gaps, plates, qualify, select
from temperance.engines.registry import choose_engine
from temperance.potts.model import load
from temperance.sampling.diagnostics import lies_equilibrated
from temperance.sampling.replica_exchange import sample
from temperance.scoring.tables import Family, judges, natural_threshold, score_samples
from temperance.workflow.job import checkpoint, job

with job(snakemake) as log:
    settings, seed = snakemake.params.settings, snakemake.params.seed
    wanted, optimum = settings["design"], settings["optimum"]
    advice = load_json(snakemake.input.recommendation)
    tau = advice["sampling_temperature"]
    model, letters, _ = load(snakemake.input.model)
    family = Family.load(snakemake.input.alignment, snakemake.input.split, snakemake.input.subset)
    names = load_table(snakemake.input.sequences)["name"].to_numpy()
    asked = snakemake.input.get("constraints")
    kept = Constraints.load(asked) if asked else Constraints(np.ones((model.L, model.q), bool))
    plan = settings["sample"] | {"temperatures": [tau], "spacing": None, "sequences": wanted["candidates"]}
    engine = choose_engine(snakemake.params.engine)
    source = provenance(plan | {"engine": engine.name}, seed)
    last = checkpoint(snakemake, source)
    imposed = kept.imposed_on(model, engine, tau, seed)
    starts = family.training if kept.seed is None else kept.seed[None]
    drawn = sample(imposed, engine, seed, starts=starts, progress=log.info, checkpoint=last, **plan)
    natural = load_table(snakemake.input.natural)
    panel = judges(
        dict(snakemake.input.items()), settings["judges"], family, letters, snakemake.threads, optimum["folding"]
    )
    of_chosen = {name: judge for name, judge in panel.items() if getattr(judge, "most", 0)}
    of_all = {name: judge for name, judge in panel.items() if name not in of_chosen}
    scored = score_samples(model, family, of_all, drawn.arrays(), natural, optimum)
    sequences = drawn.sequences.reshape(-1, model.L)
    deciding = {point["name"].removeprefix("tau_") for point in advice["operating_points"] if point["decides"]}
    deciding = [name for name in of_all if name == optimum["fidelity"] or name in deciding]
    thresholds = {name: natural_threshold(natural, name, wanted["percentile"]) for name in deciding}
    most_gaps = natural_gaps(natural) if wanted["max_gaps"] == "auto" else wanted["max_gaps"]
    floor = 0.0 if kept.seed is not None else optimum["novelty_floor"]
    met = kept.met(sequences)
    able = met & qualify(scored, thresholds, floor, most_gaps)
    chosen = select(sequences, scored[optimum["fidelity"]].to_numpy(), able, wanted["number"])
    recommended = advice["status"] == "recommended"
    table = design_table(sequences, scored, chosen, names, letters, snakemake.wildcards.family, recommended)
    for name, judge in of_chosen.items() if len(chosen) else ():
        table.insert(len(table.columns) - 3, name, judge(sequences[chosen]))
    if kept.seed is not None:
        columns, seed_letters = load_arrays(snakemake.input.alignment)[0]["columns"], letters.decode(kept.seed[None])[0]
        table.insert(len(table.columns) - 2, "mutations", mutations(table["aligned"], seed_letters, columns))
    rung, states = drawn.rungs[drawn.rungs.requested].iloc[0], load_table(snakemake.input.states)
    equilibrated = lies_equilibrated(
        states["temperature"].to_numpy(), states["equilibrated"].to_numpy(), np.array([tau])
    ).item()
    summary = {
        "temperature": tau,
        "recommended": recommended,
        "why": advice["headline"],
        "candidates": len(sequences),
        "designs": len(table),
        "wanted": wanted["number"],
        "judge": optimum["fidelity"],
        "judges": deciding,
        "least_scores": thresholds,
        "most_gaps": most_gaps,
        "novelty_floor": floor,
        "within_constraints": float(met.mean()),
        "rhat": float(rung.rhat),
        "ess": float(rung.ess),
        "drift": float(rung.drift),
        "equilibrated": bool(rung.equilibrated and equilibrated),
    }
    save_text(snakemake.output.fasta, fasta(table))
    save_text(snakemake.output.aligned, fasta(table, "aligned"))
    save_text(snakemake.output.plates, plates(table).to_csv(index=False))
    save_table(snakemake.output.table, table)
    save_json(snakemake.output.summary, summary | {"provenance": source})
    last.clear()
    if not summary["recommended"]:
        log.warning(
            "warning: designs are sampled at temperature %.2f, which is not recommended. %s", tau, summary["why"]
        )
    log.info("%d designs of %d candidates at temperature %.2f", len(table), len(sequences), tau)
