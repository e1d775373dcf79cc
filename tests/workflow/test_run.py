"""The real Snakemake from an alignment to a report."""

import html
import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from browser import needs_browser, run_in_page
from workflow_run import ONE_SUBSET, ROOT, SMALL, digests, error_lines, fasta, planted_rows, snakemake

from temperance.core.alphabet import alphabet
from temperance.potts.model import load
from temperance.report.charts.interactive import vega_script
from temperance.report.index import write_index
from temperance.report.page import write_page
from temperance.report.results import Evidence
from temperance.report.unfinished import unfinished
from temperance.workflow.configuration import configure


@pytest.fixture(scope="module")
def protein_rows():
    return planted_rows(alphabet("protein"), length=12)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, protein_rows):
    folder = tmp_path_factory.mktemp("run")
    (folder / "family.fasta").write_text(fasta(protein_rows))
    run = snakemake(folder, SMALL | {"alignment": "family.fasta"})
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def test_the_report_opens_with_the_answer_and_needs_nothing_else(finished):
    page = (finished / "results" / "report.html").read_text()
    best = json.loads((finished / "results" / "family" / "recommendation.json").read_text())
    refused = best["headline"].startswith("No temperature can be recommended")
    assert (best["tau"] is None) == (best["status"] == "none") == refused
    assert html.unescape(page).index(best["headline"]) < page.index("<figure ")
    assert len(re.findall(r"<figure [^>]*>\s*<svg[^>]* aria-label=", page)) == 19
    # The libraries that draw charts know addresses; a test in the browser sees that charts need none.
    without_libraries = page.replace(vega_script(), "")
    assert len(without_libraries) < len(page)
    assert not re.search(r'(src|href)="(?!data:|#)', without_libraries)
    assert "file:" not in without_libraries


CLICKS = """
  const table = document.querySelector("table[data-name$='.designs']"), heads = [...table.tHead.rows[0].cells];
  const column = heads.findIndex(head => head.textContent === "energy");
  const energies = () => [...table.tBodies[0].rows].map(row => parseFloat(row.cells[column].textContent));
  const ground = () => getComputedStyle(document.body).backgroundColor, found = {};
  heads[column].click(); found.up = energies();
  heads[column].click(); found.down = energies();
  document.documentElement.dataset.theme = "light"; found.light = ground();
  document.getElementById("theme").click(); found.dark = ground();
  await until(() => document.querySelectorAll("figure.live").length === 2);
  found.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const ids = [...document.querySelectorAll("[id]")].map(element => element.id);
  found.twice = ids.length - new Set(ids).size;
  found.told = [...document.querySelectorAll("figure use > title")].map(title => title.textContent);
  found.fasta = atob(document.querySelector("a[download$='designs.fasta']").href.split(",")[1]);
  URL.createObjectURL = blob => { found.blob = blob; return "#"; };
  table.parentElement.nextElementSibling.click();
  found.saved = await found.blob.text();
  return found;
"""


@needs_browser
@pytest.mark.parametrize("width", [1200, 390])
def test_the_page_is_used_in_a_browser(finished, tmp_path, width):
    page = (finished / "results" / "report.html").read_text()
    assert len(page.encode()) < 5_000_000
    result = run_in_page(page, CLICKS, tmp_path, width)
    family = finished / "results" / "family"
    designs = pd.read_csv(family / "designs.tsv", sep="\t")
    assert result["up"] == sorted(result["up"])
    assert result["down"] == result["up"][::-1]
    np.testing.assert_allclose(result["up"], np.sort(designs["energy"]), atol=0.051)
    assert result["light"] != result["dark"]
    assert result["wide"] <= 0
    assert result["twice"] == 0
    assert result["fasta"] == (family / "designs.fasta").read_text()
    assert result["saved"].count("\n") == len(designs) + 1
    assert set(designs["name"]) == {line.split("\t")[0] for line in result["saved"].splitlines()[1:]}
    scores = pd.read_csv(family / "f1-r1" / "scores.tsv", sep="\t")
    novelty = [
        text for text in result["told"] if "novelty: distance to nearest natural" in text and "; sampling" in text
    ]
    largest = f"M = {json.loads((family / 'f1-r1' / 'training.json').read_text())['M']:,}"
    for row in scores.itertuples():
        at = f"{largest}; sampling temperature τ {row.temperature:.4g}"
        assert f"{at}; novelty: distance to nearest natural {row.novelty:.4g}" in novelty


