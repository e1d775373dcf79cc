"""The page that opens with the answer."""

import base64
import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd

from temperance.core.artefacts import PAGE_FILES
from temperance.core.files import load_json, save_json, save_text
from temperance.core.version import __version__
from temperance.core.words import join_words
from temperance.report.results import Evidence
from temperance.scoring.names import judge_name, short_judge_name
from temperance.temperature.operating_points import LEAST_PERCENTILE
from temperance.temperature.pareto import pareto

_FEW_HELDOUT = 50
# Families that one page shows in full; of more, each has a page of its own.
_ON_ONE_PAGE = 6
_NONE_FAILED = pd.DataFrame(columns=["family", "job", "reason"])
# Share of sites that the sweeps of a step change, below which chains stand still.
_FROZEN = 0.01
# Share of sites by which samples have more gaps than natural sequences, from which they are fragments.
_MANY_GAPS = 0.1
_MOST_RHAT = 1.05
_NOT_CONVERGED = {
    "steps": ("its limit of steps", "Raise train.max_steps, or train.l2_couplings where sequences are few."),
    "time": ("its time limit", "Raise train.max_minutes."),
}
_OPTIMA = {
    "tau_f": "τ_f", "tau_train": "τ_train", "tau_r": "τ_r", "tau_j": "τ_J", "tau_cal": "τ_cal", "tau": "recommended τ",
}  # fmt: skip
_STATES = ("entropy", "heat_capacity", "log_likelihood", "log_z", "log_z_error", "log_z_ais", "log_z_ais_error")


@dataclass(frozen=True)
class Section:
    """What the page says of one family."""

    name: str
    tau: str
    interval: str
    headline: str
    recommended: bool
    reasons: list[str]
    diagnosis: str
    verdict: list[str]
    warnings: list[str]
    notes: list[str]
    facts: list[tuple[str, str]]
    figures: list[tuple[str, str, str]]
    agreement: str
    points: pd.DataFrame
    optimum: pd.DataFrame
    scores: pd.DataFrame
    front: pd.DataFrame
    models: pd.DataFrame
    best_models: list[str]
    joint: pd.DataFrame
    training: pd.DataFrame
    designs: pd.DataFrame
    files: list[tuple[str, str]]
    methods: str
    small: str


def section(name: str, evidence: Evidence, captions: dict[str, str]) -> Section:
    """Everything that the page says of a family, its figures in the order of `captions`."""
    best = evidence.best
    tau = best["tau"]
    return Section(
        name=name,
        tau=f"{tau['value']:.2f}" if tau else "none",
        interval=f"{tau['low']:.2f} to {tau['high']:.2f}" if tau else "",
        headline=best["headline"],
        recommended=best["status"] == "recommended",
        reasons=[*best["reasons"], *_of_designs(evidence)],
        diagnosis=evidence.best["diagnosis"],
        verdict=evidence.best["sentences"],
        warnings=warnings(evidence),
        notes=notes(evidence),
        facts=_facts(evidence),
        figures=[
            (figure, _inline(evidence.folder / "figures" / f"{figure}.svg", f"{name}-{figure}-", caption), caption)
            for figure, caption in captions.items()
        ],
        agreement=_agreement(evidence.optimum),
        points=_points_table(evidence.points),
        optimum=_optimum_table(evidence.optimum),
        scores=_scores_table(evidence),
        front=_front_table(evidence.models),
        models=_models_table(evidence),
        best_models=_best_models(evidence.compared),
        joint=_joint_table(evidence.models),
        training=_training_table(evidence.training),
        designs=_designs_table(pd.read_csv(evidence.folder / "designs.tsv", sep="\t")),
        files=[(file, _embedded(evidence.folder / file)) for file in PAGE_FILES],
        methods=methods(evidence),
        small=_sparkline_svg(evidence),
    )


