"""Families as a table: one row a family, any key a column."""

from pathlib import Path

import pytest

from temperance.core.errors import InputError
from temperance.workflow.configuration import configure, with_table


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
    with pytest.raises(InputError, match=r"families: nowhere\.tsv: cannot be read"):
        with_table({"families": "nowhere.tsv"})


def test_thousands_of_rows_are_read(tmp_path):
    rows = "".join(f"f{n}\tdata/{n}.fasta\t{n / 1e6:g}\n" for n in range(5000))
    config = read(tmp_path, "family\talignment\ttrain.l2_couplings\n" + rows)
    assert len(config["families"]) == 5000
    assert config["families"]["f4999"]["train"]["l2_couplings"] == 0.004999
