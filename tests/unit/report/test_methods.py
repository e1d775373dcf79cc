"""Sentences of the methods section, and the numbers in them."""

from dataclasses import replace

import pytest
import small_family

from temperance.report.methods import methods


def configure(evidence, **sections):
    """Evidence of the small family with other settings."""
    return replace(evidence, settings=small_family.read_settings(**sections))


def test_the_whole_section_is_written(evidence):
    # Temperatures 0.25 and 0.7 of n200-r1 are not in the configuration's list.
    assert methods(evidence) == (
        "Of 4,321 sequences and 9 columns, 1,234 and 4 were kept (columns with at most 50% gaps, sequences with at "
        "most 50%); sequences were weighted by their number of neighbours at 80% identity (Meff 790). "
        "20% of the sequences were held out such that none exceeds 80% identity to a training sequence. "
        "Potts models (q = 5) were trained on subsets of 100 and 200 sequences by persistent contrastive divergence "
        "with 4,000 chains, 10 Gibbs sweeps a step, and an L2 penalty on the couplings, chosen among those of a "
        "list by the likelihood of held-out sequences (0.1 at 100; 0.03 at 200 sequences) (none "
        "on fields). Training went on to the optimum of the penalised likelihood, "
        "within the noise of its sampling. 10,000 chains annealed from infinite temperature were compared with the "
        "data. On the same subsets they were compared with sites (profile). "
        "Each was sampled at τ = 0.5, 1, 2 and, model by model, at 0 to 2 more between 0.25 and 0.7, so that "
        "neighbours differ by at most 25% from the coldest to 1.1 times the temperature at which samples have the mean "
        "energy of the training sequences, by replica exchange (32 ladders, 1,024 sequences a temperature; "
        "equilibrated: split R-hat at most 1.05 of energies and 1.1 of sequences, an effective sample size of 200 or "
        "more, a mean energy that does not drift by more than a quarter of its standard deviation, and no more than a "
        "tenth of the probability in sequences that annealing finds and samples leave out). "
        "The recommended temperature is the coldest sampled and equilibrated one whose samples differ from the nearest "
        "natural sequence in 20% of sites on average and have 50% of the natural diversity, with their errors, "
        "provided that it is not above the temperature at which samples have the mean energy of the training "
        "sequences, nor above that up to which every trusted judge places samples at a mean percentile of 45 or more "
        "among natural sequences; intervals are from 1,000 bootstrap draws over ladders, training sets and clusters of "
        "related held-out sequences. temperance 1.2, Python 3.12, NumPy 2.1, SciPy 1.15."
    )


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"filter": {"max_column_gaps": 0.3, "max_sequence_gaps": 0.6}},
         "(columns with at most 30% gaps, sequences with at most 60%)"),
        ({"weights": {"identity": 0.62}}, "weighted by their number of neighbours at 62% identity"),
        ({"weights": {"identity": None}}, "sequences were not weighted (Meff 790)"),
        ({"heldout": {"fraction": 0.15, "identity": 0.7}},
         "15% of the sequences were held out such that none exceeds 70% identity"),
        ({"heldout": {"identity": None}}, "20% of the sequences were held out. Potts"),
        ({"train": {"chains": 1234, "sweeps": 7, "confirm_chains": 5678}},
         "with 1,234 chains, 7 Gibbs sweeps a step"),
        ({"train": {"confirm_chains": 5678}}, "5,678 chains annealed"),
        ({"train": {"l2_fields": 0.25}}, "(0.25 on fields)"),
        ({"train": {"fields": False}}, "sequences) (there are no fields). Training"),
        ({"train": {"l2_couplings": 0.05}}, "on the couplings, of 0.1, 0.03, as configured (none on fields"),
        ({"train": {"stop": "pearson"}}, "Training was stopped early, by the Pearson correlation"),
        ({"sample": {"temperatures": [2.0, 0.5, 1.0]}}, "sampled at τ = 0.5, 1, 2 and"),
        ({"sample": {"ladders": 16, "sequences": 2048, "max_rhat": 1.1, "min_ess": 99}},
         "(16 ladders, 2,048 sequences a temperature; equilibrated: split R-hat at most 1.1 of energies and 1.2 of "
         "sequences, an effective sample size "
         "of 99 or more"),
        ({"optimum": {"novelty_floor": 0.33, "diversity_floor": 0.66, "bootstrap": 2500}},
         "natural sequence in 33% of sites on average and have 66% of the natural diversity"),
        ({"optimum": {"bootstrap": 2500}}, "intervals are from 2,500 bootstrap draws"),
        ({"models": {"sites": {"kind": "profile"}, "plm": {"kind": "pseudolikelihood", "l2_couplings": 0.01}}},
         "compared with sites (profile), plm (pseudolikelihood, L2 0.01 on couplings)."),
        ({"judges": {"stability": {"command": ["./stability", "{fasta}", "{scores}"]}}},
         "leave out). Sequences were also scored by stability (./stability {fasta} {scores}). The recommended"),
        ({"judges": {"plddt": {"command": ["fold", "{fasta}", "{scores}"]},
                     "rmsd": {"command": ["fold", "-r", "{fasta}", "{scores}"], "higher": False}}},
         "by plddt (fold {fasta} {scores}) and rmsd (fold -r {fasta} {scores}; lower scores are better). The"),
        ({"alignment": None, "pfam": "PF00014", "fetch": {"alignment": "seed"}},
         "The seed alignment of PF00014 was fetched from InterPro. Of 4,321"),
        ({"alignment": None, "query": "a/seq.fasta", "database": "b/db.fasta",
          "search": {"iterations": 3, "bits_per_residue": 0.4, "coverage": 0.6}},
         "Sequences of db.fasta were found by 3 rounds of jackhmmer from seq.fasta, sequences and domains with 0.4 "
         "bits a residue or more, and kept if they cover 60% of the profile. Of 4,321"),
        ({"alignment": None, "seed": "a/seed.sto", "database": "b/db.fasta", "search": {"evalue": 1e-5}},
         "were found by hmmsearch and hmmalign from seed.sto, sequences and domains with E-values of at most 1e-05,"),
    ],
)  # fmt: skip
def test_settings_are_told(evidence, sections, sentence):
    assert sentence in methods(configure(evidence, **sections))


