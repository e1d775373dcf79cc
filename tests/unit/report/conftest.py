"""Results of a small family, and figures of them, made once."""

from dataclasses import replace

import pytest
import small_family
from matplotlib import pyplot as plt

from temperance.report import figures
from temperance.report.results import Evidence


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("family")
    small_family.write_family(path)
    return path


@pytest.fixture(scope="session")
def evidence(folder):
    """The family with a recommendation."""
    return Evidence.load(folder, small_family.SUBSETS, small_family.read_settings())


@pytest.fixture(scope="session")
def refused(evidence):
    """The same family without a recommendation."""
    return replace(evidence, best=small_family.NONE)


@pytest.fixture(scope="session")
def draw(evidence):
    """Draw a figure in the report's style: of the small family, once for all tests, or of other evidence."""
    arguments, drawings = evidence.figure_arguments(), {}

    def draw_figure(name, source=None):
        if source is None and name in drawings:
            return drawings[name]
        with figures.theme():
            figure = figures.FIGURES[name](*(source.figure_arguments() if source else arguments)[name])
        plt.close(figure)
        return figure if source else drawings.setdefault(name, figure)

    return draw_figure
