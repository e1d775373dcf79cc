"""Draw the figures of arXiv:2512.09152 anew, and write them beside its claims."""

import logging
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from temperance.core.files import load_table, save_text
from temperance.report import figures, figures_of_paper
from temperance.report.paper import COLD, EXAMPLE, FEW, exact_entropies, render_page, select_few

log = logging.getLogger(__name__)
# The number of draws of the two-level models whose kappa and C are drawn.
_TWO_LEVEL_DRAWS = 30


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    two_level : list of Path
        Worked example and models, from `paper_two_level`.
    ising : list of Path
        Models, levels and curves of each temperature in turn, from `paper_ising`.
    sector : list of Path
        Models of each temperature, from `paper_sector`.
    """

    two_level: list[Path]
    ising: list[Path]
    sector: list[Path]


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    page : Path
        Markdown, whose figures are in a folder of the same name.
    figures : list of Path
        Figures, as SVG and PNG.
    """

    page: Path
    figures: list[Path]


def run(inputs: Inputs, outputs: Outputs) -> None:
    """Draw the figures, and write the page.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    """
    example, two_level = (load_table(path) for path in inputs.two_level)
    models, levels, curves = (
        pd.concat([load_table(path) for path in inputs.ising[k::3]], ignore_index=True) for k in range(3)
    )
    sector = pd.concat([load_table(path) for path in inputs.sector], ignore_index=True)
    few = models[(models["M"] == FEW) & (models["fit"] == "paper")]
    few_levels = select_few(levels)
    drawings = {
        "two-level-example": lambda: figures_of_paper.two_level_example(example),
        "two-level-diagram": lambda: figures_of_paper.two_level_diagram(two_level),
        "ising-example": lambda: figures_of_paper.ising_example(*map(_select_example, (levels, curves, models))),
        "ising-diagram": lambda: figures_of_paper.ising_diagram(models),
        "sign-rule": lambda: figures_of_paper.sign_rule(two_level[two_level["M"] == _TWO_LEVEL_DRAWS], few, few_levels),
        "levels": lambda: figures_of_paper.levels(few_levels[few_levels["temperature"] == COLD]),
        "sector": lambda: figures_of_paper.sector(sector, exact_entropies(sector)),
    }
    with figures.theme():
        for name, draw in drawings.items():
            figures.save(draw(), [path for path in outputs.figures if path.stem == name])
    save_text(outputs.page, render_page(example, two_level, models, levels, sector))
    log.info("%d models", len(two_level) + len(models) + int((sector["tau"] == 1).sum()))


def _select_example(table: pd.DataFrame) -> pd.DataFrame:
    """Select the first training set of the paper's example."""
    temperature, size = EXAMPLE
    chosen = table[(table["temperature"] == temperature) & (table["M"] == size)]
    return chosen[chosen["replicate"] == 1]
