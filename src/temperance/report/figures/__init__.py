"""Figures of one family. Each function takes tables and returns a matplotlib figure."""

from collections.abc import Callable

import matplotlib

matplotlib.use("agg")

from matplotlib.figure import Figure

from temperance.report.figures.bias import bias
from temperance.report.figures.convergence import ladder, training
from temperance.report.figures.laboratory import measured
from temperance.report.figures.operating_temperatures import (
    best_window,
    operating_point_rows,
    operating_points,
    optimum,
)
from temperance.report.figures.sequences import correlations, distances, logo, orders, pca
from temperance.report.figures.structure import contacts, mutants
from temperance.report.figures.style import save, theme
from temperance.report.figures.tempered_distribution import calibration, divergence, energies, thermodynamics
from temperance.report.figures.trade_offs import models, novelty_fidelity, sensitivity, spread_out, trade_off

__all__ = ["FIGURES", "best_window", "operating_point_rows", "save", "spread_out", "theme"]

# The functions that draw the figures of the report, by name of the figure.
FIGURES: dict[str, Callable[..., Figure]] = {
    function.__name__: function
    for function in (
        operating_points,
        trade_off,
        novelty_fidelity,
        sensitivity,
        optimum,
        divergence,
        thermodynamics,
        calibration,
        energies,
        bias,
        pca,
        correlations,
        orders,
        distances,
        logo,
        contacts,
        mutants,
        measured,
        training,
        ladder,
        models,
    )
}
