"""Facts of one family in a line each: source, sizes, predictions, landscape."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from temperance.report.results import Evidence
from temperance.stats.estimate import Estimate


def collect_facts(evidence: Evidence) -> list[tuple[str, str]]:
    """List facts of the family in a few words each: source, sizes, predictions, landscape.

    Parameters
    ----------
    evidence : Evidence
        Results of the family.

    Returns
    -------
    list of (str, str)
        Name and value of each fact.
    """
    ingest, designs, lowest = evidence.ingest, evidence.designs, evidence.landscape["ground_state"]
    heldout = int((evidence.natural["set"] == "heldout").sum())
    return [
        ("source", _describe_source(evidence)),
        ("sequences", f"{ingest['M']:,} of {ingest['sequences_read']:,}, Meff {ingest['Meff']:,.0f}"),
        ("columns", f"{ingest['L']} of {ingest['columns_read']}, q = {ingest['q']}"),
        ("held out", f"{heldout:,} sequences"),
        ("fidelity judged by", evidence.judge),
        ("designs", f"{designs['designs']} at τ = {designs['temperature']:.2f}{_reservation(designs)}"),
        *_prediction_facts(evidence.predictions),
        *_random_energy_facts(evidence.landscape["gaps"]),
        (
            "lowest energy found",
            f"{lowest['energy']:.1f} nats, by {lowest['hits']:,} of {lowest['quenches']:,} quenches",
        ),
    ]


def _reservation(designs: dict[str, Any]) -> str:
    """Add to the designs' temperature that it is not recommended, if it is not."""
    return "" if designs["recommended"] else ", which is not recommended"


def _prediction_facts(predictions: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the structure's cover, the precision of contacts and the correlation with mutants, where there are any."""
    structure = predictions.get("structure", {})
    if "sites" in structure:
        yield "structure", f"{structure['sites']:,} sites, {structure['identity']:.0%} identical to the reference"
    if "precision" in predictions:
        ranks = {row["rank"]: row for row in predictions["precision"]}
        values = (
            f"{ranks[rank]['precision']:.0%} ± {1.96 * ranks[rank]['error']:.0%} of {rank}" for rank in ("L/2", "L")
        )
        yield "precision of predicted contacts", ", ".join(values) + f" (random {ranks['L']['expected']:.0%})"
    if "mutants" in predictions:
        spearman = predictions["mutants"]
        interval = Estimate(spearman["value"], spearman["low"], spearman["high"])
        yield "Spearman with measured mutants", f"{interval.brief()}, {spearman['pairs']:,} of {spearman['measured']:,}"


def _describe_source(evidence: Evidence) -> str:
    """Name the family's alignment, or its truth and how well it was sampled."""
    truth, settings = evidence.truth, evidence.settings
    if truth is None:
        query = settings.query or settings.seed
        if query:
            return f"{Path(settings.database or '').name}, searched from {Path(query).name}"
        entry = settings.pfam or settings.interpro
        return f"{entry}, {settings.fetch.alignment} alignment" if entry else Path(evidence.ingest["source"]).name
    kind = settings.truth.kind if settings.truth else ""
    return (
        f"{kind}, R-hat {truth['rhat']:.3f}, ESS {truth['ess']:,.0f}" if "rhat" in truth else f"{kind}, listed in full"
    )


def _random_energy_facts(gaps: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the random-energy model's temperatures, with column-shuffled sequences as the random ones."""
    freezing, folding = (gaps["profile"][f"{name}_temperature"] for name in ("freezing", "folding"))
    if freezing is not None:
        folding_text = "no folding" if folding is None else f"folding {folding:.2f}"
        yield (
            "random-energy estimate",
            f"freezing {freezing:.2f}, {folding_text}; rough, whether samples are equilibrated was measured instead",
        )
