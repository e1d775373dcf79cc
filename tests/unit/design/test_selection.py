"""Which candidates become designs, in which order, and what is written of them: counted by hand."""

import numpy as np
import pandas as pd
import pytest

from temperance.core.alphabet import alphabet
from temperance.design.selection import (
    design_table,
    format_designs,
    mutations,
    natural_gaps,
    plates,
    qualify,
    select,
    select_likeliest,
)

LETTERS = alphabet("protein")


def rows(*texts):
    return np.array([[int(symbol) for symbol in text] for text in texts], np.uint8)


def test_the_most_faithful_comes_first_then_always_the_one_farthest_from_all_before():
    """Sites unlike 0000, the most faithful: 1, 4, 3, 2 and 0. 1111 is farthest. From the nearer of these two the others
    are 1 (0001), 1 (0111) and 2 (0011). From the nearest of three, 0001 and 0111 are 1: 0001 is the more faithful.
    """
    sequences = rows("0001", "1111", "0111", "0011", "0000")
    fidelity = np.array([0.8, 0.1, 0.2, 0.3, 0.9])
    everyone = np.ones(5, bool)
    assert select(sequences, fidelity, everyone, 9).tolist() == [4, 1, 3, 0, 2]
    assert select(sequences, fidelity, everyone, 3).tolist() == [4, 1, 3]
    assert select(sequences, fidelity, everyone, 1).tolist() == [4]
    # Who does not qualify is not chosen, and does not keep others away.
    qualified = np.array([True, True, True, True, False])
    assert select(sequences, fidelity, qualified, 2).tolist() == [0, 1]
    assert select(sequences, fidelity, np.zeros(5, bool), 9).tolist() == []


def test_equal_sequences_are_one_candidate():
    sequences = rows("01", "01", "10", "01")
    assert select(sequences, np.array([0.1, 0.1, 0.5, 0.1]), np.ones(4, bool), 9).tolist() == [2, 0]


def test_of_equally_distant_candidates_the_more_faithful_is_chosen():
    """Both are two sites from 0000."""
    sequences = rows("0000", "0011", "1100")
    assert select(sequences, np.array([0.9, 0.1, 0.2]), np.ones(3, bool), 2).tolist() == [0, 2]
    assert select(sequences, np.array([0.9, 0.2, 0.1]), np.ones(3, bool), 2).tolist() == [0, 1]


def test_the_likeliest_that_differ_enough_are_chosen_in_turn():
    """By 0.9, 0.8, 0.7, 0.6 and 0.5. 0001 is one site of four from 0000, 0011 is two, 0111 three, 1111 four."""
    sequences = rows("0111", "0000", "0011", "0001", "1111")
    fidelity, everyone = np.zeros(5), np.ones(5, bool)
    probabilities = np.array([[0.6, 0.9, 0.7, 0.8, 0.5]])
    choices = {0: [1, 3, 2, 0, 4], 0.25: [1, 3, 2, 0, 4], 0.5: [1, 2, 4], 0.75: [1, 0], 1: [1, 4]}
    for spread, expected in choices.items():
        assert select_likeliest(sequences, probabilities, fidelity, everyone, 9, spread).tolist() == expected
    assert select_likeliest(sequences, probabilities, fidelity, everyone, 2, 0).tolist() == [1, 3]
    # Who does not qualify, or whose probability is not known, is not chosen, and does not keep others away.
    assert select_likeliest(sequences, probabilities, fidelity, np.arange(5) != 1, 9, 0.5).tolist() == [3, 0]
    unknown = np.array([[0.6, np.nan, 0.7, 0.8, 0.5]])
    assert select_likeliest(sequences, unknown, fidelity, everyone, 9, 0.5).tolist() == [3, 0]
    assert select_likeliest(sequences, probabilities, fidelity, ~everyone, 9, 0.5).tolist() == []


