rule train:
    """Learn a Potts model of one subset."""
    input:
        alignment=rules.ingest.output.alignment,
        subset=rules.subsample.output,
    output:
        model=f"{SUBSET}/model.safetensors",
        history=f"{SUBSET}/history.tsv",
        summary=f"{SUBSET}/training.json",
    log:
        f"{LOGS}/train-{{subset}}.log",
    benchmark:
        f"{TIMES}/train-{{subset}}.tsv"
    conda:
        ENVIRONMENT
    threads: threads
    resources:
        mem_mb=6000,
        runtime=720,
    params:
        settings=settings("train"),
        engine=RUN["engine"],
        seed=seed("train"),
    script:
        "../../scripts/train.py"
