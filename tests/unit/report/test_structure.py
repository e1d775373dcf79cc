"""What the figures of contacts and of mutants draw."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from read_axes import find_line, read_error_bars, read_legend, read_line, read_lines, read_ticks

from temperance.report.figures.structure import mutant_grid, precision_by_rank, site_labels, top_pairs

# Three sites; pairs at least two apart count, closer than 8 they are contacts. One distance is not known.
PAIRS = pd.DataFrame(
    [
        (1, 2, 1, 9.0, 1.0),
        (1, 3, 2, 8.0, 7.9),
        (2, 4, 2, 7.0, 8.0),
        (1, 4, 3, 6.0, np.nan),
        (2, 5, 3, 5.0, 2.0),
        (3, 5, 2, 4.0, 20.0),
        (1, 5, 4, 3.0, 3.0),
    ],
    columns=["i", "j", "separation", "score", "distance"],
)
SUMMARY = {"separation": 2, "structure": {"cutoff": 8.0}, "precision": []}


def test_as_many_pairs_as_sites_are_predicted_the_highest_scores_first():
    top = top_pairs(PAIRS, SUMMARY)
    # Five sites; the first pair are neighbours; the last has the sixth score of those that count.
    assert top["score"].tolist() == [8, 7, 6, 5, 4]
    # A pair at the cutoff itself, or of unknown distance, is no contact.
    assert top["in_contact"].tolist() == [True, False, False, True, False]
    assert "in_contact" not in top_pairs(PAIRS, {"separation": 2})


def test_precision_is_the_share_of_contacts_among_the_first_pairs_whose_distance_is_known():
    precision, at_random = precision_by_rank(PAIRS, SUMMARY)
    # Contacts are yes, no, yes, no, yes.
    assert_allclose(precision, [1, 1 / 2, 2 / 3, 2 / 4, 3 / 5])
    assert list(precision.index) == [1, 2, 3, 4, 5]
    assert at_random == pytest.approx(3 / 5)


def test_precision_ends_at_three_pairs_a_site_and_chance_does_not():
    # Two sites' pairs, four times what is drawn: six of eight; of all eight, two are contacts.
    pairs = pd.DataFrame({"i": 1, "j": 2, "separation": 6, "score": 1.0, "distance": [1.0] + [9.0] * 6 + [1.0]})
    precision, at_random = precision_by_rank(pairs, SUMMARY)
    assert_allclose(precision, 1 / np.arange(1, 7))
    assert at_random == 2 / 8


def test_the_map_has_contacts_of_the_structure_on_both_sides_and_predictions_once(draw):
    figure = draw("contacts")
    axis = figure.axes[0]
    # Closer than 8: pairs 1-4, 2-4 and 1-2; 3-4, at 8 itself, is none.
    squares = read_lines(axis, "s")
    assert squares[0].tolist() == [[1, 4], [2, 4], [1, 2]]
    assert squares[1].tolist() == [[4, 1], [4, 2], [2, 1]]
    # Of pairs two or more apart, 1-4 and 2-4 are contacts and 1-3 is not.
    assert read_line(axis, "predicted, in contact").tolist() == [[1, 4], [2, 4]]
    assert read_line(axis, "predicted, not in contact").tolist() == [[1, 3]]
    assert axis.get_title() == "the 3 highest scores, 2 or more apart"
    assert (axis.get_xlim(), axis.get_ylim()) == ((0, 5), (5, 0))
    # Sites 1 to 4 are residues 11 to 14, as in the tables.
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("residue i", "residue j")
    assert axis.get_xticks().tolist() == axis.get_yticks().tolist() == [1, 2, 3, 4]
    for ticks in (axis.get_xticklabels(), axis.get_yticklabels()):
        assert [tick.get_text() for tick in ticks] == ["11", "12", "13", "14"]
    assert read_legend(figure) == [
        "contact in the structure", "predicted, in contact", "predicted, not in contact", "precision",
        "pairs at random",
    ]  # fmt: skip


def test_sites_are_labelled_by_round_numbers_of_residues_or_else_by_columns():
    """Sites 1 to 40, of which the third is a gap of the reference, whose first residue is 2711068."""
    residues = [2711068.0, 2711069.0, np.nan, *(2711070.0 + np.arange(37))]
    pairs = pd.DataFrame([(i, j) for i in range(1, 41) for j in range(i + 1, 41)], columns=["i", "j"])
    for side in ("i", "j"):
        numbers = pairs[side].map(dict(enumerate(residues, 1)))
        pairs = pairs.assign(**{f"number_{side}": numbers, f"column_{side}": 100 + pairs[side]})
    # 2711070 is the fourth site.
    sites, labels, name = site_labels(pairs)
    assert sites == [4, 9, 14, 19, 24, 29, 34, 39] and name == "residue"
    assert labels == [str(number) for number in range(2711070, 2711106, 5)]
    sites, labels, name = site_labels(pairs.assign(number_i=np.nan, number_j=np.nan))
    assert (sites[0], labels[0], sites[-1], labels[-1], name) == (5, "105", 40, "140", "column")


def test_precision_is_drawn_with_the_summary_s_points_and_their_95_percent_interval(draw):
    axis = draw("contacts").axes[1]
    # Yes, no, yes.
    assert_allclose(read_line(axis, "precision"), [[1, 1], [2, 1 / 2], [3, 2 / 3]])
    assert_allclose(find_line(axis, "pairs at random").get_ydata(), 2 / 3)
    first, second = (bars[0] for bars in read_error_bars(axis))
    assert_allclose(first, [1, 0.75, 0.75 - 0.196, 0.75 + 0.196])
    assert_allclose(second, [2, 0.5, 0.5 - 0.098, 0.5 + 0.098])
    assert [(text.get_text(), text.xy) for text in axis.texts] == [("L/2", (1, 0.75)), ("L", (2, 0.5))]
    assert axis.get_ylabel() == "share in contact" and axis.get_xscale() == "log"


def test_ranks_without_pairs_have_no_point(draw, evidence):
    summary = evidence.predictions | {"precision": [{"rank": "L/5", "pairs": 0, "precision": None, "error": None}]}
    assert read_error_bars(draw("contacts", replace(evidence, predictions=summary)).axes[1]) == []


def test_without_a_structure_scores_are_drawn_over_their_rank(draw, evidence):
    figure = draw("contacts", replace(evidence, predictions={"separation": 2}))
    contact_map, curve = figure.axes
    assert read_line(contact_map, "predicted").tolist() == [[1, 4], [1, 3], [2, 4]]
    assert read_lines(contact_map, "s") == []
    assert read_line(curve, "score").tolist() == [[1, 2.5], [2, 2], [3, 1.5]]
    assert curve.get_ylabel() == "corrected norm of the couplings"


# ---------------------------------------------------------------- mutants


def test_mutants_are_arranged_by_residue_and_site():
    mutants = pd.DataFrame(
        [(3, "C", 0.3), (1, "A", 0.1), (1, "C", 0.2), (3, "A", 0.4)], columns=["site", "mutated", "score"]
    )
    grid = mutant_grid(mutants, ["C", "A", "G"])
    assert list(grid.index) == ["C", "A", "G"] and list(grid.columns) == [1, 3]
    assert_array_equal(grid, [[0.2, 0.3], [0.1, 0.4], [np.nan, np.nan]])


def test_the_map_of_mutants_holds_their_scores_and_dots_on_the_reference(draw):
    figure = draw("mutants")
    axis = figure.axes[0]
    # Scores are site / 2 - n of the nth of A, C, G and U; the reference is ACGU.
    image = axis.images[0]
    expected = np.array([[site / 2 - n for site in (1, 2, 3, 4)] for n in range(4)])
    np.fill_diagonal(expected, np.nan)
    assert_array_equal(np.ma.filled(image.get_array(), np.nan), expected)
    assert read_lines(axis, ".")[0].tolist() == [[0, 0], [1, 1], [2, 2], [3, 3]]
    # Colours reach to the 98th percentile of absolute scores on both sides.
    limit = np.percentile(np.abs(expected[~np.isnan(expected)]), 98)
    assert image.get_clim() == pytest.approx((-limit, limit))
    assert read_ticks(axis) == {0: "A11", 1: "C12", 2: "G13", 3: "U14"}
    assert [label.get_text() for label in axis.get_yticklabels()] == list("ACGU")
    assert axis.get_ylabel() == "mutated to"


def test_a_site_without_a_number_has_that_of_its_column(draw, evidence):
    mutants = evidence.mutants.assign(number=evidence.mutants["number"].where(evidence.mutants["site"] != 2))
    # Column 6 is site 2.
    assert read_ticks(draw("mutants", replace(evidence, mutants=mutants)).axes[0])[1] == "C6"


def test_scores_are_drawn_against_what_was_measured(draw):
    axis = draw("mutants").axes[1]
    points = read_lines(axis, "o")[0]
    # Measured: site + n; the third site was not.
    expected = [(site / 2 - n, site + n) for site in (1, 2, 4) for n in range(4) if n != site - 1]
    assert points.tolist() == [list(pair) for pair in expected]
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("score, nats", "measured")
    assert axis.get_title() == "Spearman 0.46 (0.12 to 0.79)"


def test_without_measurements_there_is_the_map_alone(draw, evidence):
    without = replace(evidence, mutants=evidence.mutants.drop(columns="measured"), predictions={"separation": 2})
    figure = draw("mutants", without)
    # The other is its colour bar.
    assert [axis.get_ylabel() for axis in figure.axes] == [
        "mutated to", "ln (P of the mutant / P of the reference)",
    ]  # fmt: skip
    unmeasured = replace(evidence, mutants=evidence.mutants.assign(measured=np.nan), predictions={"separation": 2})
    assert len(draw("mutants", unmeasured).axes) == 2