def write_page(
    path: str | Path, summary: str | Path, name: str, evidence: Evidence, captions: Sequence[str | Path], seed: int
) -> Section:
    """Write the page of one family, and what the page of all families shows of it.

    Parameters
    ----------
    path, summary : path
        The page, self-contained HTML; and JSON: `html`, the family's part of a page, and `row`, its row of a list.
    captions : sequence of path
        Files of the figures' captions, called as the figures are, in the order of the figures.
    """
    words = {Path(caption).stem: " ".join(Path(caption).read_text(encoding="utf-8").split()) for caption in captions}
    part = section(name, evidence, words)
    text = _render("section.html.j2", section=part)
    row = {
        "name": name, "tau": part.tau, "interval": part.interval, "small": part.small, "diagnosis": part.diagnosis,
        "warnings": len(part.warnings),
    }  # fmt: skip
    save_json(summary, {"html": text, "row": row})
    save_text(path, _page([text], [row], _NONE_FAILED, seed))
    return part


def write_report(path: str | Path, summaries: Sequence[str | Path], failed: pd.DataFrame, seed: int) -> None:
    """Write the page of all families: a list of them and, of no more than six, all that their own pages say.

    Parameters
    ----------
    summaries : sequence of path
        Of `write_page`.
    failed : pandas.DataFrame
        Families that are not done: family, job, reason.
    """
    whole = len(summaries) <= _ON_ONE_PAGE
    texts, rows = [], []
    for summary in summaries:
        content = load_json(summary)
        rows.append(content["row"])
        # A thousand families' figures would not fit into memory.
        texts += [content["html"]] if whole else []
    save_text(path, _page(texts, rows, failed, seed))


def _page(texts: list[str], rows: list[dict[str, Any]], failed: pd.DataFrame, seed: int) -> str:
    return _render("report.html.j2", texts=texts, rows=rows, failed=failed, version=__version__, seed=seed)


def _render(template: str, **values: Any) -> str:
    loader = jinja2.PackageLoader("temperance.report", "templates")
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template(template).render(**values)


# ---------------------------------------------------------------- words


def _of_designs(evidence: Evidence) -> Iterator[str]:
    """Say at which temperature designs were sampled where none is recommended."""
    if evidence.best["status"] != "recommended":
        yield (
            f"Designs were sampled at τ = {evidence.temperature:.2f} all the same, the sampled temperature that misses "
            "least. They are not recommended for that reason."
        )


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


def warnings(evidence: Evidence) -> list[str]:
    """Everything that a reader has to know before trusting the answer."""
    return [
        *evidence.best["limits"],
        *_of_path(evidence, concerned=True),
        *_of_imported(evidence.settings["model"]),
        *_of_training(evidence.training, evidence.ingest["L"]),
        *_of_chains(evidence.history),
        *_of_sampling(_not_equilibrated(evidence, concerned=True), evidence.designs),
        *_of_gaps(evidence, concerned=True),
        *_of_data(evidence),
    ]


def notes(evidence: Evidence) -> list[str]:
    """List the sentences that do not touch the recommendation, which the page folds away.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    list of str
    """
    flagged = _not_equilibrated(evidence, concerned=False)
    aside = [f"{_listed_rungs(flagged)} They do not touch the recommended temperature itself."] if len(flagged) else []
    return [
        *evidence.best.get("notes", []),
        *_of_path(evidence, concerned=False),
        *_of_gaps(evidence, concerned=False),
        *aside,
    ]


def _of_path(evidence: Evidence, concerned: bool) -> Iterator[str]:
    """Say where the chosen penalty is the path's weakest: of the largest training sets (concerned), or of others."""
    tried, path = evidence.strengths, evidence.settings["train"]["l2_path"]
    at_end = tried[tried["chosen"].astype(bool) & (tried["l2_couplings"] <= min(path))]
    at_end = at_end[(at_end["M"] == evidence.training["M"].max()) == concerned]
    if len(at_end):
        listed = ", ".join(f"{row.subset} {row.l2_couplings:g}" for row in at_end.itertuples())
        yield (
            f"The weakest penalty that was tried makes held-out sequences likeliest ({listed}): weaker ones may do so "
            "even more, and their recommended temperature may be another. Add them to train.l2_path; models with them "
            "take longer and are harder to sample."
        )


