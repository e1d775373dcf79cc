"""Parts that groups of states have in divergences."""

import numpy as np
import pytest

from temperance.potts import enumeration
from temperance.validation.levels import divide_by_group


def test_a_case_by_hand():
    """Truth 1/2, 1/4, 1/4 and model 1/4, 1/4, 1/2; the data are states 0 and 2."""
    truth, model = np.log([2.0, 4.0, 4.0]), np.log([4.0, 4.0, 2.0])
    parts = divide_by_group(np.array(["b", "a", "b"]), truth, model, np.array([3, 0, 1])).set_index("group")
    assert parts.index.tolist() == ["a", "b"]
    assert parts["states"].tolist() == [1, 2]
    assert parts["p"].tolist() == pytest.approx([1 / 4, 3 / 8])
    assert parts["q"].tolist() == pytest.approx([1 / 4, 3 / 8])
    # 1/2 ln 2 - 1/4 ln 2, and the same the other way round.
    assert parts["forward"].tolist() == pytest.approx([0, np.log(2) / 4])
    assert parts["reverse"].tolist() == pytest.approx([0, np.log(2) / 4])
    assert parts["share"].tolist() == [0, 1]
    # 3/4 ln(3/2) + 1/4 ln 1.
    assert parts["data"].tolist() == pytest.approx([0, 0.75 * np.log(1.5)])
    # In units of ln 2, energies 1, 2, 2 and 2, 2, 1 have means 7/4 and 3/2 over the model.
    slope = np.log(2) ** 2 * np.array([1 / 8 * (1 / 4 - 1 / 2), 1 / 8 * (-3 / 4 - 1 / 2) - 1 / 4 * (1 / 4 + 1 / 2)])
    assert parts["slope"].tolist() == pytest.approx(slope)


@pytest.mark.parametrize("tau", [0.6, 1.0, 1.7])
def test_parts_sum_to_the_whole(tau):
    rng = np.random.default_rng(0)
    truth, model, groups = 2 * rng.normal(size=50), rng.normal(size=50), rng.integers(0, 5, 50)
    whole = divide_by_group(groups, truth, model, beta=1 / tau).sum()
    assert whole["states"] == 50
    assert whole["forward"] == pytest.approx(enumeration.forward_divergence(truth, model, 1 / tau))
    assert whole["reverse"] == pytest.approx(enumeration.reverse_divergence(truth, model, 1 / tau))
    step = 1e-5
    near = [enumeration.reverse_divergence(truth, model, 1 / (tau + sign * step)) for sign in (1, -1)]
    assert whole["slope"] == pytest.approx((near[0] - near[1]) / (2 * step), rel=1e-6)


def test_a_state_that_the_model_all_but_excludes_has_a_finite_part():
    """Probability exp(-1000) is 0 in double precision, but its logarithm is known: 1/2 (1000 - ln 2)."""
    parts = divide_by_group(np.array([0, 1]), np.zeros(2), np.array([0.0, 1000.0]))
    assert parts["forward"].tolist() == pytest.approx([-np.log(2) / 2, (1000 - np.log(2)) / 2])
    assert parts["reverse"].tolist() == pytest.approx([np.log(2), 0])
