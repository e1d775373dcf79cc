"""Sample the largest model at the recommended temperature, or that nearest to the criteria, and choose designs."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from temperance.core.checkpoint import Checkpoint
from temperance.core.files import (
    finite_or_none,
    load_arrays,
    load_json,
    load_table,
    provenance,
    save_json,
    save_table,
    save_text,
)
from temperance.core.settings.stages import DesignStage
from temperance.design.constraints import Constraints
from temperance.design.objectives import select_for
from temperance.design.selection import (
    design_table,
    format_designs,
    insert_before,
    mutations,
    natural_gaps,
    plates,
    qualify,
)
from temperance.engines.registry import choose_engine
from temperance.laboratory.probabilities import Probabilities
from temperance.msa.conservation import conserved_residues
from temperance.potts.model import load
from temperance.sampling.diagnostics import is_within_equilibrated
from temperance.sampling.replica_exchange import sample
from temperance.scoring.tables import Family, judges, natural_threshold, score_samples
from temperance.temperature.operating_points import deciding_judges

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    recommendation : Path
        Recommended temperature and operating points, from `optimum`.
    states : Path
        Thermodynamics of the largest model, from `thermodynamics`.
    model, natural, subset : Path
        Potts model, scores of natural sequences, and training set of the largest subset.
    alignment, sequences : Path
        Encoded alignment and names of its sequences, from `ingest`.
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
    constraints : Path, optional
        Constraints on designs, from `constrain`.
    calibrated : Path, optional
        Calibrated model, from `measured`, where sequences of the family were measured.
    """

    recommendation: Path
    states: Path
    model: Path
    natural: Path
    subset: Path
    alignment: Path
    sequences: Path
    split: Path
    judge: Path
    programs: list[Path]
    hmm: Path | None = None
    covariance: Path | None = None
    truth: Path | None = None
    constraints: Path | None = None
    calibrated: Path | None = None


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    fasta, aligned : Path
        Designs as FASTA, without and with gaps.
    plates : Path
        Wells of 96-well plates, as CSV.
    table : Path
        Scores of the designs, one row a design.
    summary : Path
        How the designs were chosen, as JSON; an R-hat that is infinite, as of fewer than four draws a ladder, is null.
    """

    fasta: Path
    aligned: Path
    plates: Path
    table: Path
    summary: Path


def run(
    inputs: Inputs, outputs: Outputs, settings: DesignStage, seed: int, family: str, engine_name: str, threads: int,
    checkpoint: Callable[..., Checkpoint],
) -> None:  # fmt: skip
    """Sample candidates at the recommended temperature, and choose designs among them.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : DesignStage
        Sampling, judging and choice of the designs.
    seed : int
        Random seed of the job.
    family : str
        Name of the family, with which names of designs begin.
    engine_name : {'auto', 'cuda', 'jax', 'numba'}
        Gibbs sampler, `engine` of the configuration.
    threads : int
        Threads of the judges' programs.
    checkpoint : callable
        Makes a `Checkpoint` from a mapping that identifies the computation.

    Raises
    ------
    InputError
        If a judge's program fails, or the engine needs a card that the computer does not have.
    """
    options = settings.design
    recommendation = load_json(inputs.recommendation)
    tau, recommended = recommendation["sampling_temperature"], recommendation["status"] == "recommended"
    model, alphabet, _ = load(inputs.model)
    natural_sequences = Family.load(inputs.alignment, inputs.split, inputs.subset)
    names = load_table(inputs.sequences)["name"].to_numpy()
    constraints = (
        Constraints.load(inputs.constraints)
        if inputs.constraints
        else Constraints(np.ones((model.L, model.q), bool))
    )  # fmt: skip
    plan = settings.sample.model_dump() | {"temperatures": [tau], "spacing": None, "sequences": options.candidates}
    engine = choose_engine(engine_name)
    source = provenance(plan | {"engine": engine.name}, seed)
    job_checkpoint = checkpoint(source)
    constrained = constraints.constrained_model(model, engine, tau, seed)
    starts = natural_sequences.training if constraints.seed is None else constraints.seed[None]
    samples = sample(constrained, engine, seed, starts=starts, progress=log.info, checkpoint=job_checkpoint, **plan)
    natural = load_table(inputs.natural)
    panel = judges(inputs._asdict(), settings.judges, natural_sequences, alphabet, threads, settings.folding)
    # Judges that score a part of the sequences only score the designs, once these have been chosen.
    design_judges = {name: judge for name, judge in panel.items() if getattr(judge, "most", 0)}
    candidate_judges = {name: judge for name, judge in panel.items() if name not in design_judges}
    scores = score_samples(model, natural_sequences, candidate_judges, samples.arrays(), natural, settings.fidelity)
    sequences = samples.sequences.reshape(-1, model.L)
    trusted_judges = deciding_judges(recommendation["operating_points"])
    threshold_judges = [name for name in candidate_judges if name == settings.fidelity or name in trusted_judges]
    thresholds = {name: natural_threshold(natural, name, options.percentile) for name in threshold_judges}
    most_gaps = natural_gaps(natural) if options.max_gaps == "auto" else options.max_gaps
    floor = 0.0 if constraints.seed is not None else settings.novelty_floor
    within_constraints = constraints.satisfied_by(sequences)
    qualified = within_constraints & qualify(scores, thresholds, floor, most_gaps)
    if constraints.seed is not None:
        qualified &= (sequences != constraints.seed).any(axis=1)
    probabilities = Probabilities.load(inputs.calibrated, sequences, scores) if inputs.calibrated else None
    faithful = scores[settings.fidelity].to_numpy()
    objective, design_indices = select_for(
        options.objective, sequences, probabilities, faithful, qualified, options.number, options.spread
    )
    table = design_table(sequences, scores, design_indices, names, alphabet, family, recommended)
    if len(table):
        designs = sequences[design_indices]
        insert_before(table, "cluster", {name: judge(designs) for name, judge in design_judges.items()})
        insert_before(table, "cluster", probabilities.columns(design_indices) if probabilities else {})
    columns = load_arrays(inputs.alignment)[0]["columns"].tolist()
    conserved = conserved_residues(natural_sequences.natural, natural_sequences.weights, alphabet)
    insert_before(table, "aligned", {"lost": mutations(table["aligned"], conserved, columns)})
    if constraints.seed is not None:
        seed_sequence = alphabet.decode(constraints.seed[None])[0]
        insert_before(table, "aligned", {"mutations": mutations(table["aligned"], seed_sequence, columns)})
    rung, states = samples.rungs[samples.rungs.requested].iloc[0], load_table(inputs.states)
    equilibrated = is_within_equilibrated(
        states["temperature"].to_numpy(), states["equilibrated"].to_numpy(), np.array([tau])
    ).item()
    summary = {
        "temperature": tau,
        "recommended": recommended,
        "why": recommendation["headline"],
        "candidates": len(sequences),
        "designs": len(table),
        "wanted": options.number,
        "objective": objective,
        "judge": settings.fidelity,
        "judges": threshold_judges,
        "least_scores": thresholds,
        "most_gaps": most_gaps,
        "novelty_floor": floor,
        "within_constraints": float(within_constraints.mean()),
        "rhat": finite_or_none(float(rung.rhat)),
        "ess": float(rung.ess),
        "drift": float(rung.drift),
        "equilibrated": bool(rung.equilibrated and equilibrated),
    }
    if probabilities and len(table):
        summary |= probabilities.expected(design_indices)
    save_text(outputs.fasta, format_designs(table))
    save_text(outputs.aligned, format_designs(table, "aligned"))
    save_text(outputs.plates, plates(table).to_csv(index=False))
    save_table(outputs.table, table)
    save_json(outputs.summary, summary | {"provenance": source})
    job_checkpoint.clear()
    if not recommended:
        log.warning(
            "warning: designs are sampled at temperature %.2f, which is not recommended. %s", tau, summary["why"]
        )
    log.info("%d designs of %d candidates at temperature %.2f", len(table), len(sequences), tau)
