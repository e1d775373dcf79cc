rule compare:
    """Learn a model to compare with on one subset, sample it, and score its samples."""
    input:
        unpack(judges_of),
        unpack(model_of_file),
        # The family's own model, what judges say of natural sequences, and the temperatures that were chosen for it.
        model=rules.train.output.model,
        training=rules.train.output.summary,
        subset=rules.subsample.output,
        samples=rules.sample.output.samples,
        natural=rules.score.output.natural,
        standings=rules.score.output.judges,
        alignment=rules.ingest.output.alignment,
        split=rules.split.output,
    output:
        scores=f"{SUBSET}/models/{{model}}/scores.tsv",
        optimum=f"{SUBSET}/models/{{model}}/optimum.tsv",
        samples=f"{SUBSET}/models/{{model}}/samples.safetensors",
    log:
        f"{LOGS}/compare-{{subset}}-{{model}}.log",
    benchmark:
        f"{TIMES}/compare-{{subset}}-{{model}}.tsv"
    conda:
        ENVIRONMENT
    threads: threads
    resources:
        mem_mb=memory_of("compare"),
        runtime=minutes_of("compare"),
        gpu=GPU,
    params:
        # Alone: another model to compare with is no reason to learn this one again.
        kind=lambda wildcards: PLANS[wildcards.family]["models"][wildcards.model],
        name=lambda wildcards: wildcards.model,
        settings=settings("compare"),
        engine_name=RUN["engine"],
        seed=seed("compare"),
        stamps=stamps(judges_of, model_of_file),
    script:
        "../../scripts/compare.py"
