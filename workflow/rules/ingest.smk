rule ingest:
    """Read, encode, filter and weight an alignment."""
    input:
        unpack(alignment_input),
    output:
        alignment=f"{FAMILY}/alignment.safetensors",
        sequences=f"{FAMILY}/sequences.parquet",
        audit=f"{FAMILY}/audit.tsv",
        columns=f"{FAMILY}/columns.tsv",
        summary=f"{FAMILY}/ingest.json",
    log:
        f"{LOGS}/ingest.log",
    benchmark:
        f"{TIMES}/ingest.tsv"
    conda:
        LIGHT_ENVIRONMENT
    threads: 2
    resources:
        mem_mb=stage_memory("ingest"),
        runtime=stage_minutes("ingest"),
        in_turn=1,
    params:
        settings=settings("ingest"),
        stamps=stamps(alignment_input),
    script:
        "../../scripts/ingest.py"


rule split:
    """Hold out sequences that resemble no training sequence."""
    input:
        alignment=rules.ingest.output.alignment,
    output:
        split=f"{FAMILY}/split.safetensors",
    log:
        f"{LOGS}/split.log",
    benchmark:
        f"{TIMES}/split.tsv"
    conda:
        LIGHT_ENVIRONMENT
    threads: 2
    resources:
        mem_mb=stage_memory("split"),
        runtime=stage_minutes("split"),
        in_turn=1,
    params:
        settings=settings("split"),
        seed=seed("split"),
    script:
        "../../scripts/split.py"


rule hmm:
    """Build a profile HMM from the held-out sequences."""
    input:
        alignment=rules.ingest.output.alignment,
        split=rules.split.output,
    output:
        hmm=f"{FAMILY}/heldout.hmm",
    log:
        f"{LOGS}/hmm.log",
    benchmark:
        f"{TIMES}/hmm.tsv"
    conda:
        LIGHT_ENVIRONMENT
    threads: 1
    resources:
        mem_mb=stage_memory("hmm"),
        runtime=stage_minutes("hmm"),
        in_turn=1,
    script:
        "../../scripts/hmm.py"


rule covariance_model:
    """Build a covariance model from the held-out sequences of an RNA family."""
    input:
        alignment=rules.ingest.output.alignment,
        split=rules.split.output,
    output:
        model=f"{FAMILY}/heldout.cm",
    log:
        f"{LOGS}/covariance-model.log",
    benchmark:
        f"{TIMES}/covariance-model.tsv"
    conda:
        LIGHT_ENVIRONMENT
    threads: 1
    resources:
        mem_mb=stage_memory("covariance_model"),
        runtime=stage_minutes("covariance_model"),
        in_turn=1,
    script:
        "../../scripts/covariance_model.py"


rule judge:
    """Train the judge that scores pairs of sites, on parts of the natural sequences."""
    input:
        alignment=rules.ingest.output.alignment,
    output:
        judge=f"{FAMILY}/judge.safetensors",
    log:
        f"{LOGS}/judge.log",
    benchmark:
        f"{TIMES}/judge.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=stage_memory("judge"),
        runtime=stage_minutes("judge"),
        in_turn=1,
    params:
        seed=seed("judge"),
    script:
        "../../scripts/judge.py"
