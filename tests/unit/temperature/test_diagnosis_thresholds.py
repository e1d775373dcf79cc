"""Each threshold of the diagnosis, at it and beyond it, and each sentence with its numbers."""

import numpy as np
import pytest

from temperance.stats.estimate import Estimate
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

INF = np.inf
AT_ONE, GAIN = (1.0, 0.97, 1.03), (0.30, 0.25, 0.35)


def trained(stopped="converged", pearson=0.9, slope=0.8, ceiling=None):
    return Training(stopped, pearson, slope, ceiling)


def measured(tau_f=AT_ONE, gain=GAIN, training=None, lowest=0.2, shared=np.nan):
    gain = None if gain is None else Estimate(*gain)
    return Measurements(Estimate(*tau_f), gain, training or trained(), lowest, shared)


def name(**keys):
    return diagnose([measured(**keys)]).name


def because(**keys):
    return diagnose([measured(**keys)]).because


@pytest.mark.parametrize(
    ("tau_f", "diagnosis"),
    [
        ((1.07, 1.0501, 1.09), OVERFITTED),
        ((1.07, 1.05, 1.09), FAITHFUL),  # not beyond 5 %, and within 10 %
        ((0.93, 0.91, 0.9499), OVER_REGULARISED),
        ((0.93, 0.91, 0.95), FAITHFUL),
        ((1.0, 0.9, 1.1), FAITHFUL),  # within 10 % to both sides
        ((1.0, 0.8999, 1.1), CANNOT_TELL),
        ((1.0, 0.9, 1.1001), CANNOT_TELL),
    ],
)
def test_tau_f_differs_from_one_beyond_five_percent_and_equals_it_within_ten(tau_f, diagnosis):
    assert name(tau_f=tau_f) == diagnosis


@pytest.mark.parametrize(
    ("gain", "diagnosis"),
    [
        ((0.005, 0.001, 0.0099), NOTHING_LEARNT),  # no gain that matters
        ((0.005, 0.001, 0.01), FAITHFUL),
        ((0.0099, 0.0, 0.05), NOTHING_LEARNT),  # none is shown, and none that matters is likely
        ((0.01, 0.0, 0.05), CANNOT_TELL),
        ((0.0099, 0.0001, 0.05), FAITHFUL),
        (None, CANNOT_TELL),
    ],
)
def test_a_gain_is_one_from_a_hundredth_of_a_nat_a_site_on(gain, diagnosis):
    assert name(gain=gain) == diagnosis


@pytest.mark.parametrize(
    ("gain", "tau_f", "learnt"),
    [
        ((0.3, 0.01, 0.5), (1.2, 1.1, 1.3), True),
        ((0.3, 0.0099, 0.5), (1.2, 1.1, 1.3), False),
        ((0.3, 0.0099, 0.5), AT_ONE, True),  # faithful: correlations show it
        ((0.005, 0.001, 0.0099), AT_ONE, False),
        (None, AT_ONE, True),
    ],
)
def test_couplings_have_learnt_something_where_a_gain_that_matters_is_certain(gain, tau_f, learnt):
    assert diagnose([measured(tau_f=tau_f, gain=gain)]).learnt == learnt


def test_nothing_learnt_is_not_told_of_models_that_are_not_equilibrated_near_one():
    none = (0.0, -0.001, 0.001)
    assert name(tau_f=(1.2, 1.1, 1.3), gain=none, lowest=1.05) == NOTHING_LEARNT
    assert name(tau_f=(1.2, 1.1, 1.3), gain=none, lowest=1.051) == OVERFITTED


@pytest.mark.parametrize(
    ("training", "diagnosis"),
    [
        (trained("steps", 0.8999), NOT_TRAINED),
        (trained("steps", 0.9), CANNOT_TELL),  # trained, but training did not end by itself
        (trained("time", 0.8999), NOT_TRAINED),
        (trained("steps", 0.45, ceiling=0.501), NOT_TRAINED),  # 0.898 of what can be reached
        (trained("steps", 0.45, ceiling=0.5), CANNOT_TELL),
        (trained("imported", 0.85), FAITHFUL),
        (trained("target", 0.85), FAITHFUL),
        (trained(pearson=0.8), FAITHFUL),
        (trained(pearson=0.7999), CANNOT_TELL),
        (trained(pearson=0.4, ceiling=0.5), FAITHFUL),
        (trained(slope=0.4999), OVER_REGULARISED),
        (trained(slope=0.5), CANNOT_TELL),
        (trained(slope=0.6999), CANNOT_TELL),
        (trained(slope=0.7), FAITHFUL),
        (trained(slope=None), CANNOT_TELL),
        (trained(pearson=None), CANNOT_TELL),
    ],
)
def test_correlations_of_the_samples_have_their_thresholds(training, diagnosis):
    assert name(training=training) == diagnosis


def test_tau_f_among_samples_that_are_not_equilibrated_decides_nothing():
    assert name(tau_f=(1.2, 1.1, 1.3), lowest=1.2) == OVERFITTED
    assert name(tau_f=(1.2, 1.1, 1.3), lowest=1.201) == CANNOT_TELL


