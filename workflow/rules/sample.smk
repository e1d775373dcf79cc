rule sample:
    """Sample a model at all temperatures by replica exchange."""
    input:
        model=rules.train.output.model,
        alignment=rules.ingest.output.alignment,
        subset=rules.subsample.output,
    output:
        samples=SUBSET + "samples.safetensors",
        ladder=SUBSET + "ladder.tsv",
    params:
        settings=settings("sample"),
        engine=RUN["engine"],
        seed=seed("sample"),
    log:
        LOGS + "sample-{subset}.log",
    benchmark:
        TIMES + "sample-{subset}.tsv"
    conda:
        ENVIRONMENT
    threads: threads
    resources:
        mem_mb=4000,
        runtime=240,
    script:
        "../../scripts/sample.py"