def test_many_families_have_an_index_and_a_page_each(finished, tmp_path):
    names = [f"family{number}" for number in range(8)]
    for name in names:
        shutil.copytree(finished / "results" / "family", tmp_path / name)
    plan = configure({**SMALL, "alignment": "a"})["families"]["a"]
    others = ("study", "models", "measured")
    captions = [str(path) for path in (ROOT / "workflow" / "report").glob("*.rst") if path.stem not in others]
    subsets = {name: ["n60-r1", "f1-r1"] for name in names}
    for name in names:
        evidence = Evidence.load(tmp_path / name, subsets[name], plan)
        write_page(tmp_path / name / "report.html", tmp_path / name / "report.json", name, evidence, captions, 1)
    summaries = [tmp_path / name / "report.json" for name in names]
    write_index(tmp_path / "report.html", summaries, unfinished(str(tmp_path), ["broken"]), 1)
    index = (tmp_path / "report.html").read_text()
    assert len(index) < 100_000
    assert index.count("<polyline") == 16
    assert "1 of 9 families are not done" in index
    for name in names:
        assert f'href="{name}/report.html"' in index
        assert f"<h2>{name}</h2>" in (tmp_path / name / "report.html").read_text()


def test_designs_are_samples_that_can_be_ordered(finished):
    table = pd.read_csv(finished / "results" / "family" / "designs.tsv", sep="\t")
    lines = (finished / "results" / "family" / "designs.fasta").read_text().splitlines()
    assert 1 <= len(table) <= 5
    assert lines[1::2] == table["sequence"].tolist()
    assert [row.replace("-", "") for row in table["aligned"]] == table["sequence"].tolist()
    assert table["nearest_natural"].str.startswith("natural_").all()
    best = json.loads((finished / "results" / "family" / "recommendation.json").read_text())
    np.testing.assert_allclose(table["temperature"], best["sampling_temperature"], rtol=1e-4)
    summary = json.loads((finished / "results" / "family" / "designs.json").read_text())
    assert summary["recommended"] == (best["tau"] is not None)
    assert summary["why"] == best["headline"]


def test_every_model_has_its_scores_and_its_optimum(finished):
    optimum = pd.read_csv(finished / "results" / "family" / "optimum.tsv", sep="\t")
    assert optimum["size"].tolist() == ["n60", "f1"]
    points = pd.read_csv(finished / "results" / "family" / "operating_points.tsv", sep="\t")
    assert set(points["subset"]) == {"all", "n60-r1", "f1-r1"}
    assert {"tau_train", "tau_f", "coldest"} <= set(points["name"])
    own = points[(points["subset"] == "f1-r1") & (points["name"] == "tau_train")]["value"].item()
    assert optimum["tau_train"].iloc[1] == pytest.approx(own)
    assert optimum["M"].iloc[0] == 60
    assert (optimum["tau_f_low"] <= optimum["tau_f"]).all()
    assert (optimum["tau_f"] <= optimum["tau_f_high"]).all()
    for subset in ("n60-r1", "f1-r1"):
        scores = pd.read_csv(finished / "results" / "family" / subset / "scores.tsv", sep="\t")
        temperatures = scores["temperature"].tolist()
        assert temperatures == sorted(temperatures) and {0.5, 1.0, 2.0} < set(temperatures)
        # Neighbouring temperatures that were added differ by less than 64 samples show.
        assert scores.set_index("temperature")["energy"][[0.5, 1.0, 2.0]].is_monotonic_increasing
        assert {"fidelity", "percentile_potts", "above_median_potts", "novelty", "diversity", "effective_share",
                "hmm", "profile", "pearson_pair",
                "ess", "rhat", "drift", "acceptance", "equilibrated"} <= set(scores)  # fmt: skip
        states = pd.read_csv(finished / "results" / "family" / subset / "thermodynamics.tsv", sep="\t")
        assert states["temperature"].tolist() == temperatures
        assert states["entropy"].is_monotonic_increasing
        assert {"log_z", "log_z_ais", "log_z_bound", "heat_capacity", "log_likelihood", "equilibrated"} <= set(states)


