rule predict:
    """What the largest model says of contacts and mutants, and the family of conservation."""
    input:
        unpack(known_of_family),
        model=lambda wildcards: f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/model.safetensors",
        alignment=rules.ingest.output.alignment,
        columns=rules.ingest.output.columns,
        split=rules.split.output,
    output:
        contacts=f"{FAMILY}/contacts.tsv",
        mutants=f"{FAMILY}/mutants.tsv",
        conservation=f"{FAMILY}/conservation.tsv",
        summary=f"{FAMILY}/predictions.json",
    log:
        f"{LOGS}/predict.log",
    benchmark:
        f"{TIMES}/predict.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory_of("predict"),
        runtime=minutes_of("predict"),
    params:
        settings=settings("predict"),
        seed=seed("predict"),
        stamps=stamps(known_of_family),
    script:
        "../../scripts/predict.py"
