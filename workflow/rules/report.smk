# What the report is made of.
REPORTED = dict(
    families={family: subsets(family) for family in FAMILIES},
    settings=FAMILIES,
    seed=RUN["seed"],
    captions=[str(ROOT / "workflow" / "report" / f"{name}.rst") for name in FIGURES],
)


rule figures:
    """Draw the figures of one family."""
    input:
        alignment=rules.ingest.output.alignment,
        split=rules.split.output,
        scores=of_subsets("scores.tsv"),
        models=of_models,
        summary=rules.ingest.output.summary,
        optimum=rules.optimum.output,
        designs=rules.design.output,
        predictions=rules.predict.output.summary,
    output:
        [
            report(
                f"{FAMILY}/figures/{name}.svg",
                caption=f"../report/{name}.rst",
                category="{family}",
                labels={"figure": name.replace("_", " ")},
            )
            for name in FIGURES
        ],
        [
            f"{FAMILY}/figures/{name}.{kind}"
            for name in FIGURES
            for kind in ("pdf", "png")
        ],
    log:
        f"{LOGS}/figures.log",
    benchmark:
        f"{TIMES}/figures.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory_of("figures"),
        runtime=minutes_of("figures"),
    params:
        settings=lambda wildcards: PLANS[wildcards.family],
        subsets=lambda wildcards: subsets(wildcards.family),
    script:
        "../../scripts/figures.py"


rule report:
    """One page over all families: the answer first, then the evidence."""
    input:
        figures=expand(f"{FAMILY}/figures/{FIGURES[0]}.svg", family=FAMILIES),
        designs=expand(f"{FAMILY}/designs.tsv", family=FAMILIES),
    output:
        f"{OUT}/report.html",
    log:
        f"{OUT}/logs/report.log",
    benchmark:
        f"{OUT}/benchmarks/report.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        **REPORTED,
    script:
        "../../scripts/report.py"


rule status:
    """Target: what is done, runs and has failed, family by family; with --nolock also beside a run."""
    log:
        f"{OUT}/logs/status.log",
    benchmark:
        f"{OUT}/benchmarks/status.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        results=OUT,
        families=REPORTED["families"],
    script:
        "../../scripts/status.py"


onerror:
    if workflow.is_main_process and any(
        Path(OUT, name).is_dir() for name in FAMILIES
    ):
        from temperance.report.page import (
            write_report,
        )  # seconds that only a failure is worth

        try:
            write_report(f"{OUT}/report.html", **REPORTED)
            print(f"{OUT}/report.html shows what is done, and why the rest is not")
        except (InputError, OSError) as error:
            print(f"error: no report: {error}")
