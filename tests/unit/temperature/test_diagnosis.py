"""The six diagnoses on measurements whose meaning is plain, and what pooling over training sets brings."""

import numpy as np
import pytest

from temperance.stats.estimate import Estimate, pool_temperatures
from temperance.temperature.diagnosis import (
    CANNOT_TELL,
    FAITHFUL,
    NOT_TRAINED,
    NOTHING_LEARNT,
    OVER_REGULARISED,
    OVERFITTED,
    Measurements,
    Training,
    diagnose,
)

GAIN = Estimate(0.30, 0.25, 0.35)
TRAINED = Training("converged", pearson=0.95, slope=0.9, ceiling=0.97)


def name(tau_f, gain=GAIN, training=TRAINED, equilibrated_above=0.2):
    return diagnose([Measurements(Estimate(*tau_f), gain, training, equilibrated_above)]).name


@pytest.mark.parametrize(
    ("tau_f", "diagnosis"),
    [
        ((1.25, 1.04, 1.50), CANNOT_TELL),
        ((0.83, 0.68, 0.99), CANNOT_TELL),
        ((1.00, 0.97, 1.03), FAITHFUL),
        ((1.00, 0.88, 1.13), CANNOT_TELL),
        ((1.06, 1.02, 1.09), FAITHFUL),
        ((1.20, 1.08, 1.33), OVERFITTED),
        ((0.90, 0.87, 0.93), OVER_REGULARISED),
        ((np.inf, 2.0, np.inf), CANNOT_TELL),
        ((0.0, 0.0, 0.3), CANNOT_TELL),
    ],
)
def test_equality_with_one_has_to_be_shown(tau_f, diagnosis):
    assert name(tau_f) == diagnosis


def test_a_profile_model_has_learnt_nothing_beyond_single_sites():
    """As of WW: tau_f and calibration at 1, no couplings, and no gain."""
    assert name((0.99, 0.96, 1.02), gain=Estimate(0.0, -0.001, 0.001)) == NOTHING_LEARNT
    assert name((0.99, 0.96, 1.02), gain=Estimate(0.004, 0.001, 0.008)) == NOTHING_LEARNT
    assert name((0.99, 0.96, 1.02), gain=Estimate(-0.1, -0.2, -0.02)) == NOTHING_LEARNT
    assert name((0.99, 0.96, 1.02), gain=Estimate(0.05, -0.02, 0.12)) == CANNOT_TELL
    assert name((0.99, 0.96, 1.02), gain=None) == CANNOT_TELL


@pytest.mark.parametrize(
    ("training", "diagnosis"),
    [
        (Training("converged", pearson=0.5, slope=0.9, ceiling=0.97), CANNOT_TELL),
        (Training("steps", pearson=0.5, slope=0.9, ceiling=0.97), NOT_TRAINED),
        (Training("time", pearson=None, slope=None, ceiling=None), NOT_TRAINED),
        (Training("converged", pearson=0.9, slope=0.2, ceiling=0.97), OVER_REGULARISED),
        (Training("converged", pearson=0.9, slope=0.6, ceiling=0.97), CANNOT_TELL),
        (Training("converged", pearson=None, slope=None, ceiling=None), CANNOT_TELL),
        (Training("steps", pearson=0.95, slope=0.9, ceiling=0.97), CANNOT_TELL),
        (Training("target", pearson=0.95, slope=0.9, ceiling=0.97), FAITHFUL),
    ],
)
def test_correlations_are_part_of_faithful(training, diagnosis):
    assert name((1.0, 0.97, 1.03), training=training) == diagnosis


def test_samples_that_are_not_equilibrated_decide_nothing():
    assert name((0.8, 0.78, 0.82), equilibrated_above=1.0) == CANNOT_TELL
    assert name((0.8, 0.78, 0.82), equilibrated_above=np.inf) == CANNOT_TELL


@pytest.mark.parametrize(("shared", "counts"), [(0.0, (1, 2, 4, 8)), (np.nan, (1, 4, 8))])
def test_more_training_sets_have_more_power(shared, counts):
    """A true tau_f of 1.2, sd 0.08: called overfitted the more often the more training sets there are."""
    rng = np.random.default_rng(0)
    half = 1.96 * 0.08
    calls = []
    for count in counts:
        names = [
            diagnose([Measurements(Estimate(t, t - half, t + half), GAIN, TRAINED, shared=shared) for t in taus]).name
            for taus in rng.normal(1.2, 0.08, (200, count))
        ]
        calls.append(np.mean([name == OVERFITTED for name in names]))
    assert (np.diff(calls) > 0).all()
    assert calls[0] < 0.65
    assert calls[-1] > 0.9


def test_errors_that_training_sets_share_do_not_shrink_with_their_number():
    """Eight equal values with wide intervals: training sets do not differ, so all of the error is shared."""
    one = Estimate(1.2, 1.2 * np.exp(-0.1), 1.2 * np.exp(0.1))
    pooled = pool_temperatures([one] * 8)
    assert pooled.value == pytest.approx(1.2)
    assert pooled.low == pytest.approx(one.low)
    assert pooled.high == pytest.approx(one.high)


