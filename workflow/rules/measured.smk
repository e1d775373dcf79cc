rule measured:
    """Compare measured sequences with what judges say of them, and calibrate the probability that one is functional."""
    input:
        unpack(judge_inputs),
        unpack(measured_tables),
        model=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/model.safetensors",
        subset=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/subset.safetensors",
        samples=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/samples.safetensors",
        scores=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/samples.parquet",
        states=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/thermodynamics.tsv",
        alignment=rules.ingest.output.alignment,
        summary=rules.ingest.output.summary,
        split=rules.split.output,
    output:
        table=f"{FAMILY}/measured.tsv",
        summary=f"{FAMILY}/measured.json",
        temperatures=f"{FAMILY}/measured-temperatures.tsv",
        calibrated=f"{FAMILY}/calibrated.safetensors",
    log:
        f"{LOGS}/measured.log",
    benchmark:
        f"{TIMES}/measured.tsv"
    conda:
        ENVIRONMENT
    threads: threads
    resources:
        mem_mb=stage_memory("measured"),
        runtime=stage_minutes("measured"),
    params:
        settings=settings("measured"),
        seed=seed("measured"),
        stamps=stamps(judge_inputs, measured_tables),
    script:
        "../../scripts/measured.py"


rule feedback:
    """Train a second model that learns from results, and compare it with the one of natural sequences alone."""
    input:
        measured=rules.measured.output.table,
        model=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/model.safetensors",
        training=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/training.json",
        subset=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/subset.safetensors",
        alignment=rules.ingest.output.alignment,
    output:
        model=f"{FAMILY}/feedback.safetensors",
        summary=f"{FAMILY}/feedback.json",
    log:
        f"{LOGS}/feedback.log",
    benchmark:
        f"{TIMES}/feedback.tsv"
    conda:
        ENVIRONMENT
    threads: threads
    resources:
        mem_mb=stage_memory("feedback"),
        runtime=stage_minutes("feedback"),
    params:
        settings=settings("feedback"),
        seed=seed("feedback"),
    script:
        "../../scripts/feedback.py"
