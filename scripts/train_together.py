"""Train the Potts models of all subsets of a family, one after the other. Output: a folder of each, as of `train`."""

from pathlib import Path

from temperance.core.alphabet import alphabet
from temperance.core.files import load_arrays, provenance
from temperance.core.progress import Progress
from temperance.engines.registry import choose_engine
from temperance.training import train
from temperance.workflow.job import checkpoint, job

with job(snakemake) as log:
    params, settings = snakemake.params, snakemake.params.settings["train"]
    arrays, metadata = load_arrays(snakemake.input.alignment)
    letters, engine = alphabet(metadata["alphabet"]), choose_engine(params.engine)
    sequences, parts = arrays["sequences"], load_arrays(snakemake.input.split)[0]
    checkpoints = []
    for (label, seed), path in zip(params.seeds.items(), snakemake.input.subsets, strict=True):
        subset, source = load_arrays(path)[0], provenance(settings | {"engine": engine.name}, seed)
        checkpoints.append(checkpoint(snakemake, source, label))
        result = train(
            sequences[subset["indices"]], subset["weights"], letters.q, engine, seed,
            progress=Progress(log.info, label=label), checkpoint=checkpoints[-1],
            heldout=sequences[parts["heldout"]], heldout_weights=parts["heldout_weights"], **settings,
        )  # fmt: skip
        folder = Path(snakemake.output[0], label)
        folder.mkdir(parents=True, exist_ok=True)
        result.save(folder, letters, source)
        log.info("%s %s", label, result.outcome)
    # Snakemake deletes the folders of a job that does not end: until then, what is done comes back from here.
    for saved in checkpoints:
        saved.clear()
