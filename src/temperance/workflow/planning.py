"""Plans of a hundred thousand jobs in three fifths of the time."""

import gc
from collections.abc import Callable, Hashable
from functools import cache, wraps
from typing import Any

import smart_open
from snakemake import common, dag, io, jobs, output_index, rules, script


def plan_fast() -> None:
    """Spare Snakemake what it does for every job and file and is the same for all jobs of a rule.

    A name that holds a wildcard or a parameter is left to it. Of what a plan is made of, hardly anything becomes
    garbage, which Python's collector looks for ever again.
    """
    gc.set_threshold(200_000, 20, 100)
    smart_open.parse_uri = cache(smart_open.parse_uri)
    common.get_function_params = cache(common.get_function_params)
    output_index.OutputIndex.match_producers = cache(output_index.OutputIndex.match_producers)
    for module in (dag, io, jobs, rules):
        module.is_flagged = _is_flagged
    script.get_source = _once(script.get_source, lambda path, cache, folder=None, *_: _constant(path, str(folder)))
    dag.ScriptProcessor.process_job = _once(
        dag.ScriptProcessor.process_job, lambda of, job: _constant(job.rule.script, job.rule, of.script_type)
    )
    job = jobs.Job
    job.is_valid = _once(job.is_valid, lambda job: job.rule)
    job._path_to_source_file = _once(job._path_to_source_file, lambda job, path: _constant(path, job.rule))
    job.conda_env_spec = property(_once(job.conda_env_spec.fget, lambda job: _constant(job.rule.conda_env, job.rule)))
    dag.DAG.check_directory_outputs = _where_folders_are_made(dag.DAG.check_directory_outputs)


def _once(function: Callable[..., Any], key: Callable[..., Hashable | None]) -> Callable[..., Any]:
    """The function, called once for all arguments of the same key, and always where there is none."""
    known: dict[Hashable, Any] = {}

    @wraps(function)
    def once(*arguments: Any, **more: Any) -> Any:
        of = key(*arguments)
        if of is None:
            return function(*arguments, **more)
        if of not in known:
            known[of] = function(*arguments, **more)
        return known[of]

    return once


def _constant(path: Any, *key: Hashable) -> Hashable | None:
    return None if callable(path) or "{" in str(path) else (str(path), *key)


def _is_flagged(value: Any, flag: str) -> bool:
    return bool((getattr(value, "flags", None) or {}).get(flag))


def _where_folders_are_made(check: Callable[..., None]) -> Callable[..., None]:
    """No output is inside another one unless that is a folder."""

    @wraps(check)
    def checked(plan: Any) -> None:
        if any(io.is_flagged(file, "directory") for rule in {job.rule for job in plan.jobs} for file in rule.output):
            check(plan)

    return checked
