"""The rule on trade-offs whose right answer is plain."""

import numpy as np
import pandas as pd
import pytest

from temperance.scoring.discrimination import Discrimination
from temperance.scoring.standing import judge_standing
from temperance.stats.estimate import Estimate
from temperance.temperature.diagnosis import FAITHFUL, NOTHING_LEARNT, Measurements, Training
from temperance.temperature.explanation import explain
from temperance.temperature.family import SubsetResults, decide
from temperance.temperature.operating_points import operating_points, pool_points
from temperance.temperature.recommendation import recommend
from temperance.temperature.rungs import RungScores

LADDER = np.array([0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5])
TRUSTED = {"potts": {"trusted": True, "saturated": False}}
TAU_TRAIN = Estimate(0.88, 0.86, 0.90)
FLOORS = (0.2, 0.5)
# Natural sequences without number: the scale is exact.
MANY = {"potts": np.inf}


def rungs(temperatures=LADDER, equilibrated=None, percentiles=None, noise=0.004, seed=0, ladders=32):
    """Novelty tau / 3, diversity tau^(1/2), and a judge's percentile that falls through 50 at 0.85."""
    rng, count = np.random.default_rng(seed), len(temperatures)

    def of_ladders(values, scale=1.0):
        return np.asarray(values, float)[:, None] + scale * noise * rng.standard_normal((count, ladders))

    if percentiles is None:
        percentiles = 50 + 100 * (0.85 - temperatures)
    return RungScores(
        temperatures,
        np.ones(count, bool) if equilibrated is None else np.asarray(equilibrated),
        of_ladders(temperatures / 3),
        of_ladders(temperatures**0.5),
        of_ladders(-100 / temperatures, 100),
        {"potts": of_ladders(np.clip(percentiles, 0, 100), 100)},
    )


def advise(scores, floors=FLOORS, tau_train=TAU_TRAIN, judges=TRUSTED, units=MANY, **keys):
    points = operating_points(scores, {"tau_train": (tau_train, 0.0)}, floors, judges, units)
    return recommend([scores], [points], *floors, np.random.default_rng(1), **keys)


def test_it_is_the_coldest_sampled_temperature_above_the_floors():
    """Novelty 0.2 is met at exactly 0.6, so by its lower bound from 0.7 on."""
    best = advise(rungs())
    assert best.status == "recommended"
    assert best.tau.value == 0.7
    assert best.tau.low == 0.6
    assert best.tau.high == pytest.approx((0.7 * 0.8) ** 0.5)
    assert best.expected["novelty"] == pytest.approx(0.7 / 3, abs=0.003)
    assert best.expected["percentiles"]["potts"]["value"] == pytest.approx(65, abs=0.5)
    assert "Sample at τ = 0.70" in best.headline
    assert "One training set" in best.headline
    assert "miss the novelty floor" in " ".join(best.reasons)


def test_cold_samples_that_a_judge_finds_less_natural_are_passed_over():
    """Cold samples crowd in few modes, and these need not be the best ones."""
    best = advise(rungs(percentiles=np.where(LADDER < 0.75, 40, 60)))
    assert best.tau.value == 0.8
    assert "at the next colder one, 0.7, are less natural" in best.reasons[0]
    assert best.reasons[0].endswith("places them at percentile 40.")


def test_judges_that_decide_nothing_are_named_once():
    poor = {"potts": {"trusted": False, "why": "It ranks natural sequences first in 54% of cases."}}
    other = {"potts": {"trusted": False, "why": "It ranks natural sequences first in 55% of cases."}}
    scores = rungs()
    points = [operating_points(scores, {"tau_train": (TAU_TRAIN, 0.0)}, FLOORS, one, MANY) for one in (poor, other)]
    best = recommend([scores, scores], points, *FLOORS, np.random.default_rng(1))
    assert len(best.notes) == 1
    assert best.notes[0].count("of cases") == 1


