"""The rule behind the recommendation, temperature by temperature, with its words."""

from dataclasses import replace

import numpy as np
import pytest
from rung_scores import rung_scores

from temperance.temperature.choice import as_natural, choose_rung, describe, strictest_point
from temperance.temperature.operating_points import OperatingPoint

NAN, INF = np.nan, np.inf
TAUS = [0.5, 0.6, 0.7, 0.8, 1.0]
NOVELTY = [0.1, 0.2, 0.3, 0.4, 0.5]
FLOORS = (0.2, 0.5)
COLDER = (
    "Temperatures below {} were sampled, but are not equilibrated: raise sample.max_sweeps, or train.l2_couplings, "
    "which makes a model easier to sample and a little less like its family."
)
OTHER_MODELS = (
    "A model trained on cleaner sequences (filter), on more of them, or with another train.l2_couplings may do better; "
    "a judge that should not decide can be left out."
)


def scores(**keys):
    return rung_scores(TAUS, **({"novelty": NOVELTY} | keys))


def train(value=0.85, low=None, high=None):
    return OperatingPoint(
        "tau_train", value, value if low is None else low, value if high is None else high, False, True
    )


def judge(name, value, low=None, decides=True, tolerated=NAN):
    low = value if low is None else low
    return OperatingPoint(f"tau_{name}", value, low, value, False, decides, tolerated=tolerated)


def choose(rungs, points=None, pooled=None, floors=FLOORS):
    points = [train()] if points is None else points
    return choose_rung(rungs, points, points if pooled is None else pooled, floors)


# ---------------------------------------------------------------- the temperature that is chosen


def test_the_coldest_temperature_that_meets_both_floors_is_chosen():
    assert choose(scores()).rung == 1  # 0.6 meets the floor of 0.2 exactly
    assert choose(scores(), floors=(0.2001, 0.5)).rung == 2
    assert choose(scores(diversity=[0.3, 0.4, 0.5, 0.6, 0.7])).rung == 2
    choice = choose(scores())
    assert (choice.obstacle, choice.remedy, choice.fallback) == ("", "", 1)


def test_it_is_equilibrated():
    assert choose(scores(equilibrated=[1, 0, 1, 1, 1])).rung == 2
    assert choose(scores(equilibrated=[0, 0, 0, 1, 1])).rung == 3


def test_it_is_not_above_the_lower_end_of_any_deciding_point_and_may_be_at_it():
    need_08 = (0.4, 0.5)
    assert choose(scores(), [train(0.9, 0.8, 1.0)], floors=need_08).rung == 3
    assert choose(scores(), [train(0.9, 0.799, 1.0)], floors=need_08).rung is None
    # The family's point is stricter than the model's, or the model's than the family's.
    assert choose(scores(), [train(0.9)], [train(0.75)], need_08).rung is None
    assert choose(scores(), [train(0.75)], [train(0.9)], need_08).rung is None
    assert choose(scores(), [train(0.9)], [train(0.9), judge("hmm", 0.75)], need_08).rung is None
    assert choose(scores(), [train(0.9)], [train(0.9), judge("hmm", 0.75, decides=False)], need_08).rung == 3
    assert choose(scores(), [train(0.9)], [train(0.9), judge("hmm", 0.75, tolerated=0.8)], need_08).rung == 3


def test_the_strictest_point_has_the_lowest_limit_among_those_that_decide_and_are_known():
    strictest = judge("hmm", 0.95, 0.7)
    others = [train(0.8), judge("potts", 0.6, decides=False), judge("folding", 0.7, 0.5, tolerated=0.75)]
    assert strictest_point([*others, strictest]) is strictest
    assert strictest_point([judge("potts", INF), judge("hmm", NAN), judge("folding", 0.6, decides=False)]) is None


def test_a_judge_refuses_temperatures_that_are_below_percentile_45_for_certain():
    # At three ladders of standard deviation 1 the half-width is 4.3027 / sqrt(3) = 2.4842.
    spread = np.array([-1.0, 0, 1])
    rungs = rung_scores(
        TAUS, novelty=NOVELTY, ladders=3,
        percentiles={"hmm": np.array([44.9, 45, 42.51, 42.52, 60])[:, None] + np.outer([0, 0, 1, 1, 0], spread)},
    )  # fmt: skip
    assert as_natural(rungs, [judge("hmm", 0.9)]).tolist() == [False, True, False, True, True]
    assert as_natural(rungs, [judge("hmm", 0.9, decides=False)]).all()
    assert as_natural(rungs, [judge("potts", 0.9), train()]).all()


