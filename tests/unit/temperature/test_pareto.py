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
).assign(diversity=0.5)


def test_only_temperatures_of_all_replicates_are_averaged():
    assert sorted(shared_temperatures(SCORES)["temperature"]) == [0.4, 0.4, 0.5, 0.5]
    # Another size has its own replicates.
    other = SCORES[SCORES["replicate"] == 2].assign(M=200)
    assert len(shared_temperatures(pd.concat([SCORES, other]))) == 4 + 3


def test_the_front_is_what_no_mean_exceeds_in_both():
    front = pareto(SCORES)
    assert front["temperature"].tolist() == [0.4]
    assert front.iloc[0][["fidelity", "novelty", "equilibrated"]].tolist() == [0.7, 0.2, False]
    assert pareto(SCORES.drop(columns="replicate"))["temperature"].tolist() == [0.3, 0.4]