def test_each_design_is_the_likeliest_by_the_next_model():
    """Two models that agree on 00 alone, at 0.5; each is certain of another: 01 or 10. All are certain of 11."""
    sequences, everyone = rows("00", "01", "10", "11"), np.ones(4, bool)
    models = np.array([[0.5, 0.99, 0.01, 0.0], [0.5, 0.01, 0.99, 0.0]])
    # Their mean, 0.5 for all three, would not tell them apart; by turns they take what each is certain of.
    assert select_likeliest(sequences, models, np.zeros(4), everyone, 2, 0).tolist() == [1, 2]
    # Then the first is again at turn: 00 by either.
    assert select_likeliest(sequences, models, np.zeros(4), everyone, 4, 0).tolist() == [1, 2, 0, 3]
    # Of equally likely ones the more faithful, and equal sequences are one candidate.
    fidelity = np.array([0.1, 0.3, 0.9, 0.2])
    assert select_likeliest(sequences, np.full((1, 4), 0.5), fidelity, everyone, 3, 0).tolist() == [2, 1, 3]
    assert select_likeliest(rows("01", "01"), models[:, :2], np.zeros(2), everyone[:2], 9, 0).tolist() == [0]


def test_a_design_is_new_natural_by_every_judge_that_decides_and_no_fragment():
    scored = pd.DataFrame(
        {"distance_natural": [0.2, 0.19, 0.4, 0.4, 0.4], "gaps": [0.1, 0.1, 0.11, 0.0, 0.0],
         "potts": [5.0, 9.0, 9.0, 4.9, 9.0], "folding": [1.0, 2.0, 2.0, 2.0, 0.9]}
    )  # fmt: skip
    assert qualify(scored, {"potts": 5.0, "folding": 1.0}, 0.2, 0.1).tolist() == [True, False, False, False, False]
    assert qualify(scored, {"potts": 5.0}, 0.2, 0.11).tolist() == [True, False, True, False, True]
    assert qualify(scored, {}, 0.0, 1.0).tolist() == [True] * 5
    # A score that is missing is none that is high enough.
    assert qualify(scored.assign(potts=np.nan), {"potts": -9.0}, 0.0, 1.0).tolist() == [False] * 5
    # 1 - 0.8 is below 0.2, and 0.1 + 0.2 above 0.3, by rounding alone.
    rounded = pd.DataFrame({"distance_natural": [1 - 0.8], "gaps": [0.1 + 0.2]})
    assert qualify(rounded, {}, 0.2, 0.3).tolist() == [True]


def test_usual_gaps_are_those_of_95_percent_of_natural_sequences_by_weight():
    natural = pd.DataFrame(
        {"set": ["training"] * 4 + ["random"], "gaps": [0.5, 0.1, 0.0, 0.3, 0.9],
         "scale_weight": [4.0, 30.0, 60.0, 6.0, 500.0]}
    )  # fmt: skip
    # From the fewest gaps on 60, 90, 96, 100 %.
    assert natural_gaps(natural) == 0.3
    # 60, 95, 96, 100 %: exactly 95 % is enough.
    assert natural_gaps(natural.assign(scale_weight=[4.0, 35.0, 60.0, 1.0, 0.0])) == 0.1
    assert natural_gaps(natural.assign(scale_weight=[6.0, 30.0, 60.0, 4.0, 0.0])) == 0.5


def scored(count, **columns):
    return pd.DataFrame(
        {"temperature": 0.7, "ladder": 5, "draw": 6, "energy": -np.arange(1.0, count + 1), "distance_natural": 0.25,
         "nearest_natural": 0, "nearest_training": 0, "hmm": np.arange(count) / 2, "fidelity": 0.5} | columns,
        index=range(count),
    )  # fmt: skip


