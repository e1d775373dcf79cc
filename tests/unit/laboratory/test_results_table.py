"""Tables of measured sequences: what is read, and what is refused by file, line and column."""

import gzip
import logging

import pytest

from temperance.core.errors import InputError
from temperance.core.settings.design import MeasuredSettings
from temperance.laboratory.results_table import read_results


@pytest.fixture
def read(tmp_path):
    def read_contents(*contents, **settings):
        paths = []
        for number, content in enumerate(contents):
            path = tmp_path / f"results{number}.tsv"
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            paths.append(path)
        return read_results(paths, MeasuredSettings.read(settings))

    return read_contents


def rows(table):
    return list(table[["name", "line", "sequence", "measured", "group"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    "content",
    [
        "name\tsequence\tscore\na\tAC-\t0.5\nb\tA C D\t-1\n",
        "# of the plate reader\nscore,name,Sequence,other\n0.5,a,AC-,x\n-1,b,ACD,\n",
        'Score;"sequence";name\n0,5;AC-;a\n\u22121,0;ACD;b\n',
        gzip.compress(b"name\tsequence\tscore\na\tAC-\t.5\nb\tACD\t-1e0\n", mtime=0),
    ],
)
def test_the_same_results_are_read_from_every_way_of_writing_them(content, read):
    first = 3 if b"#" in (content if isinstance(content, bytes) else content.encode())[:1] else 2
    table = read(content)
    assert rows(table) == [("a", first, "AC-", 0.5, ""), ("b", first + 1, "ACD", -1, "")]
    assert set(table["table"]) == {"results0.tsv"}


def test_designs_of_a_run_with_a_column_added_are_grouped_by_its_columns(read, caplog):
    caplog.set_level(logging.INFO)
    designs = "name\ttemperature\tsequence\taligned\tL2\tactivity\n"
    designs += "d1\t0.7\tAC\tA-C\t0.010\t0.9\nd2\t1.0\tAC\tA-C\t0.01\t\nd3\t1\tAC\tACD\tNA\t0\n"
    natural = "sequence\tactivity\taligned\nAA\t1\tAA-\n"
    table = read(designs, natural, sequence="aligned", score="activity", groups=["temperature", "l2"])
    assert rows(table) == [
        ("d1", 2, "A-C", 0.9, "temperature 0.7, l2 0.01"), ("d3", 4, "ACD", 0, "temperature 1"),
        ("results1:2", 2, "AA-", 1, ""),
    ]  # fmt: skip
    assert "results0.tsv: left out are 1 rows without a score" in caplog.text


@pytest.mark.parametrize(
    ("content", "settings", "message"),
    [
        ("", {}, "results0.tsv, line 1: its columns are none; expected a header with the column sequence once, or name "
                 "another one in measured.sequence"),
        ("sequence\tfitness\nAC\t1\n", {}, "line 1: its columns are sequence, fitness; expected a header with the "
                                          "column score once, or name another one in measured.score"),
        ("sequence\tscore\tscore\nAC\t1\t2\n", {}, "the column score once"),
        ("sequence\tscore\nAC\tgood\n", {}, "line 2: score 'good' is not a finite number; leave the cell empty"),
        ("sequence\tgrowth\nAC\t1\nAD\tinf\n", {"score": "growth"}, "line 3: growth 'inf' is not a finite number"),
        ("sequence\tscore\nAC\t1\n\t1\n", {}, "line 3: the column sequence is empty; expected a sequence"),
        ("sequence\tscore\nAC\n", {}, "line 2: 1 cells, the header has 2"),
        ("sequence\tscore\nAC\tNA\n", {}, "has no sequence with a score in columns sequence and score"),
        ("sequence\tscore\nAC\tTRUE\nAC\tFALSE\n", {}, "line 2: score 'TRUE' is not a number; write 1 for what"),
        ("sequence\tscore\tL2\tl2\nAC\t1\t2\t3\n", {"groups": ["l2"]}, "line 1: the column l2 is there twice; keep"),
        ("name\tsequence\tscore\tname\na\tAC\t1\tb\n", {}, "line 1: the column name is there twice; keep one of"),
        ("sequence\tscore\nAC\t1\n", {"groups": ["tau"]}, "measured.groups: .*no table has a column tau; name columns"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_one_line(content, settings, message, read):
    with pytest.raises(InputError, match=message) as error:
        read(content, **settings)
    assert str(error.value).startswith("measured.") and "results0.tsv" in str(error.value)
