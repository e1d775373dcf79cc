"""Description of what was done with one family, as a paper's methods section would give it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from temperance.core.words import join_words
from temperance.report.results import Evidence
from temperance.temperature.operating_points import LEAST_PERCENTILE


def methods(evidence: Evidence) -> str:
    """Describe what was done, with the settings that it was done with, as a paper would."""
    given, ingest = evidence.settings, evidence.ingest
    drawn, split, most, floors = (given[of] for of in ("sample", "heldout", "filter", "optimum"))
    identity, apart = given["weights"]["identity"], split["identity"]
    weighed = f"weighted by their number of neighbours at {identity:.0%} identity" if identity else "not weighted"
    kept_out = f" such that none exceeds {apart:.0%} identity to a training sequence" if apart else ""
    versions = ingest["provenance"]["versions"]
    said = [
        *_found(given),
        f"Of {ingest['sequences_read']:,} sequences and {ingest['columns_read']} columns, {ingest['M']:,} and "
        f"{ingest['L']} were kept (columns with at most {most['max_column_gaps']:.0%} gaps, sequences with at "
        f"most {most['max_sequence_gaps']:.0%}); sequences were {weighed} (Meff {ingest['Meff']:,.0f}).",
        f"{split['fraction']:.0%} of the sequences were held out{kept_out}.",
        _learnt(evidence),
        *_others(given["models"]),
        f"Each was sampled at τ = {', '.join(f'{t:g}' for t in sorted(drawn['temperatures']))}"
        f"{_added_temperatures(evidence)} by replica exchange "
        f"({drawn['ladders']} ladders, {drawn['sequences']:,} sequences a temperature; equilibrated: split R-hat at "
        f"most {drawn['max_rhat']:g}, an effective sample size of {drawn['min_ess']:g} or more, and a mean energy that "
        "does not drift by more than a quarter of its standard deviation).",
        "The recommended temperature is the coldest sampled and equilibrated one whose samples differ from the "
        f"nearest natural sequence in {floors['novelty_floor']:.0%} of sites on average and have "
        f"{floors['diversity_floor']:.0%} "
        "of the natural diversity, with their errors, provided that it is not above the temperature at which samples "
        "have the mean energy of the training sequences, nor above that up to which every trusted judge places samples "
        f"at a mean percentile of {LEAST_PERCENTILE:.0f} or more among natural sequences; "
        f"intervals are from {floors['bootstrap']:,} bootstrap draws over ladders, training sets and clusters of "
        "related held-out sequences.",
        f"temperance {versions['temperance']}, Python {versions['python']}, NumPy {versions['numpy']}, SciPy "
        f"{versions['scipy']}.",
    ]
    return " ".join(said)


def _added_temperatures(evidence: Evidence) -> str:
    """Say which temperatures were sampled beside those of the configuration."""
    asked, spacing = evidence.settings["sample"]["temperatures"], evidence.settings["sample"]["spacing"]
    scores = evidence.scores
    extra = scores[[not np.isclose(t, asked, rtol=1e-4).any() for t in scores["temperature"]]]
    if extra.empty:
        return ""
    counts = extra.groupby("subset")["temperature"].count().reindex(scores["subset"].unique(), fill_value=0)
    many = f"{counts.min()} to {counts.max()}" if counts.min() < counts.max() else f"{counts.max()}"
    return (
        f" and, model by model, at {many} more between {extra['temperature'].min():.3g} and "
        f"{extra['temperature'].max():.3g}, so that neighbours differ by at most "
        f"{spacing:.0%} from the coldest to 1.1 times the temperature at which samples have the mean energy of the "
        "training sequences,"
    )


def _found(given: dict[str, Any]) -> Iterator[str]:
    search = given["search"]
    begins = given.get("query") or given.get("seed")
    if begins:
        how = f"{search['iterations']} rounds of jackhmmer" if given.get("query") else "hmmsearch and hmmalign"
        least = (
            f"{search['bits_per_residue']:g} bits a residue or more"
            if search["evalue"] is None
            else f"E-values of at most {search['evalue']:g}"
        )
        yield (
            f"Sequences of {Path(given['database']).name} were found by {how} from {Path(begins).name}, sequences and "
            f"domains with {least}, and kept if they cover {search['coverage']:.0%} of the profile."
        )
    elif entry := given.get("pfam") or given.get("interpro"):
        yield f"The {given['fetch']['alignment']} alignment of {entry} was fetched from InterPro."


def _learnt(evidence: Evidence) -> str:
    train, imported = evidence.settings["train"], evidence.settings["model"]
    if imported:
        return (
            f"The Potts model (q = {evidence.ingest['q']}) was learnt elsewhere ({Path(imported).name}) and is "
            "sampled as it is; whether it has seen the held-out sequences is not known."
        )
    trained = evidence.training.groupby("M")["l2_couplings"].unique()
    strengths = "; ".join(f"{' or '.join(f'{one:g}' for one in of_size)} at {M:,}" for M, of_size in trained.items())
    how = (
        f"a stronger one than which was less likely, and a weaker one no likelier, for held-out sequences ({strengths} "
        "sequences)"
        if train["l2_couplings"] == "auto"
        else f"of {', '.join(f'{one:g}' for one in evidence.training['l2_couplings'].unique())}, as configured"
    )
    end = (
        "Training went on to the optimum of the penalised likelihood, within the noise of its sampling."
        if train["stop"] == "converged"
        else "Training was stopped early, by the Pearson correlation of two-site correlations, which acts as a further "
        "regularisation."
    )
    return (
        f"Potts models (q = {evidence.ingest['q']}) were trained on subsets of {_listed(evidence.training['M'])} "
        f"sequences by persistent contrastive divergence with {train['chains']:,} chains, {train['sweeps']} Gibbs "
        f"sweeps a step, and an L2 penalty on the couplings, {how} (on fields {train['l2_fields']:g}). {end} "
        f"{train['confirm_chains']:,} chains annealed from infinite temperature were "
        "compared with the data."
    )


def _others(models: dict[str, Any]) -> Iterator[str]:
    if models:
        listed = []
        for name, given in models.items():
            l2 = "" if given["l2_couplings"] is None else f", L2 {given['l2_couplings']:g} on couplings"
            listed.append(f"{name} ({given['kind']}{l2})")
        yield f"On the same subsets they were compared with {', '.join(listed)}."


def _listed(numbers: pd.Series) -> str:
    return join_words(f"{number:,}" for number in sorted(set(numbers)))
