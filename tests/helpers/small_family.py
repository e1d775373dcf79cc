"""Results of a small RNA family, written out: two sizes of training sets, of two and three replicates.

Numbers are such that a mean, a median and a single replicate differ, and so do all columns that could be confused.
`n200-r1`, whose model designs come from, was sampled at 0.25 and 0.7 besides; 0.25 is not equilibrated.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from temperance.core.files import save_arrays, save_json, save_table
from temperance.core.settings.run import FamilySettings

SUBSETS = ["n100-r1", "n100-r2", "n200-r1", "n200-r2", "n200-r3"]
SIZES = {name: int(name[1:4]) for name in SUBSETS}
LARGEST = "n200-r1"
FLOORS = {"novelty_floor": 0.2, "diversity_floor": 0.5}
SETTINGS = {
    "alphabet": "rna", "alignment": "folder/family.fasta",
    "sample": {"temperatures": [0.5, 1.0, 2.0], "spacing": 0.25},
    "train": {"l2_path": [0.1, 0.03, 0.01]},
    "optimum": {"fidelity": "hmm", **FLOORS},
    "models": {"sites": {"kind": "profile"}},
}  # fmt: skip

# temperature: fidelity, novelty, diversity
SCORES = {
    "n100-r1": {0.5: (0.84, 0.1, 0.2), 1.0: (0.6, 0.3, 0.4), 2.0: (0.2, 0.5, 0.6)},
    "n100-r2": {0.5: (0.6, 0.2, 0.3), 1.0: (0.5, 0.36, 0.5), 2.0: (0.1, 0.6, 0.6)},
    "n200-r1": {0.25: (0.95, 0.05, 0.1), 0.5: (0.9, 0.25, 0.5), 0.7: (0.8, 0.3, 0.55), 1.0: (0.7, 0.4, 0.6),
                2.0: (0.4, 0.75, 0.8)},
    "n200-r2": {0.5: (0.6, 0.1, 0.2), 1.0: (0.4, 0.25, 0.3), 2.0: (0.1, 0.6, 0.5)},
    "n200-r3": {0.5: (0.6, 0.1, 0.2), 1.0: (0.4, 0.25, 0.3), 2.0: (0.1, 0.6, 0.5)},
}  # fmt: skip
# Standard errors of fidelity; those of novelty are a tenth, those of diversity a fifth of it.
ERRORS = {"r1": 0.03, "r2": 0.04, "r3": 0.12}
# Optimal temperatures of the first model; those of model n are 0.02 n^2 higher, intervals reach from -0.05 to +0.1.
OPTIMA = {"tau_f": 0.9, "tau_r": 0.7, "tau_j": 0.85, "tau_train": 0.8, "tau_cal": 1.1, "tau": 0.6}

BEST = {
    "tau": {"value": 0.7, "low": 0.6, "high": 0.8}, "limit": 0.9, "sampling_temperature": 0.7, "status": "recommended",
    "headline": "Sample at 0.70.", "reasons": ["It is cold enough."], "limits": [], "notes": [],
    "diagnosis": "faithful", "sentences": ["All is well."],
    "operating_points": [
        {"name": "tau_train", "decides": True}, {"name": "tau_hmm", "decides": True},
        {"name": "tau_potts", "decides": True}, {"name": "tau_profile", "decides": False},
    ],
}  # fmt: skip
NONE = BEST | {"tau": None, "limit": 0.0, "status": "none"}


def write_family(folder: Path) -> None:
    """Write every file that `Evidence.load` reads, and those that can be taken from the page."""
    _write_alignment(folder)
    _write_recommendation(folder)
    _write_designs(folder)
    _write_predictions(folder)
    for subset in SUBSETS:
        (folder / subset / "models" / "sites").mkdir(parents=True)
        _write_training(folder / subset, subset)
        _write_sampling(folder / subset, subset)
        _write_scores(folder / subset, subset)
    _write_largest(folder / LARGEST)


def read_settings(**sections) -> FamilySettings:
    """The family's settings, with some sections replaced."""
    return FamilySettings.model_validate(SETTINGS | sections)


