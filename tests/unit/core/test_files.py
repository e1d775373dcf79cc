"""Files come back as they were written, whole or not at all."""

import json
import os

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from temperance.core import files
from temperance.core.artefacts import COLUMNS
from temperance.core.errors import InputError
from temperance.core.version import __version__


def test_arrays_come_back_with_their_metadata_and_equal_bytes(tmp_path):
    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.ones(3, np.float32)[::-1], "c": np.zeros((3, 2), np.uint8).T}
    metadata = {"z": 1, "a": {"nested": [1, 2]}, "m": None}
    for name in ("x", "y"):
        files.save_arrays(tmp_path / name, arrays, metadata)
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()
    arrays_read, kept = files.load_arrays(tmp_path / "x")
    assert kept == metadata
    for name, array in arrays.items():
        np.testing.assert_array_equal(arrays_read[name], array)


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "x.txt"
    files.save_text(path, "old")
    with pytest.raises(RuntimeError), files.atomic(path) as part:
        part.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_files_are_readable_as_the_umask_says(tmp_path, umask):
    """Files of safetensors are their owner's alone otherwise."""
    before = os.umask(umask)
    try:
        files.save_arrays(tmp_path / "x", {"a": np.zeros(2)}, {})
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o666 & ~umask


def test_json_comes_back_and_has_no_numbers_beyond_its_own(tmp_path):
    content = {"a": [1, 2.5, None], "b": {"é": "x"}}
    files.save_json(tmp_path / "x.json", content)
    assert files.load_json(tmp_path / "x.json") == content
    assert (tmp_path / "x.json").read_text() == json.dumps(content, indent=2) + "\n"
    for number in (np.nan, np.inf):
        with pytest.raises(ValueError, match="not JSON"):
            files.save_json(tmp_path / "x.json", {"a": number})
    # What was there before is.
    assert files.load_json(tmp_path / "x.json") == content
    (tmp_path / "half.json").write_text('{"a": ')
    with pytest.raises(InputError, match=r"half\.json: not a complete JSON file .*; if it is a result, delete it"):
        files.load_json(tmp_path / "half.json")
    assert [files.finite_or_none(value) for value in (2, 0.5, np.nan, np.inf, -np.inf)] == [2, 0.5, None, None, None]


@pytest.mark.parametrize("ending", ["tsv", "parquet"])
def test_tables_come_back(tmp_path, ending):
    table = pd.DataFrame({"name": ["a", "b"], "value": [1.5, np.inf]})
    files.save_table(tmp_path / f"x.{ending}", table.set_axis([7, 8]))
    pd.testing.assert_frame_equal(files.load_table(tmp_path / f"x.{ending}"), table, check_dtype=False)
    with pytest.raises(FileNotFoundError):
        files.load_table(tmp_path / f"none.{ending}")


def test_floats_of_text_tables_have_six_digits_or_all_before_the_point_and_those_of_parquet_all(tmp_path):
    table = pd.DataFrame({"value": [1 / 3, 123456789.0]})
    files.save_table(tmp_path / "x.tsv", table)
    files.save_table(tmp_path / "x.parquet", table)
    assert (tmp_path / "x.tsv").read_text() == "value\n0.333333\n123456789\n"
    assert files.load_table(tmp_path / "x.parquet").equals(table)


def test_text_of_a_table_is_not_read_as_numbers(tmp_path):
    """Symbols of an alphabet may be digits, and empty cells are empty texts."""
    files.save_table(tmp_path / "x.tsv", pd.DataFrame({"residue": ["0", "", "01"], "number": [1, None, 3]}))
    table = files.load_table(tmp_path / "x.tsv", text=["residue"])
    assert table["residue"].tolist() == ["0", "", "01"]
    assert table["number"].isna().tolist() == [False, True, False]
    assert files.load_table(tmp_path / "x.tsv")["residue"][0] == 0


