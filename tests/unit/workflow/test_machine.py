"""Whether the jobs of a run fit into the memory of the computer."""

import os
from pathlib import Path

import pytest

from temperance.core.errors import InputError
from temperance.workflow.machine import Need, check_memory, total_memory
from temperance.workflow.resources import Size

INSTALLED = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 10**6
SIZE = Size(2000, 1000, 21)


def computer(root: Path, groups: str, **limits: str) -> Path:
    """A folder with the files in which Linux tells control groups and their limits."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(groups)
    for place, limit in limits.items():
        file = root / "sys/fs/cgroup" / place.replace("__", "/").replace("_max", ".max")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(limit)
    return root


def test_without_limits_there_is_what_is_installed(tmp_path):
    assert total_memory(tmp_path) == INSTALLED
    assert total_memory(computer(tmp_path, "0::/\n", memory_max="max\n")) == INSTALLED


@pytest.mark.parametrize(
    ("limits", "megabytes"),
    [
        ({"a__b__memory_max": "4000000000\n"}, 4000),
        # The group around it allows less, or it alone does, or the outermost as in a container.
        ({"a__b__memory_max": "max\n", "a__memory_max": "3000000000\n"}, 3000),
        ({"a__b__memory_max": "2000000000\n", "a__memory_max": "3000000000\n"}, 2000),
        ({"memory_max": "1000000000\n"}, 1000),
        ({"c__memory_max": "1000000\n"}, INSTALLED),
        ({"a__b__memory_max": f"{10**18}\n"}, INSTALLED),
    ],
)
def test_the_smallest_limit_of_the_control_groups_counts(tmp_path, limits, megabytes):
    assert total_memory(computer(tmp_path, "0::/a/b\n", **limits)) == megabytes


def test_control_groups_of_the_first_version_have_limits_of_other_names(tmp_path):
    groups = "5:cpu,cpuacct:/x\n4:memory:/job\n0::/\n"
    root = computer(tmp_path, groups)
    for group, limit in (("x", 10**6), ("job", 5 * 10**9)):
        file = root / "sys/fs/cgroup/memory" / group / "memory.limit_in_bytes"
        file.parent.mkdir(parents=True)
        file.write_text(f"{limit}\n")
    assert total_memory(root) == 5000


def test_what_fits_is_not_mentioned():
    assert check_memory([], 10) == ""
    assert check_memory([Need("train of a", SIZE, 4000), Need("train of b", SIZE, 3999)], 4000) == ""


def test_what_may_not_fit_is_told_of_the_job_that_needs_most():
    needs = [Need("train of a", Size(1, 1, 2), 4001), Need("score of b", SIZE, 9100), Need("design of c", SIZE, 5000)]
    assert check_memory(needs, 4000).startswith(
        "warning: score of b is estimated to need 9.1 GB of memory, for 2,000 sequences of 1,000 columns, and this "
        "computer has 4.0 GB: the job may be killed; run on a larger one or on a cluster"
    )


def test_what_cannot_fit_is_refused():
    """Estimates are up to 2.7 times what was used, so three times the memory is too much."""
    assert check_memory([Need("train of a", SIZE, 12_000)], 4000).startswith("warning: ")
    with pytest.raises(InputError, match=r"^train of a is estimated to need 12\.0 GB .* has 4\.0 GB: run on a larger"):
        check_memory([Need("train of a", SIZE, 12_001)], 4000)