def test_all_deciding_judges_have_to_find_samples_natural():
    percentiles = {"hmm": [60, 30, 60, 60, 60], "potts": [60, 60, 30, 60, 60]}
    points = [train(), judge("hmm", 0.9), judge("potts", 0.9)]
    assert choose(scores(percentiles=percentiles), points).rung == 3
    assert choose(scores(percentiles=percentiles), points[:2]).rung == 2


# ---------------------------------------------------------------- edges


def test_the_coldest_temperature_sampled_is_refused():
    refused = choose(scores(), floors=(0.1, 0.5))
    assert refused.rung is None
    assert refused.obstacle == (
        "samples meet your floors even at τ = 0.5, the coldest temperature sampled, so the coldest that meets them is "
        "not known."
    )
    assert refused.remedy == (
        "Add temperatures below 0.5 to sample.temperatures, or raise optimum.novelty_floor or optimum.diversity_floor."
    )
    assert refused.fallback == 0
    # It is no edge where it is not equilibrated: the next one is the coldest that is known to meet them.
    assert choose(scores(equilibrated=[0, 1, 1, 1, 1]), floors=(0.1, 0.5)).rung == 1


def test_the_hottest_temperature_sampled_is_refused():
    refused = choose(scores(), [train(1.2)], floors=(0.5, 0.5))
    assert refused.rung is None
    assert refused.obstacle == "only τ = 1, the hottest temperature sampled, meets your floors."
    assert refused.remedy == (
        "Add hotter temperatures to sample.temperatures, or lower optimum.novelty_floor or optimum.diversity_floor."
    )
    assert refused.fallback == 4
    assert choose(scores(), [train(1.2)], floors=(0.4, 0.5)).rung == 3


# ---------------------------------------------------------------- what is not known


def test_no_equilibrated_temperature_gives_none():
    none = choose(scores(equilibrated=False))
    assert none.rung is None
    assert none.obstacle == "no temperature was equilibrated, so the samples do not show what the model is like."
    assert none.remedy == ("Raise train.l2_couplings, which makes a model easier to sample, or sample.max_sweeps.")
    assert none.fallback == 4  # the nearest to 1


def test_the_nearest_temperature_is_nearest_in_the_logarithm_and_equilibrated():
    def nearest(temperatures, equilibrated):
        rungs = rung_scores(temperatures, novelty=1, equilibrated=equilibrated)
        return choose(rungs, []).fallback if np.any(equilibrated) else choose(rungs).fallback

    # ln 2 = 0.69 below 1 and ln 1.9 = 0.64 above, though 1.9 is farther away in tau.
    assert nearest([0.5, 1.9], False) == 1
    assert nearest([0.5, 1.9], True) == 1
    assert nearest([0.5, 1.0, 1.9], [True, False, True]) == 2
    assert nearest([0.5, 1.0, 2.1], [True, False, True]) == 0


@pytest.mark.parametrize(
    ("points", "obstacle", "remedy", "fallback"),
    [
        ([train(0.0)],
         "training sequences have lower energies than the samples of every temperature, so no sample is as good as "
         "they are.", "Add temperatures below 0.5 to sample.temperatures.", 1),
        ([train(INF)],
         "training sequences have higher energies under the model than random sequences: it is not a model of them.",
         "Check that the model is one of this family, with the same columns and states.", 4),
        ([train(NAN)],
         "the temperature at which samples have the mean energy of the training sequences (τ_train) is not known.",
         "Widen sample.temperatures.", 4),
        ([judge("hmm", 0.9)],
         "the temperature at which samples have the mean energy of the training sequences (τ_train) is not known.",
         "Widen sample.temperatures.", 4),
        ([train(0.594)],
         "samples are as good as natural sequences up to τ = 0.59 (τ_train), but they are equilibrated only at "
         "τ = 0.6 and above.",
         "Raise train.l2_couplings, which makes a model easier to sample, or sample.max_sweeps.", 1),
    ],
)  # fmt: skip
def test_without_a_known_tau_train_there_is_none(points, obstacle, remedy, fallback):
    none = choose(scores(equilibrated=[0, 1, 1, 1, 1]), points)
    assert (none.rung, none.obstacle, none.remedy, none.fallback) == (None, obstacle, remedy, fallback)


