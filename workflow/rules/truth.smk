rule folds:
    """All compact folds of the 3 x 3 x 3 lattice."""
    output:
        f"{OUT}/lattice-folds.safetensors",
    log:
        f"{OUT}/logs/folds.log",
    benchmark:
        f"{OUT}/benchmarks/folds.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    script:
        "../../scripts/folds.py"


rule truth:
    """Draw a lattice-protein family from its true distribution."""
    input:
        folds=rules.folds.output,
    output:
        alignment=f"{FAMILY}/truth.fasta",
        ensemble=f"{FAMILY}/ensemble.safetensors",
        diagnostics=f"{FAMILY}/truth.json",
    log:
        f"{LOGS}/truth.log",
    benchmark:
        f"{TIMES}/truth.tsv"
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        settings=settings("truth"),
        seed=seed("truth"),
    script:
        "../../scripts/truth.py"
