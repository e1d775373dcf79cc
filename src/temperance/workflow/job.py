"""What every job of the workflow has in common: files by name, a log, threads, and errors in one line."""

import contextlib
import hashlib
import inspect
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
from threadpoolctl import threadpool_limits

from temperance.core.checkpoint import Checkpoint
from temperance.core.errors import InputError
from temperance.core.settings import Settings
from temperance.core.settings.section import Section
from temperance.core.stamps import check_unchanged, file_stamps
from temperance.core.threads import use_threads
from temperance.workflow import provenance
from temperance.workflow.configuration import configure, family_plan, of_family, with_table


def run_stage(stage: Any, snakemake: Any) -> None:
    """Run a stage with the files and parameters of its rule.

    Parameters
    ----------
    stage : module
        Of `temperance.stages`: `Inputs`, `Outputs` and `run`. What else than these `run` takes are parameters of the
        rule, its wildcards, `threads`, and `checkpoint`, which makes one for a task.
    snakemake
        What Snakemake gives a script.
    """
    with job(snakemake):
        arguments = {
            "inputs": _paths(stage.Inputs, snakemake.input),
            "outputs": _paths(stage.Outputs, snakemake.output),
            "threads": snakemake.threads,
            "checkpoint": lambda task, part="": checkpoint(snakemake, task, part),
            **dict(snakemake.wildcards.items()),
            **dict(snakemake.params.items()),
        }
        parameters = inspect.signature(stage.run).parameters
        if "sizes" in parameters:
            # Not a parameter of the rule: another size must not draw the split anew.
            arguments["sizes"] = family_plan(_run(snakemake), snakemake.wildcards.family)["subsets"]["sizes"]
        stage.run(**{name: _typed(arguments[name], parameter.annotation) for name, parameter in parameters.items()})


def _typed(value: Any, annotation: Any) -> Any:
    """Make settings of the plain values that Snakemake passes to a job."""
    is_section = inspect.isclass(annotation) and issubclass(annotation, Section)
    return annotation.model_validate(value) if is_section else value


def _own_config(snakemake: Any) -> Settings:
    """Select what of the user's configuration makes the results of the job's family."""
    return of_family(with_table(snakemake.config), snakemake.wildcards.get("family"))


def _run(snakemake: Any) -> Settings:
    return configure(_own_config(snakemake))


def _paths(form: Any, files: Any) -> Any:
    """Files of a rule as the stage names them; a list where it says so, which a rule may leave out if it is empty."""
    given = dict(files.items())
    for name, hint in form.__annotations__.items():
        if hint == list[Path]:
            found = given.get(name, [])
            given[name] = [Path(path) for path in ([found] if isinstance(found, str) else found)]
        elif name in given:
            found = given.pop(name)
            if found:
                given[name] = Path(found if isinstance(found, str) else found[0])
    return form(**given)


@contextlib.contextmanager
def job(snakemake: Any) -> Iterator[logging.Logger]:
    """Log to the rule's log file and, with the wildcards in front, to the terminal; end a user's error in one line."""
    _share_compiled()
    # As many threads as the rule has, not as the machine has: JAX reads this.
    os.environ["NPROC"] = str(snakemake.threads)
    # Jobs that share a card take of its memory what they need.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    # Trying out Triton's products takes most of the time that a first job on a card compiles, and gains nothing here.
    os.environ.setdefault("XLA_FLAGS", "--xla_gpu_enable_triton_gemm=false")
    use_threads(snakemake.threads)
    label = " ".join([snakemake.rule, *map(str, dict(snakemake.wildcards).values())])
    log = logging.getLogger("temperance")
    log.setLevel(logging.INFO)
    # A log that a full disk does not take is no reason for a traceback.
    logging.raiseExceptions = False
    for handler, form in (
        (logging.FileHandler(snakemake.log[0], mode="w"), "%(asctime)s %(message)s"),
        (logging.StreamHandler(sys.stderr), f"{label}: %(message)s"),
    ):
        handler.setFormatter(logging.Formatter(form, datefmt="%H:%M:%S"))
        log.addHandler(handler)
    try:
        provenance.place(snakemake.output[0]).unlink(missing_ok=True)
        stamps = file_stamps(snakemake.input)
        read = provenance.verified(snakemake.input)
        # One BLAS thread: the order of its sums, and so the last digits, would else depend on their number.
        with threadpool_limits(1):
            yield log
        check_unchanged(stamps)
        provenance.write(snakemake, read, _own_config(snakemake))
    except InputError as error:
        log.error("error: %s", error)
        sys.exit(1)
    except MemoryError as error:
        log.error("error: out of memory (%s); give the job more, mem_mb on a cluster", error)
        sys.exit(1)
    except OSError as error:
        log.error("error: %s", error)
        sys.exit(1)
    except Exception:
        log.exception("error: unexpected; this is a fault of the program, please report it with this log")
        sys.exit(1)


def _share_compiled() -> None:
    """Let JAX keep what it compiles, for the jobs that follow; a folder for each kind of processor, as code is."""
    kind = f"{llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"
    folder = Path(".snakemake", "jax", hashlib.sha256(kind.encode()).hexdigest()[:12])
    wanted = {
        "jax_compilation_cache_dir": str(folder.absolute()),
        "jax_persistent_cache_min_compile_time_secs": 0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    for name, value in wanted.items():
        if "jax" in sys.modules:
            sys.modules["jax"].config.update(name, value)
        else:
            os.environ.setdefault(name.upper(), str(value))


def checkpoint(snakemake: Any, task: Mapping[str, Any], part: str = "") -> Checkpoint:
    """Of a job, or of a part of it: a file beside its first output that the job clears when it is done."""
    folder, name = Path(snakemake.output[0]).parent, "-".join(filter(None, (snakemake.rule, part)))
    return Checkpoint(folder / f".{name}.checkpoint", task, _run(snakemake)["checkpoint_seconds"])
