rule subsample:
    """Draw a training set of one size and weigh its sequences."""
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
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory_of("subsample"),
        runtime=minutes_of("subsample"),
        in_turn=1,
    params:
        settings=settings("subsample"),
        size=size_of,
        seed=subset_seed,
    script:
        "../../scripts/subsample.py"