def _write_alignment(folder):
    #            ACGU          ACGA          AC-U          ACGC          GCGU          GUGU
    sequences = [[1, 2, 3, 4], [1, 2, 3, 1], [1, 2, 0, 4], [1, 2, 3, 2], [3, 2, 3, 4], [3, 4, 3, 4]]
    arrays = {"sequences": np.array(sequences, np.uint8), "weights": np.array([1.0, 2.0, 0.5, 0.5, 1.0, 3.0])}
    save_arrays(folder / "alignment.safetensors", arrays, {"alphabet": "rna"})
    names = ["one", "two", "3", "four", "five", "six"]
    save_table(folder / "sequences.parquet", pd.DataFrame({"name": names, "weight": arrays["weights"]}))
    parts = {"training": np.array([0, 1, 2]), "heldout": np.array([4, 5]), "heldout_weights": np.array([1.0, 3.0])}
    save_arrays(folder / "split.safetensors", parts, {})
    ingest = {
        "source": "folder/family.fasta", "sequences_read": 4321, "columns_read": 9, "M": 1234, "L": 4, "q": 5,
        "Meff": 789.6,
        "provenance": {"versions": {"temperance": "1.2", "python": "3.12", "numpy": "2.1", "scipy": "1.15"}},
    }  # fmt: skip
    save_json(folder / "ingest.json", ingest)


def _write_recommendation(folder):
    rows = []
    for n, subset in enumerate(SUBSETS):
        row = {"size": subset[:4], "replicate": int(subset[-1]), "M": SIZES[subset], "Meff": SIZES[subset] / 2}
        for name, value in OPTIMA.items():
            tau = value + 0.02 * n * n
            row |= {name: tau, f"{name}_low": tau - 0.05, f"{name}_high": tau + 0.1}
        row |= {"tau_f_root": row["tau_f"] + 0.5, "tau_f_agree": n != 3, "tau_f_equilibrated": n != 1}
        rows.append(row | {"fidelity": 0.5 + n * n / 40, "novelty": 0.25 + n / 100, "diversity": 0.75 - n / 100,
                           "gain": 0.1 + n / 10, "pearson": 0.9 + n / 100, "slope": 1 + n / 100,
                           "feasible": n != 1})  # fmt: skip
    save_table(folder / "optimum.tsv", pd.DataFrame(rows))
    save_json(folder / "recommendation.json", BEST)
    points = [
        ("all", "tau_train", 0.93, 0.92, 0.94, 0.92, True, ""),
        ("all", "tau_f", 0.95, 0.94, 0.97, np.nan, False, "a note"),
        ("all", "tau_potts", 0.77, 0.74, np.inf, 0.757, True, ""),
        ("all", "tau_hmm", np.inf, 1.5, np.inf, np.nan, False, ""),
        ("all", "tau_profile", np.nan, np.nan, np.nan, np.nan, False, "not judged"),
        ("all", "coldest", 0.6, 0.55, 0.62, np.nan, False, ""),
        ("n100-r1", "tau_train", 0.5, 0.4, 0.6, 0.4, True, ""),
    ]
    columns = ["subset", "name", "value", "low", "high", "limit", "decides", "note"]
    save_table(folder / "operating_points.tsv", pd.DataFrame(points, columns=columns))
    floors = [
        ("novelty", 0.1, 0.5, 0.45, 0.6, 0.11, 71.0, True),
        ("novelty", 0.2, 0.7, 0.6, 0.8, 0.22, 62.0, True),
        ("novelty", 0.3, np.nan, np.nan, np.nan, np.nan, np.nan, False),
        ("diversity", 0.25, 0.6, 0.55, 0.65, 0.21, 65.0, True),
        ("diversity", 0.5, 0.7, 0.6, 1.0, 0.22, 62.0, True),
    ]
    columns = ["floor", "value", "tau", "tau_low", "tau_high", "novelty", "percentile", "feasible"]
    save_table(folder / "sensitivity.tsv", pd.DataFrame(floors, columns=columns))


def _write_designs(folder):
    summary = {
        "designs": 2, "wanted": 2, "temperature": 0.7, "recommended": True, "equilibrated": True, "rhat": 1.01,
        "ess": 300.0, "drift": 0.1, "judges": ["hmm", "potts"], "most_gaps": 0.25,
    }  # fmt: skip
    save_json(folder / "designs.json", summary)
    designs = pd.DataFrame(
        {
            "name": ["d1", "d2"], "temperature": 0.7, "recommended": True, "energy": [-123.456, -7.0],
            "distance_natural": [0.25, 0.5], "percentile_hmm": [43.21, 56.78], "cluster": [1, 2],
            "aligned": ["AC-U", "GCGA"], "sequence": ["ACU", "GCGA"],
        }
    )  # fmt: skip
    save_table(folder / "designs.tsv", designs)
    for name in ("designs.fasta", "designs.aligned.fasta", "plates.csv"):
        (folder / name).write_text(f"content of {name}\n")


