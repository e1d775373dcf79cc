rule study_exact:
    """Train and analyse every model of a family that can be listed in full, without sampling."""
    output:
        models=f"{STUDY}/{{name}}.exact.tsv",
    log:
        f"{STUDY}/logs/{{name}}.exact.log",
    benchmark:
        f"{STUDY}/benchmarks/{{name}}.exact.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        points=points_of,
        seed=RUN["seed"],
    script:
        "../../scripts/study_exact.py"


rule study_sampled:
    """Gather every model of a family that went through the whole chain."""
    input:
        results=lambda wildcards: [
            f"{folder}/{name}"
            for of_point in folders_of(wildcards)
            for folder in of_point
            for name in STUDIED_FILES
        ],
    output:
        models=f"{STUDY}/{{name}}.sampled.tsv",
        scores=f"{STUDY}/{{name}}.scores.tsv",
    log:
        f"{STUDY}/logs/{{name}}.sampled.log",
    benchmark:
        f"{STUDY}/benchmarks/{{name}}.sampled.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        points=points_of,
        folders=folders_of,
    script:
        "../../scripts/study_sampled.py"


rule study:
    """Draw the phase diagram of a study."""
    input:
        tables=lambda wildcards: [
            f"{OUT}/studies/{wildcards.study}/{name}.{how}.tsv"
            for how, enumerable in (("exact", True), ("sampled", False))
            for name in families_of(wildcards.study, enumerable)
        ],
    output:
        models=f"{STUDY}.models.tsv",
        table=f"{STUDY}.tsv",
        figures=[
            report(
                f"{STUDY}.svg",
                caption="../report/study.rst",
                category="studies",
                labels={"figure": "{study}"},
            ),
            f"{STUDY}.png",
        ],
    log:
        f"{STUDY}/logs/study.log",
    benchmark:
        f"{STUDY}/benchmarks/study.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        vary=lambda wildcards: STUDIES[wildcards.study]["vary"],
    script:
        "../../scripts/study.py"
