"""The stage that averages the optima of a study."""

import pandas as pd

from temperance.core.files import load_table, save_table
from temperance.stages import study


def test_families_of_a_study_keep_names_that_could_be_numbers(tmp_path):
    names = ["007", "1e5", "NA"]
    for name in names:
        optima = {"tau_f": 0.5, "tau_r": 0.5, "tau_j": 0.5, "equilibrated": True}
        rows = pd.DataFrame([{"family": name, "value": None, "M": 30, "replicate": 1} | optima])
        save_table(tmp_path / f"{name}.tsv", rows)
    outputs = study.Outputs(tmp_path / "models.tsv", tmp_path / "table.tsv", [tmp_path / "figure.svg"])
    study.run(study.Inputs([tmp_path / f"{name}.tsv" for name in names]), outputs, None)
    for path in (outputs.models, outputs.table):
        table = load_table(path, text=["family"])
        assert table["family"].unique().tolist() == names
    # Three kinds of optima of three families, each of one model.
    assert table["tau"].tolist() == [0.5] * 9
