"""Draw a family from its truth. Outputs: the alignment, the truth, diagnostics of the drawing."""

from temperance.core.files import provenance, save_arrays, save_json, save_text
from temperance.core.progress import Progress
from temperance.workflow.configuration import ENUMERABLE
from temperance.workflow.job import job

with job(snakemake) as log:
    settings, seed = snakemake.params.settings, snakemake.params.seed
    truth, symbols = settings["truth"], settings["alphabet"]
    if truth["kind"] in ENUMERABLE:
        from temperance.truth.enumerable import draw

        drawn = draw(truth, symbols, seed)
    elif truth["kind"] == "lattice":
        from temperance.core.files import load_arrays
        from temperance.truth.lattice import draw

        drawn = draw(truth, load_arrays(snakemake.input[0])[0]["contacts"], seed, Progress(log.info))
    else:
        from temperance.engines.registry import choose_engine
        from temperance.truth.teacher import draw

        engine = choose_engine(snakemake.params.engine)
        drawn = draw(truth, snakemake.input[0], symbols, engine, seed, log.info)
    if drawn.diagnostics.get("rhat", 1) > 1.05:
        log.warning("warning: the truth's chains are not equilibrated (R-hat %.3f)", drawn.diagnostics["rhat"])
    rows = drawn.letters.decode(drawn.sequences)
    source = provenance(truth, seed)
    save_text(snakemake.output.alignment, "".join(f">draw_{number}\n{row}\n" for number, row in enumerate(rows, 1)))
    save_arrays(snakemake.output.truth, drawn.arrays, source | drawn.metadata)
    diagnostics = {"sequences": len(rows)} | drawn.diagnostics
    save_json(snakemake.output.diagnostics, diagnostics | {"provenance": source})
    log.info(
        "%d sequences; %s", len(rows),
        ", ".join(f"{name} {value:.4g}" for name, value in drawn.diagnostics.items()),
    )  # fmt: skip
