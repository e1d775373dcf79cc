"""Values with intervals: percentiles of draws, and pooling over training sets, counted by hand."""

import numpy as np
import pytest

from temperance.stats.estimate import (
    NORMAL,
    Estimate,
    estimate,
    estimate_columns,
    estimate_from_columns,
    pool_temperatures,
    pool_values,
)

# 97.5 % points of Student's t distribution with 2, 5 and 6 degrees of freedom, from tables.
T_2, T_5, T_6 = 4.302653, 2.570582, 2.446912


def intervals(values, errors):
    """Estimates whose 95 % intervals are 1.96 standard errors to each side."""
    return [
        Estimate(value, value - NORMAL * error, value + NORMAL * error)
        for value, error in zip(values, errors, strict=True)
    ]


def half_width(interval):
    assert interval.high - interval.value == pytest.approx(interval.value - interval.low)
    return interval.high - interval.value


# ---------------------------------------------------------------- one estimate


def test_estimates_are_written_with_their_interval_which_may_have_no_upper_end():
    assert Estimate(0.874, 0.801, 0.956).brief() == "0.87 (0.80 to 0.96)"
    assert Estimate(0.874, 0.801, float("inf")).brief(".1f") == "0.9 (0.8 or more)"
    assert str(Estimate(0.874, 0.801, float("inf"))) == "0.87 (95% interval 0.80 or more)"


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (Estimate(0.0, 0.0, 0.55), "below all that were sampled (0.55 at most)"),
        (Estimate(0.0, 0.0, 0.0), "below all that were sampled"),
        (Estimate(0.0, 0.0, np.inf), "below all that were sampled (interval not known)"),
        (Estimate(np.inf, 1.5, np.inf), "above all that were sampled (1.50 or more)"),
        (Estimate(np.inf, np.inf, np.inf), "above all that were sampled"),
        (Estimate(np.inf, 0.0, np.inf), "above all that were sampled (interval not known)"),
        (Estimate(0.7, 0.6, np.inf), "0.70 (0.60 or more)"),
        (Estimate(0.7, 0.0, 0.8), "0.70 (0.80 at most)"),
        (Estimate(0.7, 0.0, np.inf), "0.70 (interval not known)"),
    ],
)
def test_a_temperature_beyond_the_ladder_is_said_to_be(estimate, words):
    assert estimate.within_ladder() == words


def test_a_row_gives_the_estimate_of_its_name_back():
    row = estimate_columns("tau", Estimate(1.0, 0.9, 1.2)) | estimate_columns("tau_f", Estimate(2.0, 1.9, 2.2))
    assert estimate_from_columns(row, "tau") == Estimate(1.0, 0.9, 1.2)
    assert estimate_from_columns(row, "tau_f") == Estimate(2.0, 1.9, 2.2)


def test_the_half_width_of_a_normal_interval_is_1_96_standard_errors():
    assert pytest.approx(1.959964, abs=1e-6) == NORMAL


def test_an_interval_spans_the_central_95_percent_of_the_draws():
    """Draws 0, 1, ..., 10,000: 2.5 % lie below 250; t of 999 degrees of freedom widens the tails to 2.4999 %."""
    interval = estimate(7000.0, np.random.default_rng(0).permutation(10_001))
    assert interval.value == 7000
    assert interval.low == pytest.approx(250, abs=2) and interval.high == pytest.approx(9750, abs=2)
    assert interval.low + interval.high == 10_000


@pytest.mark.parametrize(("units", "tail"), [(3, 8.43e-6), (6, 0.0050759), (1000, 0.0248610)])
def test_few_independent_units_widen_the_interval_as_student_s_t_does(units, tail):
    """Of 3 units t is 4.302653, of 6 it is 2.570582; the normal distribution has so much beyond."""
    draws = np.linspace(0, 1, 1_000_001)
    assert estimate(0.5, draws, units).low == pytest.approx(tail, abs=1.1e-6)
    assert estimate(0.5, draws, units).high == pytest.approx(1 - tail, abs=1.1e-6)


def test_fewer_than_two_units_count_as_two():
    draws = np.linspace(0, 1, 101)
    assert estimate(0.5, draws, 1.0) == estimate(0.5, draws, 2.0)
    assert estimate(0.5, draws, 1.0) == Estimate(0.5, 0.0, 1.0)


def test_an_infinite_draw_leaves_the_other_end_as_it_is():
    # 2.5 % of twenty draws is nearest to the lowest of them.
    assert estimate(1.0, np.array([1.0] + [np.inf] * 19)) == Estimate(1.0, 1.0, np.inf)
    # One of a hundred is not in the central 95 %.
    assert estimate(1.0, np.array([1.0] * 99 + [np.inf])) == Estimate(1.0, 1.0, 1.0)


def test_an_estimate_is_written_with_its_interval_and_as_columns():
    interval = Estimate(1.234, 0.5, 20.0)
    assert str(interval) == "1.23 (95% interval 0.50 to 20.00)"
    assert estimate_columns("tau_f", interval) == {"tau_f": 1.234, "tau_f_low": 0.5, "tau_f_high": 20.0}


# ---------------------------------------------------------------- pooled values