def _not_equilibrated(evidence: Evidence, concerned: bool) -> pd.DataFrame:
    """Rows of temperatures that are not equilibrated, and concern the recommended one or do not.

    Those do that are as hot or hotter, of the training sets that are as large as that of the model to be sampled; all
    of these sets where no temperature is recommended.
    """
    scores = evidence.scores[~evidence.scores["equilibrated"]]
    touched = (scores["M"] == evidence.training["M"].max()) & (scores["temperature"] > _coldest_concerned(evidence))
    return scores[touched == concerned]


def _coldest_concerned(evidence: Evidence) -> float:
    """Temperature, hardly below the recommended one, above which all concern it; 0 where none is recommended."""
    return evidence.temperature * (1 - 1e-9) if evidence.best["status"] == "recommended" else 0.0


def _of_imported(model: str) -> Iterator[str]:
    if model:
        yield (
            f"The model {Path(model).name} was learnt elsewhere, perhaps from the sequences held out here too: "
            "fidelity and τ_f then flatter it."
        )


def _of_training(training: pd.DataFrame, length: int) -> Iterator[str]:
    for stopped, (limit, remedy) in _NOT_CONVERGED.items():
        short = training[training["stopped"] == stopped]
        if len(short):
            yield (
                f"Training reached {limit} before it had converged: {', '.join(short['subset'])}. The temperatures of "
                f"such a model hold what training left undone. {remedy}"
            )
    early = training[training["stopped"] == "target"]
    if len(early):
        yield (
            f"Training was stopped early, as configured, at a Pearson correlation of {early['target'].iloc[0]:.2f}. "
            "That regularises a model beyond its L2 penalty, so its temperatures do not diagnose the penalty."
        )
    uncertain = training[~training["equilibrated"]]
    if len(uncertain):
        yield (
            "Independent chains do not agree with those that the model was trained with, so it has modes that are hard "
            f"to sample: {', '.join(uncertain['subset'])}. A larger train.l2_couplings makes it easier."
        )
    few = training[training["l2_choice"] == "too few held-out sequences"]
    if len(few):
        yield "Too few sequences are held out to choose the L2 penalty by them: the choice is a guess."
    most = training["Meff"].max()
    if most < length:
        yield (
            f"The largest training set has Meff {most:.0f}, less than one effective sequence a column (L = {length}): "
            "the couplings are hardly determined."
        )


def _of_chains(history: pd.DataFrame) -> Iterator[str]:
    last = history.groupby("subset", sort=False)["acceptance"].last()
    frozen = last[last < _FROZEN]
    if len(frozen):
        listed = ", ".join(f"{subset} {share:.2%}" for subset, share in frozen.items())
        yield (
            "Chains hardly moved at the end of training; the sweeps of a step changed so many of their sites: "
            f"{listed}. Raise train.l2_couplings or train.sweeps."
        )


def _listed_rungs(flagged: pd.DataFrame) -> str:
    listed = "; ".join(
        f"{subset} at τ = {', '.join(f'{t:g}' for t in sorted(of_subset['temperature']))}"
        for subset, of_subset in flagged.groupby("subset", sort=False)
    )
    return (
        f"Samples are not equilibrated (crosses in figures over temperature): {listed}. R-hat is up to "
        f"{flagged['rhat'].max():.2f}, the effective sample size down to {flagged['ess'].min():.0f}; where these "
        "are good, the ladders' energies still drift, a group of sequences (usually around a training sequence) is so "
        "probable that the sampler should have found it, and it has not, or a hotter temperature is not equilibrated."
    )


def _of_sampling(flagged: pd.DataFrame, designs: dict[str, Any]) -> Iterator[str]:
    if len(flagged):
        yield _listed_rungs(flagged)
    if not designs["equilibrated"]:
        yield (
            f"The designs' own samples are not equilibrated (R-hat {designs['rhat']:.2f}, effective sample size "
            f"{designs['ess']:.0f}, drift of the mean energy {designs['drift']:+.2f} standard deviations). Raise "
            "sample.max_sweeps."
        )


