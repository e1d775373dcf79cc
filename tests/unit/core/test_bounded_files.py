"""Files that users give: what is no file, or made to fill the memory, is refused by name."""

import bz2
import gzip
import io
import lzma
import os
import re

import numpy as np
import pytest

from temperance.core import bounded_files
from temperance.core.errors import InputError


@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, bz2.compress, lzma.compress], ids=["plain", "gzip", "bzip2", "xz"]
)
def test_text_is_read_plain_and_compressed(pack, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(pack("\ufeffä\r\nb\xff".encode("utf-8")))
    with bounded_files.open_text(path) as file:
        assert file.readlines() == ["ä\n", "bÿ"]
    path.write_bytes(pack("ä\tb\n".encode("utf-16")))
    with bounded_files.open_text(path) as file:
        assert file.read() == "ä\tb\n"


def test_what_is_no_file_is_refused_before_it_is_read(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path, message in (
        (tmp_path / "fifo", "it is a pipe or a device, which may never end; give the path of an ordinary file"),
        ("/dev/zero", "it is a pipe or a device, which may never end; give the path of an ordinary file"),
        (tmp_path, "it is a folder"),
        (tmp_path / "none", "there is no such file"),
        (tmp_path / "none\0", "cannot be read"),
    ):
        for opener in (bounded_files.open_binary, bounded_files.open_text):
            with pytest.raises(InputError, match=message):
                opener(path)


@pytest.mark.parametrize(("magic", "program"), [(b"\x28\xb5\x2f\xfd", "zstd -d"), (b"PK\3\4", "unzip")])
def test_compression_that_is_not_read_is_named_with_what_unpacks_it(magic, program, tmp_path):
    (tmp_path / "x").write_bytes(magic + b"more")
    with pytest.raises(InputError, match=f"which is not read; unpack it first: {program} .*x$"):
        bounded_files.open_binary(tmp_path / "x")


def test_a_gzip_file_that_expands_without_end_is_stopped_and_a_cut_one_is_named(tmp_path):
    path = tmp_path / "x.gz"
    content = np.random.default_rng(0).bytes(10_000)
    path.write_bytes(gzip.compress(content)[:5_000])
    with pytest.raises(InputError, match=re.escape(f"{path}: the gzip file is damaged or cut")):
        bounded_files.open_binary(path).read()
    # 100 MB of lines of zeros from 100 kB; 200 times as much is allowed, and 64 MiB in any case.
    lines = gzip.compress(b"0 0 0 0\n" * 2**20, 9)
    path.write_bytes(lines)
    assert len(bounded_files.open_binary(path).read()) == 2**23
    path.write_bytes(lines * 12)
    with pytest.raises(InputError, match=r"bytes expand to more than 6\d,\d\d\d,\d\d\d; unpack it"):
        bounded_files.open_text(path).read()


def test_a_line_without_end_is_refused(tmp_path):
    path = tmp_path / "x"
    with path.open("wb") as file:
        file.truncate(10**12)  # takes no room on the disk
    with pytest.raises(InputError, match="a line is longer than 1,048,576 bytes"):
        bounded_files.open_text(path).readline()
    path.write_bytes(b"a" * 2**20 + b"\n" + b"b" * 2**20)
    with bounded_files.open_text(path) as file:
        assert [len(line) for line in file] == [2**20 + 1, 2**20]


def test_an_array_is_read_from_where_the_file_stands():
    file = io.BytesIO(b"--" + np.arange(6, dtype="<i4").tobytes() + b"rest")
    file.seek(2)
    assert bounded_files.read_array(file, (2, 3), "<i4", "x", "numbers").tolist() == [[0, 1, 2], [3, 4, 5]]
    assert file.read() == b"rest"
    file.seek(22)
    with pytest.raises(InputError, match="x: ends within its numbers, after 8 of 12 bytes"):
        bounded_files.read_array(file, (3,), "<i4", "x", "numbers")
