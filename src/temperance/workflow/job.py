"""Run a stage as a job of the workflow: files by name, a log, threads, and errors in one line."""

import contextlib
import functools
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
from temperance.workflow.configuration import configure, family_plans, reduce_to_family
from temperance.workflow.family_table import with_table


def run_stage(stage: Any, snakemake: Any) -> None:
    """Run a stage with the files and parameters of its rule.

    Parameters
    ----------
    stage : module
        Module of `temperance.stages` with `Inputs`, `Outputs` and `run`. Other parameters of `run` are parameters or
        wildcards of the rule, `threads`, or `checkpoint`, a function that makes a `Checkpoint`.
    snakemake : object
        The object that Snakemake passes to a script.
    """
    with job(snakemake) as config:
        run = functools.cache(lambda: configure(config))
        arguments = {
            "inputs": _paths(stage.Inputs, snakemake.input),
            "outputs": _paths(stage.Outputs, snakemake.output),
            "threads": snakemake.threads,
            "checkpoint": lambda task, part="": checkpoint(snakemake, run()["checkpoint_seconds"], task, part),
            **dict(snakemake.wildcards.items()),
            **dict(snakemake.params.items()),
        }
        parameters = inspect.signature(stage.run).parameters
        if "sizes" in parameters:
            # Not a parameter of the rule: adding a size must not trigger a new split.
            arguments["sizes"] = family_plans(run())[snakemake.wildcards.family].subsets.sizes
        stage.run(**{name: _typed(arguments[name], parameter.annotation) for name, parameter in parameters.items()})


def _typed(value: Any, annotation: Any) -> Any:
    """Convert settings, which Snakemake passes to a job as plain values, to the annotated class."""
    is_section = inspect.isclass(annotation) and issubclass(annotation, Section)
    return annotation.model_validate(value) if is_section else value


def _paths(form: Any, files: Any) -> Any:
    """Sort the files of a rule into the fields of a stage's `Inputs` or `Outputs`.

    A field annotated as a list gets a list of paths, empty if the rule has no such files.
    """
    fields = dict(files.items())
    for name, hint in form.__annotations__.items():
        if hint == list[Path]:
            paths = fields.get(name, [])
            fields[name] = [Path(path) for path in ([paths] if isinstance(paths, str) else paths)]
        elif name in fields:
            paths = fields.pop(name)
            if paths:
                fields[name] = Path(paths if isinstance(paths, str) else paths[0])
    return form(**fields)


@contextlib.contextmanager
def job(snakemake: Any) -> Iterator[Settings]:
    """Set up logging, threads and caches for a job, and exit with one line if the user's input is wrong.

    Messages go to the log file of the rule and, with rule and wildcards in front, to the terminal. Digests of the files
    read and written are recorded. Errors are logged and end the process with status 1.

    Parameters
    ----------
    snakemake : object
        The object that Snakemake passes to a script.

    Yields
    ------
    dict
        The user's configuration, reduced to what determines the results of the job's family.

    Raises
    ------
    SystemExit
        With status 1, whatever the error was.
    """
    _share_compiled()
    # JAX reads this: as many threads as the rule has, not as the machine has.
    os.environ["NPROC"] = str(snakemake.threads)
    set_card_defaults()
    use_threads(snakemake.threads)
    label = " ".join([snakemake.rule, *map(str, dict(snakemake.wildcards).values())])
    log = logging.getLogger("temperance")
    log.setLevel(logging.INFO)
    # No traceback when a message cannot be written, on a full disk for example.
    logging.raiseExceptions = False
    for handler, form in (
        (logging.FileHandler(snakemake.log[0], mode="w"), "%(asctime)s %(message)s"),
        (logging.StreamHandler(sys.stderr), f"{label}: %(message)s"),
    ):
        handler.setFormatter(logging.Formatter(form, datefmt="%H:%M:%S"))
        log.addHandler(handler)
    try:
        provenance.record_path(snakemake.output[0]).unlink(missing_ok=True)
        config = reduce_to_family(with_table(snakemake.config), snakemake.wildcards.get("family"))
        stamps = file_stamps(snakemake.input)
        input_digests = provenance.verified_digests(snakemake.input)
        # One BLAS thread: otherwise the order of sums, and so the last digits, would depend on the number of threads.
        with threadpool_limits(1):
            yield config
        check_unchanged(stamps)
        provenance.write(snakemake, input_digests, config)
    except InputError as error:
        log.error("error: %s", error)
        sys.exit(1)
    except MemoryError as error:
        log.error("error: out of memory (%s); give the job more memory (mem_mb on a cluster)", error)
        sys.exit(1)
    except OSError as error:
        log.error("error: %s", error)
        sys.exit(1)
    except KeyboardInterrupt:
        log.error("stopped by Ctrl-C")
        sys.exit(130)
    except Exception:
        log.exception("error: unexpected; this is a fault of the program, please report it with this log")
        sys.exit(1)


def set_card_defaults() -> None:
    """Set what JAX reads from the environment before it takes a card, unless it is set already.

    A process allocates the memory that it needs, so several can share a card; and XLA does not try out Triton's matrix
    products, which takes most of the compilation of a first job and gains nothing here.
    """
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    os.environ.setdefault("XLA_FLAGS", "--xla_gpu_enable_triton_gemm=false")


def _share_compiled() -> None:
    """Let JAX cache compiled code for the jobs that follow, in a folder for each kind of processor."""
    kind = f"{llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"
    folder = Path(".snakemake", "jax", hashlib.sha256(kind.encode()).hexdigest()[:12])
    options = {
        "jax_compilation_cache_dir": str(folder.absolute()),
        "jax_persistent_cache_min_compile_time_secs": 0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    for name, value in options.items():
        if "jax" in sys.modules:
            sys.modules["jax"].config.update(name, value)
        else:
            os.environ.setdefault(name.upper(), str(value))


def checkpoint(snakemake: Any, seconds: float, task: Mapping[str, Any], part: str = "") -> Checkpoint:
    """Make the checkpoint of a job, or of a part of it: a file beside the first output, removed when the job is done.

    Parameters
    ----------
    snakemake : object
        The object that Snakemake passes to a script.
    seconds : float
        Least time between two states that are kept.
    task : mapping
        All that determines what is computed.
    part : str
        Name of the part, where a job has several.

    Returns
    -------
    Checkpoint
    """
    folder, name = Path(snakemake.output[0]).parent, "-".join(filter(None, (snakemake.rule, part)))
    return Checkpoint(folder / f".{name}.checkpoint", task, seconds)