def _write_predictions(folder):
    pairs = [
        (1, 4, 2.5, 3.0),
        (1, 3, 2.0, 9.0),
        (2, 4, 1.5, 7.9),
        (1, 2, 1.0, 2.0),
        (2, 3, 0.5, 12.0),
        (3, 4, 0.2, 8.0),
    ]
    contacts = pd.DataFrame(pairs, columns=["i", "j", "score", "distance"])
    for side in ("i", "j"):
        contacts = contacts.assign(**{f"column_{side}": contacts[side] + 4, f"number_{side}": contacts[side] + 10})
    save_table(folder / "contacts.tsv", contacts.assign(separation=contacts["j"] - contacts["i"]))
    wild = "ACGU"
    mutants = [
        (site, site + 4, site + 10, wild[site - 1], symbol, site * 0.5 - n, site + n if site != 3 else np.nan)
        for site in (1, 2, 3, 4)
        for n, symbol in enumerate("ACGU")
        if symbol != wild[site - 1]
    ]
    columns = ["site", "column", "number", "wild", "mutated", "score", "measured"]
    save_table(folder / "mutants.tsv", pd.DataFrame(mutants, columns=columns))
    save_table(folder / "conservation.tsv", pd.DataFrame({"site": [1, 2, 3, 4], "number": [7, 8, np.nan, 10]}))
    chain = [
        ("A", "11", 1, 0.0, 0.0, 1.0), ("C", "12", 2, 5.0, 0.0, 1.0), ("G", "12A", 3, 10.0, 0.0, 1.0),
        ("U", "14", 4, 15.0, 0.0, 1.0), ("A", "15", np.nan, 45.0, 0.0, 1.0),
    ]  # fmt: skip
    save_table(folder / "chain.tsv", pd.DataFrame(chain, columns=["residue", "number", "site", "x", "y", "z"]))
    precision = [
        {"rank": "L/2", "pairs": 1, "precision": 0.75, "error": 0.1, "expected": 0.2},
        {"rank": "L", "pairs": 2, "precision": 0.5, "error": 0.05, "expected": 0.25},
    ]
    mutants = {"value": 0.456, "low": 0.123, "high": 0.789, "pairs": 1200, "measured": 3400}
    save_json(
        folder / "predictions.json",
        {"separation": 2, "structure": {"cutoff": 8.0}, "precision": precision, "mutants": mutants},
    )


def _write_training(folder, subset):
    n = SUBSETS.index(subset)
    summary = {
        "M": SIZES[subset], "Meff": SIZES[subset] / 2, "stopped": "converged", "steps": 20 + n, "target": None,
        "l2_couplings": 0.03 if SIZES[subset] == 200 else 0.1, "l2_choice": "by held-out sequences",
        "confirmation": {"pearson": 0.9 + n / 100, "pearson_error": 0.02 - n / 1000, "slope": 1 - n / 10,
                         "ceiling": 0.99 - n / 100, "scale_error": 0.01 * (n - 1),
                         "families": 1000.0 + n, "equilibrated": True},
    }  # fmt: skip
    save_json(folder / "training.json", summary)
    history = {"step": [10, 20], "pearson": [0.5 + n / 100, 0.8 + n / 100], "gradient_norm": [6.0, 3.0 + n],
               "gradient_noise": [2.0, 1.0], "acceptance": [0.5, 0.3 + n / 100]}  # fmt: skip
    save_table(folder / "history.tsv", pd.DataFrame(history))
    chosen = [False, True, False] if SIZES[subset] == 200 else [True, False, False]
    strengths = {"l2_couplings": [0.1, 0.03, 0.01], "log_likelihood": [-2.0, -1.5, -1.6 - n],
                 "log_likelihood_error": [0.02, 0.03, 0.04], "predicted_tau_f": [0.9, 1.1, 1.4 + n],
                 "sequences_tau_f": [np.nan, 1400.4 + n, 2.0], "sequences_tau_r": [90.0, np.inf, 3.0],
                 "chosen": chosen}  # fmt: skip
    save_table(folder / "regularisation.tsv", pd.DataFrame(strengths))


