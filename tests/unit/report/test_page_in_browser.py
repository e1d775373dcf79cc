"""The page of a small family in Chromium: charts, the structure, themes, print, and barriers to readers."""

import re

import pytest
import small_family
from browser import axe_script, needs_axe, needs_browser, run_in_page

from temperance.report import figures
from temperance.report.page import write_page
from temperance.report.results import Evidence

pytestmark = needs_browser


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page with all figures, an interactive plane, components and structure."""
    folder = tmp_path_factory.mktemp("whole")
    small_family.write_family(folder)
    evidence = Evidence.load(folder, small_family.SUBSETS, small_family.read_settings())
    (folder / "figures").mkdir()
    captions = []
    with figures.theme():
        for name, arguments in evidence.figure_arguments().items():
            if name != "measured":
                figures.save(figures.FIGURES[name](*arguments), [folder / "figures" / f"{name}.svg"])
                captions.append(folder / f"{name}.rst")
                captions[-1].write_text(f"Caption of {name}.")
    write_page(folder / "report.html", folder / "report.json", "rna", evidence, captions, 1)
    return (folder / "report.html").read_text()


READY = """
  await until(() => document.querySelectorAll("figure.live").length === 2);
  const chart = name => document.querySelector(`.chart[data-name=${name}]`);
  const marks = name => [...chart(name).querySelectorAll(".mark-symbol.role-mark path")];
  const find = (name, point) => marks(name).find(mark => mark.__data__.datum.name === point);
  // Events go to what lies on top at the middle of a mark.
  const send = (mark, ...kinds) => {
    mark.scrollIntoView({block: "center"});
    const box = mark.getBoundingClientRect(), clientX = box.x + box.width / 2, clientY = box.y + box.height / 2;
    const target = document.elementFromPoint(clientX, clientY);
    for (const kind of kinds) target.dispatchEvent(new PointerEvent(kind, {bubbles: true, clientX, clientY}));
  };
  const labels = name => [...chart(name).querySelectorAll(".role-axis-label text")].map(it => it.textContent).sort();
  const chosen = name => chart(name).querySelector(".chosen").innerText;
