import numpy as np
import pandas as pd

from temperance.core.alphabet import alphabet
from temperance.design.selection import design_table, format_designs, natural_gaps, plates, qualify, select

RNG = np.random.default_rng(0)


def test_designs_are_faithful_new_distinct_and_spread():
    sequences = RNG.integers(0, 4, (300, 20), dtype=np.uint8)
    sequences[100:] = sequences[RNG.integers(0, 100, 200)]
    fidelity, novelty = RNG.random(100)[np.r_[0:100, [0] * 200]], RNG.random(300)
    chosen = select(sequences, fidelity, (fidelity >= 0.4) & (novelty >= 0.3), 15)
    assert len(chosen) == 15
    assert (fidelity[chosen] >= 0.4).all()
    assert (novelty[chosen] >= 0.3).all()
    assert len(np.unique(sequences[chosen], axis=0)) == 15
    able = [m for m in range(100) if fidelity[m] >= 0.4 and novelty[m] >= 0.3]
    assert chosen[0] == max(able, key=lambda m: fidelity[m])

    def spread(of):
        distance = (sequences[of][:, None] != sequences[of][None]).sum(axis=2)
        return distance[np.triu_indices(len(of), 1)].min()

    assert spread(chosen[:6]) >= np.median([spread(RNG.choice(able, 6, replace=False)) for _ in range(50)])


def test_fewer_designs_than_wanted_and_none():
    sequences = np.eye(5, dtype=np.uint8)
    assert len(select(sequences, np.ones(5), np.ones(5, bool), 9)) == 5
    assert len(select(sequences, np.ones(5), np.zeros(5, bool), 9)) == 0


def test_design_files_name_the_nearest_natural_sequence_and_drop_gaps():
    sequences = np.array([[1, 0, 2], [3, 3, 0]], np.uint8)
    scored = pd.DataFrame(
        {"temperature": 0.7, "ladder": 0, "draw": 0, "energy": [-3.0, -2.0], "distance_natural": [0.5, 0.25],
         "nearest_natural": [1, 0], "nearest_training": [0, 0], "fidelity": 1.0}
    )  # fmt: skip
    table = design_table(sequences, scored, np.array([1, 0]), np.array(["n0", "n1"]), alphabet("protein"), "fam")
    assert table["sequence"].tolist() == ["DD", "AC"]
    assert table["aligned"].tolist() == ["DD-", "A-C"]
    assert table["nearest_natural"].tolist() == ["n0", "n1"]
    assert table["nearest_training"].tolist() == ["n0", "n0"]
    assert format_designs(table).splitlines()[:2] == [
        ">fam_design_001 temperature=0.7 energy=-2.00 novelty=0.250",
        "DD",
    ]
    assert table["recommended"].tolist() == [True, True]
    doubtful = design_table(
        sequences, scored, np.array([1]), np.array(["n0", "n1"]), alphabet("protein"), "fam", recommended=False
    )
    title = ">fam_design_001 temperature=0.7 NOT-RECOMMENDED energy=-2.00 novelty=0.250"
    assert format_designs(doubtful).splitlines()[0] == title
    assert plates(doubtful).iloc[0].to_dict() == {
        "plate": 1, "well": "A1", "name": "fam_design_001", "sequence": "DD", "recommended": False, "length": 2,
    }  # fmt: skip


def test_a_design_is_new_natural_by_every_judge_that_decides_and_no_fragment():
    scored = pd.DataFrame(
        {"distance_natural": [0.2, 0.19, 0.4, 0.4, 0.4], "gaps": [0.1, 0.1, 0.11, 0.0, 0.0],
         "potts": [5.0, 9.0, 9.0, 4.9, 9.0], "folding": [1.0, 2.0, 2.0, 2.0, 0.9]}
    )  # fmt: skip
    assert qualify(scored, {"potts": 5.0, "folding": 1.0}, 0.2, 0.1).tolist() == [True, False, False, False, False]
    assert qualify(scored, {"potts": 5.0}, 0.2, 0.11).tolist() == [True, False, True, False, True]


def test_usual_gaps_are_those_of_95_percent_of_natural_sequences_by_weight():
    natural = pd.DataFrame(
        {"set": ["training"] * 4 + ["random"], "gaps": [0.5, 0.1, 0.0, 0.3, 0.9],
         "scale_weight": [4.0, 30.0, 60.0, 6.0, 0.0]}
    )  # fmt: skip
    # From the fewest gaps on 60, 90, 96, 100 %.
    assert natural_gaps(natural) == 0.3