def _of_gaps(evidence: Evidence, concerned: bool) -> Iterator[str]:
    """Say up to which temperature samples are fragments, if designs are (concerned) or are not among them."""
    real = evidence.natural[evidence.natural["set"] != "random"]
    natural = float(np.average(real["gaps"], weights=real["scale_weight"]))
    scores = evidence.scores[evidence.scores["M"] == evidence.training["M"].max()]
    many = scores[scores["gaps"] > natural + _MANY_GAPS]
    if len(many):
        up_to = many.loc[many["temperature"].idxmax()]
        if (up_to["temperature"] > _coldest_concerned(evidence)) == concerned:
            yield (
                f"Up to τ = {up_to['temperature']:.3g} samples have gaps at {up_to['gaps']:.0%} of sites or more, "
                f"natural sequences at {natural:.0%}: the model prefers fragments to whole sequences. Fragments among "
                "the natural sequences teach it to; leave them out by a lower filter.max_sequence_gaps "
                f"({evidence.settings['filter']['max_sequence_gaps']:g})."
            )


def _of_data(evidence: Evidence) -> Iterator[str]:
    if evidence.truth and evidence.truth.get("rhat", 1) > _MOST_RHAT:
        yield f"The truth's own draws are not equilibrated (R-hat {evidence.truth['rhat']:.3f})."
    designs = evidence.designs
    if designs["designs"] < designs["wanted"]:
        judges = join_words(map(short_judge_name, designs["judges"]))
        yield (
            f"Only {designs['designs']} of {designs['wanted']} designs were found that are as new as the novelty floor "
            f"asks, as natural by the {judges} as design.percentile asks, "
            f"and have gaps at no more than {designs['most_gaps']:.0%} of sites. "
            + (
                "Raise design.candidates."
                if designs["recommended"]
                else "They are sampled where no temperature is recommended."
            )
        )
    heldout = int((evidence.natural["set"] == "heldout").sum())
    if heldout < _FEW_HELDOUT:
        yield f"Only {heldout} sequences are held out: thresholds and τ_f rest on few data."
    for row in evidence.optimum.itertuples():
        if not np.isfinite(row.tau_f) or row.tau_f == 0:
            side = "above every temperature" if row.tau_f else "below the coldest rung"
            yield f"τ_f of {row.size}-r{row.replicate} lies {side}: held-out and sampled energies do not meet."


# ---------------------------------------------------------------- tables


def _facts(evidence: Evidence) -> list[tuple[str, str]]:
    ingest, designs, lowest = evidence.ingest, evidence.designs, evidence.landscape["ground_state"]
    heldout = int((evidence.natural["set"] == "heldout").sum())
    return [
        ("source", _source(evidence)),
        ("sequences", f"{ingest['M']:,} of {ingest['sequences_read']:,}, Meff {ingest['Meff']:,.0f}"),
        ("columns", f"{ingest['L']} of {ingest['columns_read']}, q = {ingest['q']}"),
        ("held out", f"{heldout:,} sequences"),
        ("fidelity judged by", evidence.judge),
        ("designs", f"{designs['designs']} at τ = {designs['temperature']:.2f}{_doubt(designs)}"),
        *_predicted(evidence.predictions),
        *_random_energy(evidence.landscape["gaps"]),
        (
            "lowest energy found",
            f"{lowest['energy']:.1f} nats, by {lowest['hits']:,} of {lowest['quenches']:,} quenches",
        ),
    ]


def _doubt(designs: dict[str, Any]) -> str:
    return "" if designs["recommended"] else ", which is not recommended"


