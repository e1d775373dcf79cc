"""Programs that read, fork, write or take too much: each ends within its bounds, with all that it has started."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.scoring.external import Program

SEQUENCES = np.array([[1, 2], [1, 1]], np.uint8)
# Bash commands: one that scores both sequences, and one that starts a process which outlives it and holds its output.
SCORE = r'grep ">" "$0" | tr -d ">" | awk "{print \$1 \"\t\" NR}" > "$1"'
LEFT = "sleep 77 & echo $! >> {pids}"
# As LEFT, in a session of its own and with no parent that lives.
ESCAPED = "setsid bash -c 'sleep 77 & echo $! >> {pids}' < /dev/null &> /dev/null; sleep 0.1"


def judge(script, minutes=1.0):
    return Program("mine", ["bash", "-c", script, "{fasta}", "{scores}"], alphabet("-AC"), minutes=minutes)


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def expect_all_ended(pids, number):
    """Of the processes whose ids a file has, each has ended, or does so now."""
    ids = [int(line) for line in pids.read_text().split()]
    assert len(ids) == number
    deadline = time.monotonic() + 10
    while any(map(is_running, ids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not [pid for pid in ids if is_running(pid)]


def test_standard_input_is_empty():
    assert judge(f'wc -c > "$1.read"; {SCORE}; test $(cat "$1.read") = 0', 0.05)(SEQUENCES).tolist() == [1, 2]


@pytest.mark.parametrize("start", [LEFT, ESCAPED])
def test_what_outlives_a_program_that_has_ended_is_ended_and_not_waited_for(start, tmp_path):
    """Within a limit of 6 s of 77 s that the child takes."""
    pids = tmp_path / "pids"
    assert judge(f"{SCORE}; {start.format(pids=pids)}", 0.1)(SEQUENCES).tolist() == [1, 2]
    expect_all_ended(pids, 1)


@pytest.mark.parametrize("start", [LEFT, ESCAPED])
def test_the_limit_of_time_holds_for_all_that_a_program_has_started(start, tmp_path):
    pids = tmp_path / "pids"
    with pytest.raises(InputError, match=r"^judges\.mine: the program took more than 0\.01 minutes; raise"):
        judge(f"{start.format(pids=pids)}; echo $$ >> {pids}; {SCORE}; sleep 77", 0.01)(SEQUENCES)
    expect_all_ended(pids, 2)


def test_the_limit_of_time_is_in_minutes():
    assert judge(f"sleep 0.3; {SCORE}", 0.1)(SEQUENCES).tolist() == [1, 2]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_program_ends_when_its_job_is_killed(end, tmp_path):
    pids = tmp_path / "pids"
    start = f"{LEFT}; {ESCAPED}; echo $$ >> {{pids}}; touch {{pids}}.ready; sleep 77"
    job = subprocess.Popen(
        [sys.executable, "-c", f"import test_supervise as t; t.judge({start.format(pids=pids)!r})(t.SEQUENCES)"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    )
    while not (tmp_path / "pids.ready").exists():
        assert job.poll() is None
        time.sleep(0.02)
    job.send_signal(end)
    assert job.wait() == -end
    expect_all_ended(pids, 3)


# Peak memory of the job, in KiB, before and after its judge has run; the judge's own is not part of it.
MEMORY = """
import resource, sys, test_supervise as t
from temperance.core.errors import InputError
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
try:
    print(t.judge(sys.argv[1])(t.SEQUENCES).tolist())
except InputError as error:
    print(error)
children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(peak() - before, children)
"""


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        (f"{SCORE}; head -c 100000000 /dev/zero; head -c 100000000 /dev/zero >&2", "[1.0, 2.0]"),
        (f"{SCORE}; head -c 2000000000 /dev/zero", "judges.mine: the program wrote more than 1 GiB"),
        (f"{SCORE}; yes >&2", "judges.mine: the program wrote more than 1 GiB"),
        # Three lines of 64 KiB: one a sequence, and one of names of columns.
        (f'{SCORE}; yes >> "$1"', "judges.mine: the program wrote more than 196,608 bytes to the file"),
        ('head -c 196609 /dev/zero > "$1"; sleep 77', "judges.mine: the program wrote more than 196,608 bytes"),
        ('head -c 196609 /dev/zero > "$1"', "judges.mine: the program wrote more than 196,608 bytes"),
        ('head -c 196608 /dev/zero > "$1"', "judges.mine: line 1 of its scores"),
    ],
)
def test_output_without_bound_does_not_fill_the_memory(script, outcome):
    job = subprocess.run(
        [sys.executable, "-c", MEMORY, script], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    )  # fmt: skip
    *lines, numbers = job.stdout.splitlines()
    assert lines[0].startswith(outcome)
    assert all(int(kibibytes) < 100 * 1024 for kibibytes in numbers.split())


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo reading; echo no such model >&2; exit 3", "failed with exit status 3: no such model"),
        # Some say on standard output what is wrong.
        ("echo reading; echo no such model; exit 3", "failed with exit status 3: no such model"),
        ("exit 3", "failed with exit status 3: nothing said"),
        (r"printf 'mod\xe8le absent' >&2; exit 3", "failed with exit status 3: mod\ufffdle absent"),
        ("seq 100000 >&2; exit 3", "failed with exit status 3: 100000"),
        ("echo here >&2; kill -SEGV $$", "was ended by SIGSEGV: here"),
        ("kill -KILL $$", "was ended by SIGKILL, perhaps for lack of memory: nothing said"),
        ("bash -c 'kill -SEGV $$'; exit $?", "failed with exit status 139 (SIGSEGV): "),
        ("exec no-such-library", "failed with exit status 127: "),
    ],
)
def test_how_a_program_ended_is_told_with_its_last_words(script, message):
    with pytest.raises(InputError) as error:
        judge(script)(SEQUENCES)
    assert f"judges.mine: the program {message}" in str(error.value)


@pytest.mark.parametrize(
    ("first", "message"),
    [
        ("grep x", "; a script's first line names its interpreter, such as #!/bin/bash"),
        ("#!/no/such/interpreter", "No such file or directory; its first line names the interpreter '/no/such/interp"),
        ("#!/bin/bash\r", r"its lines end as those of Windows do; run `sed -i 's/\r$//' '/"),  # a path in quotes
    ],
)
def test_a_script_that_cannot_be_started_is_told_of_with_its_first_line(first, message, tmp_path):
    script = tmp_path / "of mine.sh"
    script.write_text(f"{first}\n")
    script.chmod(0o755)
    with pytest.raises(InputError) as error:
        Program("mine", [str(script), "{fasta}", "{scores}"], alphabet("-AC"))(SEQUENCES)
    assert f"judges.mine.command: {script} cannot be run: " in str(error.value) and message in str(error.value)


def test_arguments_that_are_longer_than_a_system_takes_are_told_of():
    with pytest.raises(InputError, match=r"^judges\.mine\.command: it cannot be run: Argument list too long"):
        judge("true " * 100_000)(SEQUENCES)
