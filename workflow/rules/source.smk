rule fetch:
    """Get an alignment from InterPro's servers."""
    output:
        alignment=f"{FAMILY}/fetched.sto",
        summary=f"{FAMILY}/fetched.json",
    log:
        f"{LOGS}/fetch.log",
    benchmark:
        f"{TIMES}/fetch.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        settings=settings("fetch"),
    script:
        "../../scripts/fetch.py"


rule search:
    """Find a family in a database of sequences, beginning with one sequence or with a seed alignment."""
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
        ENVIRONMENT
    threads: threads
    resources:
        mem_mb=memory_of_search,
        runtime=240,
    params:
        settings=settings("search"),
        stamps=stamps(search_inputs),
    script:
        "../../scripts/search.py"
