CAPTIONS = [str(ROOT / "workflow" / "report" / f"{name}.rst") for name in FIGURES]
# Inputs of figures and pages.
EVIDENCE = dict(
    family=[f"{FAMILY}/{name}" for name in FAMILY_FILES],
    subsets=files_of_subsets(*SUBSET_FILES),
    largest=files_of_largest(*LARGEST_FILES),
    models=baseline_tables,
)


rule figures:
    """Plot the figures of one family."""
    input:
        unpack(truth_diagnostics_input),
        unpack(measured_inputs),
        **EVIDENCE,
    output:
        figures=[
            report(
                f"{FAMILY}/figures/{name}.svg",
                caption=f"../report/{name}.rst",
                category="{family}",
                labels={"figure": name.replace("_", " ")},
            )
            for name in FIGURES
        ]
        + [
            f"{FAMILY}/figures/{name}.{kind}"
            for name in FIGURES
            for kind in RUN["figure_formats"]
        ],
    log:
        f"{LOGS}/figures.log",
    benchmark:
        f"{TIMES}/figures.tsv"
    conda:
        LIGHT_ENVIRONMENT
    threads: 1
    resources:
        mem_mb=stage_memory("figures"),
        runtime=stage_minutes("figures"),
    params:
        settings=lambda wildcards: PLANS[wildcards.family].model_dump(),
        subsets=lambda wildcards: subsets(wildcards.family),
    script:
        "../../scripts/figures.py"


rule page:
    """Write the page of one family: the recommendation first, then the evidence."""
    input:
        unpack(truth_diagnostics_input),
        unpack(measured_inputs),
        **EVIDENCE,
        figures=[f"{FAMILY}/figures/{name}.svg" for name in FIGURES],
        files=[f"{FAMILY}/{name}" for name in PAGE_FILES],
        captions=local(CAPTIONS),
    output:
        page=f"{FAMILY}/report.html",
        summary=f"{FAMILY}/report.json",
    log:
        f"{LOGS}/page.log",
    benchmark:
        f"{TIMES}/page.tsv"
    conda:
        LIGHT_ENVIRONMENT
    threads: 1
    resources:
        mem_mb=stage_memory("figures"),
        runtime=stage_minutes("figures"),
    params:
        settings=lambda wildcards: PLANS[wildcards.family].model_dump(),
        subsets=lambda wildcards: subsets(wildcards.family),
        seed=RUN["seed"],
    script:
        "../../scripts/page.py"


rule report:
    """Write the report on all families."""
    input:
        pages=expand(f"{FAMILY}/report.html", family=FAMILIES),
        summaries=expand(f"{FAMILY}/report.json", family=FAMILIES),
    output:
        page=f"{OUT}/report.html",
    log:
        f"{OUT}/logs/report.log",
    benchmark:
        f"{OUT}/benchmarks/report.tsv"
    conda:
        LIGHT_ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        seed=RUN["seed"],
    script:
        "../../scripts/report.py"


# Of several such blocks only the last one would be run.
onerror:
    if workflow.is_main_process:
        # At the exit, so that it is the last line, below what Snakemake still has to say.
        atexit.register(
            print,
            "This run has not finished. The same command goes on from here: finished jobs are not repeated, and training "
            "and sampling resume from their last checkpoint.",
            file=sys.stderr,
        )
        if any(Path(OUT, name).is_dir() for name in FAMILIES):
            # Imported here: loading takes seconds, which are only spent after a failure.
            from temperance.report.index import write_index
            from temperance.report.unfinished import unfinished

            pages = {name: Path(OUT, name, "report.json") for name in FAMILIES}
            done = [page for page in pages.values() if page.is_file()]
            failed = unfinished(
                OUT, [n for n, page in pages.items() if page not in done]
            )
            try:
                write_index(f"{OUT}/report.html", done, failed, RUN["seed"])
                print(
                    f"{OUT}/report.html shows what is done, and why the rest is not"
                )
            except (InputError, OSError) as error:
                print(f"error: no report: {error}")
