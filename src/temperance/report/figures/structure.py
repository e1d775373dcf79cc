"""Predicted contacts, and effects of mutations."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from temperance.core.alphabet import Alphabet
from temperance.report.figures.averages import INTERVAL
from temperance.report.figures.style import CHOSEN, add_legend
from temperance.stats.estimate import Estimate


def contacts(table: pd.DataFrame, summary: dict[str, Any]) -> Figure:
    """Draw a contact map of the highest-scoring pairs and, where there is a structure, its contacts and the precision.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of `contacts.tsv`, the highest score first.
    summary : dict
        `predictions.json`: separation, and structure and precision where there is a structure.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels: the map; precision or, without a structure, scores against the rank of a pair.
    """
    has_structure, length = "precision" in summary, int(table["j"].max())
    figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.6), layout="constrained")
    least = summary["separation"]
    top = top_pairs(table, summary)
    contact_map, curve = axes
    kinds = [("predicted", top, "#0072b2")]
    if has_structure:
        pairs = table[table["distance"] < summary["structure"]["cutoff"]]
        for x, y in (("i", "j"), ("j", "i")):
            contact_map.plot(pairs[x], pairs[y], "s", ms=3, color="0.82", mew=0,
                             label="contact in the structure" if x == "i" else None)  # fmt: skip
        kinds = [
            ("predicted, in contact", top[top["in_contact"]], "#0072b2"),
            ("predicted, not in contact", top[~top["in_contact"]], CHOSEN),
        ]
    for label, predicted, colour in kinds:
        contact_map.plot(predicted["i"], predicted["j"], "o", ms=4, color=colour, mew=0, label=label)
    contact_map.plot([0, length + 1], [0, length + 1], color="0.8", lw=0.8)
    contact_map.set(xlim=(0, length + 1), ylim=(length + 1, 0), aspect="equal")
    sites, labels, name = site_labels(table)
    contact_map.set_xticks(sites, labels)
    contact_map.set_yticks(sites, labels)
    contact_map.set(xlabel=f"{name} i", ylabel=f"{name} j")
    contact_map.set_title(f"the {len(top):,} highest scores, {least} or more apart", fontsize=10)
    if has_structure:
        precision, at_random = precision_by_rank(table, summary)
        curve.plot(precision.index, precision, color="#0072b2", label="precision")
        curve.axhline(at_random, color="0.5", ls="--", lw=1, label="pairs at random")
        for row in summary["precision"]:
            if row["pairs"]:
                curve.errorbar(
                    row["pairs"], row["precision"], INTERVAL * row["error"], fmt="o", ms=4, color="#0072b2", capsize=2
                )
                curve.annotate(
                    row["rank"], (row["pairs"], row["precision"]), xytext=(4, 6), textcoords="offset points", fontsize=8
                )
        curve.set(xscale="log", ylim=(0, 1.04), xlabel="pairs, the highest score first", ylabel="share in contact")
    else:
        scores = table.loc[table["separation"] >= least, "score"]
        curve.plot(np.arange(1, len(scores) + 1), scores, color="#0072b2", label="score")
        curve.set(xscale="log", xlabel="pairs, the highest score first", ylabel="corrected norm of the couplings")
    add_legend(figure, list(axes))
    return figure


def site_labels(table: pd.DataFrame) -> tuple[list[int], list[str], str]:
    """Choose sites to label on an axis, by residues of the reference or, where it has none, by columns, as in tables.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of `contacts.tsv`.

    Returns
    -------
    sites : list of int
        Sites, at most about ten, whose numbers are round.
    labels : list of str
        Their numbers.
    name : str
        What the numbers count: residue or column.
    """
    sides = [table[[side, f"number_{side}", f"column_{side}"]].to_numpy() for side in ("i", "j")]
    sites = pd.DataFrame(np.concatenate(sides), columns=["site", "residue", "column"]).drop_duplicates("site")
    name = "residue" if sites["residue"].notna().any() else "column"
    numbers = sites.sort_values("site").dropna(subset=[name]).set_index("site")[name].astype(int)
    span = numbers.max() - numbers.min()
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10**9) if span <= 10 * step)
    numbers = numbers[numbers % step == 0]
    return numbers.index.astype(int).tolist(), numbers.astype(str).tolist(), name


def top_pairs(table: pd.DataFrame, summary: dict[str, Any]) -> pd.DataFrame:
    """Select the highest-scoring pairs that are far enough apart, as many as there are sites.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of `contacts.tsv`, the highest score first.
    summary : dict
        `predictions.json`.

    Returns
    -------
    pandas.DataFrame
        The rows and, where there is a structure, in_contact: whether they are closer than its cutoff.
    """
    top = table[table["separation"] >= summary["separation"]].head(int(table["j"].max()))
    return top.assign(in_contact=top["distance"] < summary["structure"]["cutoff"]) if "precision" in summary else top


def precision_by_rank(table: pd.DataFrame, summary: dict[str, Any]) -> tuple[pd.Series, float]:
    """Compute the share of contacts among the pairs of the highest scores, and among all pairs.

    Pairs of which the structure does not tell the distance are left out.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of `contacts.tsv`, the highest score first.
    summary : dict
        `predictions.json` of a family with a structure.

    Returns
    -------
    precision : pandas.Series
        Share by number of pairs, from 1 to three times the number of sites at most.
    at_random : float
        Share among all pairs that are far enough apart.
    """
    resolved = table[(table["separation"] >= summary["separation"]) & table["distance"].notna()]
    in_contact = (resolved["distance"] < summary["structure"]["cutoff"]).to_numpy()
    count = np.arange(1, min(3 * int(table["j"].max()), len(resolved)) + 1)
    return pd.Series(in_contact[: len(count)].cumsum() / count, index=count), float(in_contact.mean())


def mutants(table: pd.DataFrame, summary: dict[str, Any], alphabet: Alphabet) -> Figure:
    """Draw the scores of all single mutants of the reference and, where effects were measured, their agreement.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of `mutants.tsv`.
    summary : dict
        `predictions.json`: mutants, Spearman's correlation, where it has a value.
    alphabet : Alphabet
        States of a site.

    Returns
    -------
    matplotlib.figure.Figure
        The map of all mutants and, where effects were measured, a scatter plot.
    """
    has_measured = bool("measured" in table and table["measured"].notna().any())
    figure, axes = plt.subplots(
        1,
        2 if has_measured else 1,
        figsize=(12.5, 4.6),
        layout="constrained",
        squeeze=False,
        width_ratios=[3, 1] if has_measured else None,
    )
    symbols = [symbol for symbol in alphabet.symbols if symbol != "-"]
    grid = mutant_grid(table, symbols)
    limit = float(np.nanpercentile(np.abs(grid), 98)) if grid.size else 1.0
    axis, sites = axes[0, 0], grid.columns.to_numpy()
    image = axis.imshow(grid, cmap="RdBu", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
    figure.colorbar(image, ax=axis, label="ln (P of the mutant / P of the reference)", fraction=0.03, pad=0.01)
    axis.set_yticks(range(len(symbols)), symbols, fontsize=7)
    wild = table.drop_duplicates("site").set_index("site")
    names = (wild["number"].fillna(wild["column"]).astype(int)).reindex(sites).to_numpy()
    step = max(1, len(sites) // 24)
    ticks = np.arange(0, len(sites), step)
    axis.set_xticks(ticks, [f"{wild['wild'][sites[t]]}{names[t]}" for t in ticks], rotation=60, fontsize=8)
    axis.plot(range(len(sites)), [symbols.index(wild["wild"][site]) for site in sites], "k.", ms=2.5)
    axis.set(xlabel="residue of the reference (dots)", ylabel="mutated to")
    if has_measured:
        scored = table.dropna(subset=["measured"])
        axes[0, 1].plot(
            scored["score"], scored["measured"], "o", ms=2.5, alpha=0.5, mew=0, color="#0072b2", rasterized=True
        )
        axes[0, 1].set(xlabel="score, nats", ylabel="measured")
        if spearman := summary.get("mutants"):
            interval = Estimate(spearman["value"], spearman["low"], spearman["high"])
            axes[0, 1].set_title(f"Spearman {interval.brief()}", fontsize=10)
    return figure


def mutant_grid(table: pd.DataFrame, symbols: list[str]) -> pd.DataFrame:
    """Arrange the scores of single mutants by residue and site.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of `mutants.tsv`: site, mutated, score.
    symbols : list of str
        Residues in the order of the rows.

    Returns
    -------
    pandas.DataFrame
        A row a residue, a column a site that has mutants, ascending; nan where there is no mutant.
    """
    return table.pivot_table(index="mutated", columns="site", values="score", sort=True).reindex(symbols)
