"""Pictures of one figure of each family, compared with those in golden/; what they show is tested beside them.

After a deliberate change of look, renew them: TEMPERANCE_RENEW_PICTURES=1 pytest -n0 tests/unit/report/test_pictures.py
"""

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.testing.compare import compare_images

from temperance.report import figures, figures_of_theory

GOLDEN = Path(__file__).parent / "golden"
# Root mean square of differences, of 255: text of another version of FreeType differs by about 3, a line by more.
TOLERANCE = 5


def compare(figure, name, folder):
    """Compare a figure, saved with few dots, with its golden picture, or make that one anew."""
    path = folder / f"{name}.png"
    with figures.theme():
        figure.savefig(path, dpi=32)
    plt.close(figure)
    if os.environ.get("TEMPERANCE_RENEW_PICTURES"):
        shutil.copy(path, GOLDEN / path.name)
    # A copy, as differences are written beside the golden picture.
    golden = shutil.copy(GOLDEN / path.name, folder / f"{name}-golden.png")
    assert compare_images(str(golden), str(path), TOLERANCE) is None


@pytest.mark.parametrize("name", ["trade_off", "optimum", "thermodynamics", "distances", "contacts", "ladder"])
def test_a_figure_of_each_family_looks_as_it_did(draw, name, tmp_path):
    compare(draw(name), name, tmp_path)


def test_a_figure_of_theory_looks_as_it_did(tmp_path):
    rows = [
        {"family": "planted", "value": value, "M": size, "replicate": replicate}
        | {name: 0.5 + 0.3 * n + 0.2 * value + 20 / size + 0.05 * replicate
           for n, name in enumerate(("tau_f", "tau_r", "tau_j"))}
        for value in (0, 1, 2) for size in (30, 100, 300) for replicate in (1, 2)
    ]  # fmt: skip
    with figures.theme():
        figure = figures_of_theory.phase_diagram(figures_of_theory.summarise(pd.DataFrame(rows)), "truth.gap")
    compare(figure, "phase_diagram", tmp_path)


def test_a_picture_of_something_else_is_noticed(tmp_path):
    """A diagonal line on the axes of the figure of optimal temperatures."""
    with figures.theme():
        figure, axis = plt.subplots(figsize=(7.4, 4.4), layout="constrained")
        axis.plot(np.arange(2), np.arange(2))
    if not os.environ.get("TEMPERANCE_RENEW_PICTURES"):
        with pytest.raises(AssertionError):
            compare(figure, "optimum", tmp_path)
