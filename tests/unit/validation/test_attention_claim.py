"""The temperature of attention: losses, entropies and best temperatures on exactly solved truths."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import softmax

from temperance.potts.enumeration import all_sequences, boltzmann
from temperance.validation.attention import attention, find_best_temperatures, measure_loss


def test_the_loss_of_independent_sites_is_their_entropy():
    fields = np.linspace(-1, 2, 10)
    energies = -(all_sequences(10, 2) @ fields)
    p = softmax(np.stack([np.zeros(10), fields]), axis=0)
    assert measure_loss(energies, boltzmann(energies)) == pytest.approx(-(p * np.log(p)).sum() / 10)
    assert measure_loss(np.zeros(1024), boltzmann(energies)) == pytest.approx(np.log(2))


def test_the_best_temperature_is_that_of_a_parabola_or_an_end():
    logs = np.linspace(-2, 2, 9)
    curves = {1: (logs - 0.3) ** 2, 2: -logs, 3: logs}
    table = pd.concat(
        [pd.DataFrame({"family": "x", "M": 10, "replicate": n, "temperature": np.exp(logs), "loss": values})
         for n, values in curves.items()]
    )  # fmt: skip
    best = find_best_temperatures(table, "loss")
    assert_allclose(best["temperature"], np.exp([0.3, 2, -2]))
    assert best["replicate"].tolist() == [1, 2, 3]


def test_attention_predicts_best_well_below_one_where_there_is_something_to_learn():
    table = attention(1, kinds=("planted", "gapless"), sizes=(30, 300), replicates=2)
    best = find_best_temperatures(table, "loss").groupby(["family", "M"])["temperature"].mean()
    assert best["planted", 300] < 0.2 < best["planted", 30] < 0.5 < best["gapless", 300] < 0.8 < best["gapless", 30]
    one = table[(table["family"] == "planted") & (table["M"] == 300) & (table["replicate"] == 1)]
    # From the nearest memory to all of them, by their shares.
    assert (np.diff(one["entropy"]) > 0).all() and (np.diff(one["largest_share"]) < 0).all()
    assert one["entropy"].iloc[0] < 0.1 and 4 < one["entropy"].iloc[-1] < np.log(300)
    assert (table["loss"] > table["truth_loss"]).all() and (table["divergence"] > 0).all()
    assert one["loss"].min() < 0.3 < 0.6 < one["profile_loss"].iloc[0] < 0.75
