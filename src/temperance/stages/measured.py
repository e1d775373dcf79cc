"""Compare measured sequences with what judges say of them, and calibrate the probability that one is functional."""

import logging
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

from temperance.core.files import (
    finite_values,
    load_arrays,
    load_json,
    load_table,
    provenance,
    save_json,
    save_table,
)
from temperance.core.settings.stages import MeasuredStage
from temperance.laboratory.assessment import Assessment
from temperance.laboratory.calibrated import CalibratedModel, stack_models
from temperance.laboratory.expectation import expect, relearn, tabulate_expectation
from temperance.laboratory.findings import (
    DESIGN,
    NATURAL,
    Calibration,
    Measurements,
    calibration_error,
    tabulate_groups,
    tabulate_predictors,
    tabulate_reliability,
)
from temperance.laboratory.placement import place_sequences
from temperance.laboratory.results_table import read_results
from temperance.laboratory.threshold import Threshold
from temperance.msa.weights import find_nearest
from temperance.potts.model import load
from temperance.scoring.tables import Family, judges

log = logging.getLogger(__name__)

_EXPECTED_COLUMNS = [
    "temperature", "functional", "functional_low", "functional_high", "useful", "useful_low", "useful_high",
    "distance_measured", "equilibrated",
]  # fmt: skip


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    tables : list of Path
        The user's tables of measured sequences.
    model, subset : Path
        Potts model of the largest subset, and that subset.
    samples, scores : Path
        Tempered samples of that model, and their scores, one row a sample.
    states : Path
        Thermodynamics at each temperature, from `thermodynamics`.
    alignment, summary : Path
        Encoded alignment, and numbers of its columns, from `ingest`.
    split : Path
        Indices of training and held-out sequences, from `split`.
    judge : Path
        Cross-fitted Potts judge, from `judge`.
    programs : list of Path
        Programs and scripts of the user's judges; inputs so that a change of one is noticed.
    hmm, covariance : Path, optional
        Profile HMM and covariance model of the held-out sequences, where the family has these judges.
    truth : Path, optional
        True distribution, where the family was drawn from one.
    """

    tables: list[Path]
    model: Path
    subset: Path
    samples: Path
    scores: Path
    states: Path
    alignment: Path
    summary: Path
    split: Path
    judge: Path
    programs: list[Path]
    hmm: Path | None = None
    covariance: Path | None = None
    truth: Path | None = None


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    table : Path
        Measured sequences with scores, one row a sequence.
    summary : Path
        What they say: threshold, groups, predictors, learning, calibration and reliability, as JSON.
    temperatures : Path
        Expected shares of functional samples, one row a temperature; without rows where nothing is calibrated.
    calibrated : Path
        The calibrated model, those of resampled results, and bootstrap draws of what they expect of each temperature.
    """

    table: Path
    summary: Path
    temperatures: Path
    calibrated: Path