def test_diagnoses_have_an_order():
    """Not trained, then nothing learnt, then outside, then by tau_f, then by correlations."""
    untrained, shrunk = trained("steps", 0.5), trained(slope=0.3)
    none, over, outside = (0.0, -0.01, 0.005), (1.2, 1.1, 1.3), (0.0, 0.0, 0.4)
    assert name(training=untrained, gain=none, tau_f=over) == NOT_TRAINED
    assert name(training=shrunk, gain=none, tau_f=over) == NOTHING_LEARNT
    assert name(training=shrunk, tau_f=outside) == CANNOT_TELL
    assert name(training=shrunk, tau_f=over) == OVERFITTED
    assert name(training=shrunk) == OVER_REGULARISED


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"training": trained("steps", 0.512, 0.8, 0.987)},
         "Not trained: training stopped at its limit of steps at a Pearson correlation of 0.51 with the data's "
         "correlations, where 0.99 can be reached; its samples do not show what the data and the penalty imply."),
        ({"training": trained("time", 0.512)},
         "Not trained: training stopped at its limit of time at a Pearson correlation of 0.51 with the data's "
         "correlations, where 1.00 can be reached; its samples do not show what the data and the penalty imply."),
        ({"training": trained("time", None)},
         "Not trained: training stopped at its limit of time; its samples do not show what the data and the penalty "
         "imply."),
        ({"gain": (0.0014, -0.0026, 0.0074)},
         "Nothing learnt beyond single sites: held-out sequences are +0.001 nats a site (-0.003 to +0.007) likelier "
         "than under independent sites."),
        ({"gain": (-0.1, -0.2, 0.0), "tau_f": (1.2, 1.06, 1.4)},
         "Nothing learnt beyond single sites: held-out sequences are -0.100 nats a site (-0.200 to +0.000) likelier "
         "than under independent sites; its couplings are noise."),
        ({"tau_f": (INF, 2.0, INF)},
         "Cannot tell: the energies of held-out sequences lie outside those that samples of any temperature have."),
        ({"tau_f": (0.8, 0.7, 0.9), "lowest": 0.95},
         "Cannot tell: τ_f = 0.80 (95% interval 0.70 to 0.90), but not all samples between it and τ = 0.95 "
         "are equilibrated."),
        ({"tau_f": (0.8, 0.7, 0.9), "lowest": INF},
         "Cannot tell: τ_f = 0.80 (95% interval 0.70 to 0.90), but not all samples at hotter temperatures are "
         "equilibrated."),
        ({"tau_f": (1.25, 1.13, 1.38)},
         "Overfitted: the family is covered best at τ_f = 1.25 (95% interval 1.13 to 1.38), above the model's own "
         "temperature, 1."),
        ({"tau_f": (0.85, 0.80, 0.91)},
         "Over-regularised: the family is covered best at τ_f = 0.85 (95% interval 0.80 to 0.91); at 1 the model "
         "spreads over too many sequences."),
        ({"training": trained(slope=0.34)},
         "Over-regularised: the correlations of the model's samples are 0.34 times as strong as those of the data; the "
         "penalty has shrunk them."),
        ({"tau_f": (1.02, 0.85, 1.23)},
         "Cannot tell: τ_f = 1.02 (95% interval 0.85 to 1.23) neither lies within 10% of 1 nor differs from it by more "
         "than 5% for certain; more held-out sequences or more training sets would tell."),
        ({"gain": None}, "Cannot tell: what the model gains over independent sites is not known."),
        ({"gain": (0.1, -0.05, 0.25)},
         "Cannot tell: held-out sequences are +0.100 nats a site likelier than under independent sites, but the "
         "interval (-0.050 to +0.250) reaches zero."),
        ({"training": trained(slope=None)},
         "Cannot tell: how far samples carry the data's correlations is not known."),
        ({"training": trained(pearson=0.6, ceiling=0.8)},
         "Cannot tell: samples carry the data's correlations only in part (Pearson 0.75 of what can be reached)."),
        ({"training": trained(slope=0.64)},
         "Cannot tell: the correlations of samples are only 0.64 times as strong as the data's."),
        ({"training": trained("steps", 0.95)},
         "Cannot tell: training stopped at its limit of steps before it converged."),
        ({"training": trained(pearson=0.72, slope=0.81, ceiling=0.8)},
         "Faithful to the data: the family is covered best at τ_f = 1.00 (95% interval 0.97 to 1.03), held-out "
         "sequences are 0.30 nats a site likelier than under independent sites (0.25 to 0.35), and samples carry the "
         "data's correlations (Pearson 0.90 of what can be reached, strength 0.81)."),
    ],
)  # fmt: skip
def test_a_diagnosis_says_what_decides_it(keys, sentence):
    assert because(**keys) == sentence


# ---------------------------------------------------------------- several training sets


