"""What the interactive figures are made of."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from temperance.core.alphabet import alphabet
from temperance.report import results
from temperance.report.charts import CHARTS
from temperance.report.charts.components import tabulate_components
from temperance.report.charts.interactive import embed_json, list_records, vega_script
from temperance.report.charts.plane import place_operating_points, tabulate_plane
from temperance.report.charts.sequences import affordable, spread_evenly, tabulate_designs, tabulate_samples
from temperance.report.charts.structure import draw_structure, trace_contacts
from temperance.report.figures.sequence_statistics import principal_components

# ---------------------------------------------------------------- sequences


def test_longer_sequences_are_fewer():
    # 300,000 symbols of 3 sets: 100,000 of each.
    assert [affordable(length, 3, 50) for length in (1, 2000, 2001, 1_000_000)] == [50, 50, 49, 5]


def test_rows_are_taken_at_even_distances_with_both_ends():
    assert spread_evenly(101, 5).tolist() == [0, 25, 50, 75, 100]
    assert spread_evenly(3, 5).tolist() == [0, 1, 2]


def test_samples_have_names_scores_and_sequences_of_their_own():
    """Two temperatures, one ladder, three draws of two nucleotides."""
    sequences = np.array([[[[1, 1], [1, 2], [1, 3]]], [[[2, 1], [2, 2], [0, 4]]]], np.uint8)
    samples = pd.DataFrame(
        {
            "temperature": [0.5] * 3 + [0.725] * 3, "ladder": 0, "draw": [0, 1, 2] * 2,
            "distance_natural": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], "fidelity": [0.9, 0.8, 0.7, 0.6, 0.5, 0.4],
        }
    )  # fmt: skip
    table = tabulate_samples(samples, sequences, [0.725, 0.5], alphabet("rna"), 2)
    assert table.to_dict("list") == {
        "name": [f"sample at τ = {tau}, ladder 1, draw {draw}" for tau in ("0.725", "0.5") for draw in (1, 3)],
        "temperature": [0.725, 0.725, 0.5, 0.5], "novelty": [0.4, 0.6, 0.1, 0.3], "fidelity": [0.6, 0.4, 0.9, 0.7],
        "sequence": ["CA", "-U", "AA", "AG"],
    }  # fmt: skip


def test_designs_are_judged_by_the_judge_of_fidelity(evidence):
    designs = evidence.design_table.assign(p_nat=[0.3, 0.2], percentile_potts=[10, 20])
    assert tabulate_designs(designs, "hmm")["fidelity"].tolist() == pytest.approx([0.4321, 0.5678])
    assert tabulate_designs(designs, "potts")["fidelity"].tolist() == [0.1, 0.2]
    table = tabulate_designs(designs, "p_nat")
    assert table["fidelity"].tolist() == [0.3, 0.2] and table["novelty"].tolist() == [0.25, 0.5]
    assert table["sequence"].tolist() == ["AC-U", "GCGA"] and table["name"].tolist() == ["d1", "d2"]


# ---------------------------------------------------------------- plane


def test_operating_points_lie_on_the_curve_between_its_temperatures():
    curve = pd.DataFrame({"temperature": [1.0, 2.0, 4.0], "novelty": [0.0, 0.2, 1.0], "fidelity": [1.0, 0.5, 0.1]})
    points = pd.DataFrame(
        [("tau_f", 8**0.5), ("tau_train", 2**0.25), ("tau_potts", 4.1), ("coldest", 0.9), ("tau_hmm", np.inf)],
        columns=["name", "value"],
    ).assign(subset="all", decides=True, high=9.0)
    placed = place_operating_points(points, curve)
    # Half of the way from 2 to 4, and a quarter of that from 1 to 2; the others are beyond the ends.
    assert placed["name"].tolist() == ["mean energy of training sequences", "mean energy of held-out sequences"]
    assert_allclose(placed[["temperature", "novelty", "fidelity"]], [[2**0.25, 0.05, 0.875], [8**0.5, 0.6, 0.3]])


def test_the_plane_holds_sequences_means_operating_points_and_what_is_recommended(evidence):
    table = tabulate_plane(evidence)
    assert table["kind"].value_counts(sort=False).to_dict() == {
        "sample": 20, "design": 2, "mean of samples": 6, "operating point": 4, "held-out natural": 1, "recommended": 1,
    }  # fmt: skip
    assert table["id"].is_unique
    rows = table.set_index("id")
    # The second ladder's first draw at 0.5.
    sample = rows.loc["p6"]
    assert (sample["sequence"], sample["novelty"], sample["temperature"]) == ("ACGA", 0, 0.5)
    assert sample["fidelity"] == pytest.approx(0.95 - 6 * 0.05)
    means = table[table["kind"] == "mean of samples"]
    assert_allclose(
        means[["M", "temperature", "novelty", "fidelity"]],
        [[100, 0.5, 0.15, 0.72], [100, 1, 0.33, 0.55], [100, 2, 0.55, 0.15],
         [200, 0.5, 0.15, 0.7], [200, 1, 0.3, 0.5], [200, 2, 0.65, 0.2]],
    )  # fmt: skip
    assert means["front"].eq(True).tolist() == [True, True, False, False, False, True]
    # Samples are of the model that designs come from, which is one of M = 200.
    assert means["members"].tolist()[:4] == [[], [], [], ["p4", "p5", "p6", "p7"]]
    chosen = table[table["kind"] == "recommended"].iloc[0]
    assert (chosen["name"], chosen["temperature"], chosen["novelty"], chosen["fidelity"]) == (
        "recommended",
        0.7,
        0.3,
        0.8,
    )
    assert chosen["members"] == ["p8", "p9", "p10", "p11"]
    natural = table[table["kind"] == "held-out natural"].iloc[0]
    assert natural["novelty"] == 0.4375 and np.isnan(natural["temperature"]) and natural["members"] == []


def test_without_a_recommendation_the_nearest_temperature_is_named_so(refused):
    assert tabulate_plane(refused)["name"].tolist()[-1] == "not recommended, the nearest"


def test_a_family_without_designs_has_charts_all_the_same(evidence):
    without = replace(evidence, design_table=evidence.design_table[:0])
    assert "design" not in set(tabulate_plane(without)["kind"])
    assert len(json.loads(CHARTS["pca"](without).data)["datasets"]["points"]) == 22


# ---------------------------------------------------------------- principal components


def test_every_sequence_has_its_place_on_the_components_of_natural_ones(evidence):
    points, shares = tabulate_components(evidence)
    natural, sets, q = evidence.sequence_sets()
    background, samples, expected_shares = principal_components(natural, sets, q)
    assert points["set"].value_counts(sort=False).to_dict() == {
        "natural": 6, "τ = 0.5": 4, "τ = 0.7": 4, "τ = 1": 4, "τ = 2": 4, "designs": 2,
    }  # fmt: skip
    assert_allclose(points.loc[:21, ["pc1", "pc2"]], np.concatenate([background, *samples.values()]), atol=1e-6)
    assert_allclose(shares, expected_shares)
    # The second design is GCGA, as no other is; the fourth natural sequence is ACGC.
    assert points["name"].tolist()[3] == "four" and points["sequence"].tolist()[3] == "ACGC"
    assert points["sequence"].tolist()[-2:] == ["AC-U", "GCGA"] and points["id"].is_unique


def test_of_many_natural_sequences_those_that_are_drawn_have_their_own_names(evidence, monkeypatch):
    monkeypatch.setattr(results, "_MOST_POINTS", 5)
    points = tabulate_components(evidence)[0]
    natural = points[points["set"] == "natural"]
    # Every second of six; the third is A C gap U.
    assert natural["name"].tolist() == ["one", "3", "five"] and natural["sequence"].tolist()[1] == "AC-U"


# ---------------------------------------------------------------- structure


def test_the_viewer_draws_the_backbone_around_its_centre_and_the_pairs_of_the_map(evidence):
    content = trace_contacts(evidence.chain, evidence.contacts, evidence.predictions)
    # Along x at 0, 5, 10, 15 and 45, whose mean is 15; the last step is six times the others.
    assert content["points"] == [[-15, 0, 0], [-10, 0, 0], [-5, 0, 0], [0, 0, 0], [30, 0, 0]]
    assert content["bonds"] == [[0, 1], [1, 2], [2, 3]]
    assert content["labels"] == ["A11", "C12", "G12A", "U14", "A15"]
    # Of pairs two or more apart: 1-4, 1-3 and 2-4; closer than 8 are the first and the last.
    assert content["contacts"] == [[0, 3, True, 2.5, 3.0], [0, 2, False, 2.0, 9.0], [1, 3, True, 1.5, 7.9]]
    assert content["cutoff"] == 8


def test_pairs_that_the_structure_lacks_are_not_drawn(evidence):
    unresolved = evidence.contacts.assign(distance=[3.0, np.nan, 7.9, 2.0, 12.0, 8.0])
    without_fourth = evidence.chain.assign(site=[1, 2, 3, np.nan, np.nan])
    assert len(trace_contacts(evidence.chain, unresolved, evidence.predictions)["contacts"]) == 2
    pairs = trace_contacts(without_fourth, evidence.contacts, evidence.predictions)["contacts"]
    assert pairs == [[0, 2, False, 2.0, 9.0]]


def test_without_a_structure_there_is_no_viewer(evidence):
    assert draw_structure(replace(evidence, chain=evidence.chain[:0])) is None
    assert draw_structure(replace(evidence, predictions={"separation": 2})) is None


# ---------------------------------------------------------------- embedding


def test_records_are_rounded_and_lack_what_is_missing():
    table = pd.DataFrame({"a": [0.123456, np.nan], "b": ["x", None], "c": [[], ["p1"]], "d": [True, np.nan]})
    assert list_records(table) == [{"a": 0.1235, "b": "x", "c": [], "d": True}, {"c": ["p1"]}]


def test_no_sign_of_the_data_ends_an_element_of_the_page():
    interactive = embed_json("chart", {"name": "</script><b>"})
    assert interactive.kind == "chart" and "<" not in interactive.data
    assert json.loads(interactive.data) == {"name": "</script><b>"}


def test_the_libraries_end_no_element_of_the_page_either():
    script = vega_script()
    assert len(script) > 500_000
    assert not [end for end in ("</script", "</body", "</html", "<!--") if end in script]


def test_a_chart_holds_its_points_and_can_be_moved_and_zoomed(evidence):
    for name, fields in (("novelty_fidelity", ("novelty", "fidelity")), ("pca", ("pc1", "pc2"))):
        interactive = CHARTS[name](evidence)
        specification = json.loads(interactive.data)
        assert interactive.kind == "chart"
        assert len(specification["datasets"]["points"]) == {"novelty_fidelity": 34, "pca": 24}[name]
        (window,) = [p for p in specification["params"] if p["name"] == "window"]
        assert window["bind"] == "scales"
        encoding = specification["layer"][-1]["encoding"]
        assert (encoding["x"]["field"], encoding["y"]["field"]) == fields
