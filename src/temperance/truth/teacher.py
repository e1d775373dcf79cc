"""A teacher: a Potts model trained on a real family, whose samples train students and whose energies judge them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from temperance.core.errors import InputError
from temperance.core.settings.truths import TeacherTruth
from temperance.engines.base import Engine
from temperance.potts.model import load
from temperance.sampling.replica_exchange import sample
from temperance.stats.resampling import jackknife_error
from temperance.thermo.thermodynamics import estimate_curves, group_ladders
from temperance.truth import DrawnFamily

# Groups of ladders from which the error of ln Z is estimated.
_GROUPS = 16


def draw(
    settings: TeacherTruth, path: str | Path, symbols: str, engine: Engine, seed: int, progress: Callable[[str], None]
) -> DrawnFamily:
    """Draw equilibrated samples of a trained model at the teacher's temperature.

    They are drawn by replica exchange, as far apart as it takes for half of them to count as independent.

    Parameters
    ----------
    settings : TeacherTruth
        The configuration's: temperature, ladders, sequences (their number).
    path : path
        The model.
    symbols : str
        Name of the alphabet, which has to be the model's.
    engine : Engine
        Sampler.
    seed : int
        Determines the result, together with the engine.
    progress : callable
        Takes messages.

    Returns
    -------
    DrawnFamily

    Raises
    ------
    InputError
        If the alphabets differ.
    """
    model, alphabet, _ = load(path)
    if alphabet.name != symbols:
        raise InputError(
            f"{path}: the teacher's alphabet is {alphabet.name}, not {symbols}; set 'alphabet: {alphabet.name}'"
        )
    temperature, ladders = settings.temperature, settings.ladders // _GROUPS * _GROUPS or _GROUPS
    starts = np.random.default_rng(seed).integers(0, alphabet.q, (ladders, model.L), dtype=np.uint8)
    samples = sample(
        model, engine, seed, [temperature], starts=starts, sequences=settings.sequences, ladders=ladders,
        min_ess=np.inf, progress=progress,
    )  # fmt: skip
    rung = samples.rungs[samples.rungs.requested].iloc[0]
    log_z = estimate_curves(samples.betas, group_ladders(samples.energies), model.L, alphabet.q).log_z[:, -1]
    diagnostics = {
        "temperature": temperature,
        "rhat": float(rung.rhat),
        "ess": float(rung.ess),
        "sweeps_between_draws": samples.sweeps,
        "log_z": float(log_z[0]),
        "log_z_error": float(jackknife_error(log_z)),
        "entropy": float(log_z[0] + rung.mean_energy / temperature),
    }
    # Draws of one ladder follow each other in time: in random order any part of them is as good a sample.
    order = np.random.default_rng(seed).permutation(samples.sequences[0].shape[0] * samples.sequences[0].shape[1])
    sequences = samples.sequences[0].reshape(-1, model.L)[order[: settings.sequences]]
    tempered = model.scale(1 / temperature)
    arrays = {"fields": tempered.fields, "couplings": tempered.couplings}
    partition_function = {name: diagnostics[name] for name in ("log_z", "log_z_error")}
    return DrawnFamily(sequences, alphabet, arrays, {"kind": "teacher"} | partition_function, diagnostics)
