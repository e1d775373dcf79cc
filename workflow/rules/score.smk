rule thermodynamics:
    """Thermodynamics of a model over its ladder, and its divergence from the truth."""
    input:
        unpack(known_truth),
        model=rules.train.output.model,
        subset=rules.subsample.output,
        samples=rules.sample.output.samples,
        ladder=rules.sample.output.ladder,
        alignment=rules.ingest.output.alignment,
        split=rules.split.output,
    output:
        table=f"{SUBSET}/thermodynamics.tsv",
        density=f"{SUBSET}/density.tsv",
        divergence=f"{SUBSET}/divergence.tsv",
        optima=f"{SUBSET}/optima.tsv",
        landscape=f"{SUBSET}/landscape.json",
    log:
        f"{LOGS}/thermodynamics-{{subset}}.log",
    benchmark:
        f"{TIMES}/thermodynamics-{{subset}}.tsv"
    conda:
        ENVIRONMENT
    # MBAR's last digits depend on the number of threads, and it gains little by them.
    threads: 1
    resources:
        mem_mb=memory_of("thermodynamics"),
        runtime=minutes_of("thermodynamics"),
        in_turn=1,
        gpu=GPU,
    params:
        settings=settings("thermodynamics"),
        engine_name=RUN["engine"],
        seed=seed("thermodynamics"),
    script:
        "../../scripts/thermodynamics.py"


rule score:
    """Score tempered samples, and calibrate the model's site conditionals on held-out sequences."""
    input:
        unpack(judges_of),
        model=rules.train.output.model,
        subset=rules.subsample.output,
        samples=rules.sample.output.samples,
        ladder=rules.sample.output.ladder,
        states=rules.thermodynamics.output.table,
        alignment=rules.ingest.output.alignment,
        split=rules.split.output,
    output:
        scores=f"{SUBSET}/scores.tsv",
        samples=f"{SUBSET}/samples.parquet",
        natural=f"{SUBSET}/natural.parquet",
        judges=f"{SUBSET}/judges.json",
        orders=f"{SUBSET}/orders.tsv",
        calibration=f"{SUBSET}/calibration.tsv",
        reliability=f"{SUBSET}/reliability.tsv",
        calibrated=f"{SUBSET}/calibration-optimum.tsv",
    log:
        f"{LOGS}/score-{{subset}}.log",
    benchmark:
        f"{TIMES}/score-{{subset}}.tsv"
    conda:
        ENVIRONMENT
    threads: threads
    resources:
        mem_mb=memory_of("score"),
        runtime=minutes_of("score"),
        in_turn=1,
    params:
        settings=settings("score"),
        seed=seed("score"),
        stamps=stamps(judges_of),
    script:
        "../../scripts/score.py"


rule optimum:
    """The temperatures that a family's models call for."""
    input:
        alignment=rules.ingest.output.alignment,
        split=rules.split.output,
        results=of_subsets(*JUDGED_FILES),
    output:
        table=f"{FAMILY}/optimum.tsv",
        points=f"{FAMILY}/operating_points.tsv",
        sensitivity=f"{FAMILY}/sensitivity.tsv",
        recommendation=f"{FAMILY}/recommendation.json",
    log:
        f"{LOGS}/optimum.log",
    benchmark:
        f"{TIMES}/optimum.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory_of("optimum"),
        runtime=minutes_of("optimum"),
    params:
        settings=settings("optimum"),
        subsets=lambda wildcards: subsets(wildcards.family),
        seed=seed("optimum"),
    script:
        "../../scripts/optimum.py"


rule constrain:
    """Find the sites that constraints of designs are about: early, lest a slip be found when all else is done."""
    input:
        alignment=rules.ingest.output.alignment,
        sequences=rules.ingest.output.sequences,
        summary=rules.ingest.output.summary,
    output:
        constraints=f"{FAMILY}/constraints.safetensors",
    log:
        f"{LOGS}/constrain.log",
    benchmark:
        f"{TIMES}/constrain.tsv"
    priority: 1
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory_of("subsample"),
        runtime=minutes_of("subsample"),
    params:
        settings=settings("constrain"),
    script:
        "../../scripts/constrain.py"


rule design:
    """Sample the largest model at the recommended temperature, or the one that misses least, and choose designs."""
    input:
        unpack(judges_of),
        unpack(constraints_of),
        recommendation=rules.optimum.output.recommendation,
        states=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/thermodynamics.tsv",
        model=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/model.safetensors",
        natural=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/natural.parquet",
        subset=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/subset.safetensors",
        alignment=rules.ingest.output.alignment,
        sequences=rules.ingest.output.sequences,
        split=rules.split.output,
    output:
        fasta=f"{FAMILY}/designs.fasta",
        aligned=f"{FAMILY}/designs.aligned.fasta",
        plates=f"{FAMILY}/plates.csv",
        table=f"{FAMILY}/designs.tsv",
        summary=f"{FAMILY}/designs.json",
    log:
        f"{LOGS}/design.log",
    benchmark:
        f"{TIMES}/design.tsv"
    conda:
        ENVIRONMENT
    threads: threads
    resources:
        mem_mb=memory_of("design"),
        runtime=minutes_of("design"),
        gpu=GPU,
    params:
        settings=settings("design"),
        engine_name=RUN["engine"],
        seed=seed("design"),
        stamps=stamps(judges_of),
    script:
        "../../scripts/design.py"
