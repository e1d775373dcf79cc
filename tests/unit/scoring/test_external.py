"""Programs of the user's as judges: a real one, and all the ways in which one can fail."""

import sys

import numpy as np
import pytest

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.core.settings.scoring import JudgeSettings
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


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise SystemExit('no such model')", "failed with exit status 1: no such model"),
        ("", "did not write the file"),
        (
            "import sys; open(sys.argv[2], 'w').write('s0\\t1\\ns2\\t1\\ns3\\t1\\n')",
            "left 1 of 4 sequences without a score, s1",
        ),
        ("import sys; open(sys.argv[2], 'w').write('s0\\t1\\ns1\\tgood\\n')", "line 2 of its scores"),
        ("import sys; open(sys.argv[2], 'w').write('s0\\t1\\ns1\\tnan\\n')", "expected a finite number, not nan"),
        ("import sys; open(sys.argv[2], 'wb').write(bytes(range(256)) * 9)", "of its scores"),
        ("import time; time.sleep(60)", "took more than 0.02 minutes"),
    ],
)
def test_a_program_that_fails_is_told_of_in_one_line(source, said):
    with pytest.raises(InputError) as error:
        judge(source, minutes=0.02 if "sleep" in source else 1)(SEQUENCES)
    assert said in str(error.value)
    assert str(error.value).startswith("judges.mine")


def test_a_program_that_is_not_there():
    missing = Program("mine", ["/no/such/program"], alphabet("-AC"))
    with pytest.raises(InputError, match="there is no program /no/such/program"):
        missing(SEQUENCES)
