"""The workflow on a real Slurm of one node: `tests/helpers/slurm.sh start FOLDER` before the tests, as .ci/run does."""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from processes import descendants, kill, processes_of_job
from workflow_run import ROOT, SMALL, command, digests, fasta, planted_rows, snakemake

from temperance.core.alphabet import alphabet

pytestmark = pytest.mark.slurm
PROFILE = ["--profile", str(ROOT / "profiles" / "slurm"), "--slurm-init-seconds-before-status-checks", "2",
           "--seconds-between-status-checks", "2", "--latency-wait", "5"]  # fmt: skip
PLAN = SMALL | {"subsets": {"sizes": ["all"], "replicates": 1}, "threads": 1}


@pytest.fixture(scope="module", autouse=True)
def slurm():
    """Skipped where there is no Slurm, but not where SLURM_REQUIRED says that there has to be one."""
    answers = shutil.which("sinfo") and subprocess.run(["sinfo"], capture_output=True).returncode == 0
    if not answers and not os.environ.get("SLURM_REQUIRED"):
        pytest.skip("no Slurm answers here")
    assert answers, "SLURM_REQUIRED is set, and no Slurm answers"


@pytest.fixture
def folder(tmp_path):
    """A folder with two families, which leaves neither a run nor a job behind, however its test ends."""
    for seed, name in enumerate(("family", "other")):
        (tmp_path / f"{name}.fasta").write_text(fasta(planted_rows(alphabet("protein"), length=12, seed=seed)))
    last = max((job[0] for job in jobs()), default=0)
    yield tmp_path
    kill([run for run in descendants(os.getpid(), "snakemake") if str(tmp_path) in run.cmdline()])
    for number in [job[0] for job in queued() if job[0] > last]:
        subprocess.run(["scancel", str(number)], check=False)
    until = time.monotonic() + 60
    while queued() and time.monotonic() < until:
        time.sleep(0.5)


def jobs():
    """What Slurm knows of every job: state, what it is, and the memory that it asked for, in MB."""
    listing = subprocess.run(
        ["scontrol", "--oneliner", "show", "job"], capture_output=True, text=True, check=True
    ).stdout
    matches = re.findall(r"JobId=(\d+).*?JobState=(\S+).*?mem=(\d+)M.*?Comment=(\S+)", listing)
    return [(int(number), state, what, int(memory)) for number, state, memory, what in matches]


def queued():
    return [job for job in jobs() if job[1] in ("PENDING", "RUNNING", "COMPLETING", "CONFIGURING")]


def submit(folder, plan, *arguments):
    return subprocess.Popen(
        **command(folder, plan, *PROFILE, *arguments, cores=None),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def a_running(what, seconds=600):
    """The number of a job of that kind, once it runs."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for number, state, comment, _ in queued():
            if state == "RUNNING" and what in comment:
                return number
        time.sleep(0.2)
    raise TimeoutError(what)


def test_two_families_on_slurm_have_the_bytes_of_a_workstation(folder):
    """Though they ask for too little memory at first, and one job is cancelled by hand."""
    families = {name: {"alignment": f"{name}.fasta"} for name in ("family", "other")}
    last = max((job[0] for job in jobs()), default=0)
    wanted = ["family/designs.tsv", "other/f1-r1/model.safetensors"]
    targets = [str(folder / "results" / name) for name in wanted]
    run = submit(folder, PLAN | {"families": families, "memory_factor": 0.5}, "--", *targets)
    cancelled = a_running("rule_train_")
    subprocess.run(["scancel", str(cancelled)], check=True)
    output = run.communicate(timeout=900)[0]
    assert run.returncode == 0, output
    assert queued() == []
    own = [job for job in jobs() if job[0] > last]
    assert (cancelled, "CANCELLED") in {job[:2] for job in own}
    # Some were killed, and had twice the memory when they came again.
    failed = {(what, memory) for _, state, what, memory in own if state in ("FAILED", "OUT_OF_MEMORY")}
    again = {(what, memory // 2) for _, state, what, memory in own if state == "COMPLETED"}
    assert {what for what, _ in failed & again}
    # Small jobs share a submission.
    assert len(own) < output.count(": finished") + len(failed)
    local = folder / "local"
    local.mkdir()
    shutil.copy(folder / "family.fasta", local)
    run = snakemake(local, PLAN | {"alignment": "family.fasta"}, "--", str(local / "results" / wanted[0]))
    assert run.returncode == 0, run.stdout + run.stderr
    on_slurm, here = digests(folder), digests(local)
    assert len(on_slurm) >= 20
    assert {name for name in on_slurm if on_slurm[name] != here.get(name)} == set()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--default-resources", "slurm_partition=nowhere"], "invalid partition specified: nowhere"),
        (["--set-resources", "train:mem_mb=100000000"], "Memory specification can not be satisfied"),
    ],
)
def test_what_slurm_refuses_fails_in_its_words_and_leaves_nothing(folder, arguments, words):
    target = folder / "results" / "family" / "f1-r1" / "model.safetensors"
    run = snakemake(
        folder,
        PLAN | {"alignment": "family.fasta"},
        *PROFILE,
        *arguments,
        "--retries",
        "0",
        "--",
        str(target),
        cores=None,
    )
    assert run.returncode != 0
    assert words in run.stdout + run.stderr
    assert not target.exists()
    assert queued() == []


def test_a_node_that_goes_down_and_comes_back_is_waited_for(folder):
    """slurmd is stopped with its job for longer than Slurm waits for it."""
    slow = SMALL["train"] | {"chains": 8000, "sweeps": 20, "path_steps": 60, "max_steps": 600}
    plan = PLAN | {"alignment": "family.fasta", "checkpoint_seconds": 0, "train": slow}
    target = folder / "results" / "family" / "f1-r1" / "model.safetensors"
    run = submit(folder, plan, "--", str(target))
    job = a_running("rule_train_")
    while not list(folder.glob("results/family/f1-r1/.train.checkpoint")):
        time.sleep(0.1)
    state = subprocess.run(["scontrol", "show", "config"], capture_output=True, text=True, check=True).stdout
    slurmd = int(Path(re.search(r"SlurmdPidFile\s*= (\S+)", state)[1].replace("%h", "localhost")).read_text())
    processes = processes_of_job(job)
    assert processes
    os.kill(slurmd, signal.SIGKILL)
    kill(processes)
    subprocess.run(["scontrol", "update", "nodename=localhost", "state=down", "reason=test"], check=True)
    time.sleep(3)
    subprocess.run(["slurmd", "-N", "localhost"], check=True)
    subprocess.run(["scontrol", "update", "nodename=localhost", "state=resume"], check=False)
    # Slurm has put the job in the queue again, for two minutes from now.
    (again,) = [number for number, _, what, _ in queued() if "rule_train_" in what]
    subprocess.run(["scontrol", "update", f"jobid={again}", "StartTime=now"], check=False)
    output = run.communicate(timeout=600)[0]
    assert run.returncode == 0, output
    assert target.exists()
    assert queued() == []
