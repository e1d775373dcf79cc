"""The stages figures, page and report, on a small family whose results are written out."""

import json
import re

import pytest
import small_family

from temperance.report import figures as drawings
from temperance.stages import figures, page, report


@pytest.fixture(scope="module")
def family(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results") / "rna"
    folder.mkdir()
    small_family.write_family(folder)
    (folder / "figures").mkdir()
    return folder


@pytest.fixture(scope="module")
def figure_paths(family):
    """The figures of energies, as SVG and PNG, and of the ladder, as SVG."""
    outputs = figures.Outputs([family / "figures" / name for name in ("ladder.svg", "optimum.svg", "optimum.png")])
    figures.run(figures.Inputs([family / "ingest.json"], [], [], []), outputs, small_family.read_settings(),
                small_family.SUBSETS)  # fmt: skip
    return outputs.figures


def test_each_file_holds_the_figure_of_its_name(figure_paths, family):
    assert sorted(path.name for path in (family / "figures").iterdir()) == ["ladder.svg", "optimum.png", "optimum.svg"]
    ladder, optimum, picture = figure_paths
    # Axes of that figure, and values of its markers.
    assert "rung temperature" in ladder.read_text() and "training sequences M" not in ladder.read_text()
    titles = re.findall(r"<title>(.*?)</title>", optimum.read_text())
    # The first model's τ_f, left of the others: 100 * 0.94 * (1 - 0.03 * 0.8).
    assert "training sequences M 91.74; temperature 0.9" in titles
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_only_the_figures_that_are_asked_for_are_drawn(family, monkeypatch, tmp_path):
    def fail(*_):
        raise AssertionError("drawn though nobody asked for it")

    others = dict.fromkeys(drawings.FIGURES, fail) | {"ladder": drawings.FIGURES["ladder"]}
    monkeypatch.setattr(drawings, "FIGURES", others)
    outputs = figures.Outputs([tmp_path / "ladder.pdf"])
    figures.run(figures.Inputs([family / "ingest.json"], [], [], []), outputs, small_family.read_settings(),
                small_family.SUBSETS)  # fmt: skip
    assert (tmp_path / "ladder.pdf").read_bytes().startswith(b"%PDF")


@pytest.fixture(scope="module")
def pages(figure_paths, family, tmp_path_factory):
    """The page of the family and its summary."""
    folder = tmp_path_factory.mktemp("pages")
    for name in ("optimum", "ladder"):
        (folder / f"{name}.rst").write_text(f"Caption of {name}.\n")
    outputs = page.Outputs(folder / "report.html", folder / "report.json")
    inputs = page.Inputs([family / "ingest.json"], [], [], [], figure_paths, [],
                         [folder / "optimum.rst", folder / "ladder.rst"])  # fmt: skip
    page.run(inputs, outputs, small_family.read_settings(), 23, small_family.SUBSETS, "rna")
    return outputs


def test_a_page_shows_the_family_s_figures_with_their_captions(pages):
    text = pages.page.read_text()
    assert '<section id="rna">' in text and "Sample at 0.70." in text and "seed 23." in text
    assert re.findall("<figcaption>(.*?)</figcaption>", text) == [
        "<b>Figure 1.</b> Caption of optimum.", "<b>Figure 2.</b> Caption of ladder.",
    ]  # fmt: skip
    assert "rna-optimum-" in text and "training sequences M 91.74; temperature 0.9" in text
    assert json.loads(pages.summary.read_text())["row"]["tau"] == "0.70"


def test_a_report_is_the_page_of_one_family_and_an_index_of_several(pages, tmp_path):
    summary = json.loads(pages.summary.read_text())
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"row": summary["row"] | {"name": "other"}}))
    outputs = report.Outputs(tmp_path / "report.html")
    report.run(report.Inputs([pages.page], [pages.summary]), outputs, 29)
    assert outputs.page.read_bytes() == pages.page.read_bytes()
    report.run(report.Inputs([pages.page, pages.page], [pages.summary, other]), outputs, 29)
    text = outputs.page.read_text()
    assert "Sample at" not in text and "are not done" not in text and "seed 29." in text
    assert '<a href="rna/report.html">rna</a>' in text and '<a href="other/report.html">other</a>' in text
