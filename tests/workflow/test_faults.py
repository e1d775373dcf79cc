"""Runs that are killed, files that are damaged, disks that fill: the same result, or a clear error."""

import os
import random
import re
import signal
import subprocess
import time

import pytest
from processes import descendants, kill
from workflow_run import SMALL, command, digests, error_lines, fasta, planted_rows, snakemake

from temperance.core.alphabet import alphabet

SUBSETS = ["n60-r1", "f1-r1"]
# How often a run is killed, and what its moments are drawn from.
KILLS, SEED = int(os.environ.get("KILLS", "5")), int(os.environ.get("KILL_SEED", "0"))
# Jobs of seconds, which keep every state that they can go on from.
SLOW = SMALL | {
    "checkpoint_seconds": 0,
    "train": SMALL["train"] | {"chains": 2000, "sweeps": 20, "path_steps": 60, "max_steps": 400},
    "sample": SMALL["sample"] | {"sequences": 512, "max_sweeps": 8, "max_rhat": 1.001},
    "alignment": "family.fasta",
}


def started(folder, plan):
    (folder / "family.fasta").write_text(fasta(planted_rows(alphabet("protein"), length=12)))
    return folder, plan


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nothing befell."""
    folder, plan = started(tmp_path_factory.mktemp("whole"), SLOW)
    run = snakemake(folder, plan)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def killed(folder, plan, seconds):
    """Start a run, and kill it and all of its jobs after so many seconds, unless it ends before; what it said."""
    log = folder / "said.txt"
    with log.open("w") as file:
        process = subprocess.Popen(**command(folder, plan), stdout=file, stderr=file, start_new_session=True)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            # Nobody is left to free the folder.
            assert snakemake(folder, plan, "--unlock").returncode == 0
    return log.read_text()


def test_a_run_killed_at_random_moments_ends_with_the_same_bytes(whole, tmp_path):
    folder, plan = started(tmp_path, SLOW)
    moments = random.Random(SEED)
    output = ""
    for _ in range(KILLS):
        output += killed(folder, plan, moments.uniform(3, 12))
        assert not [path for path in folder.glob("results/**/*.part") if not path.name.startswith(".")]
    run = snakemake(folder, plan)
    assert run.returncode == 0, run.stdout + run.stderr
    output += run.stdout + run.stderr
    assert "Traceback" not in output
    assert "damaged" not in output
    one, other = digests(whole), digests(folder)
    assert len(one) > 40
    assert {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)} == set()
    assert not list(folder.glob("results/**/.*.checkpoint"))


def test_one_job_that_is_killed_goes_on_where_it_was(whole, tmp_path):
    folder, plan = started(tmp_path, SLOW)
    log, models = folder / "said.txt", [f"{folder}/results/family/{name}/model.safetensors" for name in SUBSETS]
    call = command(folder, plan, "--", *models, cores=1)
    with log.open("w") as file, subprocess.Popen(**call, stdout=file, stderr=file) as run:
        # As soon as there is a state to go on from.
        while not list(folder.glob("results/family/*/.train.checkpoint")):
            assert run.poll() is None, log.read_text()
            time.sleep(0.05)
        # The script of the job, not Snakemake.
        scripts = descendants(run.pid, r"/\.snakemake/scripts/.*train")
        assert scripts
        kill(scripts)
    assert run.returncode != 0, log.read_text()
    run = snakemake(folder, plan, "--", *models)
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"resuming from checkpoint \S+\.train\.checkpoint", run.stdout + run.stderr)
    made = digests(folder)
    assert {f"{name}/{file}" for name in SUBSETS for file in ("model.safetensors", "history.tsv")} <= set(made)
    assert made.items() <= digests(whole).items()


def test_two_runs_in_one_folder_are_still_kept_apart(tmp_path):
    folder, plan = started(tmp_path, SLOW)
    with subprocess.Popen(**command(folder, plan), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        while not list(folder.glob(".snakemake/locks/*")):
            time.sleep(0.1)
        second = snakemake(folder, plan)
        assert second.returncode != 0
        assert "cannot be locked" in second.stdout + second.stderr
        assert first.poll() is None
        # A plan alone touches nothing: the folder is still kept for the first.
        locks = {path: path.stat().st_mtime_ns for path in folder.glob(".snakemake/locks/*")}
        planned = snakemake(folder, plan, "--dry-run")
        assert planned.returncode == 0, planned.stderr
        assert {path: path.stat().st_mtime_ns for path in folder.glob(".snakemake/locks/*")} == locks
        first.terminate()


def test_damage_is_told_before_it_is_used(whole):
    """A bit of a model, half of a table, all of an alignment; what is made of each is asked for anew."""
    family, before = whole / "results" / "family", digests(whole)
    for name, damage, made_of_it in (
        ("n60-r1/model.safetensors", one_bit, "n60-r1/samples.safetensors"),
        ("f1-r1/optima.tsv", lambda content: content[: len(content) // 2], "optimum.tsv"),
        ("alignment.safetensors", lambda content: b"", "heldout.hmm"),
    ):
        path, now = family / name, (family / name).stat()
        whole_content = path.read_bytes()
        path.write_bytes(damage(whole_content))
        os.utime(path, ns=(now.st_atime_ns, now.st_mtime_ns))
        (family / made_of_it).unlink()
        run = snakemake(whole, SLOW, "--", str(family / made_of_it))
        assert run.returncode != 0
        assert "Traceback" not in run.stdout + run.stderr
        assert any(f"{name}: is not what its job wrote" in line for line in error_lines(run))
        assert not (family / made_of_it).exists()
        path.write_bytes(whole_content)
        os.utime(path, ns=(now.st_atime_ns, now.st_mtime_ns))
        run = snakemake(whole, SLOW, "--", str(family / made_of_it))
        assert run.returncode == 0, run.stdout + run.stderr
    assert digests(whole) == before


def one_bit(content):
    changed = bytearray(content)
    changed[len(content) // 3] ^= 1
    return changed


def test_a_full_disk_is_told_and_nothing_is_lost(whole, tmp_path):
    if os.geteuid():
        pytest.skip("a file system can be mounted by root only")
    folder, plan = started(tmp_path, SLOW)
    (folder / "results").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder / "results"], check=True)
    try:
        run = snakemake(folder, plan)
        assert run.returncode != 0
        assert "Traceback" not in run.stdout + run.stderr
        assert any("No space left on device" in line for line in error_lines(run)), run.stdout + run.stderr
        subprocess.run(["mount", "-o", "remount,size=100m", folder / "results"], check=True)
        samples = [f"{name}/samples.safetensors" for name in SUBSETS]
        run = snakemake(folder, plan, "--", *(f"{folder}/results/family/{name}" for name in samples))
        assert run.returncode == 0, run.stdout + run.stderr
        made = digests(folder)
        assert set(samples) <= set(made)
        assert made.items() <= digests(whole).items()
    finally:
        subprocess.run(["umount", folder / "results"], check=True)


def test_a_run_that_cannot_fit_into_the_memory_ends_before_its_first_job(tmp_path):
    """A thousand times the estimate is more than any computer has."""
    folder, plan = started(tmp_path, SMALL | {"alignment": "family.fasta", "memory_factor": 1000})
    run = snakemake(folder, plan)
    assert run.returncode == 1
    (line,) = error_lines(run)
    assert re.match(
        r"error: \w+ of family is estimated to need [\d.]+ GB of memory, for 401 sequences of 12 columns", line
    )
    assert not (folder / "results" / "family" / "ingest.json").exists()
    # It has not locked the folder.
    assert "locked" not in snakemake(folder, plan | {"memory_factor": 1}, "--dry-run").stderr


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (signal.SIGINT, "stopping: running jobs are ended"),
        (signal.SIGTERM, "stopping: running jobs are finished first; Ctrl-C ends them at once"),
    ],
)
def test_a_run_that_is_stopped_says_last_how_to_go_on(sent, told, tmp_path):
    folder, plan = started(tmp_path, SLOW)
    run = subprocess.Popen(
        **command(folder, plan), text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
        # A shell that starts the tests in the background has them ignore interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    while not list(folder.glob("results/family/logs/train-*.log")):
        assert run.poll() is None
        time.sleep(0.2)
    beside = snakemake(folder, plan, "--dry-run")
    assert beside.returncode == 0 and "Error" not in beside.stdout + beside.stderr
    assert (beside.stdout + beside.stderr).count("warning: another run is at work in this folder") == 1
    # The interpreter of a job that has just begun would show where it was interrupted.
    while any(time.time() - script.create_time() < 1 for script in descendants(run.pid, r"/\.snakemake/scripts/")):
        time.sleep(0.1)
    # An interrupt reaches all processes of a terminal, a request to end the one that is asked.
    (os.killpg if sent == signal.SIGINT else os.kill)(run.pid, sent)
    lines = run.communicate(timeout=600)[1].strip().splitlines()
    assert run.returncode == 1
    assert lines[-1].startswith("This run has not finished. The same command goes on from here")
    assert lines.count(told) == 1
    assert not {"Traceback (most recent call last):", "RuleException:", "WorkflowError:"} & set(lines)
    assert "ingest family: started" in lines
    assert any(re.fullmatch(r"ingest family: finished in \d+ s; \d+ of \d+ steps done.*", line) for line in lines)
