rule train:
    """Train a Potts model on one training set."""
    input:
        unpack(imported_model_input),
        unpack(joint_training_input),
        alignment=rules.ingest.output.alignment,
        split=rules.split.output,
        subset=rules.subsample.output,
    output:
        model=f"{SUBSET}/model.safetensors",
        history=f"{SUBSET}/history.tsv",
        strengths=f"{SUBSET}/regularisation.tsv",
        summary=f"{SUBSET}/training.json",
    log:
        f"{LOGS}/train-{{subset}}.log",
    benchmark:
        f"{TIMES}/train-{{subset}}.tsv"
    conda:
        ENVIRONMENT
    threads: lambda wildcards: 1 if trains_jointly(wildcards) else threads(wildcards)
    resources:
        mem_mb=stage_memory("train"),
        runtime=stage_minutes("train"),
        gpu=lambda wildcards: 0 if trains_jointly(wildcards) else GPU,
    params:
        settings=settings("train"),
        engine_name=RUN["engine"],
        seed=seed("train"),
        stamps=stamps(imported_model_input),
    script:
        "../../scripts/train.py"


rule train_together:
    """Train the Potts models of all subsets of a family in one job, one after the other."""
    input:
        alignment=rules.ingest.output.alignment,
        split=rules.split.output,
        subsets=files_of_subsets("subset.safetensors"),
    output:
        trained=temp(directory(f"{FAMILY}/trained")),
    log:
        f"{LOGS}/train_together.log",
    benchmark:
        f"{TIMES}/train_together.tsv"
    conda:
        ENVIRONMENT
    threads: threads
    resources:
        mem_mb=stage_memory("train"),
        runtime=stage_minutes("train", all_subsets=True),
        gpu=GPU,
    params:
        settings=settings("train"),
        engine_name=RUN["engine"],
        seeds=seeds("train"),
    script:
        "../../scripts/train_together.py"
