"""Train a Potts model on one subset. Outputs: the model, history, penalties that were tried, how training ended."""

import shutil
from pathlib import Path

from temperance.core.alphabet import alphabet
from temperance.core.files import load_arrays, provenance
from temperance.core.progress import Progress
from temperance.engines.registry import choose_engine
from temperance.potts.formats.registry import read_model
from temperance.training import evaluate_imported, train
from temperance.workflow.job import checkpoint, job

with job(snakemake) as log:
    settings, seed = snakemake.params.settings["train"], snakemake.params.seed
    folder = Path(snakemake.output.model).parent
    if snakemake.params.together:
        for path in snakemake.output:
            shutil.copy(Path(snakemake.input[0], folder.name, Path(path).name), path)
        log.info("learnt together with the family's other models: train_together.log")
    else:
        arrays, metadata = load_arrays(snakemake.input.alignment)
        letters, subset = alphabet(metadata["alphabet"]), load_arrays(snakemake.input.subset)[0]
        engine, sequences = choose_engine(snakemake.params.engine), arrays["sequences"][subset["indices"]]
        source = provenance(settings | {"engine": engine.name}, seed)
        last = checkpoint(snakemake, source)
        weights, asked = subset["weights"], snakemake.input.get("imported")
        if asked:
            imported = read_model(asked, letters, sequences.shape[1])
            chains = settings["confirm_chains"]
            result = evaluate_imported(
                imported, sequences, weights, engine, seed, confirm_chains=chains, progress=log.info
            )
            source["model"] = asked
        else:
            parts = load_arrays(snakemake.input.split)[0]
            result = train(
                sequences, weights, letters.q, engine, seed, progress=Progress(log.info), checkpoint=last,
                heldout=arrays["sequences"][parts["heldout"]], heldout_weights=parts["heldout_weights"], **settings,
            )  # fmt: skip
        result.save(folder, letters, source)
        last.clear()
        log.info(result.outcome)
