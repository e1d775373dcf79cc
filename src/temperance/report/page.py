"""The page that opens with the answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from temperance.core.artefacts import PAGE_FILES
from temperance.core.files import load_json, save_json, save_text
from temperance.core.version import __version__
from temperance.report.caveats import notes, warnings
from temperance.report.embedding import _embedded, _inline, _sparkline_svg
from temperance.report.facts import _facts
from temperance.report.methods import methods
from temperance.report.results import Evidence
from temperance.report.tables import (
    _agreement,
    _best_models,
    _designs_table,
    _front_table,
    _joint_table,
    _models_table,
    _optimum_table,
    _points_table,
    _scores_table,
    _training_table,
)

# Families that one page shows in full; of more, each has a page of its own.
_ON_ONE_PAGE = 6
_NONE_FAILED = pd.DataFrame(columns=["family", "job", "reason"])


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


def _of_designs(evidence: Evidence) -> Iterator[str]:
    """Say at which temperature designs were sampled where none is recommended."""
    if evidence.best["status"] != "recommended":
        yield (
            f"Designs were sampled at τ = {evidence.temperature:.2f} all the same, the sampled temperature that misses "
            "least. They are not recommended for that reason."
        )
