"""Facts of a family in a line each."""

from dataclasses import replace

import pytest
import small_family

from temperance.report.facts import collect_facts


def test_every_fact_is_told_in_order(evidence):
    assert collect_facts(evidence) == [
        ("source", "family.fasta"),
        ("sequences", "1,234 of 4,321, Meff 790"),
        ("columns", "4 of 9, q = 5"),
        ("held out", "2 sequences"),
        ("fidelity judged by", "hmm"),
        ("designs", "2 at τ = 0.70"),
        ("precision of predicted contacts", "75% ± 20% of L/2, 50% ± 10% of L (random 25%)"),
        ("Spearman with measured mutants", "0.46 (0.12 to 0.79), 1,200 of 3,400"),
        (
            "random-energy estimate",
            "freezing 0.46, folding 1.23; rough, whether samples are equilibrated was measured instead",
        ),
        ("lowest energy found", "-11.2 nats, by 1,234 of 5,678 quenches"),
    ]


def fact(evidence, name):
    return dict(collect_facts(evidence)).get(name)


def test_errors_of_precision_are_the_95_percent_interval(evidence):
    precision = [
        {"rank": "L", "precision": 0.5, "error": 0.14, "expected": 0.04},
        {"rank": "L/5", "precision": 1.0, "error": 0.0, "expected": 0.03},
        {"rank": "L/2", "precision": 0.6, "error": 0.26, "expected": 0.05},
    ]
    text = fact(replace(evidence, predictions={"precision": precision}), "precision of predicted contacts")
    # 1.96 times 0.26 is 0.51, where twice is 0.52; 1.96 times 0.14 is 0.27.
    assert text == "60% ± 51% of L/2, 50% ± 27% of L (random 4%)"


def test_sites_and_identity_of_the_structure_are_told(evidence):
    predictions = {"structure": {"sites": 1234, "identity": 0.567, "cutoff": 8.0}}
    told = fact(replace(evidence, predictions=predictions), "structure")
    assert told == "1,234 sites, 57% identical to the reference"


def test_what_was_not_predicted_or_estimated_is_not_told(evidence):
    gaps = {"gaps": {"profile": {"freezing_temperature": None, "folding_temperature": None}}}
    plain = replace(evidence, predictions={"separation": 6}, landscape=evidence.landscape | gaps)
    names = [name for name, _ in collect_facts(plain)]
    assert names == [
        "source", "sequences", "columns", "held out", "fidelity judged by", "designs", "lowest energy found",
    ]  # fmt: skip


def test_a_model_that_does_not_fold_has_no_folding_temperature(evidence):
    gaps = {"gaps": {"profile": {"freezing_temperature": 0.456, "folding_temperature": None}}}
    text = fact(replace(evidence, landscape=evidence.landscape | gaps), "random-energy estimate")
    assert text.startswith("freezing 0.46, no folding; rough")


def test_designs_at_a_temperature_that_is_not_recommended_are_told_so(evidence):
    designs = evidence.designs | {"recommended": False, "temperature": 0.856, "designs": 7}
    assert fact(replace(evidence, designs=designs), "designs") == "7 at τ = 0.86, which is not recommended"


@pytest.mark.parametrize(
    ("settings", "source"),
    [
        ({"alignment": None, "query": "a/seq.fasta", "database": "b/db.fasta"}, "db.fasta, searched from seq.fasta"),
        ({"alignment": None, "seed": "a/seed.sto", "database": "b/db.fasta"}, "db.fasta, searched from seed.sto"),
        ({"alignment": None, "pfam": "PF00014"}, "PF00014, full alignment"),
        ({"alignment": None, "interpro": "IPR000001", "fetch": {"alignment": "seed"}}, "IPR000001, seed alignment"),
    ],
)  # fmt: skip
def test_the_source_is_named_by_how_it_was_found(evidence, settings, source):
    text = fact(replace(evidence, settings=small_family.read_settings(**settings)), "source")
    assert text == source


def test_a_truth_is_named_with_how_well_it_was_drawn(evidence):
    truth = {"kind": "planted", "length": 4, "q": 4}
    planted = replace(evidence, settings=small_family.read_settings(alignment=None, truth=truth), truth={})
    assert fact(planted, "source") == "planted, listed in full"
    sampled = replace(planted, truth={"rhat": 1.0234, "ess": 1234.5})
    assert fact(sampled, "source") == "planted, R-hat 1.023, ESS 1,234"
