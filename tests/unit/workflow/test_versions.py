import re
from pathlib import Path

import pytest

from temperance.core.errors import InputError
from temperance.workflow.versions import BEYOND, OLDEST, check_snakemake


@pytest.mark.parametrize("version", ["9.9.0", "9.10", "9.27.1", "9.99.0+unknown.1"])
def test_versions_within_the_window_run(version):
    check_snakemake(version)


@pytest.mark.parametrize("version", ["8.30.0", "9.8.2", "10", "10.0.0", "10.1.dev1", "unknown"])
def test_versions_outside_are_refused_in_one_line(version):
    with pytest.raises(InputError, match=rf"^Snakemake {version} .* expected 9\.9 or later, but before 10: ") as error:
        check_snakemake(version)
    assert "\n" not in str(error.value)


def test_the_package_asks_for_the_same_window():
    project = (Path(__file__).parents[3] / "pyproject.toml").read_text()
    assert re.search(r'"snakemake>=(.+),<(.+)"', project).groups() == (OLDEST, BEYOND)