def test_without_search_fetching_or_comparison_nothing_is_said_of_them(evidence):
    text = methods(configure(evidence, models={}))
    assert text.startswith("Of 4,321 sequences") and "compared with sites" not in text


def test_an_imported_model_was_not_trained_here(evidence):
    text = methods(configure(evidence, model="folder/model.dat"))
    assert "The Potts model (q = 5) was trained elsewhere (model.dat) and is sampled as it is" in text
    assert "contrastive divergence" not in text


def test_penalties_that_differ_between_replicates_are_both_told(evidence):
    training = evidence.training.assign(l2_couplings=[0.1, 0.03, 0.01, 0.01, 0.03])
    assert "(0.1 or 0.03 at 100; 0.01 or 0.03 at 200 sequences)" in methods(replace(evidence, training=training))


def test_a_penalty_that_nothing_chose_is_told_to_be_a_guess(evidence):
    training = evidence.training.assign(l2_choice="too few held-out sequences")
    text = methods(replace(evidence, training=training))
    assert "an L2 penalty on the couplings, guessed, as too few sequences were held out to choose it by (0.1 at" in text
    one = training.assign(l2_choice=["too few held-out sequences", *["held-out log-likelihood"] * (len(training) - 1)])
    assert "chosen among those of a list by the likelihood of held-out" in methods(replace(evidence, training=one))


def test_as_many_added_temperatures_for_every_model_are_one_number(evidence):
    # One of 0.81 for each of the five models, beside the listed ones; 1.00005 is 1.
    scores = evidence.scores[evidence.scores["temperature"].isin([0.5, 1])].copy()
    scores["temperature"] = scores["temperature"].replace({0.5: 0.8123, 1.0: 1.00005})
    text = methods(replace(evidence, scores=scores))
    assert "and, model by model, at 1 more between 0.812 and 0.812, so that neighbours differ by at most 25%" in text


def test_without_added_temperatures_nothing_is_said_of_them(evidence):
    scores = evidence.scores[evidence.scores["temperature"].isin([0.5, 1, 2])]
    assert "sampled at τ = 0.5, 1, 2 by replica exchange" in methods(replace(evidence, scores=scores))
