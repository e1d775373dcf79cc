import numpy as np
import pandas as pd
import pytest

from temperance.core import files
from temperance.core.errors import InputError


def test_arrays_come_back_with_their_metadata_and_equal_bytes(tmp_path):
    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.ones(3, np.float32)[::-1], "c": np.zeros((3, 2), np.uint8).T}
    metadata = {"z": 1, "a": {"nested": [1, 2]}, "m": None}
    for name in ("x", "y"):
        files.save_arrays(tmp_path / name, arrays, metadata)
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()
    found, kept = files.load_arrays(tmp_path / "x")
    assert kept == metadata
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "x.txt"
    files.save_text(path, "old")
    with pytest.raises(RuntimeError), files.atomic(path) as part:
        part.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", ["tsv", "parquet"])
def test_tables_come_back(tmp_path, ending):
    table = pd.DataFrame({"name": ["a", "b"], "value": [1.5, np.inf]})
    files.save_table(tmp_path / f"x.{ending}", table)
    pd.testing.assert_frame_equal(files.load_table(tmp_path / f"x.{ending}"), table, check_dtype=False)


def test_what_is_no_safetensors_file_is_named(tmp_path):
    for content in (b"", b"hello", b"\xff" * 64):
        (tmp_path / "broken").write_bytes(content)
        with pytest.raises(InputError, match="broken: not a complete safetensors file"):
            files.load_arrays(tmp_path / "broken")
    with pytest.raises(InputError, match="none"):
        files.load_arrays(tmp_path / "none")


def test_provenance_names_versions_settings_and_seed():
    found = files.provenance({"chains": 3}, 17)
    assert found["settings"] == {"chains": 3}
    assert found["seed"] == 17
    assert {"temperance", "python", "numpy", "jax", "numba"} <= found["versions"].keys()
