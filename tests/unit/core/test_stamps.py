"""What a job has read is what it was."""

import os

import pytest

from temperance.core.errors import InputError
from temperance.core.stamps import check_unchanged, file_stamps


def test_a_file_that_changes_while_it_is_read_is_told(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("a")
    two.write_text("b")
    stamps = file_stamps([str(one), str(two), str(tmp_path / "none")])
    assert stamps.keys() == {str(one), str(two)} and stamps[str(one)][0] == 1
    check_unchanged(stamps)
    times = two.stat()
    two.write_text("bb")
    os.utime(two, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(InputError, match=r"two: changed while it was read; run again"):
        check_unchanged(stamps)
    two.write_text("b")
    with pytest.raises(InputError, match="two: changed"):
        check_unchanged(stamps)
    two.unlink()
    with pytest.raises(InputError, match="two: changed"):
        check_unchanged(stamps)
