"""A teacher: a Potts model trained on a real family, whose samples train students and whose energies judge them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from temperance.core.errors import InputError
from temperance.engines.base import Engine
from temperance.potts.model import load
from temperance.sampling.replica_exchange import sample
from temperance.stats.resampling import jackknife_error
from temperance.thermo.thermodynamics import curves, group_ladders
from temperance.truth import Drawn

# Groups of ladders for the error of ln Z: as many as make it known well enough.
_GROUPS = 16


def draw(
    settings: dict[str, Any], path: str | Path, symbols: str, engine: Engine, seed: int, progress: Callable[[str], None]
) -> Drawn:
    """Equilibrated samples of the model at `path` at the teacher's temperature.

    They are drawn by replica exchange, as far apart as it takes for half of them to count as independent.
    """
    model, letters, _ = load(path)
    if letters.name != symbols:
        raise InputError(f"{path}: the teacher's alphabet is {letters.name}, not {symbols}; set alphabet to it")
    temperature, ladders = settings["temperature"], settings["ladders"] // _GROUPS * _GROUPS or _GROUPS
    starts = np.random.default_rng(seed).integers(0, letters.q, (ladders, model.L), dtype=np.uint8)
    drawn = sample(
        model, engine, seed, [temperature], starts=starts, sequences=settings["sequences"], ladders=ladders,
        min_ess=np.inf, progress=progress,
    )  # fmt: skip
    rung = drawn.rungs[drawn.rungs.requested].iloc[0]
    log_z = curves(drawn.betas, group_ladders(drawn.energies), model.L, letters.q).log_z[:, -1]
    diagnostics = {
        "temperature": temperature,
        "rhat": float(rung.rhat),
        "ess": float(rung.ess),
        "sweeps_between_draws": drawn.sweeps,
        "log_z": float(log_z[0]),
        "log_z_error": float(jackknife_error(log_z)),
        "entropy": float(log_z[0] + rung.mean_energy / temperature),
    }
    # Draws of one ladder follow each other in time: in random order any part of them is as good a sample.
    order = np.random.default_rng(seed).permutation(drawn.sequences[0].shape[0] * drawn.sequences[0].shape[1])
    sequences = drawn.sequences[0].reshape(-1, model.L)[order[: settings["sequences"]]]
    tempered = model.scale(1 / temperature)
    arrays = {"fields": tempered.fields, "couplings": tempered.couplings}
    known = {name: diagnostics[name] for name in ("log_z", "log_z_error")}
    return Drawn(sequences, letters, arrays, {"kind": "teacher"} | known, diagnostics)