def test_a_tau_train_of_all_training_sets_that_is_not_equilibrated_allows_no_temperature():
    """Of the model itself it is 0.9; of all it is 0.85, and no equilibrated temperature of another one is colder."""
    pooled = [replace(train(0.85), low=0.0, high=0.95, equilibrated=False)]
    none = choose(scores(), [train(0.9)], pooled)
    assert none.rung is None
    assert none.obstacle == (
        "samples are as good as natural sequences up to τ_train, where samples have the mean energy of the training "
        "sequences: 0.85, 0.95 at most, which lies where they are not equilibrated."
    )
    assert none.remedy == "Raise train.l2_couplings, which makes a model easier to sample, or sample.max_sweeps."


def test_tau_train_at_the_coldest_equilibrated_temperature_is_cold_enough():
    assert choose(scores(equilibrated=[0, 1, 1, 1, 1]), [train(0.6)]).rung == 1


# ---------------------------------------------------------------- floors that are not met


def test_floors_that_are_met_above_the_limit_only_are_named_with_what_would_do():
    none = choose(scores(diversity=[0.3, 0.4, 0.45, 0.6, 0.7]), [train(0.75, 0.74, 0.76)])
    assert none.rung is None
    assert none.obstacle == (
        "your diversity floor of 0.5 is met only at τ = 0.8 and above, but samples are as good as natural sequences up "
        "to τ = 0.74 at most (τ_train, where samples have the mean energy of the training sequences: 0.75, 0.74 to "
        "0.76). Lower optimum.diversity_floor to 0.44 or less."
    )
    assert none.remedy == "At τ = 0.7 samples have a novelty of 0.30 and 0.45 of the natural diversity."
    assert none.fallback == 2


def test_a_floor_that_cold_temperatures_meet_and_hotter_ones_do_not_is_met_only_there():
    """New and varied enough at none: 0.5 and 0.6 are varied, 0.7 and above are new."""
    none = choose(
        scores(diversity=[0.7, 0.6, 0.4, 0.4, 0.4], novelty=[0.1, 0.1, 0.3, 0.3, 0.3]), [train(0.75, 0.74, 0.76)]
    )
    assert "your diversity floor of 0.5 is met only at τ = 0.5 and 0.6, but samples" in none.obstacle


def test_both_floors_are_named_where_the_hottest_good_temperature_meets_neither():
    none = choose(scores(diversity=0.456), [train(0.7, 0.65, 0.75)], floors=(0.4, 0.5))
    assert none.obstacle == (
        "your novelty floor of 0.4 is met only at τ = 0.8 and above and your diversity floor of 0.5 is met at no "
        "equilibrated temperature, but samples are as good as natural sequences up to τ = 0.65 at most (τ_train, where "
        "samples have the mean energy of the training sequences: 0.70, 0.65 to 0.75). Lower optimum.novelty_floor to "
        "0.19 and optimum.diversity_floor to 0.45 or less."
    )
    assert none.fallback == 1


def test_of_floors_that_no_single_temperature_meets_together_the_one_that_the_hottest_good_one_misses_is_lowered():
    """Novelty from 0.7 up, diversity up to 0.6: at 0.8, the hottest good one, the novelty is met."""
    none = choose(scores(diversity=[0.9, 0.8, 0.4, 0.3, 0.2]), floors=(0.3, 0.5))
    assert "novelty" not in none.obstacle
    assert none.obstacle.endswith("Lower optimum.diversity_floor to 0.29 or less.")
    assert none.fallback == 3


def test_a_floor_that_is_met_has_its_interval_in_what_would_do():
    """Ladders of 0.28 to 0.32 at 0.7: 0.3 less 4.3027 * 0.02 / sqrt(3) = 0.0497 is 0.2503, rounded down."""
    novelty = np.array(NOVELTY)[:, None] + np.outer([0, 0, 1, 0, 0], [-0.02, 0, 0.02])
    none = choose(rung_scores(TAUS, novelty=novelty, ladders=3), [train(0.75)], floors=(0.26, 0.5))
    assert none.obstacle.endswith("Lower optimum.novelty_floor to 0.25 or less.")
    assert choose(rung_scores(TAUS, novelty=novelty, ladders=3), [train(0.75)], floors=(0.25, 0.5)).rung == 2


# ---------------------------------------------------------------- samples that are not natural


