"""Programs of the user's as judges: a real one, and all the ways in which one can fail."""

import subprocess
import sys

import numpy as np
import pytest

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.core.settings.scoring import JudgeSettings
from temperance.scoring import external
from temperance.scoring.external import Program, score_subsample

# Counts cysteines, as a file of its own would.
COUNTER = """
import sys
fasta, scores = sys.argv[1:3]
records = open(fasta).read().split('>')[1:]
with open(scores, 'w') as file:
    print('name', 'score', sep='\\t', file=file)
    for record in records:
        name, *lines = record.split()
        print(name, ''.join(lines).count('C'), sep='\\t', file=file)
"""
SEQUENCES = np.array([[1, 2, 2, 0], [1, 1, 1, 1], [2, 2, 2, 2], [0, 0, 2, 0]], np.uint8)


def judge(source=COUNTER, *arguments, **settings):
    command = [sys.executable, "-c", source, "{fasta}", "{scores}", *arguments]
    return Program.from_settings(
        "mine", JudgeSettings.model_construct(command=command, **{"minutes": 1} | settings), alphabet("-AC"), 1
    )


def test_a_program_scores_every_sequence_in_their_order():
    assert judge()(SEQUENCES).tolist() == [2, 0, 4, 1]
    assert judge(higher=False)(SEQUENCES).tolist() == [-2, 0, -4, -1]


@pytest.mark.parametrize(("aligned", "lengths"), [(True, [4, 4, 4, 4]), (False, [3, 4, 4, 1])])
def test_gaps_are_left_out_unless_it_reads_aligned_sequences(aligned, lengths):
    source = COUNTER.replace(".count('C')", ".__len__()")
    assert judge(source, aligned=aligned)(SEQUENCES).tolist() == lengths


def test_a_shell_s_signs_are_letters(tmp_path):
    source = "import sys; open(sys.argv[2], 'w').writelines(f's{n}\\t{len(sys.argv[3])}\\n' for n in range(4))"
    assert judge(source, f"; touch {tmp_path}/x $(touch {tmp_path}/y)")(SEQUENCES).std() == 0
    assert not list(tmp_path.iterdir())


def test_of_some_a_few_of_each_set_are_scored_and_the_others_are_nan():
    rows = np.repeat(SEQUENCES, 5, axis=0)
    scores = score_subsample(judge(sequences=3), rows, np.repeat([0.5, 1.0, 2.0, 3.0], 5))
    assert np.isfinite(scores).reshape(4, 5).sum(axis=1).tolist() == [3, 3, 3, 3]
    assert np.nanmax(scores.reshape(4, 5), axis=1).tolist() == [2, 0, 4, 1]
    assert np.isfinite(score_subsample(judge(sequences=9), SEQUENCES, np.zeros(4))).all()


def test_those_that_are_scored_lie_at_even_distances_in_each_set():
    """Rows of 0 to 4 cysteines. Of rows 0 to 4, three are 0, 2 and 4, two the first and last, and one the first."""
    rows = np.where(np.arange(4) < np.arange(5)[:, None], 2, 1).astype(np.uint8)
    nan = pytest.approx(np.nan, nan_ok=True)
    for most, scores in ((3, [0, nan, 2, nan, 4]), (2, [0, nan, nan, nan, 4]), (1, [0, nan, nan, nan, nan])):
        assert score_subsample(judge(sequences=most), rows, np.zeros(5)).tolist() == scores
    # Sets need not lie together: rows 0, 2, 4 and rows 1, 3.
    sets = np.array([7, 3, 7, 3, 7])
    assert score_subsample(judge(sequences=2), rows, sets).tolist() == [0, 1, nan, 3, 4]


def test_settings_reach_the_program_and_its_placeholders_are_filled(monkeypatch):
    settings = JudgeSettings(command=["p", "{fasta}"], aligned=True, higher=False, sequences=5, minutes=2)
    letters = alphabet("-AC")
    expected = Program("mine", ["p", "{fasta}"], letters, 3, aligned=True, higher=False, most=5, minutes=2)
    assert Program.from_settings("mine", settings, letters, 3) == expected
    source = "import sys; open(sys.argv[2], 'w').writelines(f's{n}\\t{sys.argv[3]}\\n' for n in range(4))"
    limits, run = [], subprocess.run
    monkeypatch.setattr(
        external.subprocess,
        "run",
        lambda *words, **options: limits.append(options["timeout"]) or run(*words, **options),
    )
    command = [sys.executable, "-c", source, "{fasta}", "{scores}", "{threads}"]
    assert Program("mine", command, letters, threads=3, minutes=2)(SEQUENCES).tolist() == [3, 3, 3, 3]
    # In seconds.
    assert limits == [120]


def test_a_table_may_have_names_of_columns_empty_lines_and_further_columns():
    """Names are words; what follows them, and columns after the second, are the program's own."""
    table = "name\\tscore\\n\\ns1 of mine\\t1.5\\tx\\ns0\\t-2e3\\n\\ns3\\t0\\ns2\\t7\\n"
    assert judge(f"import sys; open(sys.argv[2], 'w').write('{table}')")(SEQUENCES).tolist() == [-2000, 1.5, 7, 0]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("raise SystemExit('no such model')", "failed with exit status 1: no such model"),
        ("", "did not write the file"),
        (
            "import sys; open(sys.argv[2], 'w').write('s0\\t1\\ns2\\t1\\ns3\\t1\\n')",
            "left 1 of 4 sequences without a score, s1",
        ),
        ("import sys; open(sys.argv[2], 'w').write('s0\\t1\\ns1\\tgood\\n')", "line 2 of its scores"),
        (
            "import sys; open(sys.argv[2], 'w').write('s0\\t1\\ns1\\tnan\\n')",
            "line 2 of its scores: expected a finite number, not nan",
        ),
        ("import sys; open(sys.argv[2], 'wb').write(bytes(range(256)) * 9)", "of its scores"),
        ("import time; time.sleep(60)", "took more than 0.02 minutes"),
    ],
)
def test_a_program_that_fails_is_told_of_in_one_line(source, message):
    with pytest.raises(InputError) as error:
        judge(source, minutes=0.02 if "sleep" in source else 1)(SEQUENCES)
    assert message in str(error.value)
    assert str(error.value).startswith("judges.mine")


def test_a_program_that_is_not_there():
    missing = Program("mine", ["/no/such/program"], alphabet("-AC"))
    with pytest.raises(InputError, match="there is no program /no/such/program"):
        missing(SEQUENCES)
