"""Files that a user gives are opened where they are plain or packed, and come to an end."""

import bz2
import gzip
import lzma
import os
import random
import zipfile

import pytest

from temperance.core.errors import InputError
from temperance.core.opening import compression, open_input

CONTENT = b">a\nACDEF\n" * 50


@pytest.mark.parametrize(
    ("pack", "kind"), [(bytes, ""), (gzip.compress, "gzip"), (bz2.compress, "bzip2"), (lzma.compress, "xz")]
)
def test_plain_and_packed_files_have_one_content(tmp_path, pack, kind):
    path = tmp_path / "file"
    path.write_bytes(pack(CONTENT))
    with open_input(path, "an alignment") as file:
        assert file.read() == CONTENT
    assert compression(path, "an alignment") == kind


@pytest.mark.parametrize(
    ("beginning", "message"),
    [
        (b"\x28\xb5\x2f\xfd", "compressed by zstd, which is not read; unpack it first: zstd -d"),
        (b"PK\x03\x04", "compressed by zip, which is not read; unpack it first: unzip"),
        (b"7z\xbc\xaf\x27\x1c", "compressed by 7z, which is not read; unpack it first: 7z x"),
        (b"\x04\x22\x4d\x18", "compressed by lz4, which is not read; unpack it first: lz4 -d"),
        (b"\x1f\x9d", "compressed by compress, which is not read; unpack it first: uncompress"),
    ],
)
def test_other_compressions_are_named_with_what_unpacks_them(tmp_path, beginning, message):
    path = tmp_path / "file"
    path.write_bytes(beginning + bytes(50))
    with pytest.raises(InputError) as raised, open_input(path, "an alignment"):
        pass
    assert str(raised.value) == f"{path}: {message} {path}"


@pytest.mark.parametrize("first", ["[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "mimetype", None])
def test_workbooks_are_to_be_exported_and_other_zip_files_unpacked(tmp_path, first):
    path = tmp_path / "scores.csv"
    if first:
        with zipfile.ZipFile(path, "w") as file:
            file.writestr(first, "<xml/>" * 20)
    else:
        path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100))
    with pytest.raises(InputError) as raised, open_input(path, "a table"):
        pass
    assert str(raised.value) == f"{path}: a workbook or document of an office program; export it as plain text"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("xlsx.csv", "[Content_Types].xml,xl/")
    with pytest.raises(InputError, match="compressed by zip, which is not read; unpack it first: unzip"):
        compression(path, "a table")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_damaged_file_is_told_where_it_is_read(tmp_path, pack):
    path, kind = tmp_path / "file", {"gzip": "gzip", "bz2": "bzip2", "lzma": "xz"}[pack.__module__]
    packed = pack(random.Random(0).randbytes(1000))
    for content in (packed[:-12], packed[:40] + bytes(100) + packed[140:]):
        path.write_bytes(content)
        with pytest.raises(InputError, match=f"the {kind} file is damaged"), open_input(path, "an alignment") as file:
            file.read()


def test_what_may_never_end_is_not_opened(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "family.fasta"
    link.symlink_to("/dev/zero")
    for path in (pipe, link):
        with pytest.raises(InputError, match="it is a pipe or a device, which may never end; give the path of a query"):
            compression(path, "a query")


def test_folders_and_missing_files_are_told_apart(tmp_path):
    for path, message in ((tmp_path, "it is a folder"), (tmp_path / "none", "there is no such file")):
        with pytest.raises(InputError, match=message), open_input(path, "an alignment"):
            pass
    with pytest.raises(InputError, match=r"cannot be read \(File name too long\)"), open_input("x" * 300, "a query"):
        pass


def test_errors_of_who_reads_the_file_stay_theirs(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    with pytest.raises(InputError, match=r"^no query$"), open_input(path, "a query"):
        raise InputError("no query")