def _write_sampling(folder, subset):
    n = SUBSETS.index(subset)
    rungs = {"temperature": [0.4, 1.0, 3.0, np.inf], "rhat": [1.5 + n, 1.1 + n, 1.01 + n, 1.0],
             "ess": [50.0 + n, 100.0 + n, 200.0 + n, 999.0],
             "acceptance": [0.3 + n / 100, 0.4 + n / 100, 0.5 + n / 100, 0.9]}  # fmt: skip
    save_table(folder / "ladder.tsv", pd.DataFrame(rungs))
    temperatures = np.array(list(SCORES[subset]))
    states = {
        "temperature": temperatures, "free_energy": -6.0 * temperatures - n, "free_energy_error": 0.2 * (n + 1),
        "energy": -8.0 / temperatures + n, "energy_error": 0.4 * (n + 1),
        "entropy": 4.0 * temperatures + n, "entropy_error": 0.8 * (n + 1), "heat_capacity": 12.0 - n - temperatures,
        "heat_capacity_error": 1.2 * (n + 1), "log_likelihood": -2.0 - n + 0.1 * temperatures,
        "log_z": 20.0 + n + temperatures, "log_z_error": 0.11, "log_z_ais": 20.3 + n + temperatures,
        "log_z_ais_error": 0.22, "equilibrated": _equilibrated(subset),
    }  # fmt: skip
    save_table(folder / "thermodynamics.tsv", pd.DataFrame(states))
    taus = np.array([0.1, 0.5, 1.0, 2.0, 9.0])
    divergence = pd.DataFrame({"temperature": taus})
    for name, least in (("forward", 1.0), ("reverse", 0.6), ("jeffreys", 0.8)):
        value = 1 + n + (taus - least) ** 2
        divergence = divergence.assign(
            **{
                name: value,
                f"{name}_low": value - 0.2,
                f"{name}_high": value + 0.4,
                f"{name}_absolute": name != "reverse",
            }
        )
    save_table(folder / "divergence.tsv", divergence)
    calibration = {"temperature": [0.5, 1.0, 2.0], "npll": [1.5 + n, 1.2 + n, 1.8 + n],
                   "npll_error": [0.1 + n, 0.2 + n, 0.3 + n],
                   "ece": [0.2 + n / 10, 0.1 + n / 10, 0.3 + n / 10]}  # fmt: skip
    save_table(folder / "calibration.tsv", pd.DataFrame(calibration))


def _equilibrated(subset):
    return [(subset, tau) not in (("n100-r2", 0.5), (LARGEST, 0.25)) for tau in SCORES[subset]]


def _write_scores(folder, subset):
    n, error = SUBSETS.index(subset), ERRORS[subset[-2:]]
    rows = [
        {
            "temperature": tau, "fidelity": fidelity, "fidelity_error": error, "novelty": novelty,
            "novelty_error": error / 10, "diversity": diversity, "diversity_error": error / 5,
            "energy": -8.0 / tau + n, "percentile_hmm": 100 * fidelity, "percentile_potts": 50 * fidelity,
            "percentile_profile": 25 * fidelity, "effective_share": 0.61, "identical": 0.0123,
            "pearson_single": 0.987, "pearson_pair": 0.876, "pearson_triple": 0.765, "ess": 250.0 + n, "rhat": 1.012,
            "drift": 0.05, "gaps": 0.1,
        }
        for tau, (fidelity, novelty, diversity) in SCORES[subset].items()
    ]  # fmt: skip
    save_table(folder / "scores.tsv", pd.DataFrame(rows).assign(equilibrated=_equilibrated(subset)))
    sites = pd.DataFrame(rows).query("temperature in (0.5, 1, 2)").assign(equilibrated=True)
    sites["fidelity"] -= 0.05
    sites["novelty"] += 0.15 + SIZES[subset] / 2000
    sites["log_likelihood"] = -5.0
    save_table(folder / "models" / "sites" / "scores.tsv", sites)
    optimum = {"model": "sites", "size": subset[:4], "replicate": int(subset[-1]), "M": SIZES[subset],
               "tau": 0.9 + n * n / 100, "tau_low": 0.8, "tau_high": 1.2, "fidelity": 0.1 + n * n / 40,
               "novelty": 0.35, "diversity": 0.65, "feasible": n != 4, "log_likelihood": -4.0 - n / 10}  # fmt: skip
    save_table(folder / "models" / "sites" / "optimum.tsv", pd.DataFrame([optimum]))


