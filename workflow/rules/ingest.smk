rule ingest:
    """Read, encode, filter and weigh an alignment."""
    input:
        unpack(given_alignment),
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
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=memory_of("ingest"),
        runtime=minutes_of("ingest"),
        in_turn=1,
    params:
        settings=settings("ingest"),
        stamps=stamps(given_alignment),
    script:
        "../../scripts/ingest.py"


rule split:
    """Hold out sequences that no training sequence resembles."""
    input:
        alignment=rules.ingest.output.alignment,
    output:
        split=f"{FAMILY}/split.safetensors",
    log:
        f"{LOGS}/split.log",
    benchmark:
        f"{TIMES}/split.tsv"
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=memory_of("split"),
        runtime=minutes_of("split"),
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
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory_of("hmm"),
        runtime=minutes_of("hmm"),
        in_turn=1,
    script:
        "../../scripts/hmm.py"


rule covariance_model:
    """Build a covariance model from the held-out sequences of an RNA family, and from the base pairs that they share."""
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
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory_of("covariance_model"),
        runtime=minutes_of("covariance_model"),
        in_turn=1,
    script:
        "../../scripts/covariance_model.py"


rule judge:
    """Learn the judge that sees pairs from parts of the natural sequences."""
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
        mem_mb=memory_of("judge"),
        runtime=minutes_of("judge"),
        in_turn=1,
    params:
        seed=seed("judge"),
    script:
        "../../scripts/judge.py"