def test_a_second_run_has_nothing_to_do(finished):
    run = snakemake(finished, SMALL | {"alignment": "family.fasta"}, "--dry-run")
    assert run.returncode == 0
    assert "Nothing to be done" in run.stdout + run.stderr


@pytest.mark.parametrize(
    ("section", "change", "first"),
    [
        ("design", {"number": 3}, {"design"}),
        ("optimum", {"novelty_floor": 0.1}, {"optimum", "design"}),
        ("optimum", {"fidelity": "profile"}, {"score", "design"}),
        ("annealing", {"steps": 60}, {"thermodynamics"}),
    ],
)
def test_a_setting_remakes_what_reads_it_and_what_follows(finished, section, change, first):
    """Of the chain train, sample, thermodynamics, score, optimum, design nothing before the first that reads it."""
    chain = ["train", "sample", "thermodynamics", "score", "optimum", "design"]
    changed = SMALL | {"alignment": "family.fasta", section: SMALL[section] | change}
    run = snakemake(finished, changed, "--dry-run", "--quiet", "rules")
    output = run.stdout + run.stderr
    remade = {rule for rule in chain if re.search(rf"^{rule} +[0-9]+$", output, re.M)}
    earliest = min(chain.index(rule) for rule in first)
    assert first <= remade
    assert remade <= set(chain[earliest:])


def test_one_more_size_leaves_the_models_of_the_others(finished):
    changed = SMALL | {"alignment": "family.fasta", "subsets": {"sizes": [60, 90, "all"], "replicates": 1}}
    run = snakemake(finished, changed, "--dry-run", "--quiet", "rules")
    output = run.stdout + run.stderr
    assert re.search(r"^train +1$", output, re.M)
    assert re.search(r"^subsample +1$", output, re.M)


def test_the_snakemake_report_holds_every_figure(finished):
    run = snakemake(finished, SMALL | {"alignment": "family.fasta"}, "--report", "snakemake-report.html")
    assert run.returncode == 0, run.stdout + run.stderr
    page = (finished / "snakemake-report.html").read_text()
    for figure in ("trade_off.svg", "novelty_fidelity.svg", "optimum.svg", "energies.svg", "pca.svg", "ladder.svg"):
        assert figure in page


def test_one_core_gives_the_same_bytes_as_two(finished, tmp_path, protein_rows):
    (tmp_path / "family.fasta").write_text(fasta(protein_rows))
    designs = f"{tmp_path}/results/family/designs.tsv"
    run = snakemake(tmp_path, SMALL | {"alignment": "family.fasta"}, "--", designs, cores=1)
    assert run.returncode == 0, run.stdout + run.stderr
    one, two = digests(tmp_path), digests(finished)
    assert {"designs.tsv", "optimum.tsv", "n60-r1/scores.tsv", "f1-r1/scores.tsv"} <= set(one)
    assert one.items() <= two.items()


def test_models_learnt_in_one_job_are_those_of_jobs_of_their_own(tmp_path, protein_rows):
    models = {}
    for batch in (1, 3):
        folder = tmp_path / str(batch)
        folder.mkdir()
        (folder / "family.fasta").write_text(fasta(protein_rows))
        plan = SMALL | {"alignment": "family.fasta", "engine": "jax", "batch_replicates": batch}
        plan["train"] = SMALL["train"] | {"l2_couplings": 0.003}
        wanted = [f"{folder}/results/family/{subset}/{name}"
                  for subset in ("n60-r1", "f1-r1") for name in ("model.safetensors", "training.json")]  # fmt: skip
        run = snakemake(folder, plan, "--", *wanted)
        assert run.returncode == 0, run.stdout + run.stderr
        assert ("train_together" in run.stdout + run.stderr) == (batch == 3)
        again = snakemake(folder, plan, "--dry-run", "--", *wanted)
        assert "Nothing to be done" in again.stdout + again.stderr
        models[batch] = [load(path)[0].couplings for path in wanted if path.endswith("safetensors")]
    assert not (tmp_path / "3" / "results" / "family" / "trained").exists()
    for alone, together in zip(*models.values(), strict=True):
        np.testing.assert_array_equal(together, alone)
    assert np.abs(models[1][0] - models[1][1]).max() > 0.1


