"""The gain over independent sites, by hand."""

import numpy as np
import pytest

from temperance.msa.frequencies import profile_frequencies
from temperance.stats.estimate import Estimate
from temperance.temperature.divergence import Heldout
from temperance.temperature.gain import (
    best_independent_log_likelihood,
    independent_log_likelihood,
    likelihood_gain,
)
from temperance.thermo.thermodynamics import Curves

BETAS = np.array([0.0, 1.0, 2.0])
# Two sites; a first sequence of weight 3, and a second.
HELDOUT = Heldout(np.array([-1.0, -3.0]), np.array([3.0, 1.0]))
INDEPENDENT = np.array([-2.0, -4.0])


def curves(log_z=(0.5, 1.0, 1.6), left_out=()):
    rows = np.array([log_z, *left_out])
    return Curves(BETAS, rows, np.zeros_like(rows), np.zeros_like(rows), None, None)


def gain(tau_f=2 / 3, heldout=HELDOUT, **keys):
    return likelihood_gain(curves(**keys), heldout, INDEPENDENT, 2, tau_f, np.random.default_rng(0), 200)


def test_the_gain_is_the_weighted_mean_log_likelihood_above_that_of_independent_sites():
    """Mean energy -1.5, mean of the independent sites -2.5.

    At 1: (1.5 - ln Z + 2.5) / 2 with ln Z = 1; at 2/3, half of the way between the inverse temperatures 1 and 2:
    (1.5 * 1.5 - 1.3 + 2.5) / 2. A draw of one of two sequences is (1 - 1 + 2) / 2 or (3 - 1 + 4) / 2 at 1, and
    (1.5 - 1.3 + 2) / 2 or (4.5 - 1.3 + 4) / 2 at 2/3.
    """
    assert gain().summary() == {
        "at_one": {"value": pytest.approx(1.5), "low": pytest.approx(1.0), "high": pytest.approx(3.0)},
        "best": {"value": pytest.approx(1.725), "low": pytest.approx(1.1), "high": pytest.approx(3.6)},
        "temperature": pytest.approx(2 / 3),
        "independent": pytest.approx(-1.25),
    }


def test_the_best_gain_is_over_independent_sites_at_their_own_best_temperature():
    """At 2/3, beside ln P of -2 and -3, whose mean is -9/4: (1.5 * 1.5 - 1.3 + 2.25) / 2. At 1 as before.

    A draw of one of the two sequences is (1.5 - 1.3 + 2) / 2 or (4.5 - 1.3 + 3) / 2.
    """
    own = np.array([-2.0, -3.0])
    result = likelihood_gain(
        curves(), HELDOUT, INDEPENDENT, 2, 2 / 3, np.random.default_rng(0), 200, best_independent=own
    )
    assert result.best == Estimate(*(pytest.approx(value) for value in (1.6, 1.1, 3.1)))
    assert result.at_one.value == pytest.approx(1.5)
    assert result.independent == pytest.approx(-1.25)


def test_relatives_are_one_unit():
    relatives = gain(heldout=Heldout(HELDOUT.model, HELDOUT.weights, clusters=np.array([4, 4])))
    assert relatives.at_one == Estimate(*[pytest.approx(1.5)] * 3)


@pytest.mark.parametrize("tau_f", [0.0, np.inf])
def test_where_tau_f_lies_outside_the_ladder_the_gain_at_one_is_the_best(tau_f):
    outside = gain(tau_f)
    assert outside.temperature == 1
    assert outside.best == outside.at_one == Estimate(*(pytest.approx(value) for value in (1.5, 1.0, 3.0)))


def test_the_gain_is_known_down_to_the_coldest_temperature_sampled():
    # (2 * 1.5 - 1.6 + 2.5) / 2
    assert gain(0.5).best.value == pytest.approx(1.95)
    colder = gain(0.499)
    assert (colder.best, colder.temperature) == (None, 0.499)
    assert colder.at_one.value == pytest.approx(1.5)


