"""Learn a Potts model of one subset. Outputs: the model, the history of its training, how it ended."""

from dataclasses import asdict

from temperance.alphabet import alphabet
from temperance.gibbs import choose_engine
from temperance.job import Progress, job
from temperance.store import load_arrays, provenance, save_json, save_table
from temperance.train import train

with job(snakemake) as log:
    settings, seed = snakemake.params.settings["train"], snakemake.params.seed
    arrays, metadata = load_arrays(snakemake.input.alignment)
    letters = alphabet(metadata["alphabet"])
    subset = load_arrays(snakemake.input.subset)[0]
    engine = choose_engine(snakemake.params.engine)
    sequences, weights = arrays["sequences"][subset["indices"]], subset["weights"]
    result = train(sequences, weights, letters.q, engine, seed, progress=Progress(log), **settings)
    shown = result.confirmation
    source = provenance(settings | {"engine": engine.name}, seed)
    summary = {
        "M": len(sequences),
        "Meff": float(weights.sum()),
        "stopped": result.stopped,
        "steps": result.steps,
        "target": settings["target_pearson"],
        "confirmation": asdict(shown),
    }
    result.model.save(snakemake.output.model, letters, source)
    save_table(snakemake.output.history, result.history)
    save_json(snakemake.output.summary, summary | {"provenance": source})
    log.info(
        "stopped by %s at step %d; %d fresh chains show Pearson %.3f (target %.2f, ceiling %.3f)",
        result.stopped, result.steps, shown.chains, shown.pearson, settings["target_pearson"], shown.ceiling,
    )  # fmt: skip
