"""Figure of measured sequences: whether calibrated probabilities hold, and what they expect of each temperature."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from temperance.report.figures.style import (
    CHOSEN,
    NATURAL,
    cross_out,
    mark_temperature,
    set_temperature_axis,
    write_instead,
)


def measured(summary: dict[str, Any] | None, expected: pd.DataFrame, best: dict) -> Figure:
    """Draw the reliability diagram of calibrated probabilities, and expected functional shares against temperature.

    Parameters
    ----------
    summary : dict or None
        `measured.json`; None where nothing was measured.
    expected : pandas.DataFrame
        `measured-temperatures.tsv`.
    best : dict
        `recommendation.json`.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels.
    """
    figure, axes = plt.subplots(1, 2, figsize=(9.6, 3.8), layout="constrained")
    bins = pd.DataFrame(summary["reliability"] if summary else [])
    if bins.empty:
        write_instead(axes[0], "No probability was calibrated." if summary else "No sequences were measured.")
        write_instead(axes[1], "")
        return figure
    ends = [bins["functional"] - bins["functional_low"], bins["functional_high"] - bins["functional"]]
    axes[0].plot([0, 1], [0, 1], color="black", ls=":", lw=1)
    axes[0].errorbar(
        bins["expected"], bins["functional"], np.array(ends), color=NATURAL, marker="o", ms=4, lw=1, clip_on=False
    )
    axes[0].set(xlabel="probability that was expected", ylabel="share that was functional", xlim=(0, 1), ylim=(0, 1))
    axes[1].fill_between(
        expected["temperature"], expected["functional_low"], expected["functional_high"], color=CHOSEN, alpha=0.2, lw=0
    )
    axes[1].plot(expected["temperature"], expected["functional"], color=CHOSEN, marker="o", ms=4, label="expected")
    cross_out(axes[1], expected, expected["functional"])
    mark_temperature(axes[1], best)
    axes[1].set(ylabel="expected functional share", ylim=(0, 1))
    set_temperature_axis(axes[1], expected["temperature"].to_numpy())
    axes[1].legend(fontsize=8)
    return figure
