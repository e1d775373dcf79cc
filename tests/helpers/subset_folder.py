"""The folder of a subset with the files that the recommendation reads, of a few samples at five temperatures."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from temperance.core.artefacts import COLUMNS
from temperance.core.files import save_arrays, save_json, save_table

TAUS = [0.5, 0.6, 0.7, 0.8, 1.0]
# Sites of ten at which the draws of one ladder differ from those of the other.
DIFFERING = [2, 3, 4, 5, 6]
GAPS = {"uniform": {"gap": 6.0}, "profile": {"gap": 2.0}}


def write_subset(folder: Path, **changes: Any) -> Path:
    """Write a subset; tables have their rows in no order, since none is promised."""
    folder.mkdir(parents=True)
    numbers: dict[str, Any] = {
        "M": 100,
        "Meff": 60.5,
        "novelty": [0.1, 0.2, 0.3, 0.4, 0.5],
        "energy": [-10.0, -9.0, -8.0, -7.0, -5.0],
        "hmm": [70.0, 65.0, 60.0, 55.0, 40.0],
        "fidelity": [0.9, 0.8, 0.7, 0.6, 0.4],
        "equilibrated": [True] * 5,
        "tau_f": (1.0, 0.96, 1.04, 0.02),
        "tau_train": (0.9, 0.85, 0.95, 0.0),
        "tau_cal": (1.02, 0.99, 1.05, 1.1),
        "gain": {"value": 0.3, "low": 0.25, "high": 0.35},
        "gaps": GAPS,
        "confirmation": {"pearson": 0.9, "slope": 0.8, "ceiling": 0.95, "chains": None, "equilibrated": True},
        "stopped": "converged",
        "trusted": True,
        # Bits that the score of either ladder's samples gains with a nat that their energy falls.
        "hmm_slopes": (2.0, 4.0),
        "sign_rule": {},
    } | changes
    rng = np.random.default_rng(0)

    def shuffled(rows: list[dict[str, Any]]) -> pd.DataFrame:
        return pd.DataFrame(rows).sample(frac=1, random_state=rng)

    by_temperature = list(
        zip(TAUS, *(numbers[key] for key in ("novelty", "energy", "hmm", "fidelity", "equilibrated")), strict=True)
    )
    save_table(
        folder / "scores.tsv",
        shuffled(
            [
                {"temperature": tau, "fidelity": fidelity, "equilibrated": equilibrated}
                for tau, _, _, _, fidelity, equilibrated in by_temperature
            ]
        ).reindex(columns=COLUMNS["scores.tsv"]),
    )
    states = shuffled([{"temperature": row[0], "equilibrated": row[-1]} for row in by_temperature])
    save_table(folder / "thermodynamics.tsv", states.reindex(columns=COLUMNS["thermodynamics.tsv"]))
    # Two draws of each of two ladders, that differ from the mean of the ladder by a little each.
    save_table(
        folder / "samples.parquet",
        shuffled(
            [
                {"temperature": tau, "ladder": ladder, "distance_natural": novelty + 0.01 * sign,
                 "energy": energy + sign, "percentile_hmm": hmm + 3 * sign,
                 "hmm": 20 - numbers["hmm_slopes"][ladder] * sign}
                for tau, novelty, energy, hmm, _, _ in by_temperature
                for ladder in (0, 1)
                for sign in (-1, 1)
            ]
        ),
    )  # fmt: skip
    sequences = np.zeros((5, 2, 2, 10), np.uint8)
    for rung, differing in enumerate(DIFFERING):
        sequences[rung, 1, :, :differing] = 1
    save_arrays(folder / "samples.safetensors", {"sequences": sequences}, {})
    rows = []
    for name in ("tau_f", "tau_train"):
        value, low, high, shared = numbers[name]
        rows.append(
            {"optimum": name, "value": value, "low": low, "high": high, "root": value + 0.01, "root_low": low,
             "root_high": high, "z": 0.5, "agree": True, "shared": shared, "equilibrated": True}
        )  # fmt: skip
    save_table(folder / "optima.tsv", pd.DataFrame(rows))
    natural = pd.DataFrame({"set": ["training"] * 10**4, "scale_weight": 1.0, "cluster": np.arange(10**4), "hmm": 1.0})
    save_table(folder / "natural.parquet", natural)
    judge = {"name": "hmm", "saturated": False, "trusted": numbers["trusted"], "why": "It knows the model."}
    save_json(folder / "judges.json", {"judges": [judge]})
    training = {key: numbers[key] for key in ("M", "Meff", "stopped", "confirmation")}
    save_json(folder / "training.json", training)
    landscape = {"gain": {"best": numbers["gain"]}, "gaps": numbers["gaps"], "sign_rule": numbers["sign_rule"]}
    save_json(folder / "landscape.json", landscape)
    save_table(
        folder / "calibration-optimum.tsv",
        pd.DataFrame([numbers["tau_cal"]], columns=["tau_cal", "tau_cal_low", "tau_cal_high", "tau_ece"]),
    )
    return folder