def test_the_spread_of_training_sets_counts_beyond_their_intervals():
    """Values e^-0.3, 1, e^0.3 with negligible intervals: variance 0.09, mixed as two parts of six, over three."""
    narrow = [Estimate(float(np.exp(x)), float(np.exp(x - 1e-6)), float(np.exp(x + 1e-6))) for x in (-0.3, 0.0, 0.3)]
    pooled = pool_temperatures(narrow)
    half = 2.446912 * (2 * 0.09 / 6 / 3) ** 0.5
    assert np.log(pooled.high) == pytest.approx(half, rel=1e-4)
    assert np.log(pooled.low) == pytest.approx(-half, rel=1e-4)


@pytest.mark.parametrize("training", [0.0, 0.06])
def test_pooled_intervals_hold_the_truth(training):
    """Four training sets that share an error of held-out sequences, known as such, each with one of its own ladders."""
    rng = np.random.default_rng(1)
    heldout, ladders, hits = 0.05, 0.02, []
    half = 1.96 * (heldout**2 + ladders**2) ** 0.5
    for _ in range(1000):
        logs = rng.normal(0, heldout) + rng.normal(0, (training**2 + ladders**2) ** 0.5, 4)
        replicates = [Estimate(*np.exp([log, log - half, log + half])) for log in logs]
        pooled = pool_temperatures(replicates, heldout)
        hits.append(pooled.low <= 1 <= pooled.high)
    assert 0.9 < np.mean(hits) < 0.99


def test_the_datas_own_sampling_noise_does_not_count_as_correlation():
    """Data of which a quarter of the variance is noise: a model with all of the rest has a slope of 0.75."""
    # As many draws as the data are worth have ceiling^2 = 1 / (1 + 0.25); ten times as many 1 / (1 + 0.025).
    for chains, noise in ((500, 0.25), (5000, 0.025)):
        known = Training("converged", 0.9, slope=0.75, ceiling=(1 + noise) ** -0.5, chains=chains, meff=500)
        assert known.strength == pytest.approx(1.0)
    assert Training("converged", 0.9, slope=0.75, ceiling=0.9).strength == 0.75
    # Almost all is noise: no more is taken out than four fifths.
    assert Training("converged", 0.9, slope=0.1, ceiling=0.5, chains=500, meff=500).strength == pytest.approx(0.5)


def test_a_training_is_read_with_what_its_noise_is_computed_from():
    summary = {"stopped": "converged", "Meff": 687.0, "confirmation": {"pearson": 0.8, "slope": 0.51, "ceiling": 0.991,
               "chains": 10_000, "equilibrated": True}}  # fmt: skip
    read = Training.read(summary)
    assert (read.chains, read.meff) == (10_000, 687.0)
    assert read.strength == pytest.approx(0.51 / (1 - 10_000 / 687 * (1 / 0.991**2 - 1)))


# ---------------------------------------------------------------- the sign rule


def sign_rule(*slopes, name="truth", training=TRAINED, equilibrated_above=0.2):
    tau_f = Estimate(1.0, 0.97, 1.03)
    return diagnose(
        [
            Measurements(tau_f, GAIN, training, equilibrated_above, energy_slopes={name: Estimate(*slope)})
            for slope in slopes
        ]
    ).sign_rule


def test_the_side_on_which_the_truth_accepts_samples_better_is_said_where_it_is_certain():
    assert sign_rule((1.4, 1.01, 1.79)) == (
        "At temperature 1 the true energy of samples changes by 1.40 (95% interval 1.01 to 1.79) nats for each nat of "
        "the model's energy, more than 1: colder samples are nearer to the truth."
    )
    assert sign_rule((0.7, 0.41, 0.99)) == (
        "At temperature 1 the true energy of samples changes by 0.70 (95% interval 0.41 to 0.99) nats for each nat of "
        "the model's energy, less than 1: hotter samples are nearer to the truth."
    )
    for undecided in ((1.2, 0.99, 1.41), (0.8, 0.59, 1.01), (np.nan, np.nan, np.nan)):
        assert sign_rule(undecided) == ""


def test_a_judge_is_believed_only_where_its_slope_is_beyond_its_own_scale():
    """A low slope decides nothing: a judge may be blind to what the truth rewards."""
    assert sign_rule((1.5, 1.31, 1.69), name="hmm") == (
        "At temperature 1 the score by the profile HMM rises by 1.50 (95% interval 1.31 to 1.69) nats for each nat "
        "that the model's energy falls, more than the 1.3 that its own scale may explain: colder samples are better "
        "by it."
    )
    for undecided in ((1.5, 1.29, 1.71), (0.5, 0.4, 0.6)):
        assert sign_rule(undecided, name="hmm") == ""


def test_slopes_of_several_training_sets_decide_together():
    """Two that differ by 0.2, each known to 0.2, have a mean known to 0.202: one of them may be certain alone."""
    assert sign_rule((1.3, 1.1, 1.5)) != ""
    assert sign_rule((1.1, 0.9, 1.3), (1.3, 1.1, 1.5)) == ""
    assert "by 1.25 (95% interval 1.05 to 1.45) nats" in sign_rule((1.15, 0.95, 1.35), (1.35, 1.15, 1.55))


def test_samples_that_are_not_what_the_model_implies_say_nothing():
    decided = (1.4, 1.3, 1.5)
    assert sign_rule(decided, training=Training("time")) == ""
    assert sign_rule(decided, equilibrated_above=1.01) == ""
    assert sign_rule(decided, equilibrated_above=1.0) != ""