@pytest.mark.parametrize(("gain", "diagnosis"), [(0.3, FAITHFUL), (0.0, NOTHING_LEARNT)])
def test_cooling_a_model_of_single_sites_is_a_trade_and_not_advised(gain, diagnosis):
    scores = rungs()
    points = operating_points(scores, {"tau_train": (TAU_TRAIN, 0.0)}, FLOORS, TRUSTED, MANY)
    training = Training("converged", pearson=0.95, slope=0.9, ceiling=0.97)
    tau_f = Estimate(0.99, 0.96, 1.02)
    measured = Measurements(tau_f, Estimate(gain, gain - 0.001, gain + 0.001), training, 0.2)
    row = {"M": 100, "tau_f": 0.99, "tau_f_low": 0.96, "tau_f_high": 1.02}
    results = SubsetResults("n100", 1, scores, points, measured, row, pd.DataFrame())
    best, verdict = decide([results], FLOORS, np.random.default_rng(1), 20)
    assert verdict.name == diagnosis
    assert best.tau.value == 0.7
    assert best.headline.startswith("Sample at") == (diagnosis == FAITHFUL)
    assert ("cooling it is a trade" in best.headline) == (diagnosis == NOTHING_LEARNT)
    # Held-out sequences and those with shuffled columns have the same energies, within a tenth of a deviation.
    landscape = {"gaps": {"uniform": {"gap": 6.8}, "profile": {"gap": -0.1}}}
    sentences = " ".join(explain(verdict, pd.DataFrame([row]), landscape, best))
    assert "6.8 standard deviations below random ones and as high as those with shuffled columns." in sentences
    landscape["gaps"]["profile"]["gap"] = -2.3
    assert "2.3 standard deviations ABOVE" in " ".join(explain(verdict, pd.DataFrame([row]), landscape, best))


def test_a_temperature_above_tau_train_is_never_recommended():
    """Floors that need 0.9 where samples are good up to 0.86 at most: the headline says which floor to lower."""
    best = advise(rungs(), floors=(0.29, 0.5))
    assert best.status == "none"
    assert best.tau is None
    assert "your novelty floor of 0.29 is met only at τ = 0.9 and above" in best.headline
    assert "Lower optimum.novelty_floor to 0.26 or less" in best.headline
    assert "diversity" not in best.headline
    assert best.sampling_temperature == 0.8
    assert advise(rungs(), floors=(0.26, 0.5)).tau.value == 0.8
    both = advise(rungs(), floors=(0.29, 0.94))
    assert "optimum.novelty_floor to 0.26" in both.headline
    assert "optimum.diversity_floor to 0.89" in both.headline


def test_a_trusted_judge_bounds_as_tau_train_does():
    """The judge's 50 at 0.65 lies below the coldest temperature above the floors; unknown, it decides nothing."""
    strict = rungs(percentiles=50 + 100 * (0.65 - LADDER))
    best = advise(strict)
    assert best.status == "none"
    assert "the pair judge" in best.headline
    for judges in ({}, {"potts": {"trusted": False, "why": "it knows the model"}}, {"potts": {"saturated": True}}):
        free = advise(strict, judges=judges)
        assert free.tau.value == 0.7
        assert any("rests on τ_train alone" in limit for limit in free.limits)


def test_the_scale_of_a_judge_is_as_uncertain_as_natural_sequences_are_few():
    """Percentile 55 of ten clusters, 28.9 / sqrt(10) = 9.1 uncertain, is not shown to be 50 or more."""
    just = rungs(percentiles=50 + 100 * (0.75 - LADDER))
    assert advise(just).tau.value == 0.7
    assert advise(just, units={"potts": 10.0}).status == "none"


def test_a_judge_that_says_99_everywhere_decides_nothing():
    scores = rungs(percentiles=np.full(len(LADDER), 99.5), noise=0.0001)
    standing = judge_standing("potts", scores.percentiles["potts"].mean(axis=1), Discrimination(0.9, 0.01))
    best = advise(scores, judges={"potts": standing})
    (point,) = [point for point in best.operating_points if point.name == "tau_potts"]
    assert not point.decides
    assert "decides nothing" in point.note
    assert best.status == "recommended"
    assert any("pair judge" in note for note in best.notes)