def test_damaged_tables_are_named(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    (tmp_path / "empty.tsv").write_text("")
    for name, kind in (("x.parquet", "Parquet"), ("empty.tsv", "TSV")):
        with pytest.raises(InputError, match=f"{name}: not a complete {kind} file"):
            files.load_table(tmp_path / name)


def test_numbers_of_a_table_have_all_digits_before_the_point(tmp_path):
    values = [2711070.0, -999999.6, 1234567.25, 999999.4, 0.1234567, 123456.7, 1e20, np.inf, np.nan]
    files.save_table(tmp_path / "x.tsv", pd.DataFrame({"number": values, "name": "a"}))
    written = [line.split("\t")[0] for line in (tmp_path / "x.tsv").read_text().splitlines()]
    assert written == [
        "number", "2711070", "-1000000", "1234567", "999999", "0.123457", "123457", "1e+20", "inf", "",
    ]  # fmt: skip


def test_what_is_no_safetensors_file_is_named(tmp_path):
    for content in (b"", b"hello", b"\xff" * 64):
        (tmp_path / "broken").write_bytes(content)
        with pytest.raises(InputError, match="broken: not a complete safetensors file"):
            files.load_arrays(tmp_path / "broken")
    save_file({}, tmp_path / "deep", {"temperance": "[" * 100_000})
    with pytest.raises(InputError) as raised:
        files.load_arrays(tmp_path / "deep")
    assert str(raised.value) == (
        f"{tmp_path / 'deep'}: not a complete safetensors file (nested too deeply); if it is a result, delete it and "
        "run again"
    )
    with pytest.raises(InputError, match="none"):
        files.load_arrays(tmp_path / "none")


def test_provenance_names_versions_settings_and_seed():
    record = files.provenance({"chains": 3}, 17)
    assert record["settings"] == {"chains": 3}
    assert record["seed"] == 17
    assert record["versions"].keys() == {"temperance", "python", "numpy", "scipy", "jax", "numba"}
    assert record["versions"]["numpy"] == np.__version__ and record["versions"]["temperance"] == __version__
    assert files.provenance({})["seed"] is None


NAMES = ["007", "NA", "null", "nan", "None", "1e5", "1.0", "inf", "true", "", "a\tb", '"q"', "=1+1", "+x", "-x", "@x",
         "'=x", "''-x", "'x", "-5", "é"]  # fmt: skip


@pytest.mark.parametrize("column", ["name", "nearest_natural", "nearest_training"])
def test_names_come_back_as_they_were(tmp_path, column):
    table = pd.DataFrame({column: NAMES, "value": np.arange(len(NAMES)) / 2})
    files.save_table(tmp_path / "x.tsv", table)
    read = files.load_table(tmp_path / "x.tsv", text=[column, "no such column"])
    assert read[column].tolist() == NAMES
    assert read["value"].tolist() == table["value"].tolist()


def test_names_that_are_no_numbers_come_back_without_being_called_text(tmp_path):
    names = ["NA", "null", "nan", "None", "n/a", "x"]
    files.save_table(tmp_path / "x.tsv", pd.DataFrame({"judge": names, "value": [1.5, np.nan, np.inf, -1, 0, 2]}))
    read = files.load_table(tmp_path / "x.tsv")
    assert read["judge"].tolist() == names
    np.testing.assert_array_equal(read["value"], [1.5, np.nan, np.inf, -1, 0, 2])


def test_no_name_is_a_formula_of_a_spreadsheet_and_numbers_and_sequences_are_left_alone(tmp_path):
    names = ["=1+1", "+x", "-x", "@SUM(A1)", "'=x", "x=1", "'x"]
    table = pd.DataFrame({"name": names, "aligned": "-AC", "value": -1.5})
    files.save_table(tmp_path / "x.tsv", table)
    cells = [line.split("\t") for line in (tmp_path / "x.tsv").read_text().splitlines()[1:]]
    assert [name for name, *_ in cells] == ["'=1+1", "'+x", "'-x", "'@SUM(A1)", "''=x", "x=1", "'x"]
    assert {(aligned, value) for _, aligned, value in cells} == {("-AC", "-1.5")}
    # Names of files, and of groups by the user's columns.
    measured = pd.DataFrame({"table": ["=x.tsv"], "group": ["@temperature 1"]})
    files.save_table(tmp_path / "x.tsv", measured)
    assert (tmp_path / "x.tsv").read_text() == "table\tgroup\n'=x.tsv\t'@temperature 1\n"
    pd.testing.assert_frame_equal(files.load_table(tmp_path / "x.tsv"), measured)
    # The table itself, and Parquet, have names as they are.
    assert table["name"].tolist() == names
    files.save_table(tmp_path / "x.parquet", table)
    assert files.load_table(tmp_path / "x.parquet")["name"].tolist() == names


@pytest.mark.parametrize("name", COLUMNS)
def test_a_result_that_lacks_a_column_is_named_with_what_makes_it_anew(name, tmp_path):
    path, columns = tmp_path / name, COLUMNS[name]
    files.save_table(path, pd.DataFrame(0.5, index=range(2), columns=[*columns, "one_more"]))
    assert files.load_result(path).shape == (2, len(columns) + 1)
    for column in columns:
        files.save_table(path, pd.DataFrame(0.5, index=range(2), columns=[name for name in columns if name != column]))
        with pytest.raises(InputError) as error:
            files.load_result(path)
        assert str(error.value) == (
            f"{path}: has no column {column}, so it was written by an older version; delete it, and the command that "
            "you ran makes it anew, with what depends on it"
        )
