rule thermodynamics:
    """Compute the thermodynamics of a model over its ladder, its divergence from the truth, and its landscape."""
    input:
        unpack(truth_input),
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
    # The last digits of MBAR depend on the number of threads, and it gains little from more.
    threads: 1
    resources:
        mem_mb=stage_memory("thermodynamics"),
        runtime=stage_minutes("thermodynamics"),
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
        unpack(judge_inputs),
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
        levels=f"{SUBSET}/levels.tsv",
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
        mem_mb=stage_memory("score"),
        runtime=stage_minutes("score"),
        in_turn=1,
    params:
        settings=settings("score"),
        seed=seed("score"),
        stamps=stamps(judge_inputs),
        # Scores of an older version, whose table had others, are computed anew.
        columns=COLUMNS["scores.tsv"],
    script:
        "../../scripts/score.py"


rule optimum:
    """Find the operating points of a family's models, and recommend a sampling temperature."""
    input:
        unpack(expectation_inputs),
        alignment=rules.ingest.output.alignment,
        split=rules.split.output,
        results=files_of_subsets(*JUDGED_FILES),
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
        mem_mb=stage_memory("optimum"),
        runtime=stage_minutes("optimum"),
    params:
        settings=settings("optimum"),
        subsets=lambda wildcards: subsets(wildcards.family),
        seed=seed("optimum"),
    script:
        "../../scripts/optimum.py"


rule constrain:
    """Translate the constraints on designs to sites of the model: early, so that mistakes are reported early."""
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
        LIGHT_ENVIRONMENT
    threads: 1
    resources:
        mem_mb=stage_memory("subsample"),
        runtime=stage_minutes("subsample"),
    params:
        settings=settings("constrain"),
    script:
        "../../scripts/constrain.py"


rule design:
    """Sample the largest model at the recommended temperature, or that nearest to the criteria, and choose designs."""
    input:
        unpack(judge_inputs),
        unpack(constraints_input),
        unpack(calibrated_input),
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
        mem_mb=stage_memory("design"),
        runtime=stage_minutes("design"),
        gpu=GPU,
    params:
        settings=settings("design"),
        engine_name=RUN["engine"],
        seed=seed("design"),
        stamps=stamps(judge_inputs),
    script:
        "../../scripts/design.py"
