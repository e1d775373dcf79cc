"""What is said of a command that cannot be run, and of a program that has failed."""

from pathlib import Path

import pytest

from temperance.scoring.commands import explain_failure, explain_start, explain_unrunnable

FILES = ["{fasta}", "{scores}"]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(path, text="#!/bin/bash\n", mode=0o755):
    path.write_text(text)
    path.chmod(mode)


def test_a_command_that_can_be_run_is_not_explained(tmp_path):
    (tmp_path / "of mine").mkdir()
    write(tmp_path / "of mine" / "judge.sh")
    assert explain_unrunnable(["bash", "-c", "cat {fasta} > {scores}"]) == ""
    assert explain_unrunnable(["of mine/judge.sh", "--in={fasta}", "--out={scores}"]) == ""
    assert explain_unrunnable([str(tmp_path / "of mine" / "judge.sh"), *FILES]) == ""


def test_a_program_has_to_be_there_and_executable(tmp_path):
    write(tmp_path / "judge.sh")
    write(tmp_path / "plain.sh", mode=0o644)
    (tmp_path / "folder").mkdir()
    for program, problem in {
        "judge.sh": f"judge.sh is not a program of the PATH; of a file in {tmp_path}, write ./judge.sh",
        "./plain.sh": "./plain.sh is not executable; run `chmod +x ./plain.sh`, or begin with bash or the like",
        "./folder": "./folder is a folder, not a program",
        "./none.sh": f"no program ./none.sh (paths are relative to {tmp_path})",
        "python judge.py": "no program 'python judge.py'; each argument is a word of its own: [python, judge.py]",
    }.items():
        assert explain_unrunnable([program, *FILES]) == problem


def test_a_program_is_told_both_files():
    assert explain_unrunnable(["bash", "{scores}"]) == (
        "it has no {fasta}, in place of which the program is told the file of sequences"
    )
    assert explain_unrunnable(["bash", "{fasta}", "scores"]) == (
        "it has no {scores}, in place of which the program is told the file to write"
    )


def test_the_interpreter_of_a_script_that_cannot_be_started_is_told(tmp_path):
    write(tmp_path / "windows.sh", "#!/bin/bash\r\necho\r\n")
    write(tmp_path / "none.sh", "grep x\n")
    write(tmp_path / "nowhere.sh", "#! /bin/nowhere -x\necho\n")
    assert explain_start("./windows.sh", "No such file") == (
        "./windows.sh cannot be run: its lines end as those of Windows do; run `sed -i 's/\\r$//' ./windows.sh`"
    )
    assert explain_start("./nowhere.sh", "No such file") == (
        "./nowhere.sh cannot be run: No such file; its first line names the interpreter '/bin/nowhere -x'"
    )
    assert explain_start("./none.sh", "Exec format error").startswith(
        "./none.sh cannot be run: Exec format error; a script's first line names its interpreter, such as #!/bin/bash"
    )


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (1, "failed with exit status 1"),
        (128, "failed with exit status 128"),
        (255, "failed with exit status 255"),
        # A shell adds 128 to the number of the signal: 11 is SIGSEGV, 9 SIGKILL.
        (139, "failed with exit status 139 (SIGSEGV)"),
        (137, "failed with exit status 137 (SIGKILL, perhaps for lack of memory)"),
        (-11, "was ended by SIGSEGV"),
        (-9, "was ended by SIGKILL, perhaps for lack of memory"),
        # Of no name.
        (-40, "was ended by signal 40"),
    ],
)
def test_an_end_by_a_signal_has_its_name(status, problem):
    assert explain_failure(status) == problem


def test_a_script_in_place_of_a_program_is_no_program():
    # Longer than any name of a file.
    script = "x" * 300
    assert explain_unrunnable([script, *FILES]) == f"no program {script} (paths are relative to {Path.cwd()})"
