"""Learn the Potts models of all subsets of a family. Output: a folder for each, with what `train` makes of it."""

from functools import partial
from pathlib import Path

from temperance.alphabet import alphabet
from temperance.gibbs import choose_engine
from temperance.job import checkpoint, job
from temperance.progress import Progress
from temperance.store import load_arrays, provenance
from temperance.together import fit_together, run_together
from temperance.training import train

with job(snakemake) as log:
    params, settings = snakemake.params, snakemake.params.settings["train"]
    arrays, metadata = load_arrays(snakemake.input.alignment)
    letters, engine = alphabet(metadata["alphabet"]), choose_engine(params.engine)
    length, parts = arrays["sequences"].shape[1], load_arrays(snakemake.input.split)[0]
    heldout = {"heldout": arrays["sequences"][parts["heldout"]], "heldout_weights": parts["heldout_weights"]}
    at_once = min(params.at_once, fit_together(engine, length, letters.q, settings["confirm_chains"]))
    tasks, sources, last = {}, {}, {}
    for (label, seed), path in zip(params.seeds.items(), snakemake.input.subsets, strict=True):
        subset, progress = load_arrays(path)[0], Progress(log.info, label=label)
        sources[label] = provenance(settings | {"engine": engine.name}, seed)
        last[label] = checkpoint(snakemake, sources[label], label)
        given = arrays["sequences"][subset["indices"]], subset["weights"], letters.q
        tasks[label] = partial(
            train, *given, seed=seed, progress=progress, checkpoint=last[label], **heldout, **settings
        )
    labels = list(tasks)
    for start in range(0, len(labels), at_once):
        some = labels[start : start + at_once]
        log.info("%s at once: %s", len(some), ", ".join(some))
        for label, result in zip(some, run_together(engine, [tasks[label] for label in some]), strict=True):
            folder = Path(snakemake.output[0], label)
            folder.mkdir(parents=True, exist_ok=True)
            result.save(folder, letters, sources[label])
            log.info("%s %s", label, result.outcome)
    for label in labels:
        last[label].clear()
