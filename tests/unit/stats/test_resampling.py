"""Bootstrap sums."""

import numpy as np

from temperance.stats.resampling import resample_sums


def test_one_unit_less_than_there_are_is_drawn():
    """The variance of a mean of n - 1 drawn of n = 3 values 0, 3, 6 is 6 / 2 = 3: that of three divided by n - 1."""
    values = np.array([[1.0, 0.0], [1.0, 3.0], [1.0, 6.0]])
    sums = resample_sums(values, 20_000, np.random.default_rng(0))
    assert sums[0].tolist() == [3, 9]
    assert set(sums[1:, 0]) == {2}
    # The fourth moment of such a mean is 20.25, its variance has the standard error sqrt((20.25 - 3^2) / 20,000).
    assert abs((sums[1:, 1] / 2).var() - 3) < 5 * (11.25 / 20_000) ** 0.5
