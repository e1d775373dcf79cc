"""What results say: shares, predictors and decisions, by hand; and nothing where there is nothing, or too little."""

import numpy as np
import pandas as pd
import pytest

from temperance.laboratory.calibrated import leave_out_clusters
from temperance.laboratory.findings import (
    DESIGN,
    NATURAL,
    Measurements,
    calibrate_model,
    calibration_error,
    count_needed,
    tabulate_groups,
    tabulate_learning,
    tabulate_predictors,
    tabulate_reliability,
)
from temperance.stats.clustered import estimate_auc


def measure(count, seed=0, strength=2.0, designed=True):
    """Sequences of three states, functional with log-odds by the score of a judge; each a cluster of its own."""
    rng = np.random.default_rng(seed)
    sequences, scores = rng.integers(0, 3, (count, 6), dtype=np.uint8), rng.normal(size=(count, 1))
    functional = rng.random(count) < 1 / (1 + np.exp(-strength * scores[:, 0]))
    return Measurements(sequences, scores, ["judge"], functional, np.full(count, designed), np.arange(count), 3)


def test_with_ten_and_thirty_results_nothing_is_decided_and_intervals_shrink():
    """The judge's AUC is about 0.83: 100 results of it are enough, and the few say how many it takes."""
    widths, needed = [], []
    calibrations = {count: calibrate_model(measure(count), 1) for count in (10, 30, 100, 400)}
    for count, calibration in calibrations.items():
        assert calibration.decides == (count >= 100), count
        widths.append(calibration.auc.high - calibration.auc.low)
        needed.append(calibration.needed)
    assert widths[0] > 0.4 and sorted(widths, reverse=True) == widths and widths[-1] < 0.15
    few = calibrations[30]
    assert few.why.startswith("Functional designs are of ") and "it takes 20 of either to decide" in few.why
    assert 60 <= few.needed <= 120 and f"About {few.needed} results would do" in few.why
    assert needed[2:] == [100, 400]


def test_of_permuted_results_nothing_is_found():
    rng, decisions, values = np.random.default_rng(5), 0, []
    for seed in range(10):
        measured = measure(120, seed)
        shuffled = Measurements(
            measured.sequences, measured.scores, measured.judges, rng.permutation(measured.functional),
            measured.designed, measured.clusters, 3,
        )  # fmt: skip
        calibration = calibrate_model(shuffled, seed)
        decisions += calibration.decides
        values.append(calibration.auc.low <= 0.5)
    assert decisions == 0 and sum(values) >= 9


def test_relatives_do_not_make_results_more():
    """Ten results, each ten times: as many as ten."""
    few = measure(10)
    many = few.select(np.repeat(np.arange(10), 10))
    one, ten = (calibrate_model(part, 1) for part in (few, many))
    assert not ten.decides
    assert ten.auc.high - ten.auc.low > 0.9 * (one.auc.high - one.auc.low) - 0.1


def test_the_number_that_would_do_holds_clusters_and_the_interval():
    """An AUC of 1 needs 20 clusters of either kind: 40 of one sequence each, or 80 in pairs. At 0.6 none is enough."""
    alone = measure(20).select(np.arange(20))
    functional = np.arange(20) % 2 == 0
    perfect = Measurements(alone.sequences, alone.scores, [], functional, alone.designed, np.arange(20), 3)
    log_odds = np.where(functional, 1.0, -1.0)
    assert count_needed(perfect, log_odds, 1.0) == 40
    pairs = perfect.select(np.repeat(np.arange(20), 2))
    assert count_needed(pairs, np.repeat(log_odds, 2), 1.0) == 80
    assert count_needed(perfect, log_odds, 0.6) is None
    assert count_needed(perfect, log_odds, float("nan")) is None
    alone = count_needed(perfect, log_odds, 0.65)
    assert alone > 400
    # Pairs are worth half as much; numbers are tried 5 % apart.
    assert count_needed(pairs, np.repeat(log_odds, 2), 0.65) == pytest.approx(2 * alone, rel=0.06)


def test_predictions_are_quoted_for_designs_if_enough_were_measured_and_else_for_natural_sequences():
    natural, designs = measure(100, designed=False), measure(100, 1)
    for count, quoted in ((100, DESIGN), (20, NATURAL)):
        parts = [natural, designs.select(np.arange(count))]
        both = Measurements(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in ("sequences", "scores")), ["judge"],
            *(np.concatenate([getattr(part, name) for part in parts]) for name in ("functional", "designed")),
            np.arange(100 + count), 3,
        )  # fmt: skip
        calibration = calibrate_model(both, 1)
        assert (calibration.quoted, calibration.extrapolates) == (quoted, quoted == NATURAL)
        assert calibration.decides and len(calibration.log_odds) == 100 + count
        learning = tabulate_learning(both, calibration, 1)
        assert learning[["learnt", "tested", "folds"]].to_numpy().tolist() == [
            ["natural", "natural", "clusters"], ["natural", "natural", "random"], ["natural", "design", "none"],
            ["design", "design", "clusters"], ["design", "design", "random"], ["design", "natural", "none"],
            ["both", "natural", "clusters"], ["both", "design", "clusters"],
        ]  # fmt: skip
        assert learning["results"].tolist() == [100, 100, count, count, count, 100, 100, count]
        rows = both.designed == (quoted == DESIGN)
        assert calibration.auc == estimate_auc(calibration.log_odds[rows], both.functional[rows], both.clusters[rows])
        transfer = learning.iloc[2]
        assert transfer["functional"] == designs.functional[:count].mean()
        assert transfer["expected"] == pytest.approx(transfer["functional"], abs=0.2)
    # Nothing is known of designs where natural sequences alone are learnt from.
    left_out = leave_out_clusters(natural.sequences, natural.scores, natural.functional, natural.clusters, 3, 1)
    odds = natural.learn(left_out.strength).log_odds(designs.sequences[:20], designs.scores[:20])
    assert transfer["expected"] == pytest.approx((1 / (1 + np.exp(-odds))).mean())
    assert transfer["auc"] == estimate_auc(odds, designs.functional[:20], np.arange(20)).value


