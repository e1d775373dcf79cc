"""The stage that draws the paper's figures and writes the page."""

import pytest
from paper_tables import lattice_curves, lattice_levels, lattice_models, sector_models, two_level

from temperance.core.files import save_table
from temperance.stages import paper_page
from temperance.validation.paper_two_level import tabulate_example

FIGURES = ("two-level-example", "two-level-diagram", "ising-example", "ising-diagram", "sign-rule", "levels", "sector")


def test_tables_of_all_temperatures_become_figures_and_a_page(tmp_path):
    tables = {"example": tabulate_example(), "two-level": two_level()}
    for temperature in (2.05, 2.3, 2.8, 3.2, 4.0, 5.0):
        for name, table in (
            ("models", lattice_models()), ("levels", lattice_levels()), ("curves", lattice_curves()),
        ):  # fmt: skip
            rows = table[table["temperature"] == temperature]
            # The paper's cases need no levels or curves of some temperatures, which have them all the same.
            tables[f"{temperature}.{name}"] = table.assign(temperature=temperature) if rows.empty else rows
    paths = [tmp_path / f"{name}.tsv" for name in tables]
    for path, table in zip(paths, tables.values(), strict=True):
        save_table(path, table)
    sectors = [tmp_path / f"sector-{temperature}.tsv" for temperature in (0.2, 0.4)]
    for path, (_, table) in zip(sectors, sector_models().groupby("temperature"), strict=True):
        save_table(path, table)
    outputs = paper_page.Outputs(tmp_path / "paper.md", [tmp_path / f"{name}.svg" for name in FIGURES])
    paper_page.run(paper_page.Inputs(paths[:2], paths[2:], sectors), outputs)
    page = outputs.page.read_text()
    # Tables of all temperatures have come to their places.
    assert "| 0.4 | 41.0 | 34.0% | 19.0% | 0.75 |" in page
    assert "| 5, 54 | 1.67 ± 0.10; 2.13 ± 0.10 |" in page and "levels 3 to 5 have positive parts" in page
    assert all(path.stat().st_size > 5000 for path in outputs.figures)
    # Numbers of states are those of the levels; the optimum of the first training set is within its axis.
    assert ">11<" in (tmp_path / "levels.svg").read_text()


def test_the_example_is_one_training_set():
    chosen = paper_page._select_example(lattice_models())
    assert chosen["fit"].tolist() == ["paper", "l2", "converged"]
    assert chosen["tau_r"].tolist() == pytest.approx([2.05 / 3 - 0.1, 2.05 / 3 + 0.9, 2.05 / 3 + 1.9])