def test_a_limit_below_all_equilibrated_temperatures():
    points = [train(), judge("hmm", 0.58, 0.55)]
    none = choose(scores(percentiles={"hmm": 50}, equilibrated=[0, 1, 1, 1, 1]), points)
    assert none.rung is None
    assert none.obstacle == (
        "samples are as good as natural sequences up to τ = 0.55 at most (the limit by the profile HMM: 0.58, 0.55 to "
        "0.58), but no equilibrated temperature is as cold as that; the coldest is 0.6."
    )
    assert none.remedy == COLDER.format(0.6)
    assert none.fallback == 1
    tolerant = [train(), replace(points[1], tolerated=0.57)]
    assert choose(scores(percentiles={"hmm": 50}, equilibrated=[0, 1, 1, 1, 1]), tolerant).obstacle == (
        "samples are as good as natural sequences up to τ = 0.57 at most (the limit by the profile HMM: 0.58, 0.55 to "
        "0.58; at 0.57 samples are certainly at percentile 45 or above, where 50 is natural), but no equilibrated "
        "temperature is as cold as that; the coldest is 0.6."
    )
    coldest = choose(scores(percentiles={"hmm": 50}), [train(), judge("hmm", 0.48, 0.45)])
    assert coldest.remedy == "Add temperatures below 0.5 to sample.temperatures."
    assert coldest.fallback == 0


def test_a_judge_that_refuses_all_temperatures_up_to_the_limit_is_named():
    """The profile HMM finds samples natural from 0.8 up, and tau_train is 0.75."""
    points = [train(0.75), judge("hmm", INF), judge("potts", INF)]
    percentiles = {"hmm": [30, 32, 31, 50, 60], "potts": 60}
    none = choose(scores(percentiles=percentiles), points)
    assert none.rung is None
    assert none.obstacle == (
        "samples are as good as natural sequences up to τ = 0.75 at most (τ_train, where samples have the mean energy "
        "of the training sequences: 0.75, 0.75 to 0.75), but at no temperature up to there are samples rated as "
        "natural as natural sequences by the profile HMM. At best it places them at percentile 32 (at τ = 0.6), and "
        "natural sequences at 50. Your novelty floor of 0.2 is met only at τ = 0.6 and above."
    )
    assert none.remedy == f"Colder samples are no more natural. {OTHER_MODELS}"
    # Missing: at 0.5 half of the novelty, 40 %; at 0.8 0.0625 of tau_train, and nothing else: the least.
    assert none.fallback == 3


def test_a_temperature_at_the_limit_is_cold_enough_to_be_refused_by_a_judge():
    points = [train(0.6), judge("hmm", INF)]
    none = choose(scores(percentiles={"hmm": [10, 30, 60, 60, 60]}, equilibrated=[0, 1, 1, 1, 1]), points)
    assert none.obstacle == (
        "samples are as good as natural sequences up to τ = 0.60 at most (τ_train, where samples have the mean energy "
        "of the training sequences: 0.60, 0.60 to 0.60), but at no temperature up to there are samples rated as "
        "natural as natural sequences by the profile HMM. At best it places them at percentile 30 (at τ = 0.6), and "
        "natural sequences at 50."
    )


def test_judges_that_refuse_different_temperatures_are_both_named():
    points = [train(0.75), judge("hmm", INF), judge("folding", INF)]
    percentiles = {"hmm": [60, 60, 30, 60, 60], "folding": [30, 30, 60, 60, 60]}
    none = choose(scores(percentiles=percentiles), points, floors=(0.0, 0.5))
    assert (
        "natural sequences by the profile HMM and the RNA folding energy. At best they place them at percentile 60 "
        in none.obstacle
    )
    assert none.obstacle.endswith(
        "percentile 60 (at τ = 0.5) and at percentile 60 (at τ = 0.7), and natural sequences at 50."
    )


def test_of_judges_that_refuse_those_that_refuse_all_temperatures_are_named_alone():
    points = [train(0.75), judge("hmm", INF), judge("folding", INF)]
    none = choose(scores(percentiles={"hmm": 30, "folding": [30, 60, 60, 60, 60]}), points, floors=(0.0, 0.5))
    assert "by the profile HMM. At best it places them at percentile 30 (at τ = 0.5)" in none.obstacle