def _predicted(predictions: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "precision" in predictions:
        of = {row["rank"]: row for row in predictions["precision"]}
        shown = (f"{of[rank]['precision']:.0%} ± {1.96 * of[rank]['error']:.0%} of {rank}" for rank in ("L/2", "L"))
        yield "predicted contacts that are", ", ".join(shown) + f" (random {of['L']['expected']:.0%})"
    if "mutants" in predictions:
        found = predictions["mutants"]
        interval = f"{found['value']:.2f} ({found['low']:.2f} to {found['high']:.2f})"
        yield "Spearman with measured mutants", f"{interval}, {found['pairs']:,} of {found['measured']:,}"


def _source(evidence: Evidence) -> str:
    """Name the file, or the truth and how well it was sampled."""
    truth, given = evidence.truth, evidence.settings
    if truth is None:
        begins = given.get("query") or given.get("seed")
        if begins:
            return f"{Path(given['database']).name}, searched from {Path(begins).name}"
        entry = given.get("pfam") or given.get("interpro")
        return f"{entry}, {given['fetch']['alignment']} alignment" if entry else Path(evidence.ingest["source"]).name
    kind = evidence.settings["truth"]["kind"]
    return (
        f"{kind}, R-hat {truth['rhat']:.3f}, ESS {truth['ess']:,.0f}" if "rhat" in truth else f"{kind}, listed in full"
    )


def _random_energy(gaps: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Random-energy temperatures with column-shuffled sequences as the random ones."""
    freezing, folding = (gaps["profile"][f"{name}_temperature"] for name in ("freezing", "folding"))
    if freezing is not None:
        meets = "no folding" if folding is None else f"folding {folding:.2f}"
        yield (
            "random-energy estimate",
            f"freezing {freezing:.2f}, {meets}; rough, whether samples are equilibrated was measured instead",
        )


def _agreement(table: pd.DataFrame) -> str:
    """How many optima came out the same as a minimum and as a root, and which did not."""
    names = [name for name in _OPTIMA if f"{name}_agree" in table]
    apart = [
        f"{_OPTIMA[name]} of {row['size']}-r{row['replicate']} ({row[name]:.2f} and {row[f'{name}_root']:.2f})"
        for _, row in table.iterrows()
        for name in names
        if not row[f"{name}_agree"]
    ]
    count = len(names) * len(table)
    found = f"Each was found twice, as a minimum and as the root of a slope; {count - len(apart)} of {count} agree"
    return f"{found}, not so {', '.join(apart)}." if apart else f"{found}."


def _optimum_table(table: pd.DataFrame) -> pd.DataFrame:
    def interval(name: str) -> pd.Series:
        sound = table.get(f"{name}_equilibrated", pd.Series(True, table.index)).astype(bool)
        shown = table.apply(_interval, axis=1, name=name)
        return shown + np.where(sound, "", " NOT EQUILIBRATED")

    optima = {name: label for name, label in _OPTIMA.items() if name in table}
    return pd.DataFrame(
        {
            "M": table["M"].map("{:,}".format),
            "replicate": table["replicate"],
            "Meff": table["Meff"].map("{:,.0f}".format),
        }
        | {f"{label} (95%)": interval(name) for name, label in optima.items()}
        | {
            f"{label} enumerated": table[f"{name}_exact"].map("{:.2f}".format)
            for name, label in optima.items()
            if f"{name}_exact" in table
        }
        | {name: table[name].map("{:.2f}".format) for name in ("novelty", "diversity")}
        | {name: table[name].map("{:.2f}".format) for name in ("gain", "pearson", "slope") if name in table}
    )


def _points_table(points: pd.DataFrame) -> pd.DataFrame:
    """Operating points of the family: of its largest training sets, pooled."""
    family = points[points["subset"] == "all"]
    names = {"tau_train": "τ_train", "tau_f": "τ_f", "coldest": "coldest above the floors"}
    words = family["name"].map(lambda name: names.get(name, f"as natural by {judge_name(name.removeprefix('tau_'))}"))

    def shown(row: pd.Series) -> str:
        if np.isnan(row["value"]):
            return ""
        if row["value"] == 0:
            return f"below all that were sampled ({row['high']:.2f} at most)"
        if row["value"] == np.inf:
            return f"above all that were sampled ({row['low']:.2f} at least)"
        return f"{row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})"

    return pd.DataFrame(
        {
            "operating point": words,
            "τ (95%)": family.apply(shown, axis=1),
            "upper limit": np.where(family["decides"].astype(bool), "yes", ""),
            "note": family["note"],
        }
    )


def _scores_table(evidence: Evidence) -> pd.DataFrame:
    scores, states = (
        of_all[of_all["subset"] == evidence.largest] for of_all in (evidence.scores, evidence.thermodynamics)
    )
    both = scores.merge(states[["temperature", *_STATES]], on="temperature")
    shown = {
        "temperature": "{:g}", "fidelity": "{:.3f}", "novelty": "{:.3f}", "diversity": "{:.3f}", "energy": "{:.1f}",
        "entropy": "{:.1f}", "heat_capacity": "{:.1f}", "log_likelihood": "{:.3f}",
        f"percentile_{evidence.judge}": "{:.1f}", "effective_share": "{:.2f}", "identical": "{:.1%}",
        "pearson_single": "{:.3f}", "pearson_pair": "{:.3f}", "pearson_triple": "{:.3f}",
        "ess": "{:.0f}", "rhat": "{:.3f}", "drift": "{:+.2f}",
    }  # fmt: skip
    table = pd.DataFrame({column: both[column].map(form.format) for column, form in shown.items()})
    table["ln Z (MBAR)"] = _with_error(both, "log_z")
    table["ln Z (AIS)"] = _with_error(both, "log_z_ais")
    table["equilibrated"] = np.where(both["equilibrated"], "yes", "NO")
    return table


def _models_table(evidence: Evidence) -> pd.DataFrame:
    """Tabulate what each model is best sampled at, a row a training set; empty where there is but the family's own."""
    table = evidence.compared.sort_values(["M", "model"], kind="stable")
    if table["model"].nunique() < 2:
        return table.iloc[:0, :0]
    shown = {"fidelity": "{:.3f}", "novelty": "{:.3f}", "diversity": "{:.2f}", "log_likelihood": "{:.3f}"}
    return pd.DataFrame(
        {"model": table["model"], "M": table["M"].map("{:,}".format)}
        | {"coldest τ above the floors and as good as nature (95%)": table.apply(_interval, axis=1, name="tau")}
        | {name: table[name].map(form.format) for name, form in shown.items()}
    )


def _best_models(table: pd.DataFrame) -> list[str]:
    """Which model is best with how many sequences, by what is judged and by likelihood; means over replicates."""
    mean = table.groupby(["M", "model"], as_index=False).agg(
        {"fidelity": "mean", "log_likelihood": "mean", "feasible": "all"}
    )
    said = []
    able = {"fidelity": mean[mean["feasible"].astype(bool)], "log_likelihood": mean.dropna(subset="log_likelihood")}
    for column, what in (
        ("fidelity", "Most faithful where there is such a temperature"),
        ("log_likelihood", "Likeliest for held-out"),
    ):
        best = able[column].sort_values(column, ascending=False).drop_duplicates("M").sort_values("M")
        if len(best):
            listed = ", ".join(f"{row.model} with {row.M:,}" for row in best.itertuples())
            said.append(f"{what} sequences: {listed}." if column == "log_likelihood" else f"{what}: {listed}.")
    return said


def _joint_table(models: pd.DataFrame) -> pd.DataFrame:
    """How tempering each site of an autoregressive model differs from tempering the joint; empty without one."""
    if "joint_energy" not in models:
        return models.iloc[:0, :0]
    table = models.dropna(subset="joint_energy").sort_values(["model", "M", "replicate", "temperature"])
    shown = {
        "M": ("M", "{:,}"), "temperature": ("temperature", "{:g}"), "energy": ("energy, sites", "{:.1f}"),
        "joint_energy": ("energy, joint", "{:.1f}"), "joint_divergence": ("divergence, nats", "{:.2f}"),
        "joint_share": ("effective share", "{:.1%}"),
    }  # fmt: skip
    columns = {label: table[column].map(form.format) for column, (label, form) in shown.items()}
    return pd.DataFrame({"model": table["model"], "replicate": table["replicate"]} | columns)


def _interval(row: pd.Series, name: str) -> str:
    if np.isnan(row[name]):
        return "none"
    return f"{row[name]:.2f} ({row[f'{name}_low']:.2f} to {row[f'{name}_high']:.2f})"


def _front_table(scores: pd.DataFrame) -> pd.DataFrame:
    front = pareto(scores)
    shown = {"M": "{:,}", "temperature": "{:g}", "fidelity": "{:.3f}", "novelty": "{:.3f}", "diversity": "{:.3f}"}
    table = pd.DataFrame({column: front[column].map(form.format) for column, form in shown.items()})
    if len(set(front["model"])) > 1:
        table.insert(0, "model", front["model"])
    return table.assign(equilibrated=np.where(front["equilibrated"], "yes", "NO"))


def _with_error(table: pd.DataFrame, name: str) -> pd.Series:
    return table.apply(lambda r: f"{r[name]:.2f} ± {r[f'{name}_error']:.2f}", axis=1)


def _training_table(training: pd.DataFrame) -> pd.DataFrame:
    ended = {"converged": "converged", "target": "stopped early", "imported": "imported"}
    return pd.DataFrame(
        {
            "M": training["M"].map("{:,}".format),
            "replicate": training["replicate"],
            "L2 on couplings": training["l2_couplings"].map(lambda value: "-" if pd.isna(value) else f"{value:g}"),
            "training": training["stopped"].map(lambda stopped: ended.get(stopped, "NOT CONVERGED")),
            "steps": training["steps"],
            "Pearson, independent chains": training["pearson"].map("{:.3f}".format),
            "slope": training["slope"].map("{:.2f}".format),
            "ceiling": training["ceiling"].map("{:.3f}".format),
            "scale error": training["scale_error"].map("{:+.1%}".format),
            "independent families": training["families"].map("{:,.0f}".format),
        }
    )


def _designs_table(designs: pd.DataFrame) -> pd.DataFrame:
    """Every design with its scores, the sequence last."""
    left = designs.drop(columns=["aligned", "temperature", "recommended"]).rename(
        columns=lambda name: name.replace("_", " ")
    )
    numbers = left.select_dtypes("floating")
    # Three digits of the largest.
    places = {column: 3 if most < 10 else 2 if most < 100 else 1 for column, most in numbers.abs().max().items()}
    return left.assign(**{column: left[column].map(f"{{:.{n}f}}".format) for column, n in places.items()})


def _sparkline_svg(evidence: Evidence) -> str:
    """Draw a thumbnail in SVG: fidelity (line) and novelty (dashed) of the largest subset over temperature."""
    scores = evidence.scores[evidence.scores["subset"] == evidence.largest].sort_values("temperature")
    logs = np.log(scores["temperature"].to_numpy())
    width, height = 120, 44
    across = 2 + (logs - logs[0]) / (logs[-1] - logs[0]) * (width - 4)
    tau, word = evidence.temperature, "recommended" if evidence.best["tau"] else "none recommended, nearest"
    mark = np.interp(np.log(tau), logs, across)

    def line(column: str) -> str:
        return " ".join(
            f"{x:.1f},{height - 2 - y * (height - 4):.1f}" for x, y in zip(across, scores[column], strict=True)
        )

    return (
        f'<svg class="small" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
        f"<title>fidelity (line) and novelty (dashed) from τ = {scores['temperature'].iloc[0]:g} to "
        f"{scores['temperature'].iloc[-1]:g}; {word} {tau:.2f}</title>"
        f'<line x1="{mark:.1f}" x2="{mark:.1f}" y1="0" y2="{height}"/>'
        f'<polyline points="{line("fidelity")}"/><polyline points="{line("novelty")}" stroke-dasharray="3 2"/></svg>'
    )


def _inline(path: Path, prefix: str, caption: str) -> str:
    """Make a figure's SVG a part of the page, its names with a prefix: those of different figures are alike."""
    svg = path.read_text(encoding="utf-8")
    svg = svg[svg.index("<svg") :]
    for pattern in (r'(\bid=")([^"]+)', r"(url\(#)([^)]+)", r'(href="#)([^"]+)'):
        svg = re.sub(pattern, rf"\g<1>{prefix}\g<2>", svg)
    # As wide as the page or the figure, whichever is less.
    head, rest = svg.split(">", 1)
    head = re.sub(r' width="([^"]*)pt"', r' style="max-width: calc(1.3 * \1pt)"', re.sub(r' height="[^"]*"', "", head))
    return f'{head} role="img" aria-label="{html.escape(caption)}">{rest}'


def _embedded(path: Path) -> str:
    return "data:text/plain;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