def test_the_error_of_ln_z_is_that_of_ladders():
    """Without the one or the other of two ladders ln Z at 1 is 0.1 more or less: a draw has 0.9 or 1.1."""
    alike = Heldout(np.array([-1.5, -1.5]), np.ones(2))
    left_out = [(0.5, 1.1, 1.6), (0.5, 0.9, 1.6)]
    estimate = likelihood_gain(
        curves(left_out=left_out), alike, np.full(2, -2.5), 2, 1.0, np.random.default_rng(0), 200
    ).at_one
    assert estimate == Estimate(pytest.approx(1.5), pytest.approx(1.45), pytest.approx(1.55))


def test_few_ladders_widen_the_interval_even_of_many_sequences():
    """Of 64 sequences that differ the ends lie farther out if ln Z comes of two ladders, though these agree."""
    spread = Heldout(np.linspace(-2, -1, 64), np.ones(64))

    def width(left_out):
        estimate = likelihood_gain(
            curves(left_out=left_out), spread, np.full(64, -2.5), 2, 1.0, np.random.default_rng(0), 400
        ).at_one
        return estimate.high - estimate.low

    assert width([(0.5, 1.0, 1.6)] * 2) > 1.3 * width([])


def test_independent_sites_have_the_weighted_frequencies_with_one_pseudocount():
    """Weights 3 and 1 of states 0 and 1 of three: 4/5 * 3/4 + 1/5 * 1/3 = 2/3, 4/5 * 1/4 + 1/15 = 4/15, and 1/15."""
    training = np.array([[0, 1], [1, 1]], np.uint8)
    log_likelihood = independent_log_likelihood(
        training, np.array([3.0, 1.0]), np.array([[0, 1], [1, 0], [2, 2]], np.uint8), 3
    )
    # At the second site all have state 1: 4/5 + 1/15 = 13/15, and 1/15 of others.
    np.testing.assert_allclose(np.exp(log_likelihood), [2 / 3 * 13 / 15, 4 / 15 / 15, 1 / 15 / 15])


def test_independent_sites_at_their_best_temperature_are_as_flat_as_the_sequences_that_they_score():
    """One site of two states: of three training sequences in state 0 they have 3/4 + 1/8 = 7/8 there.

    Scored sequences of weights 2 and 1 are in states 0 and 1, and no probability of state 0 is better than 2/3.
    """
    training, scored = np.zeros((3, 1), np.uint8), np.array([[0], [1]], np.uint8)
    log_likelihood = best_independent_log_likelihood(training, np.ones(3), scored, np.array([2.0, 1.0]), 2)
    np.testing.assert_allclose(np.exp(log_likelihood), [2 / 3, 1 / 3], rtol=1e-4)
    # Sharper sequences than the training's: weights 15 and 1.
    sharper = best_independent_log_likelihood(training, np.ones(3), scored, np.array([15.0, 1.0]), 2)
    np.testing.assert_allclose(np.exp(sharper), [15 / 16, 1 / 16], rtol=1e-3)


def test_a_flatter_profile_is_no_gain_of_couplings():
    """Ten training sequences of independent sites make model and profile too sharp; flattened both are alike."""
    rng = np.random.default_rng(4)
    probabilities = rng.dirichlet(np.full(4, 0.5), 12)
    sequences = np.array([[rng.choice(4, p=p) for p in probabilities] for _ in range(60)], np.uint8)
    training, scored = sequences[:10], sequences[10:]
    logs = np.log(profile_frequencies(training, 4, np.ones(10)))
    betas = np.array([0.0, 1 / 1.4, 1.0])
    log_z = np.log(np.exp(betas[:, None, None] * logs).sum(axis=2)).sum(axis=1)[None]
    known = Curves(betas, log_z, np.zeros_like(log_z), np.zeros_like(log_z), None, None)
    ones = np.ones(50)
    at_one = independent_log_likelihood(training, np.ones(10), scored, 4)
    best = best_independent_log_likelihood(training, np.ones(10), scored, ones, 4)
    keys = {"length": 12, "tau_f": 1.4, "rng": np.random.default_rng(0), "draws": 100}
    result = likelihood_gain(known, Heldout(-at_one, ones), at_one, best_independent=best, **keys)
    assert result.at_one.value == pytest.approx(0)
    assert -0.005 < result.best.value <= 0
    assert likelihood_gain(known, Heldout(-at_one, ones), at_one, **keys).best.value > 0.01
