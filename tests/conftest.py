from pathlib import Path

import pytest
from small_systems import random_potts

from temperance.potts.model import Potts

# Folders of tests, each of which has a marker of its name. The longest come first, so that no process is left over
# with one of them; those of Slurm before all, since they wait most of their time.
KINDS = ("workflow", "mutants", "unit")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test by the folder that it is in, and bring the tests into the order of their folders."""
    for item in items:
        assert _kind(item) in KINDS, f"{item.path}: tests are in one of {KINDS}"
        item.add_marker(_kind(item))
    items.sort(key=lambda item: (item.path.name != "test_slurm.py", KINDS.index(_kind(item))))


def _kind(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).parts[0]


@pytest.fixture
def small() -> Potts:
    """Four sites of three states, couplings of order one."""
    return random_potts(4, 3, seed=1)