def test_a_judge_that_no_samples_satisfy():
    best = advise(rungs(percentiles=40 - 10 * LADDER))
    assert best.status == "none"
    assert "at no equilibrated temperature" in best.headline
    # 40 - 10 * 0.4 at the coldest, below which it may be better yet.
    assert "At best it places them at percentile 36 (at τ = 0.4), and natural sequences at 50." in best.headline
    assert best.reasons[0].startswith("Add temperatures below 0.4")
    warm = advise(rungs(percentiles=20 + 10 * LADDER))
    assert "At best it places them at percentile 35 (at τ = 1.5)" in warm.headline
    assert warm.reasons[0].startswith("Colder samples are no more natural. A model trained on cleaner sequences")
    # Floors are met from 0.7 on. Of 50 are missing 46 % at 0.7, 44 % at 0.8; 0.9 lies 2 % above tau_train besides.
    assert warm.sampling_temperature == 0.8


def test_samples_that_are_not_equilibrated_are_never_recommended():
    cold = advise(rungs(equilibrated=LADDER >= 0.8))
    assert cold.tau.value == 0.8
    # At 0.7 the floors are met as well, at 0.6 and below they are not: nothing is in doubt from there.
    assert any(limit.startswith("Colder temperatures, down to τ = 0.7, may meet your floors") for limit in cold.limits)
    assert not any("Colder" in limit for limit in advise(rungs(equilibrated=LADDER >= 0.65)).limits)
    none = advise(rungs(equilibrated=np.zeros(len(LADDER), bool)))
    assert none.status == "none"
    assert "no temperature was equilibrated" in none.headline
    above = advise(rungs(equilibrated=LADDER >= 0.95))
    assert above.status == "none"
    assert "equilibrated only at τ = 1 and above" in above.headline
    assert above.sampling_temperature == 1.0


def test_edges_of_the_ladder_are_never_recommended():
    cold = advise(rungs(), floors=(0.1, 0.5))
    assert cold.status == "none"
    assert "0.4, the coldest temperature sampled" in cold.headline
    assert "below 0.4 to sample.temperatures" in " ".join(cold.reasons)
    hot = advise(rungs(), floors=(0.45, 0.5), tau_train=Estimate(1.8, 1.7, 1.9), judges={})
    assert hot.status == "none"
    assert "hottest temperature sampled" in hot.headline


@pytest.mark.parametrize("seed", range(20))
def test_only_sampled_equilibrated_temperatures_off_the_edges(seed):
    """Whatever the ladder, the floors and what is equilibrated."""
    rng = np.random.default_rng(seed)
    ladder = np.sort(rng.uniform(0.2, 1.6, rng.integers(3, 15)))
    sound = rng.random(len(ladder)) < 0.7
    best = advise(rungs(ladder, sound, seed=seed), floors=(rng.uniform(0, 0.4), rng.uniform(0, 1)))
    if best.status == "recommended":
        assert best.tau.value in ladder[1:-1]
        assert best.tau.value in ladder[sound]
        assert best.tau.value <= TAU_TRAIN.low
    else:
        assert best.tau is None
        assert best.headline.startswith("No temperature can be recommended: ")
        assert best.sampling_temperature in ladder


@pytest.mark.parametrize("seed", range(10))
def test_two_ladders_of_one_trade_off_agree_within_their_intervals(seed):
    """With and without a rung here and there, fine and coarse: the floor is met at 0.615 whatever is sampled."""
    ladders = [LADDER, np.delete(LADDER, 3), np.array([0.45, 0.65, 0.85, 1.1]), np.geomspace(0.3, 1.5, 22)]
    answers = [advise(rungs(ladder, seed=seed + 100 * n), floors=(0.205, 0.5)).tau for n, ladder in enumerate(ladders)]
    for one in answers:
        for other in answers:
            assert one.low <= other.high and other.low <= one.high


