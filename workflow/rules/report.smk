rule figures:
    """Draw the figures of one family."""
    input:
        alignment=rules.ingest.output.alignment,
        split=rules.split.output,
        tables=lambda wildcards: [
            file
            for name in (
                "scores.tsv",
                "ladder.tsv",
                "history.tsv",
                "training.json",
                "samples.parquet",
                "natural.parquet",
                "samples.safetensors",
            )
            for file in of_subsets(name)(wildcards)
        ],
        summary=rules.ingest.output.summary,
        optimum=rules.optimum.output,
        designs=rules.design.output,
    output:
        [
            report(
                FAMILY + "figures/" + name + ".svg",
                caption=f"../report/{name}.rst",
                category="{family}",
                labels={"figure": name.replace("_", " ")},
            )
            for name in FIGURES
        ],
        expand(FAMILY + "figures/{figure}.png", figure=FIGURES, allow_missing=True),
    params:
        settings=lambda wildcards: FAMILIES[wildcards.family],
        folder=lambda wildcards: f"{OUT}/{wildcards.family}",
        subsets=lambda wildcards: subsets(wildcards.family),
    log:
        LOGS + "figures.log",
    benchmark:
        TIMES + "figures.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    script:
        "../../scripts/figures.py"


rule report:
    """One page over all families: the answer first, then the evidence."""
    input:
        figures=expand(FAMILY + "figures/{figure}.svg", family=FAMILIES, figure=FIGURES),
        designs=expand(FAMILY + "designs.tsv", family=FAMILIES),
    output:
        OUT + "/report.html",
    params:
        families={family: subsets(family) for family in FAMILIES},
        settings=FAMILIES,
        folder=OUT,
        seed=RUN["seed"],
        captions=[str(ROOT / "workflow" / "report" / f"{name}.rst") for name in FIGURES],
    log:
        OUT + "/logs/report.log",
    benchmark:
        OUT + "/benchmarks/report.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    script:
        "../../scripts/report.py"
