"""Every way in and out, through the real Snakemake: servers, searches, models from elsewhere, other models, exports."""

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import pytest
from small_systems import random_potts
from structures import cif
from workflow_run import ONE_SUBSET, SMALL, error_lines, fasta, planted_rows, snakemake

from temperance.core.alphabet import alphabet
from temperance.potts.formats.registry import read_model, write_model
from temperance.potts.model import load

KINDS = {
    "profile": {"kind": "profile"},
    "strong": {"kind": "boltzmann", "l2_couplings": 0.1},
    # Its penalty is chosen, as that of the family's own.
    "own_penalty": {"kind": "boltzmann"},
    "plmdca": {"kind": "pseudolikelihood"},
    "ardca": {"kind": "autoregressive"},
    "attention": {"kind": "attention"},
}


@pytest.fixture(scope="module")
def rows():
    return planted_rows(alphabet("rna"), length=10)


@pytest.fixture(scope="module")
def compared(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("compared")
    (folder / "family.fasta").write_text(fasta(rows))
    letters = alphabet("rna")
    write_model(folder / "params.dat", random_potts(10, 5, 0, scale=0.6), letters, "adabmdca")
    (folder / "dms.tsv").write_text("mutant\tscore\n" + "".join(
        f"{old}{number}{new}\t{n}\n" for number, old in enumerate(rows[0].replace("-", ""), 1)
        for n, new in enumerate("ACGU") if new != old
    ))  # fmt: skip
    config = SMALL | {
        "families": {"family": {"alignment": "family.fasta", "mutants": {"table": "dms.tsv"}}},
        "alphabet": "rna",
        "subsets": {"sizes": "all", "replicates": 1},
        "models": KINDS | {"own": {"kind": "file", "path": "params.dat"}},
        "export": ["adabmdca", "bmdca", "mi3", "gremlin", "plmc", "chains", "alignment"],
        "filter": {"max_column_gaps": 1.0, "reference": "natural_0"},
    }
    run = snakemake(folder, config)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def test_every_model_is_scored_on_every_training_set(compared):
    family = compared / "results" / "family"
    sampled = pd.read_csv(family / "f1-r1" / "scores.tsv", sep="\t")["temperature"].tolist()
    for model in [*KINDS, "own"]:
        scores = pd.read_csv(family / "f1-r1" / "models" / model / "scores.tsv", sep="\t")
        assert scores["temperature"].tolist() == sampled and set(sampled) >= {0.5, 1.0, 2.0}
        assert scores[["fidelity", "novelty", "diversity", "pearson_pair"]].notna().all(axis=None)
        assert scores["log_likelihood"].notna().all() == (model != "attention")
    ardca = pd.read_csv(family / "f1-r1" / "models" / "ardca" / "scores.tsv", sep="\t")
    divergence = ardca.set_index("temperature")["joint_divergence"]
    assert divergence[1.0] == pytest.approx(0, abs=1e-6) and divergence[0.5] > 0
    # The model that the family was drawn from explains held-out sequences better than independent sites.
    tables = (pd.read_csv(family / "f1-r1" / "models" / model / "scores.tsv", sep="\t") for model in ("own", "profile"))
    own, profile = (table.set_index("temperature")["log_likelihood"][1.0] for table in tables)
    assert own > profile + 0.05


def test_the_report_compares_them(compared):
    page = (compared / "results" / "report.html").read_text()
    assert "Models compared" in page and "family.models" in page and "family.joint" in page
    for model in [*KINDS, "own"]:
        assert f"<td>{model}</td>" in page
    assert (compared / "results" / "family" / "figures" / "models.svg").is_file()


def test_models_are_given_out_as_others_read_them(compared):
    family, letters = compared / "results" / "family", alphabet("rna")
    model, _, _ = load(family / "f1-r1" / "model.safetensors")
    sequences = np.random.default_rng(0).integers(0, 5, (50, 10), dtype=np.uint8)
    for name in ("params.dat", "parameters.txt", "J.npy", "gremlin.mrf", "plmc.model"):
        exported = read_model(family / "export" / name, letters)
        np.testing.assert_allclose(exported.energies(sequences), model.energies(sequences), atol=1e-4)
    lines = (family / "export" / "alignment.fasta").read_text().splitlines()
    assert lines[0] == ">natural_0" and len(lines[1]) == 10
    chains = (family / "export" / "chains.fasta").read_text().splitlines()
    assert chains[0] == ">chain_0" and len(chains) == 128 and set(chains[1]) <= set("-ACGU")


def test_predictions_are_tables_of_the_reference(compared, rows):
    family = compared / "results" / "family"
    columns = pd.read_csv(family / "columns.tsv", sep="\t")
    assert columns["residue"].fillna("-").str.cat() == rows[0]
    correlation = json.loads((family / "predictions.json").read_text())["mutants"]
    assert -1 <= correlation["low"] <= correlation["value"] <= correlation["high"] <= 1
    assert len(pd.read_csv(family / "contacts.tsv", sep="\t")) == 45


def test_a_model_from_elsewhere_is_sampled_scored_and_reported(tmp_path, rows):
    letters = alphabet("rna")
    (tmp_path / "family.fasta").write_text(fasta(rows))
    model = random_potts(10, 5, 0, scale=0.6)
    write_model(tmp_path / "params.dat", model, letters, "adabmdca")
    small = {key: value for key, value in SMALL.items() if key != "subsets"}
    config = small | {"alignment": "family.fasta", "alphabet": "rna", "model": "params.dat"}
    run = snakemake(tmp_path, config)
    assert run.returncode == 0, run.stdout + run.stderr
    folder = tmp_path / "results" / "family" / "f1-r1"
    training = json.loads((folder / "training.json").read_text())
    assert training["stopped"] == "imported" and training["confirmation"]["pearson"] > 0.5
    sampled, _, _ = load(folder / "model.safetensors")
    np.testing.assert_array_equal(sampled.couplings, model.couplings)
    page = (tmp_path / "results" / "report.html").read_text()
    assert "trained elsewhere" in page and "params.dat" in page


def test_a_model_of_another_length_is_told_of(tmp_path, rows):
    (tmp_path / "family.fasta").write_text(fasta(rows))
    write_model(tmp_path / "params.dat", random_potts(9, 5, 0), alphabet("rna"), "adabmdca")
    run = snakemake(tmp_path, SMALL | {"alignment": "family.fasta", "alphabet": "rna", "model": "params.dat"})
    assert run.returncode == 1
    assert any("params.dat: the model has 9 sites, the alignment keeps 10 columns" in line for line in error_lines(run))


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if "interpro/IPR" in self.path:
            body = json.dumps({"metadata": {"member_databases": {"pfam": {"PF00001": ""}}}}).encode()
        else:
            body = self.server.body
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_families_of_a_table_come_from_a_server_and_from_searches(tmp_path):
    letters = alphabet("protein")
    planted = planted_rows(letters, length=30, count=150)
    rng, residues = np.random.default_rng(0), np.array(list(letters.symbols[1:]))
    base = rng.integers(0, 20, 60)
    members = ["".join(residues[np.where(rng.random(60) < 0.35, rng.integers(0, 20, 60), base)]) for _ in range(160)]
    flank = ["".join(residues[rng.integers(0, 20, 20)]) for _ in members]
    database = "".join(f">m{n}\n{f}{m}{f}\n" for n, (m, f) in enumerate(zip(members, flank, strict=True)))
    (tmp_path / "db.fasta.gz").write_bytes(gzip.compress(database.encode()))
    points = np.cumsum(rng.normal(0, 2.2, (62, 3)), axis=0)
    (tmp_path / "s.cif").write_text(cif("GS" + "".join(residues[base]), points))
    (tmp_path / "query.fasta").write_text(f">Q/101-160\n{''.join(residues[base])}\n")
    (tmp_path / "seed.fasta").write_text("".join(f">s{n}\n{m}\n" for n, m in enumerate(members[:6])))
    stockholm = "# STOCKHOLM 1.0\n" + "".join(f"n{n}/1-30 {row}\n" for n, row in enumerate(planted)) + "//\n"
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.body = gzip.compress(stockholm.encode())
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    (tmp_path / "families.tsv").write_text(
        "family\tinterpro\tquery\tseed\tdatabase\tsearch.evalue\tstructure.path\n"
        "fetched\tIPR000001\n"
        "asked\t\tquery.fasta\t\tdb.fasta.gz\t1e-3\ts.cif\n"
        "seeded\t\t\tseed.fasta\tdb.fasta.gz\t1e-3\n"
    )
    config = (
        SMALL
        | ONE_SUBSET
        | {
            "families": "families.tsv",
            "heldout": {"max_discarded": 0.5},
            "fetch": {"url": f"http://127.0.0.1:{server.server_port}", "cache": str(tmp_path / "cache")},
        }
    )
    results = tmp_path / "results"
    run = snakemake(
        tmp_path, config, "--", f"{results}/asked/predictions.json",
        *(f"{results}/{family}/f1-r1/model.safetensors" for family in ("fetched", "seeded")),
    )  # fmt: skip
    server.shutdown()
    assert run.returncode == 0, run.stdout + run.stderr
    columns = pd.read_csv(results / "asked" / "columns.tsv", sep="\t")
    assert columns["number"].tolist() == list(range(101, 161))
    assert columns["residue"].str.cat() == "".join(residues[base])
    predicted = json.loads((results / "asked" / "predictions.json").read_text())
    assert predicted["structure"] == {"sites": 60, "identity": 1.0, "cutoff": 8} and len(predicted["precision"]) == 4
    contacts = pd.read_csv(results / "asked" / "contacts.tsv", sep="\t")
    apart = np.sqrt(((points[contacts["i"] + 1] - points[contacts["j"] + 1]) ** 2).sum(axis=1))
    np.testing.assert_allclose(contacts["distance"], apart, atol=2e-3)
    assert json.loads((results / "fetched" / "fetched.json").read_text())["bytes"] == len(server.body)
    assert len(pd.read_csv(results / "seeded" / "hits.tsv", sep="\t")) > 100
