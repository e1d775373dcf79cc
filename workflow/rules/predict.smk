rule predict:
    """Predict contacts and effects of mutations from the largest model, and measure conservation."""
    input:
        unpack(validation_inputs),
        model=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/model.safetensors",
        alignment=rules.ingest.output.alignment,
        columns=rules.ingest.output.columns,
        split=rules.split.output,
    output:
        contacts=f"{FAMILY}/contacts.tsv",
        mutants=f"{FAMILY}/mutants.tsv",
        conservation=f"{FAMILY}/conservation.tsv",
        chain=f"{FAMILY}/chain.tsv",
        summary=f"{FAMILY}/predictions.json",
    log:
        f"{LOGS}/predict.log",
    benchmark:
        f"{TIMES}/predict.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=stage_memory("predict"),
        runtime=stage_minutes("predict"),
    params:
        settings=settings("predict"),
        seed=seed("predict"),
        stamps=stamps(validation_inputs),
    script:
        "../../scripts/predict.py"
