rule sample:
    """Sample a model at all temperatures by replica exchange."""
    input:
        model=rules.train.output.model,
        alignment=rules.ingest.output.alignment,
        subset=rules.subsample.output,
    output:
        samples=f"{SUBSET}/samples.safetensors",
        ladder=f"{SUBSET}/ladder.tsv",
    log:
        f"{LOGS}/sample-{{subset}}.log",
    benchmark:
        f"{TIMES}/sample-{{subset}}.tsv"
    conda:
        ENVIRONMENT
    threads: threads
    resources:
        mem_mb=stage_memory("sample"),
        runtime=stage_minutes("sample"),
        gpu=GPU,
    params:
        settings=settings("sample"),
        keep_all=lambda wildcards: PLANS[wildcards.family].truth is not None,
        engine_name=RUN["engine"],
        seed=seed("sample"),
    script:
        "../../scripts/sample.py"
