"""Defaults and bounds of the configuration, written out; and which keys each stage reads."""

import json
import re
from pathlib import Path

import pytest

from temperance.core.errors import InputError
from temperance.core.settings.alignment import SubsetSettings
from temperance.core.settings.run import Choices, Configuration, FamilySettings, RunSettings, Sources, StudySettings
from temperance.core.settings.scoring import BaselineSettings, JudgeSettings
from temperance.core.settings.stages import STAGES
from temperance.core.settings.truths import read_truth

CHOICES = {
    "fetch": {
        "alignment": "full", "url": "https://www.ebi.ac.uk/interpro/api", "tries": 5, "stalled": 60, "minutes": 30,
        "megabytes": 500, "sha256": "", "cache": "",
    },
    "search": {"iterations": 5, "bits_per_residue": 0.5, "evalue": None, "coverage": 0.5},
    "alphabet": "protein",
    "ambiguous": "gap",
    "filter": {
        "max_column_gaps": 0.5, "max_sequence_gaps": 0.5, "duplicates": "drop", "columns": "all", "reference": "",
    },
    "weights": {"identity": 0.8},
    "heldout": {"fraction": 0.2, "identity": 0.8, "max_discarded": 0.1},
    "subsets": {"sizes": ["geometric(0.1, 1.0, 3)"], "replicates": 2, "draws": "nested"},
    "train": {
        "chains": 4000, "sweeps": 10, "learning_rate": 0.2, "max_move": 1, "decay_steps": 50, "fields": True,
        "l2_fields": 0, "l2_couplings": "auto", "l2_path": [1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001], "path_steps": 60,
        "pseudocount": "auto", "stop": "converged", "target_pearson": 0.95, "confirm_chains": 10000, "check_every": 10,
        "max_steps": 600, "max_minutes": None,
    },
    "sample": {
        "temperatures": [0.4, 0.55, 0.7, 0.85, 1, 1.2, 1.5], "spacing": 0.08, "sequences": 1024, "ladders": 32,
        "sweeps": 16, "max_sweeps": 256, "max_rhat": 1.05, "min_ess": 200,
    },
    "annealing": {"chains": 500, "steps": 1000},
    "optimum": {
        "fidelity": "auto", "novelty_floor": 0.2, "diversity_floor": 0.5, "folding": False, "covariance": False,
        "bootstrap": 1000,
    },
    "judges": {},
    "model": "",
    "models": {},
    "constraints": {"fixed": {}, "forbidden": {}, "seed": "", "mutations": 10},
    "design": {"number": 96, "percentile": 50, "max_gaps": "auto", "candidates": 2048, "objective": "diversity",
               "spread": 0.1},
    "export": [],
    "structure": {"path": "", "chain": "", "atoms": "cb", "cutoff": 8, "separation": 6},
    "mutants": {"table": ""},
    "measured": {"table": "", "sequence": "sequence", "score": "score", "threshold": "auto", "groups": [],
                 "feedback": 0},
    "threads": 2,
}  # fmt: skip
RUN = {
    "seed": 1, "results": "results", "engine": "auto", "gpu": False, "batch_replicates": 1, "memory_factor": 1,
    "figure_formats": ["pdf", "png"], "checkpoint_seconds": 60, "environment": "cpu", "container": "temperance.sif",
}  # fmt: skip
SOURCES = dict.fromkeys(("alignment", "pfam", "interpro", "query", "database"))
STUDIES = {
    "data_size": (["planted", "hopfield", "gapless"], [30, 100, 300, 1000, 3000, 10000], 6),
    "gap": (["planted", "hopfield"], [30, 100, 300, 1000, 10000], 6, "truth.gap", [0, 1, 2, 3, 4, 6, 8]),
    "regularisation": (["planted", "hopfield", "gapless"], [30, 100, 300, 1000, 10000], 6, "train.l2_couplings",
                       [0, 0.003, 0.01, 0.03, 0.1, 0.3, 1]),
}  # fmt: skip
LISTED = {"length": 10, "q": 2, "sequences": 20000}
TRUTHS = {
    "lattice": {"native": 0, "folds": 10000, "gamma": 1000, "sequences": 5000, "chains": 250, "burn_in": 60,
                "spacing": 5},
    "planted": LISTED | {"patterns": 4, "radius": 1, "gap": 6, "width": 0.3},
    "hopfield": LISTED | {"patterns": 2, "gap": 6},
    "gapless": LISTED | {"width": 0.1},
    "critical": LISTED | {"width": 0},
    "random": LISTED | {"width": 2},
    "two_level": {"length": 2, "q": 10, "sequences": 20000, "ground_states": 30, "gap": 6},
    "ising": {"rows": 4, "columns": 4, "periodic": True, "temperature": 2.3, "sequences": 20000},
    "sector": {"mutations": 3, "temperature": 0.4, "sequences": 500},
}  # fmt: skip


