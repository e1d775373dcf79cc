"""The page of a family, and the parts that make it self-contained."""

import base64
import re
from dataclasses import replace

import pandas as pd
import pytest
import small_family
from html_tables import cells

from temperance.core.artefacts import PAGE_FILES, TEXT_COLUMNS
from temperance.core.files import load_json, load_table, save_table
from temperance.core.version import __version__
from temperance.report import tables
from temperance.report.caveats import notes, warnings
from temperance.report.embedding import embed_file, inline_figure, sparkline_svg
from temperance.report.facts import collect_facts
from temperance.report.methods import methods
from temperance.report.page import section, write_page

SVG = (
    '<?xml version="1.0"?><!DOCTYPE svg><svg width="100.5pt" height="50pt" viewBox="0 0 100 50">'
    '<path id="a" clip-path="url(#b)"/><clipPath id="b"/><use href="#a" xlink:href="#a"/></svg>'
)


@pytest.fixture(scope="module")
def results(evidence, tmp_path_factory):
    """A copy of the family's folder with two figures, whose captions are beside it."""
    folder = tmp_path_factory.mktemp("drawn")
    for file in PAGE_FILES:
        (folder / file).write_bytes((evidence.folder / file).read_bytes())
    (folder / "figures").mkdir()
    for name in ("ladder", "optimum"):
        (folder / "figures" / f"{name}.svg").write_text(SVG)
        (folder / f"{name}.rst").write_text(f"Caption\n  of {name} < 1.\n")
    # Two warnings, and one note.
    return replace(evidence, folder=folder, best=evidence.best | {"limits": ["It is at the edge."]})


def captions(evidence):
    return [evidence.folder / "optimum.rst", evidence.folder / "ladder.rst"]


# ---------------------------------------------------------------- sections


def test_a_section_holds_the_answer_and_every_table_in_its_place(results):
    content = section("rna", results, {"ladder": "Of ladders.", "optimum": "Of optima."})
    assert (content.name, content.tau, content.interval) == ("rna", "0.70", "0.60 to 0.80")
    assert content.headline == "Sample at 0.70." and content.recommended
    assert content.reasons == ["It is cold enough."]
    assert (content.diagnosis, content.verdict) == ("faithful", ["All is well."])
    assert content.warnings == warnings(results) != [] and content.notes == notes(results) != []
    assert content.facts == collect_facts(results) and content.methods == methods(results)
    (optimum,), (ladder,) = content.parts["Temperatures"], content.parts["Training and sampling"]
    assert optimum[:4] == (1, "optimum", "Of optima", "Of optima.")
    assert ladder[:4] == (2, "ladder", "Of ladders", "Of ladders.")
    assert 'aria-label="Of optima."' in optimum.svg and 'id="rna-optimum-a"' in optimum.svg
    assert content.parts["Samples"] == content.parts["Model"] == content.parts["Results of the laboratory"] == []
    expected = {
        "points": tables.points_table(results.points), "optimum": tables.optimum_table(results.optimum),
        "temperatures": tables.compare_temperatures(results.largest_scores(), results.points, results.best),
        "scores": tables.scores_table(results), "front": tables.front_table(results.models),
        "models": tables.models_table(results), "joint": tables.joint_table(results.models),
        "training": tables.training_table(results.training, results.strengths),
    }  # fmt: skip
    for name, table in expected.items():
        pd.testing.assert_frame_equal(getattr(content, name), table)
    assert list(content.designs["name"]) == ["d1", "d2"] and list(content.designs["energy"]) == ["-123.5", "-7.0"]
    assert content.agreement == tables.describe_agreement(results.optimum)
    assert content.best_models == tables.describe_best_models(results.compared)
    assert [name for name, _ in content.files] == list(PAGE_FILES)
    assert content.small == sparkline_svg(results)


def test_names_and_sequences_of_designs_are_text_also_where_they_could_be_numbers(results, tmp_path):
    designs = pd.DataFrame(
        {
            "name": ["007_design_001", "007_design_002", "007_design_003"], "temperature": 0.7, "recommended": True,
            "nearest_natural": ["007", "1e5", "NA"], "nearest_training": ["=1+1", "null", ""], "cluster": [1, 2, 3],
            "aligned": ["01-", "10-", "011"], "sequence": ["01", "10", "011"],
        }
    )  # fmt: skip
    save_table(tmp_path / "designs.tsv", designs)
    table = load_table(tmp_path / "designs.tsv", text=TEXT_COLUMNS["designs.tsv"])
    content = section("rna", replace(results, design_table=table), {})
    for column in ("name", "nearest_natural", "nearest_training", "sequence"):
        assert content.designs[column.replace("_", " ")].tolist() == designs[column].tolist()


