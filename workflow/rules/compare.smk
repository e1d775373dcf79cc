rule compare:
    """Train a baseline model on one training set, sample it, and score its samples."""
    input:
        unpack(judge_inputs),
        unpack(baseline_file_input),
        # Of the Potts model of the same training set: the model, scores of natural sequences, and temperatures.
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
        mem_mb=stage_memory("compare"),
        runtime=stage_minutes("compare"),
        gpu=GPU,
    params:
        # Settings of this model alone: a change of another one does not repeat the job.
        kind=lambda wildcards: PLANS[wildcards.family]
        .models[wildcards.model]
        .model_dump(),
        name=lambda wildcards: wildcards.model,
        settings=settings("compare"),
        engine_name=RUN["engine"],
        seed=seed("compare"),
        stamps=stamps(judge_inputs, baseline_file_input),
        columns=COLUMNS["scores.tsv"],
    script:
        "../../scripts/compare.py"