def test_training_sets_widen_the_interval_and_lower_the_limit():
    """A second training set whose samples meet the floor later, and whose tau_train is lower."""
    first, second = rungs(seed=1), rungs(seed=2)
    later = RungScores(
        second.temperatures, second.equilibrated, second.novelty - 0.05, second.diversity, second.energy,
        second.percentiles,
    )  # fmt: skip
    floors = FLOORS
    points = [operating_points(one, {"tau_train": (TAU_TRAIN, 0.0)}, floors, {}, MANY) for one in (first, later)]
    both = recommend([first, later], points, *floors, np.random.default_rng(0))
    assert both.tau.value == 0.7
    assert both.tau.high == 0.8
    assert "One training set" not in both.headline
    points[1] = operating_points(later, {"tau_train": (Estimate(0.6, 0.58, 0.62), 0.0)}, floors, {}, MANY)
    assert recommend([first, later], points, *floors, np.random.default_rng(0)).status == "none"


def test_an_untrained_model_is_not_recommended():
    best = advise(rungs(), untrained="the model is not trained.")
    assert best.status == "none"
    assert best.headline == "No temperature can be recommended: the model is not trained."
    assert best.sampling_temperature == 0.7


def test_an_unknown_tau_train_is_said_to_be():
    for tau, words in (
        (0.0, "lower energies than the samples of every temperature"),
        (np.inf, "not a model of them"),
        (np.nan, "is not known"),
    ):
        best = advise(rungs(), tau_train=Estimate(tau, tau, tau))
        assert best.status == "none"
        assert words in best.headline


def test_the_interval_ends_where_samples_stop_being_good():
    """At half of the ladders 0.8 is the first to meet the floor, and tau_train lies between 0.7 and 0.8."""
    tau_train = Estimate(0.75, 0.74, 0.76)
    scores = rungs(noise=0.02)
    novelty = 0.2 + 0.25 * (scores.temperatures - 0.665)[:, None] + np.tile([-0.02, 0.02], 16)
    wide = RungScores(
        scores.temperatures, scores.equilibrated, novelty, scores.diversity, scores.energy, scores.percentiles
    )
    best = advise(wide, tau_train=tau_train)
    assert best.tau.value == 0.7
    # Half-way to 0.8, from which the rung cannot be told apart; 0.8 itself does not qualify.
    assert best.tau.high == pytest.approx((0.7 * 0.8) ** 0.5)
    assert advise(wide, tau_train=TAU_TRAIN).tau.high == 0.8


def test_ladders_that_a_judge_did_not_score_are_left_out():
    """A program that is to score few samples has none of some ladders."""
    full = rungs(percentiles=np.where(LADDER < 0.75, 40, 60))
    few = {"potts": full.percentiles["potts"].copy()}
    few["potts"][:, ::2] = np.nan
    partly = RungScores(full.temperatures, full.equilibrated, full.novelty, full.diversity, full.energy, few)
    best = advise(partly)
    assert best.tau.value == 0.8
    assert best.expected["percentiles"]["potts"]["value"] == pytest.approx(60, abs=0.5)
    poor = RungScores(full.temperatures, full.equilibrated, full.novelty, full.diversity, full.energy, {
        "potts": np.where(np.isnan(few["potts"]), np.nan, few["potts"] - 30)
    })  # fmt: skip
    assert "at percentile 30 (at τ = 1.2), and natural sequences at 50." in advise(poor).headline


def test_judges_that_no_temperature_satisfies_are_both_named():
    """One finds cold samples natural, up to 0.65, and the other warm ones, from 0.9 up."""
    scores = rungs(percentiles=50 + 100 * (0.65 - LADDER))
    hmm = np.where(LADDER < 0.85, 10.0, 55.0)[:, None] + scores.percentiles["potts"] * 0.01
    percentiles = scores.percentiles | {"hmm": hmm}
    both = RungScores(scores.temperatures, scores.equilibrated, scores.novelty, scores.diversity, scores.energy,
                      percentiles)  # fmt: skip
    judges = TRUSTED | {"hmm": {"trusted": True, "saturated": False}}
    best = advise(both, judges=judges, units=MANY | {"hmm": np.inf})
    assert best.status == "none"
    assert "up to τ = 0.70 at most (the limit by the pair judge" in best.headline
    assert (
        "but at no temperature up to there are samples rated as natural as natural sequences by the profile HMM."
        in (best.headline)
    )
    assert "At best it places them at percentile 11 (at τ = 0.4), and natural sequences at 50." in best.headline


