"""Draw a family from its true distribution."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.files import load_arrays, provenance, save_arrays, save_json, save_text
from temperance.core.progress import Progress
from temperance.core.settings.stages import TruthStage
from temperance.core.settings.truths import LatticeTruth, TeacherTruth, Truth
from temperance.engines.registry import choose_engine
from temperance.msa.fasta import fasta
from temperance.truth import DrawnFamily

log = logging.getLogger(__name__)
_MOST_RHAT = 1.05


class Inputs(NamedTuple):
    """All folds of lattice proteins, or a teacher's model."""

    origin: Path | None = None


class Outputs(NamedTuple):
    """The alignment, the truth, and how well it was sampled."""

    alignment: Path
    truth: Path
    diagnostics: Path


def run(inputs: Inputs, outputs: Outputs, settings: TruthStage, seed: int, engine_name: str) -> None:
    """Draw a family."""
    drawn = draw(settings.truth, settings.alphabet, seed, inputs.origin, engine_name)
    if drawn.diagnostics.get("rhat", 1) > _MOST_RHAT:
        log.warning("warning: the truth's chains are not equilibrated (R-hat %.3f)", drawn.diagnostics["rhat"])
    rows = drawn.alphabet.decode(drawn.sequences)
    source = provenance(settings.truth.model_dump(), seed)
    save_text(outputs.alignment, fasta((f"draw_{number}" for number in range(1, len(rows) + 1)), rows))
    save_arrays(outputs.truth, drawn.arrays, source | drawn.metadata)
    diagnostics = {"sequences": len(rows)} | drawn.diagnostics
    save_json(outputs.diagnostics, diagnostics | {"provenance": source})
    log.info(
        "%d sequences; %s", len(rows),
        ", ".join(f"{name} {value:.4g}" for name, value in drawn.diagnostics.items()),
    )  # fmt: skip


def draw(truth: Truth, symbols: str, seed: int, origin: Path | None, engine_name: str) -> DrawnFamily:
    """Draw sequences from a truth of any kind.

    Parameters
    ----------
    truth : LatticeTruth, TeacherTruth or EnumerableTruth
    symbols : str
        Alphabet.
    origin : path, optional
        All folds of lattice proteins, or a teacher's model.
    """
    if isinstance(truth, LatticeTruth):
        from temperance.truth import lattice

        assert origin is not None
        return lattice.draw(truth, load_arrays(origin)[0]["contacts"], seed, Progress(log.info))
    if isinstance(truth, TeacherTruth):
        from temperance.truth import teacher

        return teacher.draw(truth, str(origin), symbols, choose_engine(engine_name), seed, log.info)
    from temperance.truth import enumerable

    return enumerable.draw(truth, symbols, seed)
