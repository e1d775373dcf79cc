rule ingest:
    """Read, encode, filter and weigh an alignment."""
    input:
        alignment_of,
    output:
        alignment=FAMILY + "alignment.safetensors",
        sequences=FAMILY + "sequences.parquet",
        audit=FAMILY + "audit.tsv",
        summary=FAMILY + "ingest.json",
    params:
        settings=settings("alphabet", "ambiguous", "filter", "weights"),
    log:
        LOGS + "ingest.log",
    benchmark:
        TIMES + "ingest.tsv"
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=4000,
        runtime=60,
    script:
        "../../scripts/ingest.py"


rule split:
    """Hold out sequences that no training sequence resembles."""
    input:
        rules.ingest.output.alignment,
    output:
        FAMILY + "split.safetensors",
    params:
        settings=settings("heldout", "weights"),
        seed=seed("split"),
    log:
        LOGS + "split.log",
    benchmark:
        TIMES + "split.tsv"
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=4000,
        runtime=60,
    script:
        "../../scripts/split.py"


rule hmm:
    """Build a profile HMM from half of the held-out sequences; the other half sets its scale."""
    input:
        alignment=rules.ingest.output.alignment,
        split=rules.split.output,
    output:
        FAMILY + "heldout.hmm",
    log:
        LOGS + "hmm.log",
    benchmark:
        TIMES + "hmm.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../../scripts/hmm.py"
