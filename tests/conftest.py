import pytest
from small_systems import random_potts

from temperance.potts.model import Potts


@pytest.fixture
def small() -> Potts:
    """Four sites of three states, couplings of order one."""
    return random_potts(4, 3, seed=1)