def test_defaults_are_those_that_are_documented():
    assert Choices().model_dump() == CHOICES
    assert RunSettings().model_dump() == RUN
    assert Sources().model_dump() == SOURCES
    assert FamilySettings().model_dump() == CHOICES | SOURCES | {"seed": None, "truth": None}
    for name, expected in STUDIES.items():
        study = getattr(StudySettings(), name).model_dump()
        families = {family: settings["truth"]["kind"] for family, settings in study.pop("families").items()}
        assert families == {kind: kind for kind in expected[0]}
        assert list(study.values()) == list(expected[1:]), name
    for kind, expected in TRUTHS.items():
        assert read_truth({"kind": kind}).model_dump() == {"kind": kind} | expected
    assert read_truth({"kind": "teacher", "teacher": "x"}).model_dump() == {
        "kind": "teacher", "teacher": "x", "temperature": 1, "sequences": 10000, "ladders": 64,
    }  # fmt: skip
    assert JudgeSettings(command=["x"]).model_dump() == {
        "command": ["x"], "aligned": False, "higher": True, "sequences": 0, "minutes": 60,
    }  # fmt: skip
    assert BaselineSettings(kind="profile").model_dump() == {
        "kind": "profile", "l2_fields": None, "l2_couplings": None, "path": "",
    }  # fmt: skip


def flat(settings, prefix=""):
    """Values by dotted key."""
    values = {}
    for key, value in settings.items():
        nested = isinstance(value, dict) and value
        values |= flat(value, f"{prefix}{key}.") if nested else {prefix + key: value}
    return values


def test_the_documentation_has_these_defaults():
    text = (Path(__file__).parents[3] / "config" / "README.md").read_text()
    documented = dict(re.findall(r"^\| `([^`]+)` \| (.*?) \| ", text, re.M))
    for key, value in flat(RUN | CHOICES).items():
        assert json.loads(documented[key]) == value, key


@pytest.mark.parametrize(
    ("key", "least", "below", "most", "above"),
    [
        ("seed", 0, -1, None, None), ("batch_replicates", 1, 0, 1000, 1001), ("memory_factor", 1e-9, 0, None, None),
        ("checkpoint_seconds", 0, -1e-9, None, None), ("threads", 1, 0, None, None),
        ("fetch.tries", 1, 0, None, None), ("search.coverage", 0, -0.01, 1, 1.01),
        ("search.bits_per_residue", 0, -0.01, None, None), ("search.evalue", 1e-30, 0, None, None),
        ("filter.max_column_gaps", 0, -0.01, 1, 1.01), ("filter.max_sequence_gaps", 0, -0.01, 1, 1.01),
        ("weights.identity", 0.01, 0, 1, 1.01), ("heldout.fraction", 0.01, 0, 0.9, 0.91),
        ("heldout.identity", 0.01, 0, 1, 1.01), ("heldout.max_discarded", 0, -0.01, 0.9, 0.91),
        ("subsets.replicates", 1, 0, 1000, 1001),
        ("train.chains", 10, 9, None, None), ("train.sweeps", 1, 0, None, None),
        ("train.learning_rate", 1e-9, 0, None, None), ("train.l2_couplings", 0, -1e-9, None, None),
        ("train.pseudocount", 0, -0.01, 1, 1.01), ("train.target_pearson", 0.01, 0, 0.99, 1),
        ("train.confirm_chains", 10, 9, None, None), ("train.max_minutes", 1e-9, 0, None, None),
        ("sample.spacing", 0.01, 0.009, 0.5, 0.51), ("sample.sequences", 8, 7, None, None),
        ("sample.ladders", 4, 3, None, None), ("sample.max_rhat", 1.001, 1, None, None),
        ("sample.min_ess", 1, 0.99, None, None), ("annealing.chains", 10, 9, None, None),
        ("annealing.steps", 10, 9, None, None), ("optimum.novelty_floor", 0, -0.01, 1, 1.01),
        ("optimum.diversity_floor", 0, -0.01, 1, 1.01), ("optimum.bootstrap", 20, 19, None, None),
        ("constraints.mutations", 1, 0, None, None), ("design.number", 1, 0, None, None),
        ("design.percentile", 0, -1, 100, 101), ("design.max_gaps", 0, -0.01, 1, 1.01),
        ("design.candidates", 8, 7, None, None), ("structure.cutoff", 0.01, 0, None, None),
        ("structure.separation", 1, 0, None, None),
    ],
)  # fmt: skip
def test_numbers_are_taken_up_to_their_bounds(key, least, below, most, above):
    def read(value):
        section, _, option = key.rpartition(".")
        settings = Configuration.read({section: {option: value}} if section else {option: value})
        return getattr(getattr(settings, section) if section else settings, option)

    for accepted, refused in ((least, below), (most, above)):
        if accepted is not None:
            assert read(accepted) == accepted
            with pytest.raises(InputError, match=rf"^{re.escape(key)}: "):
                read(refused)


