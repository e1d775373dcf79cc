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
