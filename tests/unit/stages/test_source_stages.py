"""Where sequences come from: a server, a database, a known distribution."""

import functools
import gzip
import hashlib
import http.server
import json
import threading

import numpy as np
import pytest
from small_systems import random_potts

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.core.files import load_arrays, load_table, save_arrays
from temperance.core.settings.stages import STAGES
from temperance.engines.registry import choose_engine
from temperance.msa.alignment import read
from temperance.stages import fetch, search, truth
from temperance.truth import enumerable, lattice, load_truth, teacher

# ---------------------------------------------------------------- fetch

FULL, SEED = (gzip.compress(f"# STOCKHOLM 1.0\nA/1-4 {row}\n//\n".encode(), mtime=0) for row in ("ACDE", "ACDF"))
ENTRY = "/api/entry/pfam/PF00014/?annotation=alignment"
ANSWERS = {
    f"{ENTRY}:full&download": FULL,
    f"{ENTRY}:seed&download": SEED,
    "/api/entry/interpro/IPR002223/": json.dumps(
        {"metadata": {"member_databases": {"pfam": {"PF00014": "Kunitz"}}}}
    ).encode(),
}


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(ANSWERS[self.path])))
        self.end_headers()
        self.wfile.write(ANSWERS[self.path])

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def url():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=functools.partial(server.serve_forever, 0.01), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api"
        server.shutdown()


@pytest.mark.parametrize("source", [{"pfam": "PF00014"}, {"interpro": "IPR002223"}])
@pytest.mark.parametrize(("kind", "content"), [("full", FULL), ("seed", SEED)], ids=["full", "seed"])
def test_the_alignment_that_is_asked_for_is_fetched(url, tmp_path, source, kind, content):
    digest = hashlib.sha256(content).hexdigest()
    settings = {"alignment": kind, "url": url, "tries": 1, "sha256": digest, "cache": str(tmp_path / "cache")}
    outputs = fetch.Outputs(tmp_path / "a.sto", tmp_path / "a.json")
    fetch.run(outputs, STAGES["fetch"].of({"pfam": None, "interpro": None} | source | {"fetch": settings}))
    assert outputs.alignment.read_bytes() == content
    path = f"/entry/pfam/PF00014/?annotation=alignment:{kind}&download"
    assert json.loads(outputs.summary.read_text()) == {"url": url + path, "sha256": digest, "bytes": len(content)}
    # What was fetched is kept where the settings say.
    assert any(file.read_bytes() == content for file in (tmp_path / "cache").iterdir())
    settings["sha256"] = hashlib.sha256(b"another release").hexdigest()
    with pytest.raises(InputError, match=r"fetch\.sha256"):
        fetch.run(outputs, STAGES["fetch"].of({"pfam": None, "interpro": None} | source | {"fetch": settings}))


# ---------------------------------------------------------------- search

# Distinct residues, so that nothing else resembles them.
CONSENSUS = "MKWVTFISLLFLFSSAYSRGVFRRDAHKSEVAHRFKDLGEENFKALVLIAFAQYLQQCPF"
DATABASE = (
    f">whole\nGGG{CONSENSUS}PPP\n>part\n{CONSENSUS[:33]}{'G' * 20}\n>stranger\n{'GSPTNQ' * 12}\n>copy\n{CONSENSUS}\n"
)


@pytest.mark.parametrize(
    ("coverage", "names"),
    [(0.7, ["query", "whole/4-63", "copy/1-60"]), (0.4, ["query", "whole/4-63", "part/1-34", "copy/1-60"])],
)
def test_domains_that_cover_enough_of_the_query_are_aligned_to_it(tmp_path, coverage, names):
    """The part has 33 of 60 residues, 0.55, as sites; its next residue is an insertion."""
    (tmp_path / "db.fasta").write_text(DATABASE)
    (tmp_path / "query.fasta").write_text(f">query\n{CONSENSUS}\n")
    outputs = search.Outputs(tmp_path / "hits.a2m", tmp_path / "hits.tsv")
    inputs = search.Inputs(tmp_path / "db.fasta", query=tmp_path / "query.fasta")
    settings = STAGES["search"].of({"alphabet": "protein", "search": {"coverage": coverage, "iterations": 1}})
    search.run(inputs, outputs, settings, 1)
    alignment = read(outputs.alignment)
    assert sorted(alignment.names) == sorted(names) and alignment.names[0] == "query"
    rows = {name: bytes(row).decode() for name, row in zip(alignment.names, alignment.sequences, strict=True)}
    assert {rows["query"], rows["whole/4-63"], rows["copy/1-60"]} == {CONSENSUS}
    hits = load_table(outputs.hits).set_index("name")
    assert hits["kept"].to_dict() == {"whole/4-63": True, "copy/1-60": True, "part/1-34": coverage == 0.4}
    assert hits.loc["whole/4-63", ["from", "to", "coverage"]].tolist() == [4, 63, 1]
    assert hits.loc["part/1-34", "coverage"] == 33 / 60
    # What a domain that is left out inserts makes no column.
    assert ("." in outputs.alignment.read_text()) == (coverage == 0.4)


