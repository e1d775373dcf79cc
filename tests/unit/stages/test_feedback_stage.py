"""The stage `feedback`: it reads what `measured` wrote, and writes a model that can be imported."""

import json

import numpy as np
import pandas as pd
import pytest

from temperance.core.alphabet import alphabet
from temperance.core.checkpoint import Checkpoint
from temperance.core.files import save_arrays, save_json, save_table
from temperance.core.settings.stages import STAGES
from temperance.potts.formats.registry import read_model
from temperance.potts.model import Potts, load
from temperance.stages import feedback

LETTERS = alphabet("-AC")
LENGTH = 6


def run(folder, functional, strength="auto"):
    """Forty designs, functional as a callable of the sequences says."""
    rng = np.random.default_rng(3)
    natural, designs = (rng.integers(0, 3, (count, LENGTH)).astype(np.uint8) for count in (80, 120))
    model = Potts(np.zeros((LENGTH, 3), np.float32), np.zeros((LENGTH, 3, LENGTH, 3), np.float32))
    model.save(folder / "model", LETTERS, {})
    # The last twenty are not of the training set.
    save_arrays(folder / "alignment", {"sequences": natural}, {"alphabet": "-AC"})
    save_arrays(folder / "subset", {"indices": np.arange(60), "weights": np.ones(60)}, {})
    save_json(folder / "training", {"l2_couplings": 0.3})
    table = pd.DataFrame(
        {"name": [str(n) for n in range(120)], "group": "", "measured": 1.0, "kind": "design",
         "cluster": np.arange(120), "functional": functional(designs), "aligned": LETTERS.decode(designs)}
    )  # fmt: skip
    save_table(folder / "m.tsv", table)
    inputs = feedback.Inputs(*(folder / name for name in ("m.tsv", "model", "training", "subset", "alignment")))
    outputs = feedback.Outputs(folder / "feedback.safetensors", folder / "f.json")
    settings = STAGES["feedback"].of(
        {
            "train": {"chains": 500, "sweeps": 3, "path_steps": 20}, "weights": {"identity": None},
            "optimum": {"bootstrap": 200}, "measured": {"feedback": strength},
        }
    )  # fmt: skip
    checkpoint = folder / ".checkpoint"
    feedback.run(inputs, outputs, settings, 3, lambda task: Checkpoint(checkpoint, task))
    assert not checkpoint.exists()
    return load(outputs.model)[0], json.loads(outputs.summary.read_text())


def has_alanine(designs):
    return designs[:, 0] == 1


def test_a_model_learns_what_is_functional_and_can_be_imported(tmp_path):
    model, summary = run(tmp_path, has_alanine)
    assert summary["strength"] > 0 and summary["gain_low"] > 0.1
    assert summary["provenance"]["settings"]["measured"] == {"feedback": "auto"}
    fields = model.zero_sum().fields
    assert fields[0].argmax() == 1 and fields[0, 1] > 3 * np.abs(fields[1:]).mean()
    imported = read_model(tmp_path / "feedback.safetensors", LETTERS, LENGTH)
    assert (imported.fields == model.fields).all()


def test_a_strength_that_is_set_is_assessed_and_used(tmp_path):
    _, summary = run(tmp_path, has_alanine, 0.2)
    assert summary["strength"] == 0.2
    assert [(row["strength"], row["kind"]) for row in summary["strengths"]] == [(0, "design"), (0.2, "design")]
    assert summary["strengths"][0]["auc"] == 0.5 and summary["auc"] == summary["strengths"][1]["auc"]


@pytest.mark.parametrize(
    ("functional", "why"),
    [(lambda designs: pd.NA, "Without a threshold"), (lambda designs: True, "are of a single cluster")],
)
def test_without_two_kinds_of_results_the_model_is_that_without_them(tmp_path, functional, why):
    model, summary = run(tmp_path, functional)
    assert summary["strength"] == 0 and why in summary["why"] and summary["strengths"] == []
    assert not model.fields.any()
