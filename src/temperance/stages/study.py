"""Draw the phase diagram of a study."""

import logging
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from temperance.core.files import load_table, save_table
from temperance.report import figures, figures_of_theory
from temperance.validation.study import summarise

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Tables of models, one a family."""

    tables: list[Path]


class Outputs(NamedTuple):
    """A row a model; means over replicates; the figure as SVG and PNG."""

    models: Path
    table: Path
    figures: list[Path]


def run(inputs: Inputs, outputs: Outputs, vary: Any) -> None:
    """Average over replicates and draw; `vary` is what the study varies, none but sizes if it is empty."""
    models = pd.concat([load_table(path) for path in inputs.tables], ignore_index=True)
    summary = summarise(models)
    save_table(outputs.models, models)
    save_table(outputs.table, summary)
    with figures.theme():
        figure = (
            figures_of_theory.phase_diagram(summary, vary) if vary else figures_of_theory.optima_against_size(summary)
        )
        figures.save(figure, list(outputs.figures))
    log.info("%d models of %s", len(models), ", ".join(summary["family"].unique()))
