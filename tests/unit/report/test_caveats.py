"""What a reader has to know before trusting the answer: each caveat on both sides of its threshold."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import small_family

from temperance.core.files import save_json
from temperance.report.caveats import _check_sampling, notes, warnings
from temperance.report.results import _load_diagnostics


@pytest.fixture(scope="module")
def sound(evidence):
    """The small family with enough held-out sequences; nothing is wrong with its largest models.

    Natural sequences have gaps at (0 + 3 * 0.16) / 4 = 12 % of sites; random ones do not count.
    """
    natural = pd.DataFrame(
        {
            "set": ["heldout"] * 50 + ["random"] * 2,
            "gaps": [0.0, 0.16] * 25 + [1.0] * 2,
            "scale_weight": [1.0, 3.0] * 25 + [5.0] * 2,
        }
    )
    return replace(evidence, natural=natural, scores=evidence.scores.assign(equilibrated=True))


def change(evidence, table, subset, **values):
    """Evidence with other values in the rows of a subset of one of its tables."""
    frame = getattr(evidence, table).copy()
    for column, value in values.items():
        frame[column] = frame[column].astype(object).where(frame["subset"] != subset, value).infer_objects()
    return replace(evidence, **{table: frame})


def unequilibrated(evidence, *pairs):
    """Evidence in which samples of these subsets and temperatures are not equilibrated."""
    keys = pd.Series(list(zip(evidence.scores["subset"], evidence.scores["temperature"], strict=True)))
    return replace(evidence, scores=evidence.scores.assign(equilibrated=~keys.isin(pairs).to_numpy()))


def gaps(evidence, shares):
    """Evidence in which samples of the first largest model have these shares of gaps, by temperature."""
    scores, column = evidence.scores, []
    for row in scores.itertuples():
        column.append(shares.get(row.temperature, 0.1) if row.subset == "n200-r1" else 0.1)
    return replace(evidence, scores=scores.assign(gaps=column))


def test_a_sound_result_has_no_caveats(sound):
    assert warnings(sound) == notes(sound) == []


def test_limits_and_notes_of_the_recommendation_come_first(sound):
    limited = replace(sound, best=sound.best | {"limits": ["It is at the edge."], "notes": ["A judge is saturated."]})
    assert warnings(limited) == ["It is at the edge."]
    assert notes(limited) == ["A judge is saturated."]


# ---------------------------------------------------------------- penalties and models


def test_a_penalty_at_the_end_of_the_path_is_warned_of_for_the_largest_sets(sound):
    """Of the largest training set it touches the recommendation; of a smaller one it is folded away."""
    weakest = sound.strengths["l2_couplings"] == 0.01
    largest = sound.strengths["subset"] == "n200-r2"
    ends = replace(sound, strengths=sound.strengths.assign(chosen=weakest & largest))
    (warning,) = warnings(ends)
    assert warning.startswith(
        "Held-out sequences are likeliest under the weakest L2 penalty that was tried (n200-r2 0.01): a weaker one may "
    )
    assert notes(ends) == []
    small = replace(sound, strengths=sound.strengths.assign(chosen=weakest & (sound.strengths["M"] == 100)))
    assert warnings(small) == []
    assert "(n100-r1 0.01, n100-r2 0.01)" in notes(small)[0] and len(notes(small)) == 1


def test_an_imported_model_may_know_the_held_out_sequences(sound):
    imported = replace(sound, settings=small_family.read_settings(model="folder/model.dat"))
    (warning,) = warnings(imported)
    assert warning.startswith(
        "The model model.dat was trained elsewhere, perhaps on the sequences that are held out here: "
    )


# ---------------------------------------------------------------- training


@pytest.mark.parametrize(
    ("stopped", "sentence", "remedy"),
    [
        ("steps", "Training reached its limit of steps before it had converged: n200-r2.", "Raise train.max_steps"),
        ("time", "Training reached its time limit before it had converged: n200-r2.", "Raise train.max_minutes."),
    ],
)
def test_training_that_a_limit_stopped_is_warned_of(sound, stopped, sentence, remedy):
    (warning,) = warnings(change(sound, "training", "n200-r2", stopped=stopped))
    assert warning.startswith(sentence) and remedy in warning


def test_training_that_was_stopped_early_on_purpose_is_warned_of(sound):
    (warning,) = warnings(change(sound, "training", "n100-r2", stopped="target", target=0.876))
    assert warning.startswith("Training was stopped early, as configured, at a Pearson correlation of 0.88.")


def test_independent_chains_that_disagree_are_warned_of(sound):
    (warning,) = warnings(change(sound, "training", "n200-r3", equilibrated=False))
    assert warning.startswith("Independent chains do not agree") and ": n200-r3. A larger train.l2_couplings" in warning


def test_a_penalty_that_is_a_guess_is_warned_of(sound):
    (warning,) = warnings(change(sound, "training", "n100-r1", l2_choice="too few held-out sequences"))
    assert warning == ("The L2 penalty is a guess: too few sequences are held out to choose it by their likelihood.")


def test_fewer_effective_sequences_than_columns_are_warned_of(sound):
    # The largest Meff of all models counts, of four columns.
    few = replace(sound, training=sound.training.assign(Meff=[1.0, 1.0, 2.0, 3.4, 1.0]))
    (warning,) = warnings(few)
    assert warning == (
        "The largest training set has Meff 3, less than one effective sequence per column (L = 4): the data hardly "
        "determine the couplings."
    )
    assert warnings(replace(sound, training=sound.training.assign(Meff=4.0))) == []


def test_smaller_training_sets_of_fewer_than_50_sequences_are_noted(sound):
    few = sound.training.assign(M=[49, 50, 4, 200, 200])
    (note,) = notes(replace(sound, training=few))
    assert note == (
        "Training sets of fewer than 50 sequences (n100-r1 49 and n200-r1 4) hardly determine a model: their "
        "temperatures show what so few sequences do, and decide nothing."
    )
    # The largest ones have a warning of their own.
    assert notes(replace(sound, training=sound.training.assign(M=[30, 30, 30, 30, 30]))) == []


def test_chains_that_hardly_moved_at_the_end_are_warned_of(sound):
    history = sound.history.copy()
    # Two entries a model: the last of n100-r1 is 0.99 %, the first of n100-r2 is 0, its last 1 %.
    history["acceptance"] = [0.5, 0.0099, 0.0, 0.01, *[0.3] * 6]
    (warning,) = warnings(replace(sound, history=history))
    assert ": n100-r1 0.99%. Raise train.l2_couplings or train.sweeps." in warning


# ---------------------------------------------------------------- sampling


def test_temperatures_that_do_not_concern_the_recommended_one_are_folded_away(sound):
    aside = unequilibrated(sound, ("n100-r1", 1.0), ("n100-r1", 0.5), ("n200-r1", 0.5))
    assert warnings(aside) == []
    (note,) = notes(aside)
    assert "n100-r1 at τ = 0.5, 1; n200-r1 at τ = 0.5. " in note
    assert note.endswith("This does not affect the recommended temperature.")


def test_temperatures_from_the_recommended_one_on_are_warned_of(sound):
    concerned = unequilibrated(sound, ("n200-r1", 0.5), ("n200-r1", 0.7), ("n200-r3", 2.0))
    (warning,) = warnings(concerned)
    assert ": n200-r1 at τ = 0.7; n200-r3 at τ = 2. " in warning
    assert "R-hat is up to 1.01, the effective sample size down to 252." in warning
    assert "n200-r1 at τ = 0.5. " in notes(concerned)[0]


def test_the_worst_diagnostics_are_told(sound):
    concerned = unequilibrated(sound, ("n200-r1", 1.0), ("n200-r2", 1.0))
    # Equilibrated ones do not count.
    rhat = {"n200-r1": 1.456, "n200-r2": 1.2, "n200-r3": 9.0}
    ess = {"n200-r1": 90.0, "n200-r2": 20.4, "n200-r3": 1.0}
    subsets = concerned.scores["subset"]
    scores = concerned.scores.assign(rhat=subsets.map(rhat).fillna(9.0), ess=subsets.map(ess).fillna(1.0))
    (warning,) = warnings(replace(concerned, scores=scores))
    assert "R-hat is up to 1.46, the effective sample size down to 20." in warning


def test_without_a_recommendation_all_temperatures_of_the_largest_sets_concern(sound):
    refused = replace(unequilibrated(sound, ("n200-r1", 0.25), ("n100-r1", 1.0)), best=small_family.NONE)
    (warning,) = warnings(refused)
    assert ": n200-r1 at τ = 0.25. " in warning
    assert ": n100-r1 at τ = 1. " in notes(refused)[0]


def test_designs_of_samples_that_are_not_equilibrated_are_warned_of(sound):
    designs = sound.designs | {"equilibrated": False, "rhat": 1.234, "ess": 56.7, "drift": 0.361}
    (warning,) = warnings(replace(sound, designs=designs))
    assert warning == (
        "The designs' own samples are not equilibrated (R-hat 1.23, effective sample size 57, drift of the mean energy "
        "+0.36 standard deviations). Raise sample.max_sweeps."
    )


# ---------------------------------------------------------------- gaps


def test_fragments_from_a_tenth_more_gaps_than_natural_ones_are_warned_of(sound):
    # Natural sequences have 12 %: 22.1 % is too much, 21.9 % is not.
    many = gaps(sound, {0.5: 0.4, 0.7: 0.221, 1.0: 0.219})
    (warning,) = warnings(many)
    assert warning.startswith("Up to τ = 0.7 samples have gaps at 22% of sites or more, natural sequences at 12%")
    assert "filter.max_sequence_gaps below 0.5." in warning and notes(many) == []


def test_fragments_colder_than_the_recommended_temperature_are_folded_away(sound):
    cold = gaps(sound, {0.5: 0.6, 0.25: 0.7})
    assert warnings(cold) == []
    assert notes(cold)[0].startswith("Up to τ = 0.5 samples have gaps at 60% of sites or more")
    assert warnings(replace(cold, best=small_family.NONE))[0].startswith("Up to τ = 0.5 ")


def test_fragments_of_smaller_training_sets_do_not_count(sound):
    small = sound.scores["gaps"].where(sound.scores["M"] == 200, 0.9)
    assert warnings(replace(sound, scores=sound.scores.assign(gaps=small))) == []


# ---------------------------------------------------------------- data


def test_a_truth_whose_draws_are_not_equilibrated_is_warned_of(sound):
    assert warnings(replace(sound, truth={"rhat": 1.0511})) == [
        "The samples of the truth are not equilibrated (R-hat 1.051)."
    ]
    # At the threshold itself, and of a truth that was listed in full, nothing is said.
    assert warnings(replace(sound, truth={"rhat": 1.05})) == warnings(replace(sound, truth={"kind": "planted"})) == []


def test_fewer_designs_than_wanted_are_warned_of_with_a_remedy(sound):
    fewer = sound.designs | {"designs": 5, "wanted": 6}
    (warning,) = warnings(replace(sound, designs=fewer))
    assert warning == (
        "Only 5 of 6 designs were found that meet the novelty floor, reach design.percentile by the profile HMM and "
        "pair judge, and have gaps at no more than 25% of sites. Raise design.candidates."
    )
    (warning,) = warnings(replace(sound, designs=fewer | {"recommended": False}))
    assert warning.endswith("25% of sites. They are sampled at a temperature that is not recommended.")
    assert warnings(replace(sound, designs=sound.designs | {"designs": 6, "wanted": 6})) == []


def test_fewer_than_50_held_out_sequences_are_warned_of(sound):
    # Row 0 is a held-out one.
    fewer = replace(sound, natural=sound.natural.drop(index=0))
    assert warnings(fewer) == ["Only 49 sequences are held out: τ_f and the scales of judges are uncertain."]


@pytest.mark.parametrize(
    ("tau", "side", "energy"), [(np.inf, "above every temperature", "higher"), (0.0, "below all sampled", "lower")]
)
def test_a_tau_f_without_a_value_is_warned_of(sound, tau, side, energy):
    (warning,) = warnings(replace(sound, optimum=sound.optimum.assign(tau_f=[0.9, 0.9, tau, 0.9, 0.9])))
    assert warning == (
        f"τ_f of n200-r1 lies {side}: held-out sequences have a {energy} mean energy than samples at any temperature."
    )


def test_all_caveats_are_listed_together(sound):
    several = change(sound, "training", "n200-r2", stopped="steps", equilibrated=False)
    several = replace(
        several, truth={"rhat": 1.2}, natural=sound.natural.iloc[1:], designs=sound.designs | {"wanted": 3}
    )
    assert [warning[:24] for warning in warnings(several)] == [
        "Training reached its lim", "Independent chains do no", "The samples of the truth", "Only 2 of 3 designs were",
        "Only 49 sequences are he",
    ]  # fmt: skip


def test_designs_of_too_few_draws_for_an_r_hat_are_warned_of(tmp_path):
    save_json(tmp_path / "designs.json", {"equilibrated": False, "rhat": None, "ess": 40.0, "drift": 0.1})
    (warning,) = _check_sampling(pd.DataFrame(), _load_diagnostics(tmp_path / "designs.json"))
    assert "(R-hat inf, effective sample size 40, drift of the mean energy +0.10" in warning
    save_json(tmp_path / "truth.json", {"rhat": 1.2})
    assert _load_diagnostics(tmp_path / "truth.json") == {"rhat": 1.2}
    save_json(tmp_path / "listed.json", {"log_z": 1.2})
    assert _load_diagnostics(tmp_path / "listed.json") == {"log_z": 1.2}
