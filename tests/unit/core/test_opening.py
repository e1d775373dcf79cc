"""Files that a user gives are opened where they are plain or packed, and come to an end."""

import bz2
import gzip
import lzma
import os
import random
import resource
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from temperance.core.bounded_files import open_binary
from temperance.core.errors import InputError
from temperance.core.opening import compression, open_input, read_text

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
        (b"\x5d\x00\x00\x80\x00", "compressed by lzma, which is not read; unpack it first: unlzma"),
        (b"LZIP\x01", "compressed by lzip, which is not read; unpack it first: lzip -d"),
        (b"Rar!\x1a\x07", "compressed by rar, which is not read; unpack it first: unrar x"),
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


@pytest.mark.parametrize("mode", ["w:", "w:gz", "w:bz2", "w:xz"])
def test_archives_are_to_be_unpacked_by_whoever_opens_them(tmp_path, mode):
    path = tmp_path / "family.tar"
    (tmp_path / "file").write_bytes(CONTENT)
    with tarfile.open(path, mode) as archive:
        archive.add(tmp_path / "file", "family.fasta")
    message = f"{path}: a tar archive of files; unpack it first (tar xf {path}), and give one of them"
    for open_file in (open_binary, lambda path: open_input(path, "an alignment").__enter__()):
        with pytest.raises(InputError) as raised:
            open_file(path)
        assert str(raised.value) == message


def with_dictionary(size, content):
    """Pack by xz with a dictionary whose size is given by a byte of the format: 40 is 4 GiB - 1."""
    packed = bytearray(lzma.compress(content, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 2**16}]))
    end = 12 + (packed[12] + 1) * 4  # of the block's header, the last four bytes of which are its checksum
    packed[packed.index(b"\x21\x01", 12) + 2] = size
    packed[end - 4 : end] = zlib.crc32(packed[12 : end - 4]).to_bytes(4, "little")
    return bytes(packed)


def test_a_file_that_takes_more_memory_to_unpack_than_there_is_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(with_dictionary(8, CONTENT))
    with open_input(path, "an alignment") as file:
        assert file.read() == CONTENT
    path.write_bytes(with_dictionary(40, CONTENT))
    before = resource.getrlimit(resource.RLIMIT_AS)
    taken = 4096 * int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (taken + 2**31, before[1]))
    try:
        for read in (lambda: open_binary(path).read(), lambda: read_text(path, "a table")):
            with pytest.raises(InputError, match="the xz file takes more memory to unpack than there is; unpack it fi"):
                read()
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_errors_of_who_reads_the_file_stay_theirs(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    with pytest.raises(InputError, match=r"^no query$"), open_input(path, "a query"):
        raise InputError("no query")
