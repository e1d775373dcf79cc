rule export:
    """Export the largest model, its samples nearest the recommended temperature, or the alignment."""
    input:
        recommendation=rules.optimum.output.recommendation,
        model=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/model.safetensors",
        alignment=rules.ingest.output.alignment,
        sequences=rules.ingest.output.sequences,
        samples=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/samples.safetensors",
    output:
        file=f"{FAMILY}/export/{{file}}",
    log:
        f"{LOGS}/export-{{file}}.log",
    benchmark:
        f"{TIMES}/export-{{file}}.tsv"
    wildcard_constraints:
        file="|".join(map(re.escape, EXPORTS.values())),
    conda:
        LIGHT_ENVIRONMENT
    threads: 1
    resources:
        mem_mb=stage_memory("predict"),
        runtime=stage_minutes("predict"),
    params:
        form=lambda wildcards: next(
            form for form in EXPORTS if EXPORTS[form] == wildcards.file
        ),
    script:
        "../../scripts/export.py"
