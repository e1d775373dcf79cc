"""Truths and studies through the real Snakemake."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from workflow_run import SMALL, error_lines, fasta, planted_rows, snakemake

from temperance.core.alphabet import alphabet
from temperance.temperature.diagnosis import CANNOT_TELL, NOT_TRAINED, NOTHING_LEARNT, OVER_REGULARISED, OVERFITTED


def test_every_estimate_of_an_enumerable_family_stands_beside_its_exact_value(tmp_path):
    truth = {"kind": "planted", "length": 8, "sequences": 1500}
    sampling = {"temperatures": [0.5, 0.7, 1.0, 1.5, 2.5], "sequences": 512, "ladders": 16}
    train = SMALL["train"] | {"l2_couplings": 0.003}
    families = {"families": {"spins": {"truth": truth}}}
    config = SMALL | families | {"train": train, "sample": sampling, "subsets": {"sizes": [200]}}
    run = snakemake(tmp_path, config)
    assert run.returncode == 0, run.stdout + run.stderr
    family = tmp_path / "results" / "spins"
    table = pd.read_csv(family / "optimum.tsv", sep="\t")
    for name in ("tau_f", "tau_r", "tau_j", "kappa", "heat_capacity", "energy_slope"):
        width = table[f"{name}_high"] - table[f"{name}_low"]
        assert (np.abs(table[name] - table[f"{name}_exact"]) < width).all()
    assert json.loads((family / "truth.json").read_text())["gap"] > 0
    states = pd.read_csv(family / "n200-r1" / "thermodynamics.tsv", sep="\t")
    assert (states["z_ais"].abs() < 5).all()
    assert states["equilibrated"].all()
    assert (states["log_z_bound"] < states["log_z"] + 1).all()
    divergence = pd.read_csv(family / "n200-r1" / "divergence.tsv", sep="\t")
    assert divergence["forward_absolute"].all()
    np.testing.assert_allclose(divergence["forward"] + divergence["reverse"], divergence["jeffreys"], rtol=1e-4)
    page = (tmp_path / "results" / "report.html").read_text()
    assert "enumerated" in page
    assert "What the temperatures say" in page
    assert "Each was found twice" in page
    best = json.loads((family / "recommendation.json").read_text())
    # A training of 20 steps is stopped by its limit: it can be anything but faithful.
    assert best["diagnosis"] in (NOT_TRAINED, NOTHING_LEARNT, OVERFITTED, OVER_REGULARISED, CANNOT_TELL)
    text = re.sub("<sub>(.*?)</sub>", r"_\1", page.replace("&#39;", "'"))
    assert all(sentence in text for sentence in best["sentences"])


@pytest.fixture(scope="module")
def alignment(tmp_path_factory):
    path = tmp_path_factory.mktemp("natural") / "natural.fasta"
    path.write_text(fasta(planted_rows(alphabet("protein"), length=12)))
    return path


def test_students_of_a_teacher_are_studied_like_any_family(tmp_path, alignment):
    students = {"truth": {"kind": "teacher", "teacher": "natural", "sequences": 400, "ladders": 16}}
    config = SMALL | {
        # Noise of the chains is learnt as well, and hides what the penalty does to the optimum.
        "train": SMALL["train"] | {"chains": 1000, "max_steps": 40},
        "families": {"natural": {"alignment": str(alignment), "subsets": {"sizes": ["all"]}}},
        "studies": {
            "regularisation": {"families": {"pupils": students}, "sizes": [200], "replicates": 1, "values": [0.01, 1]}
        },
    }
    run = snakemake(tmp_path, config, "--", "study_regularisation")
    assert run.returncode == 0, run.stdout + run.stderr
    studies = tmp_path / "results" / "studies"
    models = pd.read_csv(studies / "regularisation.models.tsv", sep="\t")
    assert len(models) == 2
    assert set(models["value"]) == {0.01, 1}
    summary = pd.read_csv(studies / "regularisation.tsv", sep="\t")
    assert set(summary["optimum"]) == {"tau_f", "tau_r", "tau_j"}
    assert len(summary) == 6
    assert (studies / "regularisation.png").stat().st_size > 10_000
    paths = sorted(path.relative_to(studies).as_posix() for path in studies.glob("**/truth.fasta"))
    assert paths == ["regularisation/pupils/truth.fasta"]
    known = json.loads((studies / "regularisation" / "pupils" / "truth.json").read_text())
    assert {"rhat", "ess", "log_z", "log_z_error"} <= set(known)
    tau_f = models.set_index("value")["tau_f"]
    assert tau_f[1.0] < tau_f[0.01]


def test_the_studies_of_enumerable_truths_need_no_sampling(tmp_path):
    small = {"families": {"p": {"truth": {"kind": "planted", "length": 6}}}, "sizes": [30, 1000], "replicates": 2}
    studies = {"gap": small | {"values": [0, 5]}, "data_size": small}
    config = {"families": {"p": {"truth": {"kind": "planted"}}}, "studies": studies}
    run = snakemake(tmp_path, config, "--", "study_gap", "study_data_size")
    assert run.returncode == 0, run.stdout + run.stderr
    assert not list(tmp_path.glob("results/**/samples.safetensors"))
    table = pd.read_csv(tmp_path / "results" / "studies" / "gap.tsv", sep="\t")
    tau_r = table[table["optimum"] == "tau_r"].set_index(["value", "M"])["tau"]
    assert tau_r[5, 1000] < 1 < tau_r[0, 1000]


@pytest.mark.parametrize(
    ("family", "message"),
    [
        ({"kind": "teacher", "teacher": "nobody"}, "x: truth.teacher: nobody is neither a family (x) nor a file"),
        ({"kind": "planted", "gap": -1}, "families.x.truth.gap: -1 is too small"),
        ({"kind": "planted", "sequences": 20}, "subsets.sizes: 60 is larger than the"),
    ],
)
def test_bad_truths_end_in_one_clear_line(tmp_path, family, message):
    run = snakemake(tmp_path, SMALL | {"families": {"x": {"truth": family}}})
    assert run.returncode != 0
    assert "Traceback" not in run.stdout + run.stderr
    errors = {line[line.index("error: ") :] for line in error_lines(run)}
    assert len(errors) == 1, errors
    assert message in errors.pop()


def test_a_damaged_teacher_is_named(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"not a model")
    run = snakemake(
        tmp_path, SMALL | {"families": {"x": {"truth": {"kind": "teacher", "teacher": "model.safetensors"}}}}
    )
    assert run.returncode != 0
    errors = {line[line.index("error: ") :] for line in error_lines(run)}
    assert len(errors) == 1, errors
    assert "model.safetensors: not a complete safetensors file" in errors.pop()
