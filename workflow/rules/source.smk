rule fetch:
    """Download the alignment of a Pfam entry from InterPro's servers."""
    output:
        alignment=f"{FAMILY}/fetched.sto",
        summary=f"{FAMILY}/fetched.json",
    log:
        f"{LOGS}/fetch.log",
    benchmark:
        f"{TIMES}/fetch.tsv"
    conda:
        LIGHT_ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        settings=settings("fetch"),
    script:
        "../../scripts/fetch.py"


rule search:
    """Search a sequence database for a family, starting from one sequence or from a seed alignment."""
    input:
        unpack(search_inputs),
    output:
        alignment=f"{FAMILY}/found.a2m",
        hits=f"{FAMILY}/hits.tsv",
    log:
        f"{LOGS}/search.log",
    benchmark:
        f"{TIMES}/search.tsv"
    conda:
        LIGHT_ENVIRONMENT
    threads: threads
    resources:
        mem_mb=search_memory,
        runtime=240,
    params:
        settings=settings("search"),
        stamps=stamps(search_inputs),
    script:
        "../../scripts/search.py"
