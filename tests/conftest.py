from pathlib import Path

import pytest
from small_systems import random_potts

from temperance.potts.model import Potts

# Folders of tests, each of which has a marker of its name.
KINDS = ("unit", "workflow", "mutants")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test by the folder that it is in."""
    for item in items:
        kind = item.path.relative_to(Path(__file__).parent).parts[0]
        assert kind in KINDS, f"{item.path}: tests are in one of {KINDS}"
        item.add_marker(kind)


@pytest.fixture
def small() -> Potts:
    """Four sites of three states, couplings of order one."""
    return random_potts(4, 3, seed=1)
