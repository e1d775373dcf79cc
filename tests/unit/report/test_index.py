"""The index of all families."""

import pandas as pd
from html_tables import cells

from temperance.core.files import save_json
from temperance.report.index import write_index


def summaries(folder, count):
    """Summaries of families f0, f1 and so on."""
    for n in range(count):
        row = {"name": f"f{n}", "tau": f"0.{n}", "interval": f"0 to {n}", "small": "<svg/>", "diagnosis": f"d{n}",
               "warnings": n}  # fmt: skip
        save_json(folder / f"f{n}.json", {"row": row})
    return [folder / f"f{n}.json" for n in range(count)]


def test_families_are_listed_with_links_to_their_pages(tmp_path):
    none = pd.DataFrame(columns=["family", "job", "reason"])
    write_index(tmp_path / "three.html", summaries(tmp_path, 3), none, 3)
    three = (tmp_path / "three.html").read_text()
    assert "<title>temperance: 3 families</title>" in three and "should each family be sampled?" in three
    # The header, then a row a family; one without warnings has none to show.
    header, first, _, third = cells(three, "families")
    assert header == ["family", "recommended τ", "95% interval", "fidelity, novelty", "diagnosis", "warnings"]
    assert first == ['<a href="f0/report.html">f0</a>', "0.0", "0 to 0", "<svg/>", "d0", ""]
    assert third == [
        '<a href="f2/report.html">f2</a>', "0.2", "0 to 2", "<svg/>", "d2", '<a href="f2/report.html#warnings">2</a>',
    ]  # fmt: skip


def test_families_that_are_not_done_are_counted_and_listed(tmp_path):
    failed = pd.DataFrame(
        [("b", "train", "first < 1"), ("b", "sample", "second"), ("c", "", "not finished")],
        columns=["family", "job", "reason"],
    )
    write_index(tmp_path / "page.html", summaries(tmp_path, 3), failed, 3)
    page = (tmp_path / "page.html").read_text()
    # Two of them, beside three that are done.
    assert "<p>2 of 5 families are not done</p>" in page
    assert cells(page, "not-done")[1:] == [
        ["b", "train", "first &lt; 1"], ["b", "sample", "second"], ["c", "", "not finished"],
    ]  # fmt: skip


def test_an_index_of_which_no_family_is_done_has_no_list_of_answers(tmp_path):
    write_index(tmp_path / "page.html", [], pd.DataFrame([("b", "", "x")], columns=["family", "job", "reason"]), 3)
    page = (tmp_path / "page.html").read_text()
    assert "<p>1 of 1 families are not done</p>" in page and 'data-name="families"' not in page