def test_without_a_recommendation_the_section_says_where_designs_were_sampled(results):
    content = section("rna", replace(results, best=small_family.NONE), {})
    assert (content.tau, content.interval, content.recommended) == ("none", "", False)
    assert content.reasons == [
        "It is cold enough.",
        "Designs were sampled at τ = 0.70 all the same, the sampled temperature that comes closest to what you "
        "ask for. They are not recommended.",
    ]


# ---------------------------------------------------------------- parts


def test_a_thumbnail_has_fidelity_as_a_line_and_novelty_dashed(evidence):
    svg = sparkline_svg(evidence)
    # From 2 to 118 in ln tau, 0.25 to 2: 0.5 is a third of the way, 1 two thirds; ln(0.7 / 0.25) / ln 8 = 0.4951.
    # Heights are 42 less 40 times fidelity (0.95, 0.9, 0.8, 0.7, 0.4) and novelty (0.05, 0.25, 0.3, 0.4, 0.75).
    fidelity, novelty = re.findall(r'<polyline points="(.*?)"( stroke-dasharray="3 2")?/>', svg)
    assert fidelity == ("2.0,4.0 40.7,6.0 59.4,10.0 79.3,14.0 118.0,26.0", "")
    assert novelty == ("2.0,40.0 40.7,32.0 59.4,30.0 79.3,26.0 118.0,12.0", ' stroke-dasharray="3 2"')
    assert '<line x1="59.4" x2="59.4" y1="0" y2="44"/>' in svg
    assert "from τ = 0.25 to 2; recommended 0.70</title>" in svg


def test_a_thumbnail_without_a_recommendation_marks_the_nearest_temperature(refused):
    assert "; none recommended, nearest 0.70</title>" in sparkline_svg(refused)


def test_a_figure_in_the_page_has_identifiers_of_its_own_and_a_label(tmp_path):
    (tmp_path / "figure.svg").write_text(SVG)
    svg = inline_figure(tmp_path / "figure.svg", "rna-", 'of "τ" < 1')
    assert svg == (
        '<svg style="max-width: calc(1.3 * 100.5pt)" viewBox="0 0 100 50" role="img" '
        'aria-label="of &quot;τ&quot; &lt; 1">'
        '<path id="rna-a" clip-path="url(#rna-b)"/><clipPath id="rna-b"/><use href="#rna-a" xlink:href="#rna-a"/></svg>'
    )


def test_a_file_is_held_by_its_address(tmp_path):
    (tmp_path / "file").write_bytes("a τ\n".encode())
    kind, content = embed_file(tmp_path / "file").split(",")
    assert kind == "data:text/plain;base64" and base64.b64decode(content) == "a τ\n".encode()


# ---------------------------------------------------------------- pages


@pytest.fixture(scope="module")
def written(results, tmp_path_factory):
    """The page of the small family, and its summary."""
    folder = tmp_path_factory.mktemp("page")
    write_page(folder / "page.html", folder / "page.json", "rna", results, captions(results), 17)
    return (folder / "page.html").read_text(), load_json(folder / "page.json")


def test_a_page_shows_answer_reasons_caveats_and_facts(written, results):
    page, _ = written
    assert "<title>temperance: rna</title>" in page
    assert '<p class="answer">Sample at 0.70.</p>\n<p>It is cold enough.</p>' in page
    assert "<h3>What the temperatures say: faithful</h3>\n<p>All is well.</p>" in page
    warned = re.search(r'<div class="warnings" id="warnings">(.*?)</div>', page, re.S)[1]
    assert len(re.findall("<li>", warned)) == len(warnings(results))
    assert "<li>Only 2 sequences are held out: τ<sub>f</sub> and the scales of judges are uncertain.</li>" in warned
    assert "One more note, which does not affect the recommendation" in page
    assert page.count("This does not affect the recommended temperature.</li>") == 1
    assert "<dt>held out</dt><dd>2 sequences</dd>" in page
    assert f"temperance {__version__}, seed 17." in page


