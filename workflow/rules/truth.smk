rule folds:
    """List all compact folds of the 3 x 3 x 3 lattice."""
    output:
        folds=FOLDS,
    log:
        f"{OUT}/logs/folds.log",
    benchmark:
        f"{OUT}/benchmarks/folds.tsv"
    conda:
        LIGHT_ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    script:
        "../../scripts/folds.py"


rule truth:
    """Draw a family from its true distribution."""
    input:
        origin=truth_origin,
    output:
        alignment=f"{FAMILY}/truth.fasta",
        truth=f"{FAMILY}/truth.safetensors",
        diagnostics=f"{FAMILY}/truth.json",
    log:
        f"{LOGS}/truth.log",
    benchmark:
        f"{TIMES}/truth.tsv"
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=settings("truth"),
        engine_name=RUN["engine"],
        seed=seed("truth"),
    script:
        "../../scripts/truth.py"
