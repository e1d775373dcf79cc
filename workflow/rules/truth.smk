rule folds:
    """All compact folds of the 3 x 3 x 3 lattice."""
    output:
        OUT + "/lattice-folds.safetensors",
    log:
        OUT + "/logs/folds.log",
    benchmark:
        OUT + "/benchmarks/folds.tsv"
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
        alignment=FAMILY + "truth.fasta",
        ensemble=FAMILY + "ensemble.safetensors",
        diagnostics=FAMILY + "truth.json",
    params:
        settings=settings("truth"),
        seed=seed("truth"),
    log:
        LOGS + "truth.log",
    benchmark:
        TIMES + "truth.tsv"
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=2000,
        runtime=60,
    script:
        "../../scripts/truth.py"