def run(inputs: Inputs, outputs: Outputs, settings: MeasuredStage, seed: int, threads: int) -> None:
    """Compare measured sequences with what judges say of them, and calibrate the probability that one is functional.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : MeasuredStage
        Columns, threshold and groups of the tables; judges; novelty floor, number of designs and bootstrap draws.
    seed : int
        Random seed of the job.
    threads : int
        Threads of the judges' programs.

    Raises
    ------
    InputError
        If a table is faulty or of another family, or a judge's program fails.
    """
    rng, options = np.random.default_rng(seed), settings.measured
    # The seed of folds, which NumPy's legacy generator takes.
    folds = int(rng.integers(2**31))
    model, alphabet, _ = load(inputs.model)
    family = Family.load(inputs.alignment, inputs.split, inputs.subset)
    columns = load_arrays(inputs.alignment)[0]["columns"]
    columns_read = load_json(inputs.summary)["columns_read"]
    results = read_results(inputs.tables, options)
    sequences = place_sequences(results, columns, columns_read, family.natural, alphabet)
    panel = judges(inputs._asdict(), settings.judges, family, alphabet, threads, settings.folding)
    # Judges that score a part of the sequences only cannot be learnt from.
    panel = {name: judge for name, judge in panel.items() if not getattr(judge, "most", 0)}
    assessment = Assessment.from_results(
        results, sequences, family.natural, panel, model.energies(sequences), model.q, options.threshold,
        bool(options.groups), folds,
    )  # fmt: skip
    table, threshold, measured, calibration = (
        assessment.table, assessment.threshold, assessment.results, assessment.calibration
    )  # fmt: skip
    table["aligned"] = alphabet.decode(sequences)

    predictors = {"minus_energy": -table["energy"], "identity_natural": 1 - table["distance_natural"]}
    scored = table.assign(**predictors)
    names = [*panel, *predictors, *(["p_functional"] if calibration and calibration.model else [])]
    groups = tabulate_groups(scored, names)
    predicted = tabulate_predictors(scored, names, rng, settings.bootstrap, folds)
    summary: dict[str, Any] = {
        "results": len(table),
        "clusters": int(table["cluster"].nunique()),
        "threshold": {"value": threshold.value, "why": threshold.why, "evidence": threshold.evidence},
        "groups": _records(groups),
        "predictors": _records(predicted),
        "learning": _records(assessment.learning),
        "reliability": [],
        "calibration": {"decides": False, "extrapolates": False, "needed": None, "why": threshold.why},
    }
    expected = pd.DataFrame(columns=_EXPECTED_COLUMNS)
    calibrated, resampled, draws = _no_model(measured), [], np.zeros((0, 0))
    if calibration:
        summary["calibration"] = calibration.summary()
    if calibration and calibration.model and calibration.strength:
        rows = measured.designed == (calibration.quoted == DESIGN)
        reliability = tabulate_reliability(
            expit(calibration.log_odds[rows]), measured.functional[rows], measured.clusters[rows]
        )
        summary["reliability"] = _records(reliability)
        summary["calibration"]["error"] = calibration_error(reliability)
        resampled = relearn(measured, calibration.strength, rng)
        models, arrays = [calibration.model, *resampled], load_arrays(inputs.samples)[0]
        expectation = expect(load_table(inputs.scores), arrays["sequences"], models, settings.novelty_floor, rng)
        distances = [_distance(sampled, sequences) for sampled in arrays["sequences"]]
        states = load_table(inputs.states)["equilibrated"].to_numpy(bool)
        expected = tabulate_expectation(expectation, settings.number, np.array(distances), states)
        calibrated, draws = calibration.model, expectation.useful
    _log_results(table, threshold, calibration)
    source = provenance(settings.configured(), seed)
    save_table(outputs.table, table)
    save_table(outputs.temperatures, expected)
    arrays = {"useful": draws, "sequences": sequences} | stack_models(resampled)
    _save_model(outputs.calibrated, calibrated, arrays, calibration, source | {"number": settings.number})
    save_json(outputs.summary, summary | {"provenance": source})


def _distance(sampled: np.ndarray, sequences: np.ndarray) -> float:
    """Average the distance of samples (K, D, L) to the nearest measured sequence (N, L)."""
    return float(1 - find_nearest(sampled.reshape(-1, sampled.shape[-1]), sequences)[1].mean())


def _no_model(measured: Measurements) -> CalibratedModel:
    """Stand in for the calibrated model where there is none, with odds of 1."""
    length, count = measured.sequences.shape[1], len(measured.judges)
    zeros = np.zeros(count)
    return CalibratedModel(np.zeros((length, measured.q)), measured.judges, zeros, zeros, zeros + 1, 0.0)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """List the rows of a table for JSON."""
    return [finite_values(row) for row in table.to_dict("records")]


def _save_model(
    path: Path, model: CalibratedModel, arrays: dict[str, np.ndarray], calibration: Calibration | None,
    source: dict[str, Any],
) -> None:  # fmt: skip
    """Write the calibrated model with what later stages need: draws of useful shares, and the measured sequences."""
    decides = bool(calibration and calibration.decides)
    extrapolates = bool(calibration and calibration.extrapolates)
    metadata = source | {"decides": decides, "extrapolates": extrapolates, "known": bool(len(arrays["useful"]))}
    model.save(path, metadata, arrays)


def _log_results(table: pd.DataFrame, threshold: Threshold, calibration: Calibration | None) -> None:
    """Log how many sequences were measured, and whether the calibrated probability decides."""
    counts = table["kind"].value_counts()
    log.info(
        "%d measured sequences in %d clusters of relatives: %d natural, %d designs. %s",
        len(table), table["cluster"].nunique(), counts.get(NATURAL, 0), counts.get(DESIGN, 0), threshold.why,
    )  # fmt: skip
    if calibration:
        verdict = "decides" if calibration.decides else "does not decide"
        log.info("the calibrated probability %s. %s", verdict, calibration.why)
