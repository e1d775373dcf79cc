"""The figure of training, where a penalty was chosen."""

import numpy as np
import pandas as pd
import pytest

from temperance.report import figures


def of_models(predicted):
    """Histories, summaries and penalties of one model that was trained with three penalties."""
    history = pd.DataFrame(
        {"subset": "f1-r1", "step": [10, 20], "pearson": [0.5, 0.8], "gradient_norm": [2.0, 1.0], "gradient_noise": 1.0}
    )
    summaries = pd.DataFrame({"subset": ["f1-r1"], "M": [100], "replicate": [1], "steps": [20], "pearson": [0.9]})
    strengths = pd.DataFrame(
        {
            "subset": "f1-r1", "l2_couplings": [0.1, 0.03, 0.01], "log_likelihood": [-2.0, -1.5, -1.6],
            "log_likelihood_error": 0.02, "predicted_tau_f": predicted, "chosen": [False, True, False],
        }
    )  # fmt: skip
    return history, summaries, strengths


@pytest.mark.parametrize("predicted", [[0.9, 1.1, 1.4], [0.9, np.nan, np.nan]])
def test_the_chosen_penalty_is_ringed_in_both_curves(predicted, tmp_path):
    figure = figures.training(*of_models(predicted))
    figure.savefig(tmp_path / "training.svg")
    likelihood, prediction = figure.axes[2:]
    rings = [[line.get_xydata()[0].tolist() for line in axes.lines if line.get_ms() == 9 and len(line.get_xydata())]
             for axes in (likelihood, prediction)]  # fmt: skip
    assert rings[0] == [[0.03, -1.5]]
    np.testing.assert_equal(rings[1], [[0.03, predicted[1]]])
    np.testing.assert_equal(prediction.lines[0].get_ydata(), predicted)


def test_what_cannot_be_predicted_is_said(tmp_path):
    figure = figures.training(*of_models([np.nan] * 3))
    figure.savefig(tmp_path / "training.svg")
    assert "too many parameters" in figure.axes[3].texts[0].get_text()