def _write_largest(folder):
    natural = pd.DataFrame(
        {
            "set": ["training"] * 4 + ["heldout"] * 2 + ["random"] * 2,
            "weight": [1.0, 1.0, 0.5, 0.5, 1.0, 3.0, 1.0, 1.0],
            "scale_weight": [1.0] * 6 + [5.0, 5.0],
            "cluster": [0, 1, 2, 3, 4, 5, -1, -1],
            "hmm": [1.0, 2.0, 3.0, 4.0, 2.5, 5.0, 0.0, 0.5],
            "p_nat": [0.9, 0.8, 0.7, 0.6, 0.2, 0.6, 0.0, 0.0],
            "energy": [-9.0, -8.0, -7.5, -6.0, -5.0, -4.0, 0.0, 1.0],
            "true_energy": [-6.0, -5.0, -5.5, -4.0, -7.0, -3.0, np.nan, np.nan],
            "distance_natural": [np.nan] * 4 + [0.25, 0.5] + [0.75, 1.0],
            "gaps": [0.0, 0.0, 0.25, 0.0, 0.0, 0.05, 1.0, 1.0],
        }
    )  # fmt: skip
    save_table(folder / "natural.parquet", natural)
    temperatures = np.array(list(SCORES[LARGEST]))
    # Five temperatures, two ladders, two draws of each.
    draws = np.array(
        [
            [[[1, 2, 3, 4]] * 2, [[1, 2, 3, 4]] * 2],
            [[[1, 2, 3, 4], [1, 2, 3, 4]], [[1, 2, 3, 1], [3, 2, 3, 4]]],
            [[[1, 2, 3, 4], [1, 2, 0, 4]], [[3, 4, 3, 4], [3, 2, 3, 1]]],
            [[[1, 2, 3, 4], [2, 2, 1, 4]], [[3, 4, 3, 2], [4, 1, 3, 1]]],
            [[[4, 3, 2, 1], [1, 1, 1, 4]], [[2, 4, 0, 3], [3, 3, 4, 2]]],
        ],
        np.uint8,
    )
    save_arrays(folder / "samples.safetensors", {"sequences": draws, "temperatures": temperatures}, {})
    samples = pd.DataFrame(
        {
            "temperature": np.repeat(temperatures, 4),
            "ladder": np.tile([0, 0, 1, 1], 5),
            "draw": np.tile([0, 1], 10),
            "fidelity": np.linspace(0.95, 0, 20),
            "energy": np.repeat(-4 / temperatures, 4) + np.tile([0.0, 0.5, 1.0, 3.0], 5),
            "true_energy": np.tile([-2.0, -1.0, 0.0, np.inf], 5),
            "distance_natural": [0, 0, 0, 0, 0, 0, 0, 0.25, 0, 0, 0.25, 0.25, 0, 0.5, 0.5, 0.75, 0.5, 0.75, 0.75, 1],
        }
    )
    save_table(folder / "samples.parquet", samples)
    bins = {"temperature": [1.0, 1.0, 1.1, 1.1], "confidence": [0.3, 0.8, 0.4, 0.9], "accuracy": [0.2, 0.7, 0.45, 0.95],
            "share": [0.25, 0.75, 0.5, 0.5]}  # fmt: skip
    save_table(folder / "reliability.tsv", pd.DataFrame(bins))
    orders = [
        (
            order,
            tau,
            0.1 * order + 0.2 * tau,
            0.5 + 0.1 * order - 0.05 * tau,
            0.9 - 0.1 * order - 0.1 * tau,
            0.01 * order,
        )
        for tau in (*temperatures, np.nan)
        for order in (2, 3, 4)
    ]
    table = pd.DataFrame(orders, columns=["order", "temperature", "pearson", "slope", "r20", "r20_error"])
    natural = table["temperature"].isna()
    table.loc[natural, ["pearson", "slope", "r20"]] = [[0.91, 0.97, 0.95], [0.92, 0.98, 0.94], [np.nan, np.nan, 0.93]]
    save_table(folder / "orders.tsv", table)
    levels = [
        {"temperature": tau, "level": level, "energy": 2.0 * level - 8, "p": (4 - level) / 10, "p_error": 0.02,
         "q": (level + 1) / 10 if tau == 1 else 0.25, "q_error": 0.01, "forward": 0.1 * level, "forward_error": 0.01,
         "reverse": 0.2 * level, "reverse_error": 0.02, "slope": level - 1.5, "slope_error": 0.1}
        for tau in temperatures for level in range(4)
    ]  # fmt: skip
    save_table(folder / "levels.tsv", pd.DataFrame(levels))
    density = {"energy": [-10.0, -5.0, 0.0], "log_g": [1.0, 4.0, 5.5], "log_g_error": [0.5, 0.25, 0.1]}
    save_table(folder / "density.tsv", pd.DataFrame(density))
    sets = [("uniform", 0.5, 1.0), ("profile", -3.0, 0.9), ("training", -8.0, 0.8), ("heldout", -4.5, 0.7),
            ("samples", -6.0, 0.6)]  # fmt: skip
    landscape = {
        "ground_state": {"energy": -11.23, "hits": 1234, "quenches": 5678},
        "energies": [{"set": name, "mean": mean, "sd": sd} for name, mean, sd in sets],
        "gaps": {"uniform": {"freezing_temperature": 0.9, "folding_temperature": 1.9},
                 "profile": {"freezing_temperature": 0.456, "folding_temperature": 1.234}},
    }  # fmt: skip
    save_json(folder / "landscape.json", landscape)
