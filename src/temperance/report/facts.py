"""Facts of one family in a line each: source, sizes, predictions, landscape."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from temperance.report.results import Evidence


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
