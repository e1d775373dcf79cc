"""Programs of the user's as judges: a real one, and all the ways in which one can fail."""

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


def words(source, *arguments):
    return [sys.executable, "-c", source, "{fasta}", "{scores}", *arguments]


def judge(source=COUNTER, *arguments, **settings):
    settings = JudgeSettings.model_construct(command=words(source, *arguments), **{"minutes": 1} | settings)
    return Program.from_settings("mine", settings, alphabet("-AC"), 1)


def writer(table):
    """Judge that writes a table, whatever it is to score."""
    return judge(f"import sys; open(sys.argv[2], 'wb').write({table!r}.encode('utf-8', 'surrogateescape'))")


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


def test_settings_reach_the_program_and_its_placeholders_are_filled():
    settings = JudgeSettings(command=["p", "{fasta}"], aligned=True, higher=False, sequences=5, minutes=2)
    letters = alphabet("-AC")
    expected = Program("mine", ["p", "{fasta}"], letters, 3, aligned=True, higher=False, most=5, minutes=2)
    assert Program.from_settings("mine", settings, letters, 3) == expected
    source = "import sys; open(sys.argv[2], 'w').writelines(f's{n}\\t{sys.argv[3]}\\n' for n in range(4))"
    assert Program("mine", words(source, "{threads}"), letters, threads=3)(SEQUENCES).tolist() == [3, 3, 3, 3]
    # Two in one word, and none that is not a placeholder's.
    source = source.replace("{sys.argv[3]}", "{len(sys.argv[3])}")
    assert judge(source, "{threads}{threads}{thread}")(SEQUENCES).tolist() == [10, 10, 10, 10]


def test_a_table_may_have_names_of_columns_empty_lines_and_further_columns():
    """Names are words; what follows them, and columns after the second, are the program's own."""
    table = "name\tscore\n\ns1 of mine\t1.5\tx\ns0\t-2e3\n \ns3\t0\ns2\t 7 \n"
    assert writer(table)(SEQUENCES).tolist() == [-2000, 1.5, 7, 0]


@pytest.mark.parametrize(
    "table",
    [
        "s0\t1\r\ns1\t2\r\ns2\t3\r\ns3\t4\r\n",
        "\ufeffs0\t1\ns1\t2\ns2\t3\ns3\t4",
        # Latin-1 beside the scores.
        "s0\t1\tstabilit\udce9\ns1\t2\ns2\t3\ns3\t4\n",
        # Quotation marks do not span lines.
        's0\t1\t"\ns1\t2\ns2\t3\ns3\t4\t"\n',
    ],
)
def test_line_ends_marks_and_encodings_of_a_table_do_not_matter(table):
    assert writer(table)(SEQUENCES).tolist() == [1, 2, 3, 4]


def test_a_score_may_be_large_but_not_so_large_that_its_square_is_infinite():
    assert writer("s0\t1e100\ns1\t-1e100\ns2\t0\ns3\t0\n")(SEQUENCES).tolist() == [1e100, -1e100, 0, 0]


EXPECTED = "expected a name, a tab and a number, not"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("s0\t1\ns2\t1\ns3\t1\n", "left 1 of 4 sequences without a score, s1"),
        ("", "left 4 of 4 sequences without a score, s0"),
        ("s0\t1\ns1\tgood\n", f"line 2 of its scores: {EXPECTED} 's1\\tgood'"),
        # A first line that begins with a sequence's name is not one of names of columns.
        ("s0\tgood\ns1\t1\n", f"line 1 of its scores: {EXPECTED} 's0\\tgood'"),
        ("s0 1\ns1 2\n", f"line 1 of its scores: {EXPECTED} 's0 1'"),
        ("s0\t1,5\n", f"line 1 of its scores: {EXPECTED} 's0\\t1,5'"),
        ("s0\t1_0\n", f"line 1 of its scores: {EXPECTED} 's0\\t1_0'"),
        ("s0\t\uff11\n", f"line 1 of its scores: {EXPECTED} 's0\\t\uff11'"),
        ("s0\t1\n\t1\n", "line 2 of its scores: there is no sequence ''"),
        ("s0\t1\ns1\tnan\n", "line 2 of its scores: expected a number between -1e100 and 1e100, not nan"),
        ("s0\t-inf\n", "line 1 of its scores: expected a number between -1e100 and 1e100, not -inf"),
        ("s0\t1e400\n", "line 1 of its scores: expected a number between -1e100 and 1e100, not 1e400"),
        ("s0\t1.1e100\n", "line 1 of its scores: expected a number between -1e100 and 1e100, not 1.1e100"),
        ("s0\t1\ns4\t1\n", "line 2 of its scores: there is no sequence 's4'; names are those of the FASTA file"),
        ("name\tscore\ns1\t1\ns1\t2\n", "line 3 of its scores: s1 has a score already"),
        ("s0\t1\t" + "x" * 2**16 + "\n", "line 1 of its scores: too long; expected a name"),
        ("".join(chr(byte) for byte in range(128)) * 9, "of its scores"),
    ],
)
def test_a_table_that_is_not_right_is_told_of_by_its_line(table, message):
    with pytest.raises(InputError) as error:
        writer(table)(SEQUENCES)
    assert message in str(error.value)
    assert str(error.value).startswith("judges.mine: ")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "did not write the file that {scores} stands for"),
        ("import os, sys; os.mkdir(sys.argv[2])", "did not write the file that {scores} stands for"),
        ("import os, sys; os.mkfifo(sys.argv[2])", "did not write the file that {scores} stands for"),
        ("import os, sys; os.symlink('/dev/zero', sys.argv[2])", "did not write the file that {scores} stands for"),
    ],
)
def test_scores_have_to_be_in_a_file(source, message):
    with pytest.raises(InputError) as error:
        judge(source)(SEQUENCES)
    assert message in str(error.value)


def test_a_command_that_the_system_refuses_is_told_of(monkeypatch):
    def refuse(*arguments, **options):
        raise OSError(7, "Argument list too long")

    monkeypatch.setattr(external.subprocess, "Popen", refuse)
    with pytest.raises(InputError) as error:
        judge()(SEQUENCES)
    assert str(error.value) == "judges.mine.command: it cannot be run: Argument list too long"