def test_a_table_of_designs_has_their_scores_names_and_sequences():
    sequences = np.array([[1, 0, 2], [3, 3, 0]], np.uint8)
    names = np.array(["n0", "n1"])
    content = scored(2, distance_natural=[0.5, 0.25], nearest_natural=[1, 0], nearest_training=[0, 1])
    table = design_table(sequences, content, np.array([1, 0]), names, LETTERS, "fam")
    expected = pd.DataFrame(
        {"name": ["fam_design_001", "fam_design_002"], "temperature": 0.7, "recommended": True,
         "energy": [-2.0, -1.0], "distance_natural": [0.25, 0.5], "hmm": [0.5, 0.0], "nearest_natural": ["n0", "n1"],
         "nearest_training": ["n1", "n0"], "cluster": [1, 2], "aligned": ["DD-", "A-C"], "sequence": ["DD", "AC"]}
    )  # fmt: skip
    # Which cluster is the first does not matter.
    assert set(table["cluster"]) == {1, 2}
    expected["cluster"] = table["cluster"]
    pd.testing.assert_frame_equal(table, expected, check_dtype=False)
    assert format_designs(table) == (
        ">fam_design_001 temperature=0.7 energy=-2.00 novelty=0.250\nDD\n"
        ">fam_design_002 temperature=0.7 energy=-1.00 novelty=0.500\nAC\n"
    )
    assert format_designs(table, "aligned").splitlines()[1::2] == ["DD-", "A-C"]
    doubtful = design_table(sequences, content, np.array([1]), names, LETTERS, "fam", recommended=False)
    assert doubtful["recommended"].tolist() == [False] and doubtful["cluster"].tolist() == [1]
    title = ">fam_design_001 temperature=0.7 NOT-RECOMMENDED energy=-2.00 novelty=0.250"
    assert format_designs(doubtful).splitlines()[0] == title


@pytest.mark.parametrize(
    ("sequences", "clusters"),
    [
        # One site of five is 20 %, and still alike; two are not.
        (rows("00000", "00001", "00011"), [{0, 1}, {2}]),
        # Each is alike to the next, but the ends are not: all of a cluster have to be.
        (rows("0000000000", "0000000001", "0000000111"), [{0, 1}, {2}]),
        (rows("00000", "11111", "00001", "11110"), [{0, 2}, {1, 3}]),
    ],
)
def test_designs_of_a_cluster_are_all_alike_in_80_percent_of_their_sites(sequences, clusters):
    count = len(sequences)
    table = design_table(sequences, scored(count), np.arange(count), np.array(["n"]), LETTERS, "fam")
    groups = [set(np.flatnonzero(table["cluster"] == label)) for label in sorted(set(table["cluster"]))]
    assert sorted(groups, key=min) == clusters
    assert sorted(set(table["cluster"])) == list(range(1, len(clusters) + 1))


def test_mutations_are_named_by_the_column_and_both_residues():
    assert mutations(["ACD-", "GCDE", "A-DW"], "ACDE", [3, 4, 9, 12]) == ["E12-", "A3G", "C4- E12W"]
    assert mutations(["ACDE"], "ACDE", [3, 4, 9, 12]) == [""]
    # Sites without a conserved residue are left out.
    assert mutations(["GCD-"], ["A", "", "E", "E"], [3, 4, 9, 12]) == ["A3G E9D E12-"]


def test_wells_are_filled_row_after_row_and_plate_after_plate():
    table = pd.DataFrame({"name": [f"d{n}" for n in range(1, 201)], "sequence": "AC", "recommended": True})
    table.loc[3, "sequence"], table.loc[3, "recommended"] = "ACDE", False
    wells = plates(table)
    assert wells.columns.tolist() == ["plate", "well", "name", "sequence", "recommended", "length"]
    assert wells["well"].tolist()[:96] == [f"{row}{column}" for row in "ABCDEFGH" for column in range(1, 13)]
    where = {name: (plate, well) for plate, well, name in wells[["plate", "well", "name"]].to_numpy()}
    assert [where[f"d{n}"] for n in (1, 12, 13, 96, 97, 192, 193, 200)] == [
        (1, "A1"), (1, "A12"), (1, "B1"), (1, "H12"), (2, "A1"), (2, "H12"), (3, "A1"), (3, "A8"),
    ]  # fmt: skip
    assert wells.loc[3].tolist() == [1, "A4", "d4", "ACDE", False, 4]
    assert (wells["length"] == 2).sum() == 199
