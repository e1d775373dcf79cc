"""Jobs as Snakemake runs them: files by name, a log, a record of what was read and written, errors in one line."""

import hashlib
import json
import logging
import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import numba
import numpy as np
import pytest
from snakemake.iocontainers import InputFiles, Log, OutputFiles, Params, Wildcards

from temperance.core.errors import InputError
from temperance.core.files import load_arrays, load_json, save_arrays, save_json, versions
from temperance.core.settings.stages import STAGES
from temperance.core.threads import use_threads
from temperance.stages import split, subsample
from temperance.workflow import provenance
from temperance.workflow.job import checkpoint, job, run_stage

CONFIG = {
    "families": {
        "x": {"alignment": "a", "subsets": {"sizes": [2, 3]}, "weights": {"identity": 0.7}},
        "y": {"alignment": "b"},
    },
    "seed": 5,
}
JAX_OPTIONS = (
    "jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs",
    "jax_persistent_cache_min_entry_size_bytes",
)  # fmt: skip
SEQUENCES = np.array([[0, 1, 2, 3]] * 3 + [[4, 5, 6, 7]] * 3 + [[8, 9, 10, 11]] * 4, np.uint8)


@pytest.fixture(autouse=True)
def process(tmp_path, monkeypatch):
    """Run in a folder of its own, and leave the process as it was."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    log = logging.getLogger("temperance")
    handlers, level, raising, threads = list(log.handlers), log.level, logging.raiseExceptions, use_threads(1)
    jax = sys.modules.get("jax")
    values = {option: getattr(jax.config, option) for option in JAX_OPTIONS} if jax else {}
    yield
    for option, value in values.items():
        jax.config.update(option, value)
    for handler in [*log.handlers]:
        if handler not in handlers:
            log.removeHandler(handler)
            handler.close()
    log.setLevel(level)
    logging.raiseExceptions = raising
    use_threads(threads)


def snakemake_of(rule, inputs, outputs, params, threads=1, **wildcards):
    """What Snakemake passes to the script of a rule."""
    return SimpleNamespace(
        rule=rule, input=InputFiles(fromdict=inputs), output=OutputFiles(fromdict=outputs),
        params=Params(fromdict=params), wildcards=Wildcards(fromdict=wildcards), log=Log([f"logs/{rule}.log"]),
        threads=threads, config=CONFIG,
    )  # fmt: skip


@pytest.fixture
def splitting():
    """The rule `split` of the family x, of ten sequences."""
    Path("results/x").mkdir(parents=True)
    Path("logs").mkdir()
    save_arrays("results/x/alignment", {"sequences": SEQUENCES, "weights": np.ones(10)}, {"alphabet": "protein"})
    settings = STAGES["split"].of({"heldout": {"fraction": 0.2, "identity": None}, "weights": {"identity": 0.7}})
    return snakemake_of(
        "split", {"alignment": "results/x/alignment"}, {"split": "results/x/split"},
        {"settings": settings.model_dump(), "seed": 3}, family="x",
    )  # fmt: skip


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_a_stage_has_the_rule_s_files_settings_seed_and_wildcards(splitting):
    run_stage(split, splitting)
    outputs = split.Outputs(Path("expected"))
    settings = STAGES["split"].of({"heldout": {"fraction": 0.2, "identity": None}, "weights": {"identity": 0.7}})
    split.run(split.Inputs(Path("results/x/alignment")), outputs, settings, 3, "x", [2])
    for name, array in load_arrays("expected")[0].items():
        np.testing.assert_array_equal(load_arrays("results/x/split")[0][name], array)
    assert "8 for training, 2 held out, 0 discarded" in Path("logs/split.log").read_text()


def test_a_job_records_what_it_read_and_wrote(splitting):
    run_stage(split, splitting)
    assert provenance.record_path("results/x/split") == Path("results/x/provenance/split.json")
    record = load_json("results/x/provenance/split.json")
    assert record.pop("machine").split()[0] == os.uname().sysname
    assert record == {
        "rule": "split", "log": "logs/split.log", "wildcards": {"family": "x"}, "seed": 3,
        "input": {"results/x/alignment": digest("results/x/alignment")},
        "output": {"results/x/split": digest("results/x/split")},
        # The other family has no part in it.
        "config": CONFIG | {"families": {"x": CONFIG["families"]["x"]}},
        "versions": versions(),
    }  # fmt: skip


def test_sizes_of_training_sets_are_those_of_the_configuration(splitting, capsys):
    """Of ten sequences eight are for training."""
    splitting.config = CONFIG | {"families": {"x": {"alignment": "a", "subsets": {"sizes": [2, 9]}}}}
    with pytest.raises(SystemExit) as ended:
        run_stage(split, splitting)
    assert ended.value.code == 1
    message = "error: x: subsets.sizes: 9 is larger than the 8 sequences of the training set"
    assert message in Path("logs/split.log").read_text()
    assert f"split x: {message}" in capsys.readouterr().err
    assert not Path("results/x/provenance/split.json").exists()


def test_a_job_that_fails_leaves_no_record_of_an_earlier_one(splitting):
    run_stage(split, splitting)
    splitting.params = Params(fromdict=dict(splitting.params.items()) | {"settings": {}})
    with pytest.raises(SystemExit):
        run_stage(split, splitting)
    assert not Path("results/x/provenance/split.json").exists()
    assert "error: unexpected; this is a fault of the program" in Path("logs/split.log").read_text()


@pytest.mark.parametrize(
    ("error", "messages"),
    [
        (InputError("a.fasta: no sequences"), "error: a.fasta: no sequences"),
        (MemoryError("3 GB"), "error: out of memory (3 GB); give the job more memory (mem_mb on a cluster)"),
        (OSError(28, "No space left on device"), "error: [Errno 28] No space left on device"),
    ],
)
def test_an_error_is_a_line_of_the_log_and_ends_the_process(splitting, error, messages):
    with pytest.raises(SystemExit) as ended, job(splitting):
        raise error
    assert ended.value.code == 1
    assert Path("logs/split.log").read_text().splitlines()[-1].partition(" ")[2] == messages
    assert not Path("results/x/provenance/split.json").exists()


def test_what_a_job_reads_has_to_be_what_its_job_wrote(splitting):
    run_stage(split, splitting)
    settings = STAGES["subsample"].of({"weights": {"identity": 0.7}}).model_dump()
    inputs = {"alignment": "results/x/alignment", "split": "results/x/split"}
    params = {"settings": settings, "seed": 1, "size": (2, 1)}
    Path("results/x/n2-r1").mkdir()
    subset = snakemake_of("subsample", inputs, {"subset": "results/x/n2-r1/subset"}, params, family="x", subset="n2-r1")
    run_stage(subsample, subset)
    record = load_json("results/x/n2-r1/provenance/subset.json")
    assert record["input"] == {path: digest(path) for path in inputs.values()}
    content = Path("results/x/split").read_bytes()
    Path("results/x/split").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(SystemExit):
        run_stage(subsample, subset)
    messages = Path("logs/subsample.log").read_text()
    assert (
        "error: results/x/split: is not what its job wrote (digest in results/x/provenance/split.json): damaged"
        in messages
    )
    # As it was, it is taken again.
    Path("results/x/split").write_bytes(content)
    run_stage(subsample, subset)


def test_what_a_job_reads_may_not_change_meanwhile(splitting):
    with pytest.raises(SystemExit), job(splitting):
        Path("results/x/alignment").write_bytes(b"other")
    assert "error: results/x/alignment: changed while it was read; run again" in Path("logs/split.log").read_text()


def test_a_job_has_the_threads_of_its_rule(splitting):
    most = numba.config.NUMBA_NUM_THREADS
    splitting.threads = most + 3
    with job(splitting) as config:
        assert config["families"].keys() == {"x"}
        assert os.environ["NPROC"] == str(most + 3)
        # What JAX compiles is kept for the jobs that follow, and jobs that share a card leave memory to others.
        jax = sys.modules.get("jax")
        cache = jax.config.jax_compilation_cache_dir if jax else os.environ["JAX_COMPILATION_CACHE_DIR"]
        assert Path(cache).parent == Path.cwd() / ".snakemake" / "jax"
        assert os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    assert use_threads(1) == most


def test_a_checkpoint_lies_beside_the_first_output_and_is_named_after_rule_and_part(splitting):
    whole = checkpoint(splitting, 0.0, {"seed": 1})
    whole.save({"a": 1})
    assert Path("results/x/.split.checkpoint").exists() and whole.due
    checkpoint(splitting, 1e9, {"seed": 1}, "n60-r1").save({"a": 2})
    assert load_arrays("results/x/.split-n60-r1.checkpoint")[1]["state"] == {"a": 2}
    assert checkpoint(splitting, 0.0, {"seed": 1}).load() == {"a": 1}
    assert checkpoint(splitting, 0.0, {"seed": 2}).load() is None
    assert not checkpoint(splitting, 1e9, {"seed": 1}).due


@pytest.mark.parametrize(("seconds", "due"), [({"checkpoint_seconds": 0}, True), ({}, False)])
def test_a_stage_gets_the_values_that_its_function_names(splitting, seconds, due):
    arguments = {}

    def run(inputs, family, seed, threads, checkpoint):
        arguments.update(alignment=inputs.alignment, family=family, seed=seed, threads=threads)
        arguments["due"] = checkpoint({"seed": seed}).due
        checkpoint({"seed": seed}, "part").save({"a": 1})
        Path("results/x/split").write_text("done")

    splitting.config = CONFIG | seconds
    splitting.threads = 2
    run_stage(SimpleNamespace(Inputs=split.Inputs, Outputs=split.Outputs, run=run), splitting)
    assert arguments == {"alignment": Path("results/x/alignment"), "family": "x", "seed": 3, "threads": 2, "due": due}
    assert Path("results/x/.split-part.checkpoint").exists()


def test_digests_are_of_files_alone():
    Path("folder").mkdir()
    Path("one").write_text("abc")
    # The test vector of SHA-256.
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert provenance.digests(["one", "folder", "none"]) == {"one": known}
    Path("provenance").mkdir()
    save_json("provenance/two.json", {"output": {"two": "x"}})
    assert provenance.verified_digests(["one"]) == {"one": known}
    save_json("provenance/one.json", {"output": {"one": known[::-1]}})
    with pytest.raises(InputError, match=r"^one: is not what its job wrote"):
        provenance.verified_digests(["one"])
    shutil.rmtree("provenance")
    assert json.loads(json.dumps(provenance.verified_digests(["one"]))) == {"one": known}
