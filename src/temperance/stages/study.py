"""Plot the phase diagram of a study."""

import logging
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from temperance.core.files import load_table, save_table
from temperance.report import figures, figures_of_theory
from temperance.validation.study import summarise

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    tables : list of Path
        Optimal temperatures of the models of each family, from `study_exact` and `study_sampled`.
    """

    tables: list[Path]


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    models : Path
        Optimal temperatures, one row a model.
    table : Path
        Means over replicates.
    figures : list of Path
        Phase diagram, as SVG and PNG.
    """

    models: Path
    table: Path
    figures: list[Path]


def run(inputs: Inputs, outputs: Outputs, vary: Any) -> None:
    """Average optimal temperatures over replicates, and plot them.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    vary : str or None
        Key of the setting that the study varies besides the size of training sets; none: the sizes alone.
    """
    models = pd.concat([load_table(path, text=["family"]) for path in inputs.tables], ignore_index=True)
    summary = summarise(models)
    save_table(outputs.models, models)
    save_table(outputs.table, summary)
    with figures.theme():
        figure = (
            figures_of_theory.phase_diagram(summary, vary) if vary else figures_of_theory.optima_against_size(summary)
        )
        figures.save(figure, list(outputs.figures))
    log.info("%d models of the families %s", len(models), ", ".join(summary["family"].unique()))