"""


def test_a_click_on_a_point_shows_its_sequences(page, tmp_path):
    texts = run_in_page(
        page,
        READY
        + """
        const texts = {};
        send(find("novelty_fidelity", "d1"), "click"); texts.design = chosen("novelty_fidelity");
        texts.file = await (await fetch(chart("novelty_fidelity").querySelector(".chosen a").href)).text();
        send(find("novelty_fidelity", "recommended"), "click"); texts.recommended = chosen("novelty_fidelity");
        send(find("novelty_fidelity", "mean of samples, M = 100"), "click"); texts.small = chosen("novelty_fidelity");
        send(find("pca", "d2"), "click"); texts.component = chosen("pca");
        return texts;
        """,
        tmp_path,
    )
    assert texts["design"].splitlines()[0] == "d1, τ 0.700, novelty 0.250, fidelity 0.432"
    assert texts["file"] == ">d1\nAC-U\n" and "AC-U" in texts["design"]
    # Four samples at 0.7, of the model that designs come from.
    assert re.findall("^[-ACGU]{4}$", texts["recommended"], re.M) == ["ACGU", "AC-U", "GUGU", "GCGA"]
    assert texts["small"].strip() == "mean of samples, M = 100, τ 0.500, novelty 0.150, fidelity 0.720"
    assert texts["component"].splitlines()[0] == "d2, τ 0.700, novelty 0.500, fidelity 0.568"


def test_pointing_at_a_point_shows_its_values(page, tmp_path):
    values = run_in_page(
        page,
        READY
        + """
        send(find("novelty_fidelity", "d2"), "pointerover", "pointermove");
        await until(() => document.querySelector("#vg-tooltip-element.visible"));
        return document.getElementById("vg-tooltip-element").innerText;
        """,
        tmp_path,
    )
    assert values.split() == ["name", "d2", "τ", "0.7", "novelty", "0.500", "fidelity", "0.568"]


def test_buttons_and_keys_zoom_and_choose(page, tmp_path):
    found = run_in_page(
        page,
        READY
        + """
        const found = {}, name = "novelty_fidelity", plot = chart(name).querySelector(".plot");
        const [closer, , all] = chart(name).querySelectorAll(".bar button");
        const press = key => plot.dispatchEvent(new KeyboardEvent("keydown", {key}));
        const settled = async () => await new Promise(resolve => setTimeout(resolve, 200));
        found.before = labels(name);
        closer.click(); await settled(); found.closer = labels(name);
        all.click(); await settled(); found.all = labels(name);
        press("+"); await settled(); found.key = labels(name);
        press("0"); await settled(); found.zero = labels(name);
        press("ArrowRight"); found.first = chosen(name);
        press("ArrowRight"); press("ArrowRight"); press("ArrowLeft"); found.second = chosen(name);
        return found;
        """,
        tmp_path,
    )
    assert found["closer"] == found["key"] != found["before"] == found["all"] == found["zero"]
    assert found["first"].startswith("sample at τ = 0.25, ladder 1, draw 1, ")
    assert found["second"].startswith("sample at τ = 0.25, ladder 1, draw 2, ")


def test_the_structure_is_turned_by_keys_and_by_dragging(page, tmp_path):
    found = run_in_page(
        page,
        """
        const picture = document.querySelector(".structure svg"), bond = picture.querySelector(".bond"), found = {};
        const ends = () => ["x1", "y1", "x2", "y2"].map(name => parseFloat(bond.getAttribute(name)));
        const press = key => picture.dispatchEvent(new KeyboardEvent("keydown", {key}));
        const drag = (buttons, to) => {
          picture.dispatchEvent(new PointerEvent("pointerdown", {buttons, clientX: 100, clientY: 100}));
          for (const clientX of [100 + (to - 100) / 3, to])
            picture.dispatchEvent(new PointerEvent("pointermove", {buttons, clientX, clientY: 100}));
        };
        found.kinds = [...picture.querySelectorAll("line")].map(line => line.getAttribute("class"));
        found.contact = picture.querySelector(".contact title").textContent;
        found.labels = [...picture.querySelectorAll("text")].map(text => text.textContent);
        found.start = ends();
        drag(0, 118); found.still = ends();
        press("ArrowRight"); found.turned = ends();
        press("ArrowLeft"); drag(1, 118); found.dragged = ends();
        press("ArrowLeft"); press("+"); found.larger = ends();
        for (const line of picture.querySelectorAll("line")) if (line.getAttribute("x1") === null) found.missing = true;
        return found;
        """,
        tmp_path,
    )
    assert found["kinds"] == ["bond"] * 3 + ["contact", "miss", "contact"]
    assert found["contact"] == "A11 and U14: score 2.5, 3 Å apart"
    assert found["labels"] == ["A11", "C12", "G12A", "U14", "A15"] and "missing" not in found
    # The first bond reaches from -15 to -10 angstroms of 30, of which the picture has 95 units.
    assert found["start"] == found["still"] == [-47.5, 0, -31.7, 0]
    # Turned by 0.15, of which the cosine is 0.98877; 18 pixels are 0.15, too.
    assert found["turned"] == found["dragged"] == [-47, 0, -31.3, 0]
    assert found["larger"] == [-57, 0, -38, 0]


def test_figures_follow_the_theme_and_paper_gets_the_static_ones(page, tmp_path):
    found = run_in_page(
        page,
        READY
        + """
        const found = {}, root = document.documentElement, figure = chart("pca").closest("figure");
        const drawn = figure.querySelector("svg"), other = document.querySelector("figure:not(.live) > svg");
        const style = getComputedStyle, title = chart("pca").querySelector(".role-axis-title text");
        const look = () => [style(document.body).backgroundColor, style(other).filter, style(title).fill];
        const parts = [drawn, chart("pca"), document.querySelector(".structure")];
        const shown = () => parts.map(element => style(element).display);
        root.dataset.theme = "light"; found.light = look();
        root.dataset.theme = "dark"; found.dark = look();
        found.screen = shown();
        for (const sheet of document.styleSheets) for (const rule of sheet.cssRules)
          if (rule.media?.mediaText === "print") rule.media.mediaText = "all";
        found.paper = shown(); found.printed = look();
        return found;
        """,
        tmp_path,
    )
    light, dark = found["light"], found["dark"]
    # Ground of the page, filter of static figures, text of a chart.
    assert light == ["rgb(255, 255, 255)", "none", "rgb(28, 28, 30)"]
    assert dark == ["rgb(23, 23, 26)", "invert(0.9) hue-rotate(180deg) brightness(1.3)", "rgb(236, 236, 240)"]
    assert found["screen"] == ["none", "block", "block"] and found["paper"] == ["block", "none", "none"]
    assert found["printed"] == light


@pytest.mark.parametrize("width", [1300, 400])
def test_nothing_is_wider_than_the_screen(page, tmp_path, width):
    found = run_in_page(
        page,
        READY
        + """
        const edge = document.documentElement.clientWidth;
        const wide = [...document.querySelectorAll(".plot svg, .plot .role-legend, .structure svg, .bar, p, pre")]
          .filter(element => element.getBoundingClientRect().right > edge);
        const scroll = document.documentElement.scrollWidth;
        return {edge, wide: wide.map(element => element.outerHTML.slice(0, 80)), scroll};
        """,
        tmp_path,
        width,
    )
    assert found == {"edge": width, "wide": [], "scroll": width}


@needs_axe
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 400])
def test_there_are_no_barriers_to_readers(page, tmp_path, theme, width):
    themed = page.replace('<html lang="en">', f'<html lang="en" data-theme="{theme}">')
    barriers = run_in_page(
        themed.replace("</body>", f"<script>{axe_script()}</script></body>"),
        READY
        + """
        send(find("novelty_fidelity", "recommended"), "click");
        const {violations, passes} = await axe.run();
        return [passes.length > 10, violations.map(({id, impact, nodes}) => [id, impact, nodes[0].html])];
        """,
        tmp_path,
        width,
    )
    assert barriers == [True, []]