def test_a_judge_that_finds_no_equilibrated_samples_natural_for_certain():
    """Its limit is 0: at no temperature is the mean percentile 45 or more with its error."""
    points = [train(), judge("hmm", 0.0)]
    none = choose(scores(percentiles={"hmm": [44, 43, 42, 41, 40]}), points)
    assert none.obstacle == (
        "at no equilibrated temperature are samples rated as natural as natural sequences by the profile HMM. At "
        "best it places them at percentile 44 (at τ = 0.5), and natural sequences at 50. Your novelty floor of 0.2 is "
        "met only at τ = 0.6 and above."
    )
    # Where samples are better the colder they are, colder ones may do.
    assert none.remedy == "Add temperatures below 0.5 to sample.temperatures."
    warm = choose(scores(percentiles={"hmm": [40, 41, 42, 43, 44]}), points)
    assert "at percentile 44 (at τ = 1)" in warm.obstacle
    assert warm.remedy == f"Colder samples are no more natural. {OTHER_MODELS}"


@pytest.mark.parametrize(("percentile", "promising"), [(45.0, True), (44.9, False)])
def test_colder_samples_are_advised_if_they_promise_to_be_natural(percentile, promising):
    percentiles = {"hmm": [percentile, 43, 42, 41, 40]}
    none = choose(
        scores(percentiles=percentiles, equilibrated=[0, 1, 1, 1, 1]), [train(), judge("hmm", 0.0)], floors=(0.3, 0.5)
    )
    assert none.remedy == (
        COLDER.format(0.6)
        if promising
        else "Colder samples, down to τ = 0.5, are not equilibrated, and do not look natural either. " + OTHER_MODELS
    )
    # Floors that the coldest equilibrated temperature meets are no obstacle.
    assert none.obstacle.endswith("Your novelty floor of 0.3 is met only at τ = 0.7 and above.")
    met = choose(
        scores(percentiles=percentiles, equilibrated=[0, 1, 1, 1, 1]), [train(), judge("hmm", 0.0)], floors=(0.2, 0.5)
    )
    assert met.obstacle.endswith("and natural sequences at 50.")


@pytest.mark.parametrize(
    ("changes", "fallback"),
    [
        # Missing by temperature: novelty (floor 0.4) 75, 50, 25, 0, 0 %; diversity none; percentiles of 50, flat, 20 %;
        # above tau_train = 0.85 15 % at 1. The least is at 0.8.
        ({}, 3),
        # Percentiles 40, 40, 40, 20, 20: 20, 20, 20, 60, 60 %; with novelty 95, 70, 45, 60, 75 %.
        ({"percentiles": {"hmm": [40, 40, 40, 20, 20]}}, 2),
        # Diversity (floor 0.5) 0.5, 0.5, 0.4, 0.2, 0.1: 0, 0, 20, 60, 80 %; with novelty 75, 50, 45, 60, 95 %.
        ({"diversity": [0.5, 0.5, 0.4, 0.2, 0.1]}, 2),
        ({"diversity": [0.5, 0.5, 0.35, 0.2, 0.1]}, 1),  # 75, 50, 55, 60, 95 %
        # Of 50 percentiles 20 % at 0.5, and 12 % at 0.6, where 8.5 % of the novelty are missing besides.
        ({"novelty": [0.4, 0.366, 0.1, 0.1, 0.1], "percentiles": {"hmm": [40, 44, 40, 40, 40]}}, 0),
        ({"equilibrated": [1, 1, 1, 0, 1]}, 4),  # 25 % at 0.7 and 15 % at 1
        ({"equilibrated": [1, 1, 1, 0, 0]}, 2),
        # Nothing is gained by more than a floor asks: novelty 0, diversity 0, percentile 20 % everywhere; the coldest.
        ({"novelty": [0.4, 0.9, 0.9, 0.9, 0.9]}, 0),
    ],
)
def test_the_temperature_that_misses_least_of_what_is_asked_for(changes, fallback):
    keys = {"percentiles": {"hmm": 40}} | changes
    none = choose(scores(**keys), [train(), judge("hmm", 0.0)], floors=(0.4, 0.5))
    assert none.rung is None
    assert none.fallback == fallback


def test_points_are_described_with_value_and_interval():
    assert describe(OperatingPoint("tau_f", 1.0, 0.9, 1.1)) == (
        "τ_f, where samples have the mean energy of held-out sequences: 1.00, 0.90 to 1.10"
    )
    assert describe(OperatingPoint("tau_stability", 0.8, 0.7, INF)) == (
        "the limit by the judge stability: 0.80, 0.70 or more"
    )
