"""The Pareto front, and means over the same replicates."""

import pandas as pd

from temperance.temperature.pareto import pareto, shared_temperatures

# Two replicates at 0.4 and 0.5; a third temperature of the second replicate alone, with far more faithful samples.
SCORES = pd.DataFrame(
    [
        (100, 1, 0.4, 0.6, 0.10, True),
        (100, 1, 0.5, 0.5, 0.20, True),
        (100, 2, 0.3, 1.0, 0.05, True),
        (100, 2, 0.4, 0.8, 0.30, False),
        (100, 2, 0.5, 0.7, 0.14, True),
    ],
    columns=["M", "replicate", "temperature", "fidelity", "novelty", "equilibrated"],
).assign(diversity=[0.5, 0.6, 0.7, 0.9, 0.8])


def test_only_temperatures_of_all_replicates_are_averaged():
    assert sorted(shared_temperatures(SCORES)["temperature"]) == [0.4, 0.4, 0.5, 0.5]
    # Another size has its own replicates, and so has another model.
    other = SCORES[SCORES["replicate"] == 2]
    assert len(shared_temperatures(pd.concat([SCORES, other.assign(M=200)]))) == 4 + 3
    both = pd.concat([SCORES.assign(model="potts"), other.assign(model="profile")])
    assert len(shared_temperatures(both)) == 4 + 3
    # Without sizes all are of one.
    assert len(shared_temperatures(SCORES.drop(columns="M"))) == 4


def test_temperatures_are_the_same_to_five_digits():
    rounded = SCORES.assign(temperature=SCORES["temperature"] * (1 + 1e-7 * SCORES["replicate"]))
    assert len(shared_temperatures(rounded)) == 4
    apart = SCORES.assign(temperature=SCORES["temperature"] * (1 + 1e-4 * SCORES["replicate"]))
    assert len(shared_temperatures(apart)) == 0


def test_the_front_is_what_no_mean_exceeds_in_both():
    # Means over replicates: 0.7 and 0.2 at 0.4, 0.6 and 0.17 at 0.5, which is exceeded.
    front = pareto(SCORES)
    assert front.columns.tolist() == ["M", "temperature", "fidelity", "novelty", "diversity", "equilibrated"]
    assert front.to_numpy().tolist() == [[100, 0.4, 0.7, 0.2, 0.7, False]]


def test_without_replicates_all_rows_of_a_temperature_are_averaged():
    front = pareto(SCORES.drop(columns="replicate"))
    assert front[["temperature", "fidelity", "novelty"]].to_numpy().tolist() == [[0.3, 1.0, 0.05], [0.4, 0.7, 0.2]]
    assert front["equilibrated"].tolist() == [True, False]


def test_of_equals_in_one_score_the_better_in_the_other_is_kept():
    """0.9 and 0.1 is exceeded by 0.9 and 0.2; 0.6 and 0.15 by it as well; 0.55 and 0.2 is no newer than it."""
    scores = pd.DataFrame(
        {"M": 100, "temperature": [0.5, 0.7, 0.9, 1.0, 1.1], "fidelity": [0.9, 0.9, 0.6, 0.55, 0.5],
         "novelty": [0.1, 0.2, 0.15, 0.2, 0.4], "diversity": 0.5, "equilibrated": True}
    )  # fmt: skip
    front = pareto(scores)
    # From most to least faithful.
    assert front["temperature"].tolist() == [0.7, 1.1]
    assert front.index.tolist() == [0, 1]
