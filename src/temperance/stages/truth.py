"""Draw a family from its true distribution."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.files import finite_values, load_arrays, provenance, save_arrays, save_json, save_text
from temperance.core.progress import Progress
from temperance.core.settings.stages import TruthStage
from temperance.core.settings.truths import LatticeTruth, SectorTruth, TeacherTruth, Truth
from temperance.engines.registry import choose_engine
from temperance.msa.fasta import format_fasta
from temperance.truth import DrawnFamily

log = logging.getLogger(__name__)
_MAX_RHAT = 1.05


class Inputs(NamedTuple):
    """File to read.

    Attributes
    ----------
    origin : Path, optional
        Folds of lattice proteins (from `folds`), or the model of a teacher; none for other truths.
    """

    origin: Path | None = None


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    alignment : Path
        Sequences as FASTA.
    truth : Path
        Parameters of the true distribution.
    diagnostics : Path
        How well it was sampled, as JSON; an R-hat that is infinite, as of fewer than four draws a chain, is null.
    """

    alignment: Path
    truth: Path
    diagnostics: Path


def run(inputs: Inputs, outputs: Outputs, settings: TruthStage, seed: int, engine_name: str) -> None:
    """Draw the sequences of a family from a known distribution.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : TruthStage
        True distribution, number of sequences, and alphabet.
    seed : int
        Random seed of the job.
    engine_name : {'auto', 'cuda', 'jax', 'numba'}
        Gibbs sampler, `engine` of the configuration.

    Raises
    ------
    InputError
        If chains leave the range of numbers, the teacher's alphabet is another, or the engine needs a card that the
        computer does not have.
    """
    family = draw(settings.truth, settings.alphabet, seed, inputs.origin, engine_name)
    if family.diagnostics.get("rhat", 1) > _MAX_RHAT:
        log.warning("warning: the truth's chains are not equilibrated (R-hat %.3f)", family.diagnostics["rhat"])
    rows = family.alphabet.decode(family.sequences)
    source = provenance(settings.truth.model_dump(), seed)
    save_text(outputs.alignment, format_fasta((f"draw_{number}" for number in range(1, len(rows) + 1)), rows))
    save_arrays(outputs.truth, family.arrays, source | family.metadata)
    diagnostics = {"sequences": len(rows)} | finite_values(family.diagnostics)
    save_json(outputs.diagnostics, diagnostics | {"provenance": source})
    log.info(
        "%d sequences; %s", len(rows),
        ", ".join(f"{name} {value:.4g}" for name, value in family.diagnostics.items()),
    )  # fmt: skip


def draw(truth: Truth, symbols: str, seed: int, origin: Path | None, engine_name: str) -> DrawnFamily:
    """Draw sequences from a true distribution of any kind.

    Parameters
    ----------
    truth : LatticeTruth, TeacherTruth, SectorTruth or EnumerableTruth
        Kind and parameters of the distribution.
    symbols : str
        Alphabet, by name or as its symbols.
    seed : int
        Random seed.
    origin : Path or None
        Folds of lattice proteins, or the model of a teacher.
    engine_name : {'auto', 'cuda', 'jax', 'numba'}
        Gibbs sampler of a teacher.

    Returns
    -------
    DrawnFamily
        Sequences, the truth's parameters, and diagnostics.

    Raises
    ------
    InputError
        If chains leave the range of numbers, the teacher's alphabet is another, or the engine needs a card that the
        computer does not have.
    """
    if isinstance(truth, LatticeTruth):
        from temperance.truth import lattice

        assert origin is not None
        return lattice.draw(truth, load_arrays(origin)[0]["contacts"], seed, Progress(log.info))
    if isinstance(truth, TeacherTruth):
        from temperance.truth import teacher

        return teacher.draw(truth, str(origin), symbols, choose_engine(engine_name), seed, log.info)
    if isinstance(truth, SectorTruth):
        from temperance.truth import sector

        return sector.draw(truth, symbols, seed)
    from temperance.truth import enumerable

    return enumerable.draw(truth, symbols, seed)
