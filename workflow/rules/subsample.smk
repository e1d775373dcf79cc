rule subsample:
    """Draw a training set of one size, and weight its sequences."""
    input:
        alignment=rules.ingest.output.alignment,
        split=rules.split.output,
    output:
        subset=f"{SUBSET}/subset.safetensors",
    log:
        f"{LOGS}/subsample-{{subset}}.log",
    benchmark:
        f"{TIMES}/subsample-{{subset}}.tsv"
    conda:
        LIGHT_ENVIRONMENT
    threads: 1
    resources:
        mem_mb=stage_memory("subsample"),
        runtime=stage_minutes("subsample"),
        in_turn=1,
    params:
        settings=settings("subsample"),
        size=size_and_replicate,
        seed=subset_seed,
    script:
        "../../scripts/subsample.py"
