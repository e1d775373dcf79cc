rule study_exact:
    """Train and analyse the models of an enumerable family exactly, without sampling."""
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
        points=family_points,
        seed=RUN["seed"],
    script:
        "../../scripts/study_exact.py"


rule study_sampled:
    """Collect the results of the models of a family that the workflow has sampled."""
    input:
        results=lambda wildcards: [
            f"{folder}/{name}"
            for point_folders in model_folders(wildcards)
            for folder in point_folders
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
        LIGHT_ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        points=family_points,
        folders=model_folders,
    script:
        "../../scripts/study_sampled.py"


rule study:
    """Plot the phase diagram of a study."""
    input:
        tables=lambda wildcards: [
            f"{OUT}/studies/{wildcards.study}/{name}.{how}.tsv"
            for how, enumerable in (("exact", True), ("sampled", False))
            for name in study_families(wildcards.study, enumerable)
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