def test_one_model_that_is_not_trained_is_enough():
    assert diagnose([measured(), measured(training=trained("time", 0.4))]).name == NOT_TRAINED
    assert diagnose([measured(), measured(training=trained("time", 0.95))]).because == (
        "Cannot tell: training stopped at its limit of time before it converged."
    )


def test_the_hottest_of_the_lowest_equilibrated_temperatures_counts():
    over = (1.2, 1.1, 1.3)
    assert diagnose([measured(over, lowest=0.5), measured(over, lowest=1.3)]).name == CANNOT_TELL
    assert diagnose([measured(over, lowest=1.3), measured(over, lowest=0.5)]).name == CANNOT_TELL


def test_correlations_and_gains_are_averaged_over_training_sets():
    """Strengths 0.9 and 0.5, Pearson 0.95 and 0.85, gains 0.2 and 0.4; one gain and one strength is not known."""
    replicates = [
        measured(gain=(0.2, 0.15, 0.25), training=trained(pearson=0.95, slope=0.9)),
        measured(gain=(0.4, 0.35, 0.45), training=trained(pearson=0.85, slope=0.5)),
        measured(gain=None, training=trained(pearson=0.9, slope=None)),
    ]
    sentence = diagnose(replicates).because
    assert "held-out sequences are 0.30 nats a site likelier" in sentence
    assert "(Pearson 0.90 of what can be reached, strength 0.70)" in sentence


def test_tau_f_is_pooled_with_the_error_that_training_sets_share():
    """Four times 1.09, 1.02 to 1.165: an error of ln tau of 0.0339. If half of the variance is not shared, it shrinks.

    Shared 0.024 on average: (0.024^2 + (4 / 7) * (0.0339^2 - 0.024^2) / 4)^(1/2) = 0.0258, a lower end of
    1.09 * exp(-1.96 * 0.0258) = 1.0363.
    Nothing shared: 0.0339 * (4 / 7 / 4)^(1/2) = 0.0128; 1.0630.
    """
    shared = [measured((1.09, 1.02, 1.09**2 / 1.02), shared=error) for error in (0.014, 0.034, 0.02, 0.028)]
    assert "τ_f = 1.09 (95% interval 1.04 to 1.15)" in diagnose(shared).because
    assert diagnose(shared).name == CANNOT_TELL
    alone = diagnose([measured((1.09, 1.02, 1.09**2 / 1.02), shared=0.0)] * 4)
    assert alone.name == OVERFITTED
    assert "τ_f = 1.09 (95% interval 1.06 to 1.12)" in alone.because


# ---------------------------------------------------------------- what is read of a training


def test_a_training_is_read_with_each_number_in_its_place():
    confirmation = {"pearson": 0.8, "slope": 0.5, "ceiling": 0.9, "chains": 1000, "equilibrated": False}
    read = Training.read({"stopped": "steps", "Meff": 250.0, "confirmation": confirmation})
    assert read == Training("steps", 0.8, 0.5, 0.9, False, 1000.0, 250.0)
    assert read.relative_pearson == pytest.approx(8 / 9)
    nothing = Training.read({"stopped": "imported", "confirmation": None})
    assert nothing == Training("imported")
    assert (nothing.relative_pearson, nothing.strength) == (None, None)
    unknown = Training.read({"confirmation": {"pearson": np.nan, "slope": None, "ceiling": INF}})
    assert (unknown.pearson, unknown.slope, unknown.ceiling, unknown.stopped) == (None, None, None, None)


def test_the_strength_is_the_slope_over_the_share_of_the_variance_that_is_no_noise():
    def strength(**keys):
        known = {"slope": 0.6, "ceiling": 0.8**0.5, "chains": 200.0, "meff": 100.0} | keys
        return Training("converged", 0.9, **known).strength

    # 1 / ceiling^2 - 1 = 1/4, of twice as many draws as the data are worth: half of the variance is noise.
    assert strength() == pytest.approx(1.2)
    assert strength(chains=100.0) == pytest.approx(0.8)
    assert strength(meff=1000.0) == pytest.approx(0.6 / 0.95)
    # A fifth of it is no noise, at least; and never more than all.
    assert strength(chains=400.0) == pytest.approx(3.0)
    assert strength(ceiling=1.1) == pytest.approx(0.6)
    for unknown in ("ceiling", "chains", "meff"):
        assert strength(**{unknown: None}) == 0.6
    assert strength(slope=None) is None
    assert Training("converged", 0.72).relative_pearson == 0.72


@pytest.mark.parametrize(("stopped", "diagnosis"), [("converged", CANNOT_TELL), ("steps", NOT_TRAINED)])
def test_data_without_correlations_that_can_be_reached_show_nothing(stopped, diagnosis):
    """Draws from data that are nearly all alike may have correlations of the other sign."""
    assert trained(ceiling=-0.4).relative_pearson is trained(ceiling=0.0).relative_pearson is None
    told = because(training=trained(stopped, ceiling=-0.4))
    assert name(training=trained(stopped, ceiling=-0.4)) == diagnosis
    assert "0.4" not in told and "-" not in told
