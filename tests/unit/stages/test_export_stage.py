"""What is exported for other programs, symbol by symbol."""

import numpy as np
import pandas as pd
import pytest
from small_systems import random_potts

from temperance.core.alphabet import alphabet
from temperance.core.files import save_arrays, save_json, save_table
from temperance.potts.formats.registry import read_model
from temperance.stages import export

LETTERS = alphabet("-AC")


@pytest.fixture
def inputs(tmp_path):
    """Samples at three temperatures, of one site that tells which: two ladders of two draws each."""
    model = random_potts(2, 3, seed=0)
    model.save(tmp_path / "model", LETTERS, {})
    sequences = np.zeros((3, 2, 2, 2), np.uint8)
    sequences[..., 0] = np.arange(3)[:, None, None]
    sequences[:, 1, :, 1] = 1
    sequences[:, :, 1, 1] += 1
    samples = {"temperatures": np.array([0.5, 0.8, 1.2]), "sequences": sequences}
    save_arrays(tmp_path / "samples", samples, {})
    save_arrays(tmp_path / "alignment", {"sequences": np.array([[1, 2], [0, 1]], np.uint8)}, {})
    save_table(tmp_path / "sequences.parquet", pd.DataFrame({"name": ["one/1-2", "two"]}))
    paths = (tmp_path / name for name in ("recommendation", "model", "alignment", "sequences.parquet", "samples"))
    return export.Inputs(*paths)


def exported(inputs, tmp_path, form, tau=1.0):
    save_json(inputs.recommendation, {"sampling_temperature": tau, "covered_temperature": 0.5})
    outputs = export.Outputs(tmp_path / "exported")
    export.run(inputs, outputs, form)
    return outputs.file


@pytest.mark.parametrize(
    ("tau", "symbol"),
    [(0.1, "-"), (0.5, "-"), (0.64, "-"), (0.66, "A"), (0.8, "A"), (0.99, "A"), (1.01, "C"), (1.2, "C"), (3, "C")],
)
def test_chains_are_all_samples_of_the_temperature_nearest_the_recommended_one(inputs, tmp_path, tau, symbol):
    """Between 0.5, 0.8 and 1.2 the nearest one changes at 0.65 and 1."""
    chains = exported(inputs, tmp_path, "chains", tau).read_text()
    # Ladder by ladder, draw by draw: states 0 1, 1 2 of the second site.
    rows = [f"{symbol}-", f"{symbol}A", f"{symbol}A", f"{symbol}C"]
    assert chains == "".join(f">chain_{number}\n{row}\n" for number, row in enumerate(rows))


def test_an_alignment_is_exported_with_its_names(inputs, tmp_path):
    assert exported(inputs, tmp_path, "alignment").read_text() == ">one/1-2\nAC\n>two\n-A\n"


@pytest.mark.parametrize("form", ["adabmdca", "bmdca", "mi3"])
def test_a_model_is_exported_in_the_format_that_is_asked_for(inputs, tmp_path, form):
    model, copy = random_potts(2, 3, seed=0), read_model(exported(inputs, tmp_path, form), LETTERS, 2)
    states = np.array([[a, b] for a in range(3) for b in range(3)], np.uint8)
    difference = copy.energies(states) - model.energies(states)
    # Formats may have a gauge of their own, in which energies differ by a constant.
    np.testing.assert_allclose(difference, difference[0], atol=1e-4)