def test_without_two_kinds_of_results_there_is_no_model():
    measured = measure(30)
    alike = Measurements(
        measured.sequences, measured.scores, ["judge"], np.ones(30, bool), measured.designed, measured.clusters, 3
    )
    calibration = calibrate_model(alike, 1)
    assert calibration.model is None and not calibration.decides and np.isnan(calibration.log_odds).all()
    assert calibration.why == "100% of 30 sequences are functional: there is nothing to tell apart."
    assert calibration.summary()["auc"] is None
    assert tabulate_learning(alike, calibration, 1).empty


TABLE = pd.DataFrame(
    {"kind": [NATURAL] * 2 + [DESIGN] * 4, "group": ["", "", "t 1", "t 1", "t 2", "t 2"],
     "cluster": [0, 1, 2, 2, 3, 4], "functional": [True, False, True, True, False, True],
     "measured": [1.0, 0, 0.9, 0.8, 0.1, 0.7], "distance_natural": [0.1, 0.3, 0.5, 0.7, 0.2, 0.4],
     "judge": [5.0, 6, 4, 3, 2, 1]}
)  # fmt: skip


def test_groups_have_their_shares():
    table = tabulate_groups(TABLE, ["judge"])
    assert table[["kind", "group", "results", "clusters"]].to_numpy().tolist() == [
        [NATURAL, "", 2, 2], [DESIGN, "t 1", 2, 1], [DESIGN, "t 2", 2, 2],
    ]  # fmt: skip
    assert table["functional"].tolist() == [0.5, 1, 0.5]
    assert table["distance_natural"].tolist() == pytest.approx([0.2, 0.6, 0.3])
    assert table["judge"].tolist() == [5.5, 3.5, 1.5]
    # Two relatives are one sequence: 1 / (1 + z^2) is the least share.
    assert table["functional_low"][1] == pytest.approx(1 / (1 + 1.959964**2), abs=1e-5)
    assert tabulate_groups(TABLE.assign(functional=pd.NA), [])["functional"].isna().all()


def test_predictors_are_assessed_over_all_and_within_groups():
    table = tabulate_predictors(TABLE, ["judge"], np.random.default_rng(0), 50, 1)
    assert table[["kind", "group", "results"]].to_numpy().tolist() == [
        [NATURAL, "all", 2], [DESIGN, "all", 4], [DESIGN, "t 1", 2], [DESIGN, "t 2", 2],
    ]  # fmt: skip
    # Designs: functional 4, 3, 1 against 2: two of three pairs; t 2: 1 against 2. Ranks 4 3 2 1 of 4 3 1 2.
    assert table["auc"].tolist()[:2] == [0, pytest.approx(2 / 3)]
    assert np.isnan(table["auc"][2]) and table["auc"][3] == 0
    assert table["spearman"][1] == pytest.approx(0.8) and np.isnan(table["spearman"][0])
    without = tabulate_predictors(TABLE.assign(functional=pd.NA), ["judge"], np.random.default_rng(0), 50, 1)
    assert without["auc"].isna().all() and without["spearman"][1] == pytest.approx(0.8)


def test_reliability_compares_expected_and_measured_shares():
    """Twenty sequences in two bins of ten: 0.1 expected and 2 of 10 seen, 0.8 expected and 6 of 10 seen."""
    probabilities = np.tile([0.8, 0.1], 10)
    functional = np.zeros(20, bool)
    functional[[1, 3, 0, 2, 4, 6, 8, 10]] = True
    table = tabulate_reliability(probabilities, functional, np.arange(20))
    assert table[["expected", "functional"]].to_numpy() == pytest.approx(np.array([[0.1, 0.2], [0.8, 0.6]]))
    assert table["results"].tolist() == [10, 10]
    # (0.1 + 0.2) / 2.
    assert calibration_error(table) == pytest.approx(0.15)
    # Of bins of ten and thirty: (10 * 0.1 + 30 * 0.3) / 40.
    unequal = pd.DataFrame({"expected": [0.2, 0.6], "functional": [0.1, 0.9], "results": [10, 30]})
    assert calibration_error(unequal) == pytest.approx(0.25)
