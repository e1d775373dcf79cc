rule score:
    """Score tempered samples: fidelity, novelty, diversity, entropy, statistics."""
    input:
        unpack(judges_of),
        model=rules.train.output.model,
        samples=rules.sample.output.samples,
        ladder=rules.sample.output.ladder,
        alignment=rules.ingest.output.alignment,
        split=rules.split.output,
        subset=rules.subsample.output,
    output:
        scores=SUBSET + "scores.tsv",
        samples=SUBSET + "samples.parquet",
        natural=SUBSET + "natural.parquet",
    params:
        settings=settings("optimum", "weights"),
        seed=seed("score"),
    log:
        LOGS + "score-{subset}.log",
    benchmark:
        TIMES + "score-{subset}.tsv"
    conda:
        ENVIRONMENT
    threads: threads
    resources:
        mem_mb=4000,
        runtime=120,
    script:
        "../../scripts/score.py"


rule optimum:
    """The temperatures that a family's models call for."""
    input:
        alignment=rules.ingest.output.alignment,
        split=rules.split.output,
        samples=of_subsets("samples.parquet"),
        tempered=of_subsets("samples.safetensors"),
        natural=of_subsets("natural.parquet"),
        training=of_subsets("training.json"),
    output:
        table=FAMILY + "optimum.tsv",
        recommendation=FAMILY + "recommendation.json",
    params:
        settings=settings("optimum"),
        subsets=lambda wildcards: [subset.rsplit("-r", 1) for subset in subsets(wildcards.family)],
        seed=seed("optimum"),
    log:
        LOGS + "optimum.log",
    benchmark:
        TIMES + "optimum.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    script:
        "../../scripts/optimum.py"


rule design:
    """Sample the largest model at the recommended temperature and choose designs."""
    input:
        unpack(judges_of),
        recommendation=rules.optimum.output.recommendation,
        model=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/model.safetensors",
        natural=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/natural.parquet",
        subset=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/subset.safetensors",
        alignment=rules.ingest.output.alignment,
        sequences=rules.ingest.output.sequences,
        split=rules.split.output,
    output:
        fasta=FAMILY + "designs.fasta",
        table=FAMILY + "designs.tsv",
        summary=FAMILY + "designs.json",
    params:
        settings=settings("sample", "optimum", "design"),
        engine=RUN["engine"],
        seed=seed("design"),
    log:
        LOGS + "design.log",
    benchmark:
        TIMES + "design.tsv"
    conda:
        ENVIRONMENT
    threads: threads
    resources:
        mem_mb=4000,
        runtime=120,
    script:
        "../../scripts/design.py"