@pytest.mark.parametrize(
    ("temperatures", "message"),
    [
        ([1], "at least 2 entries needed, not 1"),
        ([0.5, 100.1], "100.1 is too large; 100 is the largest allowed"),
        ([1, True], ""),
    ],
)
def test_temperatures_are_two_or_more_up_to_100(temperatures, message):
    with pytest.raises(InputError, match=f"^sample.temperatures.*{message}"):
        Configuration.read({"sample": {"temperatures": temperatures}})
    assert Configuration.read({"sample": {"temperatures": [0.01, 100]}}).sample.temperatures == [0.01, 100]


# Every setting of a family that a stage reads, and from which key; sections are read whole.
READ = {
    "fetch": {"pfam": "pfam", "interpro": "interpro", "fetch": "fetch"},
    "search": {"search": "search", "alphabet": "alphabet"},
    "truth": {"truth": "truth", "alphabet": "alphabet"},
    "ingest": {"alphabet": "alphabet", "ambiguous": "ambiguous", "filter": "filter", "identity": "weights.identity"},
    "split": {"heldout": "heldout", "identity": "weights.identity"},
    "subsample": {"identity": "weights.identity"},
    "train": {"train": "train"},
    "sample": {"sample": "sample"},
    "thermodynamics": {"bootstrap": "optimum.bootstrap", "annealing": "annealing", "max_rhat": "sample.max_rhat"},
    "score": {"fidelity": "optimum.fidelity", "folding": "optimum.folding", "bootstrap": "optimum.bootstrap",
              "judges": "judges"},
    "compare": {"train": "train", "sample": "sample", "judges": "judges", "fidelity": "optimum.fidelity",
                "folding": "optimum.folding", "bootstrap": "optimum.bootstrap",
                "novelty_floor": "optimum.novelty_floor", "diversity_floor": "optimum.diversity_floor"},
    "optimum": {"novelty_floor": "optimum.novelty_floor", "diversity_floor": "optimum.diversity_floor",
                "bootstrap": "optimum.bootstrap"},
    "constrain": {"constraints": "constraints"},
    "design": {"sample": "sample", "fidelity": "optimum.fidelity", "folding": "optimum.folding",
               "novelty_floor": "optimum.novelty_floor", "judges": "judges", "design": "design"},
    "measured": {
        "measured": "measured", "judges": "judges", "folding": "optimum.folding", "bootstrap": "optimum.bootstrap",
        "novelty_floor": "optimum.novelty_floor", "number": "design.number",
    },
    "feedback": {"train": "train", "identity": "weights.identity", "bootstrap": "optimum.bootstrap",
                 "feedback": "measured.feedback"},
    "predict": {"structure": "structure", "bootstrap": "optimum.bootstrap"},
}  # fmt: skip


def test_each_stage_reads_its_keys_and_no_others():
    """Every value differs from those of all other keys, and from the defaults."""
    family = CHOICES | SOURCES | {
        "alphabet": "rna", "ambiguous": "drop", "pfam": "PF00001", "interpro": "IPR000002",
        "filter": CHOICES["filter"] | {"max_column_gaps": 0.11, "max_sequence_gaps": 0.12},
        "weights": {"identity": 0.13}, "heldout": {"fraction": 0.14, "identity": 0.15, "max_discarded": 0.16},
        "annealing": {"chains": 17, "steps": 18},
        "optimum": CHOICES["optimum"] | {"fidelity": "hmm", "novelty_floor": 0.19, "diversity_floor": 0.2,
                                         "folding": True, "bootstrap": 21},
        "sample": CHOICES["sample"] | {"max_rhat": 1.22, "sweeps": 23}, "train": CHOICES["train"] | {"chains": 24},
        "constraints": CHOICES["constraints"] | {"mutations": 25}, "design": CHOICES["design"] | {"number": 26},
        "structure": CHOICES["structure"] | {"cutoff": 27}, "search": CHOICES["search"] | {"iterations": 28},
        "judges": {"mine": JudgeSettings(command=["x"]).model_dump()},
        "truth": {"kind": "gapless"} | TRUTHS["gapless"],
    }  # fmt: skip
    values = flat(family)
    for name, keys in READ.items():
        stage = STAGES[name].of(family).model_dump()
        assert stage == {field: values.get(key, family.get(key)) for field, key in keys.items()}, name
    assert READ.keys() == STAGES.keys()


def test_a_key_that_is_spelt_like_pydantic_s_mark_of_names_is_an_unknown_key():
    with pytest.raises(InputError, match=r"^\[key\]: unknown key; known are fetch, search, "):
        Configuration.read({"[key]": None})


def test_a_size_with_a_point_is_a_count_from_2_on_and_a_share_up_to_1():
    sizes = SubsetSettings(sizes=[20.0, 1.0e1, "50.0", 1.0, 0.5, "0.25"]).sizes
    assert sizes == [20, 10, 50, 1.0, 0.5, 0.25]
    assert [type(size) for size in sizes] == [int, int, int, float, float, float]
