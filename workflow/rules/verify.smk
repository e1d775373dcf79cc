rule claim:
    """Test one theoretical claim on systems that are solved exactly."""
    output:
        table=f"{OUT}/claims/{{claim}}.tsv",
        figures=[f"{OUT}/claims/{{claim}}.{kind}" for kind in ("svg", "png")],
    log:
        f"{OUT}/claims/logs/{{claim}}.log",
    benchmark:
        f"{OUT}/claims/benchmarks/{{claim}}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        seed=RUN["seed"],
    script:
        "../../scripts/claim.py"


rule check_intervals:
    """Sample one model of an enumerable truth many times, and count how often intervals cover the exact value."""
    output:
        table=f"{OUT}/coverage/{{kind}}-{{size}}.tsv",
    log:
        f"{OUT}/coverage/logs/{{kind}}-{{size}}.log",
    benchmark:
        f"{OUT}/coverage/benchmarks/{{kind}}-{{size}}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        repeats=100,
        engine_name=RUN["engine"],
        seed=RUN["seed"],
    script:
        "../../scripts/check_intervals.py"


rule coverage_table:
    """Join the coverage of confidence intervals of all systems in one table."""
    input:
        tables=expand(
            f"{OUT}/coverage/{{system}}.tsv",
            system=["planted-300", "hopfield-100", "gapless-1000", "critical-100"],
        ),
    output:
        table=f"{OUT}/coverage.tsv",
        markdown=f"{OUT}/coverage.md",
    log:
        f"{OUT}/coverage/logs/table.log",
    benchmark:
        f"{OUT}/coverage/benchmarks/table.tsv"
    conda:
        LIGHT_ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    script:
        "../../scripts/coverage_table.py"


rule paper_two_level:
    """Tabulate the two-level models of the publication."""
    output:
        example=f"{OUT}/paper/two-level-example.tsv",
        models=f"{OUT}/paper/two-level.tsv",
    log:
        f"{OUT}/paper/logs/two-level.log",
    benchmark:
        f"{OUT}/paper/benchmarks/two-level.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        seed=RUN["seed"],
    script:
        "../../scripts/paper_two_level.py"


rule paper_ising:
    """Train and analyse models of the publication's Ising lattice at one temperature."""
    output:
        models=f"{OUT}/paper/ising-{{temperature}}.tsv",
        levels=f"{OUT}/paper/ising-{{temperature}}.levels.tsv",
        curves=f"{OUT}/paper/ising-{{temperature}}.curves.tsv",
    log:
        f"{OUT}/paper/logs/ising-{{temperature}}.log",
    benchmark:
        f"{OUT}/paper/benchmarks/ising-{{temperature}}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        seed=RUN["seed"],
    script:
        "../../scripts/paper_ising.py"


rule paper_sector:
    """Train and sample models of the sector of the publication's forerunner at one temperature."""
    output:
        table=f"{OUT}/paper/sector-{{temperature}}.tsv",
    log:
        f"{OUT}/paper/logs/sector-{{temperature}}.log",
    benchmark:
        f"{OUT}/paper/benchmarks/sector-{{temperature}}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        seed=RUN["seed"],
    script:
        "../../scripts/paper_sector.py"


rule paper_page:
    """Draw the publication's figures from models of this run, and write them beside its claims."""
    input:
        two_level=rules.paper_two_level.output,
        ising=expand(
            f"{OUT}/paper/ising-{{temperature}}.{{table}}",
            temperature=PAPER_TEMPERATURES,
            table=["tsv", "levels.tsv", "curves.tsv"],
        ),
        sector=expand(
            f"{OUT}/paper/sector-{{temperature}}.tsv",
            temperature=PAPER_SECTOR_TEMPERATURES,
        ),
    output:
        page=f"{OUT}/paper.md",
        figures=expand(
            f"{OUT}/paper/{{figure}}.{{kind}}",
            figure=PAPER_FIGURES,
            kind=["svg", "png"],
        ),
    log:
        f"{OUT}/paper/logs/page.log",
    benchmark:
        f"{OUT}/paper/benchmarks/page.tsv"
    conda:
        LIGHT_ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    script:
        "../../scripts/paper_page.py"
