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


def origin_of_truth(wildcards):
    """What a truth is made from: all folds, a teacher's model, or nothing."""
    truth = PLANS[wildcards.family]["truth"]
    if truth["kind"] == "lattice":
        return rules.folds.output
    if truth["kind"] == "teacher":
        name = truth["teacher"]
        return (
            f"{OUT}/{name}/{largest_subset(name)}/model.safetensors"
            if name in FAMILIES
            else name
        )
    return []


rule truth:
    """Draw a family from its true distribution."""
    input:
        origin_of_truth,
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
        settings=settings("truth", "alphabet"),
        engine=RUN["engine"],
        seed=seed("truth"),
    script:
        "../../scripts/truth.py"