def test_a_record_makes_its_result_again(finished):
    record = finished / "results" / "family" / "n60-r1" / "provenance" / "model.safetensors.json"
    before = digests(finished)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    for changed, expected in ((False, "the same bytes"), (True, "differs")):
        known = json.loads(record.read_text())
        if changed:
            known["output"] = dict.fromkeys(known["output"], "0" * 64)
        copy = finished / "record.json"
        copy.write_text(json.dumps(known))
        run = subprocess.run(
            [sys.executable, "-m", "temperance.workflow.reproduce", copy],
            cwd=finished,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert run.returncode == int(changed), run.stdout + run.stderr
        assert run.stdout.count(expected) == len(known["output"]) == 4
    assert digests(finished) == before


@pytest.mark.parametrize(
    ("name", "engine", "target"), [("rna", "jax", "report.html"), ("01", "numba", "family/designs.tsv")]
)
def test_other_alphabets_reach_a_report_or_designs(tmp_path, name, engine, target):
    rows = planted_rows(alphabet(name), length=14, seed=3)
    (tmp_path / "family.aln").write_text("\n".join(rows) + "\n")
    config = SMALL | ONE_SUBSET | {"alignment": "family.aln", "alphabet": name, "engine": engine}
    run = snakemake(tmp_path, config, "--", f"{tmp_path}/results/{target}")
    assert run.returncode == 0, run.stdout + run.stderr
    designs = (tmp_path / "results" / "family" / "designs.fasta").read_text().splitlines()[1::2]
    assert set("".join(designs)) <= set(alphabet(name).symbols)


def test_a_small_lattice_family_reaches_a_choice_of_designs(tmp_path):
    truth = {"kind": "lattice", "native": 7, "folds": 200, "sequences": 300, "chains": 30, "burn_in": 20, "spacing": 3}
    designs = tmp_path / "results" / "seven" / "designs.tsv"
    run = snakemake(tmp_path, SMALL | ONE_SUBSET | {"families": {"seven": {"truth": truth}}}, "--", str(designs))
    assert run.returncode == 0, run.stdout + run.stderr
    scores = pd.read_csv(tmp_path / "results" / "seven" / "f1-r1" / "scores.tsv", sep="\t")
    assert scores["p_nat"].between(0, 1).all()
    np.testing.assert_allclose(scores["fidelity"], scores["p_nat"])
    assert json.loads((tmp_path / "results" / "seven" / "truth.json").read_text())["mean_p_nat_drawn_ensemble"] > 0.5


def test_a_broken_family_does_not_stop_the_others_and_is_in_the_report(tmp_path, protein_rows):
    (tmp_path / "good.fasta").write_text(fasta(protein_rows))
    (tmp_path / "broken; touch $(x) 'y'.fasta").write_text(fasta(GOOD[:2]))
    families = {"good": {"alignment": "good.fasta"}, "broken": {"alignment": "broken; touch $(x) 'y'.fasta"}}
    plan = SMALL | ONE_SUBSET | {"families": families}
    run = snakemake(tmp_path, plan)
    assert run.returncode != 0
    page = (tmp_path / "results" / "report.html").read_text()
    assert "1 of 2 families are not done" in page
    reason = r"broken; touch \$\(x\) &#39;y&#39;.fasta: 2 of 2 sequences"
    assert re.search(rf'<td>broken</td><td>ingest</td><td class="reason">{reason}', page)
    assert '<a href="good/report.html">good</a>' in page
    assert len((tmp_path / "results" / "good" / "designs.tsv").read_text().splitlines()) > 1
    (tmp_path / "broken; touch $(x) 'y'.fasta").write_text(fasta(protein_rows))
    run = snakemake(tmp_path, plan)
    assert run.returncode == 0, run.stdout + run.stderr
    page = (tmp_path / "results" / "report.html").read_text()
    assert "not done" not in page
    assert '<a href="broken/report.html">broken</a>' in page and '<a href="good/report.html">good</a>' in page


GOOD = ["ACDEFGHIKL", "ACDEFGHIKV", "TCDEFGHIKL", "ACWEFGHIKL", "YCDEFGAIKL", "ACDEYGHIKL"]


@pytest.mark.parametrize(
    ("content", "changed", "message"),
    [
        ("", {}, "family.fasta: the file is empty"),
        (fasta([*GOOD, "ACD"]), {}, "family.fasta, line 13, sequence natural_6: not aligned"),
        (fasta(GOOD[:1]), {}, "family.fasta: 1 of 1 sequences pass the filters; at least 4 are needed"),
        (fasta(["----------"] * 6), {}, "family.fasta: 0 of 10 columns have at most 0.5 gaps"),
        (fasta(GOOD), {"alphabet": "rna"}, "'E' is not in the alphabet rna"),
        (fasta(["ACGTACGTAC"] * 6), {}, "nucleic acid; set 'alphabet: dna'"),
        (None, {}, "family: alignment: family.fasta: there is no such file"),
        (fasta(GOOD), {"trian": {}}, "trian: unknown key; did you mean train?"),
        (fasta(GOOD), {"train": {"chains": "many"}}, "train.chains: 'many' is of the wrong type"),
        (fasta(GOOD), {"sample": {"temperatures": [0, 1]}}, "sample.temperatures.0: 0 is too small"),
        (fasta(GOOD), {"subsets": {"sizes": [5000]}}, "subsets.sizes: 5000 is larger than the"),
    ],
)
def test_bad_input_ends_in_one_clear_line(tmp_path, content, changed, message):
    if content is not None:
        (tmp_path / "family.fasta").write_text(content)
    run = snakemake(tmp_path, SMALL | {"alignment": "family.fasta"} | changed)
    assert run.returncode != 0
    assert "Traceback" not in run.stdout + run.stderr
    errors = {line[line.index("error: ") :] for line in error_lines(run)}
    assert len(errors) == 1, errors
    assert message in errors.pop()
    assert not list(tmp_path.glob("results/**/.*.part"))


def test_constraints_and_a_judge_of_one_s_own(finished):
    """Neither has a model learnt or sampled again. The last test of that run, which it changes."""
    own = {
        "constraints": {"fixed": {3: "W"}, "forbidden": {"all": "C"}},
        "judges": {
            "instability": {
                "command": [sys.executable, str(ROOT / "tests" / "helpers" / "instability.py"), "{fasta}", "{scores}"],
                "higher": False,
                "sequences": 20,
            }
        },
        "optimum": SMALL["optimum"] | {"fidelity": "profile"},
    }
    designs = f"{finished}/results/family/designs.tsv"
    run = snakemake(finished, SMALL | own | {"alignment": "family.fasta"}, "--", designs)
    assert run.returncode == 0, run.stdout + run.stderr
    assert not re.search(r"^ *(local)?rule (train|sample|ingest|thermodynamics):", run.stdout + run.stderr, re.M)
    family = finished / "results" / "family"
    table = pd.read_csv(designs, sep="\t")
    assert (table["aligned"].str[2] == "W").all()
    assert not table["aligned"].str.contains("C").any()
    assert table["instability"].notna().all()
    scores = pd.read_csv(family / "f1-r1" / "scores.tsv", sep="\t")
    assert scores["instability"].notna().all()
    plates = pd.read_csv(family / "plates.csv")
    assert plates["well"].tolist() == [f"A{n + 1}" for n in range(len(table))]
    assert plates["sequence"].tolist() == table["sequence"].tolist()
    seeded = {"constraints": {"seed": "natural_0", "mutations": 3, "forbidden": {"all": "-"}}}
    run = snakemake(finished, SMALL | own | seeded | {"alignment": "family.fasta"}, "--", designs)
    assert run.returncode == 0, run.stdout + run.stderr
    table = pd.read_csv(designs, sep="\t")
    assert len(table)
    assert table["mutations"].fillna("").str.split().str.len().max() <= 3
    broken = own | {"constraints": {"fixed": {99: "W"}}}
    run = snakemake(finished, SMALL | broken | {"alignment": "family.fasta"})
    assert run.returncode == 1
    message = "error: constraints.fixed.99: there is no such column; the alignment has columns 1 to 12"
    assert message in "\n".join(error_lines(run))
