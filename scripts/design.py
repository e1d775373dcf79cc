"""Sample the largest model at the recommended temperature and choose designs. Outputs: FASTA, table, summary."""

from temperance.design import design_table, fasta, select
from temperance.gibbs import choose_engine
from temperance.job import checkpoint, job
from temperance.potts import load
from temperance.score import Family, judges, natural_threshold, score_samples
from temperance.store import load_json, load_table, provenance, save_json, save_table, save_text
from temperance.tempering import sample
from temperance.thermodynamics import equilibrated_above

with job(snakemake) as log:
    settings, seed = snakemake.params.settings, snakemake.params.seed
    wanted, optimum = settings["design"], settings["optimum"]
    tau = load_json(snakemake.input.recommendation)["tau"]["value"]
    model, letters, _ = load(snakemake.input.model)
    family = Family.load(snakemake.input.alignment, snakemake.input.split, snakemake.input.subset)
    plan = settings["sample"] | {"temperatures": [tau], "sequences": wanted["candidates"]}
    engine = choose_engine(snakemake.params.engine)
    source = provenance(plan | {"engine": engine.name}, seed)
    last = checkpoint(snakemake, source)
    drawn = sample(model, engine, seed, starts=family.training, progress=log.info, checkpoint=last, **plan)
    natural = load_table(snakemake.input.natural)
    panel = judges(dict(snakemake.input.items()), family, letters, snakemake.threads)
    arrays = {"sequences": drawn.sequences, "temperatures": drawn.temperatures}
    scored = score_samples(model, family, panel, arrays, natural, optimum["fidelity"])
    sequences = drawn.sequences.reshape(-1, model.L)
    least = natural_threshold(natural, optimum["fidelity"])
    chosen = select(
        sequences, scored[optimum["fidelity"]].to_numpy(), scored["distance_natural"].to_numpy(), wanted["number"],
        least, optimum["novelty_floor"],
    )  # fmt: skip
    names = load_table(snakemake.input.sequences)["name"].to_numpy()
    table = design_table(sequences, scored, chosen, names, letters, snakemake.wildcards.family)
    rung = drawn.rungs[drawn.rungs.requested].iloc[0]
    summary = {
        "temperature": tau,
        "candidates": len(sequences),
        "designs": len(table),
        "wanted": wanted["number"],
        "judge": optimum["fidelity"],
        "least_score": least,
        "novelty_floor": optimum["novelty_floor"],
        "rhat": float(rung.rhat),
        "ess": float(rung.ess),
        "equilibrated": bool(rung.equilibrated) and tau >= equilibrated_above(load_table(snakemake.input.states)),
    }
    save_text(snakemake.output.fasta, fasta(table))
    save_table(snakemake.output.table, table)
    save_json(snakemake.output.summary, summary | {"provenance": source})
    last.clear()
    log.info("%d designs of %d candidates at temperature %.2f", len(table), len(sequences), tau)
