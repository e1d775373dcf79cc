rule train:
    """Learn a Potts model of one subset."""
    input:
        alignment=rules.ingest.output.alignment,
        subset=rules.subsample.output,
    output:
        model=SUBSET + "model.safetensors",
        history=SUBSET + "history.tsv",
        summary=SUBSET + "training.json",
    params:
        settings=settings("train"),
        engine=RUN["engine"],
        seed=seed("train"),
    log:
        LOGS + "train-{subset}.log",
    benchmark:
        TIMES + "train-{subset}.tsv"
    conda:
        ENVIRONMENT
    threads: threads
    resources:
        mem_mb=6000,
        runtime=720,
    script:
        "../../scripts/train.py"
