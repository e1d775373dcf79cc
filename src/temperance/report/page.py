"""Page of a family's results in HTML, which opens with the answer."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from temperance.core.artefacts import PAGE_FILES
from temperance.core.files import save_json, save_text
from temperance.report.caveats import notes, warnings
from temperance.report.charts import CHARTS, Interactive
from temperance.report.charts.interactive import vega_script
from temperance.report.embedding import embed_file, inline_figure, sparkline_svg
from temperance.report.facts import collect_facts
from temperance.report.measured import describe_measured, measured_tables
from temperance.report.methods import methods
from temperance.report.rendering import render
from temperance.report.results import Evidence
from temperance.report.tables import (
    compare_temperatures,
    describe_agreement,
    describe_best_models,
    designs_table,
    front_table,
    joint_table,
    models_table,
    optimum_table,
    points_table,
    scores_table,
    training_table,
)

# Parts of a page and their figures; a figure that none lists stands in the part of the model.
_PARTS = {
    "Temperatures": ("operating_points", "trade_off", "novelty_fidelity", "sensitivity", "optimum", "divergence"),
    "Samples": ("logo", "distances", "pca", "energies", "correlations", "orders"),
    "Model": ("thermodynamics", "calibration", "contacts", "mutants", "models"),
    "Results of the laboratory": ("measured",),
    "Training and sampling": ("training", "ladder"),
}
_MODEL = "Model"
# Beginning of a caption: up to a colon, semicolon or full stop that is not in parentheses.
_TITLE = re.compile(r"(?:\([^)]*\)|[:;.](?! |$)|[^:;.])*")


class Figure(NamedTuple):
    """A figure of a page.

    Attributes
    ----------
    number : int
        Counted through the page, from 1.
    name : str
        In `temperance.report.figures.FIGURES`.
    title, caption : str
        Beginning of the caption, and all of it.
    svg : str
        The figure.
    interactive : Interactive or None
        What a browser shows in its place, or beside it.
    """

    number: int
    name: str
    title: str
    caption: str
    svg: str
    interactive: Interactive | None


@dataclass(frozen=True)
class Section:
    """Content of one family's part of a page, which `templates/section.html.j2` lays out.

    Attributes
    ----------
    name : str
        Name of the family.
    tau, interval : str
        Recommended temperature, or `none`, and its interval, or nothing.
    headline : str
        The answer in one sentence.
    recommended : bool
        Whether a temperature is recommended.
    reasons, warnings, notes : list of str
        Why; what to know before trusting the answer; and what does not concern it.
    diagnosis, verdict : str, list of str
        What the temperatures tell of the model, in a word and in sentences.
    facts : list of (str, str)
        Names and values.
    parts : dict
        Title of a part of the page -> its figures.
    agreement : str
        How many optima are the same by two methods.
    points, temperatures, optimum, scores, front, models, joint, training, designs : pandas.DataFrame
        Tables of text, see `temperance.report.tables`.
    best_models : list of str
        Which kind of model is best.
    measured : list of str
        What measured sequences show, where any were measured.
    measured_tables : list of (str, pandas.DataFrame)
        Titles and tables of that.
    files : list of (str, str)
        Names of files, and addresses that hold them.
    methods : str
        Description of what was done.
    small : str
        Thumbnail of fidelity and novelty in SVG.
    """

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
    parts: dict[str, list[Figure]]
    agreement: str
    points: pd.DataFrame
    temperatures: pd.DataFrame
    optimum: pd.DataFrame
    scores: pd.DataFrame
    front: pd.DataFrame
    models: pd.DataFrame
    best_models: list[str]
    measured: list[str]
    measured_tables: list[tuple[str, pd.DataFrame]]
    joint: pd.DataFrame
    training: pd.DataFrame
    designs: pd.DataFrame
    files: list[tuple[str, str]]
    methods: str
    small: str


def section(name: str, evidence: Evidence, captions: dict[str, str]) -> Section:
    """Collect the content of one family's part of a page.

    Parameters
    ----------
    name : str
        Name of the family.
    evidence : Evidence
        Results of the family.
    captions : dict
        Figure -> caption.

    Returns
    -------
    Section
        Content for the template.
    """
    best = evidence.best
    tau = best["tau"]
    return Section(
        name=name,
        tau=f"{tau['value']:.2f}" if tau else "none",
        interval=f"{tau['low']:.2f} to {tau['high']:.2f}" if tau else "",
        headline=best["headline"],
        recommended=best["status"] == "recommended",
        reasons=[*best["reasons"], *_describe_designs(evidence)],
        diagnosis=evidence.best["diagnosis"],
        verdict=evidence.best["sentences"],
        warnings=warnings(evidence),
        notes=notes(evidence),
        facts=collect_facts(evidence),
        parts=_arrange(name, evidence, captions),
        agreement=describe_agreement(evidence.optimum),
        points=points_table(evidence.points),
        temperatures=compare_temperatures(evidence.largest_scores(), evidence.points, evidence.best),
        optimum=optimum_table(evidence.optimum),
        scores=scores_table(evidence),
        front=front_table(evidence.models),
        models=models_table(evidence),
        best_models=describe_best_models(evidence.compared),
        measured=list(describe_measured(evidence.measured)) if evidence.measured else [],
        measured_tables=(
            measured_tables(evidence.measured, evidence.expected, evidence.settings.design.number)
            if evidence.measured
            else []
        ),
        joint=joint_table(evidence.models),
        training=training_table(evidence.training, evidence.strengths),
        designs=designs_table(evidence.design_table),
        files=[(file, embed_file(evidence.folder / file)) for file in PAGE_FILES],
        methods=methods(evidence),
        small=sparkline_svg(evidence),
    )


def _arrange(family: str, evidence: Evidence, captions: dict[str, str]) -> dict[str, list[Figure]]:
    """Divide figures among the parts of a page, and number them."""
    listed = {figure for figures in _PARTS.values() for figure in figures}
    unlisted = tuple(figure for figure in captions if figure not in listed)
    parts: dict[str, list[Figure]] = {}
    number = 0
    for heading, figures in _PARTS.items():
        parts[heading] = []
        for figure in (*figures, *(unlisted if heading == _MODEL else ())):
            if figure in captions:
                number += 1
                caption = captions[figure]
                title = _TITLE.match(caption)[0]  # type: ignore[index]
                svg = inline_figure(evidence.folder / "figures" / f"{figure}.svg", f"{family}-{figure}-", caption)
                interactive = CHARTS[figure](evidence) if figure in CHARTS else None
                parts[heading].append(Figure(number, figure, title, caption, svg, interactive))
    return parts


def write_page(
    path: str | Path, summary: str | Path, name: str, evidence: Evidence, captions: Sequence[str | Path], seed: int
) -> Section:
    """Write the page of one family, and a summary for the index of all families.

    Parameters
    ----------
    path, summary : str or Path
        The page, self-contained HTML; and JSON: `row`, the family's row of the index.
    name : str
        Name of the family.
    evidence : Evidence
        Results of the family.
    captions : sequence of str or Path
        Files of the figures' captions, called as the figures are.
    seed : int
        Random seed of the run, which the page names.

    Returns
    -------
    Section
        Content of the page.
    """
    texts = {Path(caption).stem: " ".join(Path(caption).read_text(encoding="utf-8").split()) for caption in captions}
    content = section(name, evidence, texts)
    row = {
        "name": name, "tau": content.tau, "interval": content.interval, "small": content.small,
        "diagnosis": content.diagnosis, "warnings": len(content.warnings),
    }  # fmt: skip
    save_json(summary, {"row": row})
    interactive = [figure.interactive for part in content.parts.values() for figure in part]
    kinds = sorted({figure.kind for figure in interactive if figure})
    vega = vega_script() if "chart" in kinds else ""
    save_text(path, render("report.html.j2", section=content, rows=[], failed=[], seed=seed, kinds=kinds, vega=vega))
    return content


def _describe_designs(evidence: Evidence) -> Iterator[str]:
    """Say at which temperature designs were sampled where none is recommended."""
    if evidence.best["status"] != "recommended":
        yield (
            f"Designs were sampled at τ = {evidence.temperature:.2f} all the same, the sampled temperature that "
            "comes closest to what you ask for. They are not recommended."
        )
