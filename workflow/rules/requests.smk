"""What jobs request, memory and minutes, and the time that they are expected to take; no rules."""

from temperance.workflow.machine import Need, check_memory, total_memory
from temperance.workflow.resources import (
    MEMORY_STAGES,
    alignment_size,
    database_memory,
    expected_seconds,
    memory,
    minutes,
)


# On a cluster, limits apply within one submission: the limit of cards in profiles/default is that of one computer, and
# jobs that share a submission request the largest amount that one of them needs.
resource_scopes:
    gpu="local",
    in_turn="local",


if workflow.nodes or workflow.remote_exec:
    workflow.register_resource("in_turn", 1)

# On this computer jobs run beside each other only as far as its memory goes, unless the user says how much they may have.
MEMORY = (
    total_memory()
    if workflow.is_main_process
    and workflow.local_exec
    and len(workflow.modifier_stack) == 1
    else None
)
if MEMORY and not {"mem", "mem_mb"} & set(workflow.global_resources):
    # At least what rules request that have no estimate.
    workflow.register_resource("mem_mb", max(MEMORY, 4000))


def family_size(family):
    """Return the size of a family's alignment, an estimate until `ingest` has run."""
    return alignment_size(
        f"{OUT}/{SOURCES.get(family, family)}/ingest.json",
        PLANS[family],
    )


def stage_memory(stage):
    """Return a function that requests the megabytes of a stage's job, twice as many at each further attempt."""

    def megabytes(wildcards, attempt):
        return within_memory(
            estimated_memory(stage, wildcards.family) * 2 ** (attempt - 1)
        )

    return megabytes


def within_memory(megabytes):
    """Limit a request to what this computer has, where jobs run on it: such a job then runs alone."""
    return min(megabytes, MEMORY) if MEMORY else megabytes


def estimated_memory(stage, family):
    """Estimate the megabytes of a stage's job."""
    estimate = memory(
        stage, family_size(family), PLANS[family], RUN["engine"], bool(GPU)
    )
    return round(RUN["memory_factor"] * estimate)


def is_size_known(family):
    """Tell whether the size of a family's alignment is that of a file, not a guess."""
    source = SOURCES.get(family, family)
    alignment = PLANS[family].alignment
    return Path(OUT, source, "ingest.json").is_file() or bool(
        alignment and Path(alignment).is_file()
    )


def job_seconds(rule, wildcards):
    """Estimate the seconds of a job for the time to go; None while the size of its family is not known."""
    family = wildcards.get("family")
    # What jobs take to start, and those take that do little else.
    seconds = {"figures": 30, "page": 10, "report": 10}.get(rule, 5)
    if family not in PLANS:
        return seconds
    if not is_size_known(family):
        return None
    stage, count = (
        ("train", len(subsets(family))) if rule == "train_together" else (rule, 1)
    )
    # Requests cover slow judges and many annealed chains; shares of them that jobs of the embedded default take.
    share = {"score": 0.2, "design": 0.2, "thermodynamics": 0.4}.get(stage, 1.0)
    plan = PLANS[family]
    estimate = expected_seconds(stage, family_size(family), plan, plan.threads)
    return seconds + count * share * estimate


def memory_needs(jobs):
    """List what jobs on this computer are estimated to need, those of one rule and family once."""
    if not MEMORY:
        return []
    stages = {"train_together": "train"} | {stage: stage for stage in MEMORY_STAGES}
    needs = {
        (job.rule.name, job.wildcards.family): stages[job.rule.name]
        for job in jobs
        if job.rule.name in stages
    }
    return [
        Need(
            f"{rule} of {family}", family_size(family), estimated_memory(stage, family)
        )
        for (rule, family), stage in needs.items()
    ]


def stage_minutes(stage, all_subsets=False):
    """Return a function that requests the minutes of a stage's job, twice as many at each further attempt.

    With `all_subsets`, the job covers all training sets of a family.
    """

    def requested_minutes(wildcards, attempt, threads):
        family = wildcards.family
        estimate = minutes(stage, family_size(family), PLANS[family], threads)
        return (
            (len(subsets(family)) if all_subsets else 1) * estimate * 2 ** (attempt - 1)
        )

    return requested_minutes


def search_memory(wildcards, attempt):
    """Request the megabytes of a search, twice as many at each further attempt."""
    return within_memory(
        database_memory(PLANS[wildcards.family].database) * 2 ** (attempt - 1)
    )


CONSOLE = (
    install_console(job_seconds, workflow.dryrun) if workflow.is_main_process else None
)
