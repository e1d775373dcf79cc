"""Models of the sector: penalised and tempered, against what is known of them."""

import numpy as np
import pytest

from temperance.engines.registry import choose_engine
from temperance.validation.paper_sector import TEMPERATURES, TEMPERED, tabulate_sector


@pytest.fixture(scope="module")
def table():
    engine = choose_engine("numba")
    return tabulate_sector(0.4, 1, engine, strengths=(TEMPERED, 10.0), replicates=1, sequences=512)


def test_a_model_without_couplings_is_almost_random(table):
    """Of random sequences 83.3 % have more than three mutations, and 35 ln 5 nats; fields hardly matter."""
    (row,) = table[table["l2"] == 10].to_dict("records")
    assert row["tau"] == 1
    assert row["false_positive"] == pytest.approx(0.833, abs=4 * (0.833 * 0.167 / 512) ** 0.5)
    assert 35 * np.log(5) - 0.4 < row["entropy"] < 35 * np.log(5)
    assert abs(row["pearson"]) < 0.1


def test_cooling_takes_false_positives_and_entropy_away(table):
    rows = table[table["l2"] == TEMPERED].sort_values("tau")
    assert rows["tau"].tolist() == [*TEMPERATURES, 1.0]
    assert rows["entropy"].is_monotonic_increasing and rows["false_positive"].iloc[-1] == rows["false_positive"].max()
    # Of two other training sets: 20 % at 1, 1 to 2 % at 0.7; 50.5 nats, and 43.3.
    assert rows["false_positive"].iloc[-1] == pytest.approx(0.2, abs=0.08)
    assert rows["false_positive"].iloc[2] < 0.06
    assert rows["entropy"].iloc[[2, -1]].tolist() == pytest.approx([43.3, 50.5], abs=1.5)
    assert (rows["entropy_error"] < 0.5).all()
