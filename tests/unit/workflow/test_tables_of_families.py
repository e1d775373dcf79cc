"""Families as a table: one row a family, any key a column."""

import os
from pathlib import Path

import pytest

from temperance.core.errors import InputError
from temperance.workflow.configuration import configure
from temperance.workflow.family_table import with_table


def read(folder: Path, text: str) -> dict:
    path = folder / "families.tsv"
    path.write_text(text, encoding="utf-8")
    return with_table({"families": str(path), "seed": 3})


def test_a_row_is_a_family_and_a_column_any_key(tmp_path):
    config = read(
        tmp_path,
        "family\talignment\tpfam\ttrain.l2_couplings\tsubsets.sizes\tconstraints.fixed.12\n"
        "kunitz\tdata/a.fasta\t\t1e-3\t[100, all]\tC\n"
        "# a remark\n"
        "\n"
        "1e5\t\tPF00397\n",
    )
    assert config["families"] == {
        "kunitz": {
            "alignment": "data/a.fasta",
            "train": {"l2_couplings": 0.001},
            "subsets": {"sizes": [100, "all"]},
            "constraints": {"fixed": {"12": "C"}},
        },
        "1e5": {"pfam": "PF00397"},
    }
    families = configure(config)["families"]
    assert families["kunitz"].subsets.sizes == [100, 1.0]
    assert families["1e5"].train.l2_couplings == "auto"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: "),
        ("alignment\na\n", "line 1: 'alignment'; expected tab-separated"),
        ("family\tfamily\n", "line 1: "),
        ("family\talignment\n", "has no family"),
        ("family\talignment\nx\ta\tb\n", "line 2: 3 cells, but 2 columns"),
        ("family\talignment\nx\n", "line 2: x: the source of sequences is missing; expected one of alignment"),
        ("family\talignment\nx\ta\nx\tb\n", "line 3: family x is on an earlier line already"),
        ("family\talignment\n../x\ta\n", r"line 2: family: '\.\./x' does not have the right form"),
        ("family\talignment\n\ta\n", "line 2: family"),
        ("family\talignment\ttrain.chain\nx\ta\t100\n", "line 2: train.chain: unknown key; did you mean chains"),
        ("family\talignment\ttrain.chains\nx\ta\tmany\n", "line 2: train.chains: 'many' is of the wrong type"),
        ("family\talignment\ttrain.chains\nx\ta\t3\n", "line 2: train.chains: 3 is too small; 10 is the smallest"),
        ("family\talignment\tsubsets.sizes\nx\ta\t[1\n", r"line 2: subsets.sizes: '\[1' is not valid YAML"),
        ("family\tpfam\nx\tPF14\n", "line 2: pfam: 'PF14' does not have the right form"),
    ],
)
def test_a_mistake_is_named_by_its_line(text, message, tmp_path):
    with pytest.raises(InputError, match=message) as raised:
        read(tmp_path, text)
    assert "families.tsv" in str(raised.value) and "\n" not in str(raised.value)


def test_a_table_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"families: nowhere\.tsv: there is no such file"):
        with_table({"families": "nowhere.tsv"})


def test_thousands_of_rows_are_read(tmp_path):
    rows = "".join(f"f{n}\tdata/{n}.fasta\t{n / 1e6:g}\n" for n in range(5000))
    config = read(tmp_path, "family\talignment\ttrain.l2_couplings\n" + rows)
    assert len(config["families"]) == 5000
    assert config["families"]["f4999"]["train"]["l2_couplings"] == 0.004999


@pytest.mark.parametrize("cell", ["123", "007", "1e5", "2024-01-01", "NO", "true", "[1, 2", "@x", "a: b", "0x1F", "{}"])
def test_a_cell_is_text_where_its_key_takes_text_alone(cell, tmp_path):
    families = read(tmp_path, f"family\talignment\tfilter.reference\nx\t{cell}\t{cell}\n")["families"]
    assert families == {"x": {"alignment": cell, "filter": {"reference": cell}}}


def test_a_cell_is_a_number_or_a_list_where_its_key_takes_one(tmp_path):
    families = read(
        tmp_path,
        "family\talignment\tweights.identity\ttrain.chains\tsubsets.sizes\n"
        "a\t007\t1e-1\t0200\t[100, all]\n"
        "b\t007\t~\t200.0\t50.0\n",
    )["families"]
    assert families["a"] == {
        "alignment": "007", "weights": {"identity": 0.1}, "train": {"chains": 200}, "subsets": {"sizes": [100, "all"]},
    }  # fmt: skip
    assert families["b"] == {
        "alignment": "007", "weights": {"identity": None}, "train": {"chains": 200}, "subsets": {"sizes": [50]},
    }  # fmt: skip


@pytest.mark.parametrize("name", ["NO", "null", "NA", "007", "1e5", "true"])
def test_names_of_families_are_text(name, tmp_path):
    assert list(read(tmp_path, f"family\talignment\n{name}\ta\n")["families"]) == [name]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_a_spreadsheet_writes_is_read(encoding, tmp_path):
    # Quotes around cells with commas or quotes, two of which are one; empty cells and lines at the end; CR and LF.
    header = "family\talignment\tsubsets.sizes\tfilter.reference\t\r\n"
    text = header + '"a"\té.fasta\t"[100, all]"\t"say ""x"" "\t\r\n\t\t\t\t\r\n'
    path = tmp_path / "families.tsv"
    path.write_bytes(text.encode(encoding))
    assert with_table({"families": str(path)})["families"] == {
        "a": {"alignment": "é.fasta", "subsets": {"sizes": [100, "all"]}, "filter": {"reference": 'say "x"'}}
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"family\talignment\ttrain\ttrain.chains\na\tx\t{chains: 20}\t30\n", "line 1: the columns train and train.ch"),
        (b"family\talignment\t\na\tx\t3\n", "line 2: '3' stands in a column without a name"),
        (b"family\talignment\t\tfilter.\na\tx\t\t3\n", "line 2: filter.: unknown key"),
        (b"family\talignment\ttrain\na\tx\t{chains: 20, chains: 30}\n", "line 2: train: .*'chains' is on line 1"),
        (b"family,alignment\na,x\n", "line 1: 'family,alignment'; expected tab-separated"),
        (b"family\talignment\n\na\tM\xfcller\n", "line 3: not UTF-8"),
        (b"\xff\xfef\x00\x00\xd8", "line 1: not UTF-16"),
        (b"family\talignment\na\tx\nb\t" + b"y" * 200_000, "line 3: cannot be read as a table"),
    ],
)
def test_a_table_that_could_be_misread_is_refused_with_its_line(content, message, tmp_path):
    path = tmp_path / "families.tsv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        with_table({"families": str(path)})


def test_a_table_that_may_never_end_is_refused(tmp_path):
    os.mkfifo(tmp_path / "families.tsv")
    for path in (tmp_path / "families.tsv", Path("/dev/zero")):
        with pytest.raises(InputError, match="a pipe or a device"):
            with_table({"families": str(path)})