def test_a_seed_alignment_is_searched_with_where_there_is_no_query(tmp_path):
    (tmp_path / "db.fasta").write_text(DATABASE)
    (tmp_path / "seed.fasta").write_text(f">seed_1\n{CONSENSUS[:40]}\n>seed_2\n{CONSENSUS[:40]}\n")
    outputs = search.Outputs(tmp_path / "hits.a2m", tmp_path / "hits.tsv")
    settings = STAGES["search"].of({"alphabet": "protein", "search": {"coverage": 0.5}})
    search.run(search.Inputs(tmp_path / "db.fasta", seed=tmp_path / "seed.fasta"), outputs, settings, 1)
    alignment = read(outputs.alignment)
    # Sites are the seed's 40, of which the part has 33.
    assert alignment.sequences.shape[1] == 40
    assert {"seed_1", "seed_2", "part/1-33", "copy/1-40", "whole/4-43"} == set(alignment.names)


# ---------------------------------------------------------------- truth


def run_truth(tmp_path, settings, symbols, seed, origin=None):
    """Rows of the alignment, the truth, and diagnostics."""
    outputs = truth.Outputs(*(tmp_path / name for name in ("truth.fasta", "truth.safetensors", "truth.json")))
    stage_settings = STAGES["truth"].of({"truth": settings, "alphabet": symbols})
    truth.run(truth.Inputs(origin), outputs, stage_settings, seed, "numba")
    lines = outputs.alignment.read_text().splitlines()
    assert lines[::2] == [f">draw_{number}" for number in range(1, len(lines) // 2 + 1)]
    diagnostics = json.loads(outputs.diagnostics.read_text())
    assert diagnostics["sequences"] == len(lines) // 2
    assert diagnostics["provenance"]["seed"] == seed
    assert load_arrays(outputs.truth)[1]["seed"] == seed
    return lines[1::2], load_truth(outputs.truth), diagnostics


def test_an_enumerable_truth_is_drawn_with_the_seed_of_the_job(tmp_path):
    settings = {"kind": "gapless", "length": 4, "q": 3, "sequences": 50, "width": 0.5}
    rows, distribution, diagnostics = run_truth(tmp_path, settings, "XYZ", 3)
    expected = enumerable.draw(STAGES["truth"].of({"truth": settings, "alphabet": "XYZ"}).truth, "XYZ", 3)
    assert rows == alphabet("XYZ").decode(expected.sequences) and len(rows) == 50
    np.testing.assert_array_equal(distribution.all_energies, expected.arrays["energies"])
    assert diagnostics["log_z"] == expected.diagnostics["log_z"] == distribution.log_z[0]
    assert run_truth(tmp_path, settings, "XYZ", 4)[0] != rows


def test_a_teacher_is_the_model_that_is_given_at_its_temperature(tmp_path):
    letters, model = alphabet("ABC"), random_potts(4, 3, seed=2)
    model.save(tmp_path / "model", letters, {})
    settings = {"kind": "teacher", "teacher": "x", "temperature": 2.0, "sequences": 80, "ladders": 16}
    rows, distribution, diagnostics = run_truth(tmp_path, settings, "ABC", 3, tmp_path / "model")
    stage_settings = STAGES["truth"].of({"truth": settings, "alphabet": "ABC"}).truth
    expected = teacher.draw(stage_settings, tmp_path / "model", "ABC", choose_engine("numba"), 3, lambda _: None)
    assert rows == letters.decode(expected.sequences) and len(rows) == 80
    np.testing.assert_allclose(
        distribution.energies(expected.sequences), model.energies(expected.sequences) / 2, rtol=1e-5
    )
    assert diagnostics["temperature"] == 2 and 0.5 < diagnostics["rhat"] < 1.5


def contacts(rng):
    """A made-up fold: 28 pairs of residues, no residue in more than four."""
    pairs, degree = [], np.zeros(27, int)
    for pair in rng.permutation(len(lattice.PAIRS)):
        if len(pairs) < 28 and (degree[lattice.PAIRS[pair]] < 4).all():
            pairs.append(pair)
            degree[lattice.PAIRS[pair]] += 1
    return sorted(pairs)


def test_lattice_proteins_are_drawn_among_the_folds_that_are_given(tmp_path, caplog):
    """Two draws of each of ten chains are too few for R-hat."""
    folds = np.array([contacts(np.random.default_rng(number)) for number in range(60)], np.uint8)
    save_arrays(tmp_path / "folds", {"contacts": folds}, {})
    settings = {"kind": "lattice", "native": 3, "folds": 50, "gamma": 50.0, "sequences": 20, "chains": 10,
                "burn_in": 2, "spacing": 1}  # fmt: skip
    stage_settings = STAGES["truth"].of({"truth": settings, "alphabet": "ACDEFGHIKLMNPQRSTVWY"})
    rows, distribution, diagnostics = run_truth(tmp_path, settings, stage_settings.alphabet, 5, tmp_path / "folds")
    assert diagnostics["rhat"] is None and "the truth's chains are not equilibrated (R-hat inf)" in caplog.text
    expected = lattice.draw(stage_settings.truth, folds, 5, lambda _: None)
    assert rows == expected.alphabet.decode(expected.sequences) and len(rows) == 20
    np.testing.assert_allclose(
        distribution.energies(expected.sequences),
        -50 * np.log(lattice.Ensemble(expected.arrays["contacts"]).p_nat(expected.sequences)), rtol=1e-5,
    )  # fmt: skip