def test_a_single_replicate_is_its_own_pool():
    one = Estimate(1.0, 0.7, 1.1)
    assert pool_values([one]) == pool_temperatures([one]) == one


def test_replicates_that_differ_by_more_than_their_errors_widen_the_interval():
    """Values 0 and 2 vary by 2 (the squares 1 + 1 over n - 1 = 1), their errors 1 by 1; prior of four replicates.

    Nothing is shared: (1 * 2 + 4 * 1) / 5 = 1.2 differs, and half of it remains in the mean of two.
    """
    pooled = pool_values(intervals([0.0, 2.0], [1.0, 1.0]))
    assert pooled.value == 1
    assert half_width(pooled) == pytest.approx(T_5 * (1.2 / 2) ** 0.5)


def test_a_shared_error_does_not_shrink_with_the_number_of_replicates():
    """As above, but 0.36 of the variance 1 is shared: (1 * 2 + 4 * 0.64) / 5 = 0.912 differs."""
    pooled = pool_values(intervals([0.0, 2.0], [1.0, 1.0]), shared=0.6)
    assert half_width(pooled) == pytest.approx(T_5 * (0.36 + 0.912 / 2) ** 0.5)


def test_no_more_is_shared_than_the_intervals_hold():
    """All of the variance 1 is shared: (1 * 2 + 4 * 0) / 5 = 0.4 differs."""
    pooled = pool_values(intervals([0.0, 2.0], [1.0, 1.0]), shared=3.0)
    assert half_width(pooled) == pytest.approx(T_5 * (1 + 0.4 / 2) ** 0.5)


def test_replicates_that_agree_share_what_their_intervals_hold_beyond_their_spread():
    """Values -1, 0, 1 vary by 1; errors 1, 2, 2 by (1 + 4 + 4) / 3 = 3, of which 2 are shared and 1 differs."""
    pooled = pool_values(intervals([-1.0, 0.0, 1.0], [1.0, 2.0, 2.0]))
    assert pooled.value == 0
    assert half_width(pooled) == pytest.approx(NORMAL * (2 + 1 / 3) ** 0.5)


def test_the_interval_is_a_normal_one_unless_replicates_vary_by_more_than_what_differs():
    """Values -1, 0, 1, which vary by 1, and intervals of variance 3, of which a known part is shared."""
    replicates = intervals([-1.0, 0.0, 1.0], [1.0, 2.0, 2.0])
    # Of 2.5 shared 0.5 differ, less than the 1 that is seen: (2 * 1 + 4 * 0.5) / 6 = 2 / 3.
    assert half_width(pool_values(replicates, 2.5**0.5)) == pytest.approx(T_6 * (2.5 + 2 / 9) ** 0.5)
    # Of 1 shared 2 differ, more than the 1 that is seen: (2 * 1 + 4 * 2) / 6 = 5 / 3.
    assert half_width(pool_values(replicates, 1.0)) == pytest.approx(NORMAL * (1 + 5 / 9) ** 0.5)


def test_rounding_does_not_decide_how_wide_a_pooled_interval_is():
    """Values that vary by less than their errors have a normal interval, whatever their last digits."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        values, errors = rng.normal(0, 0.05, 3), rng.uniform(0.1, 0.2, 3)
        within, between = (errors**2).mean(), values.var(ddof=1)
        half = half_width(pool_values(intervals(values, errors)))
        assert half == pytest.approx(NORMAL * (within - between + between / 3) ** 0.5, rel=1e-9)


# ---------------------------------------------------------------- pooled temperatures


def test_temperatures_are_pooled_in_their_logarithms():
    """ln tau of 0 and 2 with errors 1, as above: the geometric mean is e."""
    replicates = [Estimate(*np.exp([x, x - NORMAL, x + NORMAL])) for x in (0.0, 2.0)]
    half = T_5 * (0.36 + 0.912 / 2) ** 0.5
    pooled = pool_temperatures(replicates, shared=0.6)
    assert np.log([pooled.value, pooled.low, pooled.high]) == pytest.approx([1, 1 - half, 1 + half])


def test_an_unbounded_interval_makes_the_pooled_one_span_all():
    """An interval from 0 on has no standard error in the logarithm: sqrt(1 * 4) = 2 is the geometric mean."""
    assert pool_temperatures([Estimate(1.0, 0.0, 1.5), Estimate(4.0, 3.0, 5.0)]) == Estimate(
        pytest.approx(2.0), 0.0, 5.0
    )
    assert pool_temperatures([Estimate(1.0, 0.5, np.inf), Estimate(4.0, 3.0, 5.0)]).high == np.inf


def test_a_temperature_outside_the_ladder_is_averaged_in_beta():
    """Beta of infinity is 0: with beta 1 the mean is 1 / 2. Beta of 0 is infinite, and so is every mean with it."""
    hot = pool_temperatures([Estimate(np.inf, 2.0, np.inf), Estimate(1.0, 0.9, 1.1)])
    assert hot == Estimate(2.0, 0.9, np.inf)
    cold = pool_temperatures([Estimate(0.0, 0.0, 0.3), Estimate(1.0, 0.9, 1.1)])
    assert cold == Estimate(0.0, 0.0, 1.1)
