"""Description of what was done with one family, as a paper's methods section would give it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from temperance.core.settings.run import FamilySettings
from temperance.core.settings.scoring import BaselineSettings, JudgeSettings
from temperance.core.words import join_words
from temperance.report.results import Evidence
from temperance.sampling.diagnostics import largest_sequence_rhat
from temperance.temperature.operating_points import LEAST_PERCENTILE


def methods(evidence: Evidence) -> str:
    """Describe what was done with the family, and with which settings, as a paper's methods section would.

    Parameters
    ----------
    evidence : Evidence
        Results of the family.

    Returns
    -------
    str
        One paragraph.
    """
    settings, ingest = evidence.settings, evidence.ingest
    sampling, split, filters, floors = settings.sample, settings.heldout, settings.filter, settings.optimum
    identity, split_identity = settings.weights.identity, split.identity
    weighting = f"weighted by their number of neighbours at {identity:.0%} identity" if identity else "not weighted"
    separation = (
        f" such that none exceeds {split_identity:.0%} identity to a training sequence" if split_identity else ""
    )
    versions = ingest["provenance"]["versions"]
    sentences = [
        *_describe_search(settings),
        f"Of {ingest['sequences_read']:,} sequences and {ingest['columns_read']} columns, {ingest['M']:,} and "
        f"{ingest['L']} were kept (columns with at most {filters.max_column_gaps:.0%} gaps, sequences with at "
        f"most {filters.max_sequence_gaps:.0%}); sequences were {weighting} (Meff {ingest['Meff']:,.0f}).",
        f"{split.fraction:.0%} of the sequences were held out{separation}.",
        _describe_training(evidence),
        *_describe_comparison(settings.models),
        f"Each was sampled at τ = {', '.join(f'{t:g}' for t in sorted(sampling.temperatures))}"
        f"{_added_temperatures(evidence)} by replica exchange "
        f"({sampling.ladders} ladders, {sampling.sequences:,} sequences a temperature; equilibrated: split R-hat at "
        f"most {sampling.max_rhat:g} of energies and {largest_sequence_rhat(sampling.max_rhat):g} of sequences, an "
        f"effective sample size of {sampling.min_ess:g} or more, a mean energy that does not drift by more than a "
        "quarter of its standard deviation, and no more than a tenth of the probability in sequences that annealing "
        "finds and samples leave out).",
        *_describe_programs(settings.judges),
        "The recommended temperature is the coldest sampled and equilibrated one whose samples differ from the "
        f"nearest natural sequence in {floors.novelty_floor:.0%} of sites on average and have "
        f"{floors.diversity_floor:.0%} "
        "of the natural diversity, with their errors, provided that it is not above the temperature at which samples "
        "have the mean energy of the training sequences, nor above that up to which every trusted judge places samples "
        f"at a mean percentile of {LEAST_PERCENTILE:.0f} or more among natural sequences; "
        f"intervals are from {floors.bootstrap:,} bootstrap draws over ladders, training sets and clusters of "
        "related held-out sequences.",
        f"temperance {versions['temperance']}, Python {versions['python']}, NumPy {versions['numpy']}, SciPy "
        f"{versions['scipy']}.",
    ]
    return " ".join(sentences)


def _added_temperatures(evidence: Evidence) -> str:
    """Describe the temperatures that were sampled beside those of the configuration."""
    listed, spacing = evidence.settings.sample.temperatures, evidence.settings.sample.spacing
    scores = evidence.scores
    extra = scores[[not np.isclose(t, listed, rtol=1e-4).any() for t in scores["temperature"]]]
    if extra.empty:
        return ""
    counts = extra.groupby("subset")["temperature"].count().reindex(scores["subset"].unique(), fill_value=0)
    number = f"{counts.min()} to {counts.max()}" if counts.min() < counts.max() else f"{counts.max()}"
    return (
        f" and, model by model, at {number} more between {extra['temperature'].min():.3g} and "
        f"{extra['temperature'].max():.3g}, so that neighbours differ by at most "
        f"{spacing:.0%} from the coldest to 1.1 times the temperature at which samples have the mean energy of the "
        "training sequences,"
    )


def _describe_search(settings: FamilySettings) -> Iterator[str]:
    """Say how the sequences were found in a database, or from where the alignment was fetched."""
    search = settings.search
    query = settings.query or settings.seed
    if query:
        method = f"{search.iterations} rounds of jackhmmer" if settings.query else "hmmsearch and hmmalign"
        threshold = (
            f"{search.bits_per_residue:g} bits a residue or more"
            if search.evalue is None
            else f"E-values of at most {search.evalue:g}"
        )
        yield (
            f"Sequences of {Path(settings.database or '').name} were found by {method} from {Path(query).name}, "
            f"sequences and domains with {threshold}, and kept if they cover {search.coverage:.0%} of the profile."
        )
    elif entry := settings.pfam or settings.interpro:
        yield f"The {settings.fetch.alignment} alignment of {entry} was fetched from InterPro."


def _describe_training(evidence: Evidence) -> str:
    """Say how the models were trained, or that the model was imported."""
    train, imported = evidence.settings.train, evidence.settings.model
    if imported:
        return (
            f"The Potts model (q = {evidence.ingest['q']}) was trained elsewhere ({Path(imported).name}) and is "
            "sampled as it is; whether it has seen the held-out sequences is not known."
        )
    trained = evidence.training.groupby("M")["l2_couplings"].unique()
    strengths = "; ".join(f"{' or '.join(f'{value:g}' for value in values)} at {M:,}" for M, values in trained.items())
    if (evidence.training["l2_choice"] == "too few held-out sequences").all():
        reason = "guessed, as too few sequences were held out to choose it by"
    else:
        reason = "chosen among those of a list by the likelihood of held-out sequences"
    choice = (
        f"{reason} ({strengths} sequences)"
        if train.l2_couplings == "auto"
        else f"of {', '.join(f'{value:g}' for value in evidence.training['l2_couplings'].unique())}, as configured"
    )
    stopping = (
        "Training went on to the optimum of the penalised likelihood, within the noise of its sampling."
        if train.stop == "converged"
        else "Training was stopped early, by the Pearson correlation of two-site correlations, which acts as a further "
        "regularisation."
    )
    fields = f"({train.l2_fields:g} on fields)" if train.l2_fields else "(none on fields)"
    if not train.fields:
        fields = "(there are no fields)"
    return (
        f"Potts models (q = {evidence.ingest['q']}) were trained on subsets of {_join_numbers(evidence.training['M'])} "
        f"sequences by persistent contrastive divergence with {train.chains:,} chains, {train.sweeps} Gibbs "
        f"sweeps a step, and an L2 penalty on the couplings, {choice} {fields}. {stopping} "
        f"{train.confirm_chains:,} chains annealed from infinite temperature were "
        "compared with the data."
    )


def _describe_comparison(models: Mapping[str, BaselineSettings]) -> Iterator[str]:
    """Name the models that the family's own were compared with."""
    if models:
        descriptions = []
        for name, model in models.items():
            l2 = "" if model.l2_couplings is None else f", L2 {model.l2_couplings:g} on couplings"
            descriptions.append(f"{name} ({model.kind}{l2})")
        yield f"On the same subsets they were compared with {', '.join(descriptions)}."


def _join_numbers(numbers: pd.Series) -> str:
    """List different numbers in ascending order."""
    return join_words(f"{number:,}" for number in sorted(set(numbers)))


def _describe_programs(judges: Mapping[str, JudgeSettings]) -> Iterator[str]:
    """Name the user's programs that scored sequences."""
    if judges:
        descriptions = [
            f"{name} ({' '.join(judge.command)}{'' if judge.higher else '; lower scores are better'})"
            for name, judge in judges.items()
        ]
        yield f"Sequences were also scored by {join_words(descriptions)}."