def test_a_page_has_every_table_and_file(written, results):
    page, _ = written
    assert cells(page, "rna.optimum")[1][:4] == ["100", "1", "50", "0.90 (0.85 to 1.00)"]
    assert cells(page, "rna.operating-points")[1] == ["τ<sub>train</sub>", "0.93 (0.92 to 0.94)", "0.92", ""]
    # The largest model was sampled at 0.25, 0.5, 1, ...: of 0.93 the nearest is 1.
    assert cells(page, "rna.compared-temperatures")[2][:3] == ["τ<sub>train</sub>", "0.93", "1"]
    assert cells(page, "rna.scores")[2][:3] == ["0.5", "0.900", "0.250"]
    assert cells(page, "rna.pareto")[1][:3] == ["potts", "100", "0.5"]
    assert cells(page, "rna.models")[1][:2] == ["potts", "100"]
    assert cells(page, "rna.training")[1][:3] == ["100", "1", "0.1"]
    assert cells(page, "rna.designs")[1] == ["d1", "-123.5", "0.250", "43.21", "1", "ACU"]
    assert 'data-name="rna.joint"' not in page
    for file in PAGE_FILES:
        assert f'download="rna.{file}" href="{embed_file(results.folder / file)}"' in page
    assert methods(results) in page


def test_figures_are_numbered_through_the_parts_of_the_page_and_linked_from_its_contents(written):
    page, _ = written
    figures = re.findall(
        r'<figure id="(.*?)" tabindex="0">\n<svg .*?aria-label="(.*?)">.*?<figcaption>(.*?)</figcaption>', page, re.S
    )
    # Line breaks of a caption are spaces, and its signs are escaped.
    assert figures == [
        (f"rna-figure-{n}", f"Caption of {name} &lt; 1.", f"<b>Figure {n}.</b> Caption of {name} &lt; 1.")
        for n, name in enumerate(("optimum", "ladder"), 1)
    ]
    (contents,) = re.findall(r'<nav class="contents">(.*?)</nav>', page, re.S)
    assert re.findall(r'<a href="#(.*?)">(.*?)</a>(: [^<]*)?', contents) == [
        ("rna-temperatures", "Temperatures", ""), ("rna-figure-1", "Figure 1", ": Caption of optimum &lt; 1"),
        ("rna-training-and-sampling", "Training and sampling", ""),
        ("rna-figure-2", "Figure 2", ": Caption of ladder &lt; 1"), ("rna-methods", "Methods", ""),
    ]  # fmt: skip
    for name in ("temperatures", "training-and-sampling", "methods"):
        assert page.count(f'<h3 id="rna-{name}">') == 1
    # The answer, what concerns it and the designs come before the evidence.
    places = [
        page.index(text) for text in ('class="answer"', 'class="warnings"', "<h3>Designs</h3>", 'id="rna-figure-1"')
    ]
    assert places == sorted(places)


def test_the_figure_of_operating_points_stands_with_the_answer_and_unlisted_ones_with_the_model(results, tmp_path):
    for name in ("operating_points", "novel", "contacts"):
        (results.folder / "figures" / f"{name}.svg").write_text(SVG)
        (results.folder / f"{name}.rst").write_text(f"{name} (as is; of all): what it shows.\n")
    files = [results.folder / f"{name}.rst" for name in ("novel", "contacts", "operating_points")]
    write_page(tmp_path / "page.html", tmp_path / "page.json", "rna", results, files, 1)
    page = (tmp_path / "page.html").read_text()
    texts = [
        'aria-label="operating_points', 'class="warnings"', "<h3>Designs</h3>", '<h3 id="rna-temperatures">',
        '<h3 id="rna-model">', 'aria-label="contacts', 'aria-label="novel', '<h3 id="rna-training-and-sampling">',
    ]  # fmt: skip
    places = [page.index(text) for text in texts]
    assert places == sorted(places) and page.count('aria-label="operating_points') == 1
    assert "Figure 2</a>: contacts (as is; of all)</li>" in page and "Figure 3</a>: novel (as is; of all)</li>" in page


def test_the_summary_has_the_family_s_row_of_the_index(written, results):
    page, summary = written
    assert set(summary) == {"row"}
    assert summary["row"] == {
        "name": "rna", "tau": "0.70", "interval": "0.60 to 0.80", "small": sparkline_svg(results),
        "diagnosis": "faithful", "warnings": 2,
    }  # fmt: skip
    assert "families are not done" not in page and 'data-name="families"' not in page


def test_a_page_without_a_recommendation_is_marked_and_one_without_caveats_has_no_box(results, tmp_path):
    plain = replace(
        results, best=small_family.NONE, scores=results.scores.assign(equilibrated=True),
        natural=pd.concat([results.natural] * 25),
    )  # fmt: skip
    assert warnings(plain) == notes(plain) == []
    write_page(tmp_path / "page.html", tmp_path / "page.json", "rna", plain, [], 1)
    page = (tmp_path / "page.html").read_text()
    assert '<p class="answer none">Sample at 0.70.</p>' in page
    assert 'id="warnings"' not in page and "affect the recommendation</summary>" not in page