def test_a_judge_decides_on_the_few_temperatures_that_are_equilibrated():
    """Samples of 0.9 to 1.2 are all poor to it, within 5 points; over the whole ladder it does tell them apart."""
    scores = rungs(equilibrated=(LADDER > 0.85) & (LADDER < 1.3), percentiles=np.where(LADDER < 0.85, 60, 20))
    best = advise(scores, tau_train=Estimate(1.1, 1.08, 1.12))
    assert best.status == "none"
    assert "at percentile 20" in best.headline


def test_a_judge_that_places_samples_a_little_below_the_middle_does_not_forbid_them():
    """At 47 samples are rated above a natural sequence in 47 of 100 cases; at 42 the judge does forbid them."""
    flat = rungs(percentiles=np.full(len(LADDER), 47.0) - 20 * (LADDER > 1.1), noise=0.002)
    assert advise(flat).tau.value == 0.7
    (point,) = [point for point in advise(flat).operating_points if point.name == "tau_potts"]
    assert point.value == 0
    lower = advise(rungs(percentiles=np.full(len(LADDER), 42.0) - 20 * (LADDER > 1.1), noise=0.002))
    assert lower.status == "none"
    assert "places them at percentile 42" in lower.headline
    # A judge that falls by 10 points from 0.8 to 0.9 reaches 45 exactly there, with no error to speak of.
    (steep,) = [point for point in advise(rungs(noise=1e-6)).operating_points if point.name == "tau_potts"]
    assert steep.value == pytest.approx(0.85, abs=2e-3)
    assert steep.limit == pytest.approx(0.9, abs=1e-3)


def test_all_judges_that_refuse_are_named_and_colder_samples_that_were_tried_are_not_advised():
    """Two judges place samples at 41 and 38 at most, and colder ones, which are not equilibrated, no higher."""
    scores = rungs(percentiles=np.clip(45 - 10 * LADDER, 0, 41), equilibrated=LADDER >= 0.55)
    fold = np.clip(44 - 10 * LADDER, 0, 38)[:, None] + 0 * scores.novelty
    both = RungScores(scores.temperatures, scores.equilibrated, scores.novelty, scores.diversity, scores.energy,
                      scores.percentiles | {"folding": fold})  # fmt: skip
    judges = TRUSTED | {"folding": {"trusted": True, "saturated": False}}
    best = advise(both, judges=judges, units=MANY | {"folding": np.inf})
    assert "by the pair judge (Potts models of parts of the natural sequences) and the RNA folding energy." in (
        best.headline
    )
    assert "At best they place them at percentile 39 (at τ = 0.6) and at percentile 38 (at τ = 0.6)" in best.headline
    assert best.headline.endswith("Your novelty floor of 0.2 is met only at τ = 0.7 and above.")
    assert best.reasons[0].startswith("Colder samples, down to τ = 0.4, are not equilibrated, and do not look natural")
    # Of 50 percentiles 22 + 24 % are missing at 0.6, where the novelty is just short, and 24 + 26 % at 0.7.
    assert best.sampling_temperature == 0.6
    assert best.limit == 0


def test_the_coldest_temperature_of_the_family_is_that_of_the_model_that_is_sampled():
    """One training set meets the floors from 0.7 on, another from 0.6: these are rungs, and are not averaged."""
    first, second = rungs(), rungs()
    second = RungScores(second.temperatures, second.equilibrated, second.novelty + 0.02, second.diversity,
                        second.energy, second.percentiles)  # fmt: skip
    points = [operating_points(one, {"tau_train": (TAU_TRAIN, 0.0)}, FLOORS, TRUSTED, MANY) for one in (first, second)]
    (coldest,) = [point for point in pool_points(points) if point.name == "coldest"]
    assert (coldest.value, coldest.low) == (0.7, 0.5)
    assert coldest.high == pytest.approx((0.7 * 0.8) ** 0.5)
    best = recommend([first, second], points, *FLOORS, np.random.default_rng(1))
    assert "percentile 65 (± 0, 95% over ladders, 65 with other training sets)" in best.reasons[2]
