"""Searches of a small database in which members of a family lie between unrelated residues."""

import bz2
import gzip
import os
import subprocess
import sys

import numpy as np
import pytest
from workflow_run import ROOT

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.core.settings.alignment import SearchSettings
from temperance.msa.hmmer import make_hmm
from temperance.msa.search import _thresholds, search_query, search_seed

LETTERS, RNA = alphabet("protein"), alphabet("rna")
SETTINGS = SearchSettings(iterations=3, evalue=1e-3, bits_per_residue=0.5, coverage=0.7)
LENGTH = 60


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A folder with a database of 40 members, a fragment and 200 strangers; the consensus; what members are."""
    folder, rng = tmp_path_factory.mktemp("world"), np.random.default_rng(0)
    residues = np.array(list(LETTERS.symbols[1:]))
    consensus = rng.integers(0, 20, LENGTH)

    def text(states):
        return "".join(residues[states])

    members = {}
    records = [f">stranger_{n}\n{text(rng.integers(0, 20, 150))}\n" for n in range(200)]
    for n in range(40):
        states = np.where(rng.random(LENGTH) < 0.3, rng.integers(0, 20, LENGTH), consensus)
        flanks = rng.integers(0, 20, 20 + n), rng.integers(0, 20, 15)
        members[f"member_{n}"] = text(states), 21 + n
        records.append(f">member_{n}\n{text(flanks[0])}{text(states)}{text(flanks[1])}\n")
    records.append(f">fragment\n{text(rng.integers(0, 20, 50))}{text(consensus[:25])}{text(rng.integers(0, 20, 50))}\n")
    order = rng.permutation(len(records))
    content = "".join(records[n] for n in order)
    (folder / "db.fasta").write_text(content)
    (folder / "db.fasta.gz").write_bytes(gzip.compress(content.encode()))
    (folder / "query.fasta").write_text(f">consensus\n{text(consensus)}\n")
    rows = [members[f"member_{n}"][0] for n in range(5)]
    (folder / "seed.fasta").write_text("".join(f">seed_{n}\n{row}\n" for n, row in enumerate(rows)))
    return folder, text(consensus), members


def silent(_):
    pass


@pytest.mark.parametrize("name", ["db.fasta", "db.fasta.gz"])
@pytest.mark.parametrize("search", [search_query, search_seed])
def test_members_are_found_and_aligned_where_they_lie(search, name, world):
    folder, consensus, members = world
    begin = folder / ("query.fasta" if search is search_query else "seed.fasta")
    result = search(begin, folder / name, LETTERS, SETTINGS, 1, silent)
    first = 1 if search is search_query else 5
    assert result.names[0] == ("consensus" if search is search_query else "seed_0")
    assert search is search_seed or result.rows[0].replace(".", "") == consensus
    named = {
        name.split("/")[0]: (name, row) for name, row in zip(result.names[first:], result.rows[first:], strict=True)
    }
    assert len(named) >= 38 and not any(name.startswith("stranger") for name in named)
    for member, (name, row) in named.items():
        sequence, start = members[member]
        begins, ends = map(int, name.split("/")[1].split("-"))
        # The domain may lose an end, but what is there stands in its own columns.
        domain = row.replace("-", "").replace(".", "").upper()
        assert domain == sequence[begins - start : ends - start + 1]
        match = [symbol for symbol in row if not symbol.islower() and symbol != "."]
        assert len(match) == LENGTH
        assert all(symbol in ("-", own) for symbol, own in zip(match, sequence, strict=True))
    table = result.hits.set_index("name")
    assert not table.filter(like="fragment", axis=0)["kept"].any()
    assert table["coverage"].between(0, 1).all() and (table["evalue"] <= 1e-3).all()


def test_thresholds_are_those_of_sequences_and_domains_to_report_and_to_include():
    """An E-value as it stands, which is asked before bits; and half a bit for each of 120 residues."""
    assert _thresholds(SETTINGS, 120) == dict.fromkeys(("E", "domE", "incE", "incdomE"), 1e-3)
    bits = SETTINGS.model_copy(update={"evalue": None})
    assert _thresholds(bits, 120) == dict.fromkeys(("T", "domT", "incT", "incdomT"), 60)


def test_a_domain_has_the_score_of_its_own_and_not_of_its_sequence(world, tmp_path):
    """Two domains in one sequence are as good as one alone, and the sequence is better than they are."""
    folder, consensus, _ = world
    (tmp_path / "db.fasta").write_text(f">twice\n{consensus}GGGSGGGSGGGS{consensus}\n>once\n{consensus}\n")
    hits = search_seed(folder / "seed.fasta", tmp_path / "db.fasta", LETTERS, SETTINGS, 1, silent).hits
    assert sorted(name.split("/")[0] for name in hits["name"]) == ["once", "twice", "twice"]
    powers = np.log10(hits["evalue"])
    assert np.ptp(hits["bits"]) < 5 and np.ptp(powers) < 2 and powers.max() < -5


def test_bit_scores_count_residues_of_the_query(world):
    folder, _, _ = world
    result = search_query(
        folder / "query.fasta",
        folder / "db.fasta",
        LETTERS,
        SETTINGS.model_copy(update={"evalue": None, "bits_per_residue": 0.8}),
        1,
        silent,
    )
    assert len(result.rows) > 10 and (result.hits["bits"] >= 0.8 * LENGTH).all()
    with pytest.raises(InputError, match=r"no sequence is above the thresholds; raise search\.evalue"):
        search_query(
            folder / "query.fasta",
            folder / "db.fasta",
            LETTERS,
            SETTINGS.model_copy(update={"evalue": None, "bits_per_residue": 9}),
            1,
            silent,
        )


def test_seeds_of_rna_are_searched_for(tmp_path):
    rng = np.random.default_rng(1)
    states = rng.integers(0, 4, 80)
    rows = [
        "".join("ACGU"[s] for s in np.where(rng.random(80) < 0.1, rng.integers(0, 4, 80), states)) for _ in range(12)
    ]
    (tmp_path / "seed.fa").write_text("".join(f">s{n}\n{row}\n" for n, row in enumerate(rows[:4])))
    strangers = ["".join("ACGU"[s] for s in rng.integers(0, 4, 200)) for _ in range(30)]
    (tmp_path / "db.fa").write_text("".join(f">d{n}\n{row}\n" for n, row in enumerate(rows + strangers)))
    result = search_seed(tmp_path / "seed.fa", tmp_path / "db.fa", RNA, SETTINGS, 1, silent)
    assert {name.split("/")[0] for name in result.names[4:]} == {f"d{n}" for n in range(12)}


def test_what_cannot_be_searched_is_told_in_a_line(world, tmp_path):
    folder, _, _ = world
    (tmp_path / "empty").write_text("")
    (tmp_path / "two.fasta").write_text(">a\nACDE\n>b\nACDE\n")
    (tmp_path / "damaged.gz").write_bytes((folder / "db.fasta.gz").read_bytes()[:1000])
    query, seed, database = folder / "query.fasta", folder / "seed.fasta", folder / "db.fasta"
    for search, start, database_file, states, message in (
        (search_query, tmp_path / "empty", database, LETTERS, "empty: "),
        (search_query, tmp_path / "two.fasta", database, LETTERS, "several sequences; expected exactly one"),
        (search_query, query, tmp_path / "empty", LETTERS, "empty: "),
        (search_query, query, tmp_path / "damaged.gz", LETTERS, r"damaged\.gz: "),
        (search_seed, seed, tmp_path / "damaged.gz", LETTERS, r"damaged\.gz: "),
        (search_seed, tmp_path / "empty", database, LETTERS, "empty: "),
        (search_seed, database, database, LETTERS, r"db\.fasta: HMMER reads no protein alignment"),
        (search_query, query, database, RNA, "iterative search is for protein"),
        (search_seed, seed, database, alphabet("01"), "alphabet: HMMER searches"),
    ):
        with pytest.raises(InputError, match=message) as raised:
            search(start, database_file, states, SETTINGS, 1, silent)
        assert "\n" not in str(raised.value)


def test_a_stop_at_the_end_of_a_query_is_no_residue(world, tmp_path):
    folder, consensus, _ = world
    (tmp_path / "query.fasta").write_text(f">q\n{consensus.lower()}*\n")
    result = search_query(tmp_path / "query.fasta", folder / "db.fasta", LETTERS, SETTINGS, 1, silent)
    assert result.names[0] == "q" and result.rows[0].replace(".", "") == consensus
    assert result.hits.equals(
        search_query(folder / "query.fasta", folder / "db.fasta", LETTERS, SETTINGS, 1, silent).hits
    )


def test_rows_that_are_no_sequences_are_no_part_of_a_seed(world, tmp_path):
    folder, _, members = world
    rows = [members[f"member_{n}"][0] for n in range(5)]
    annotation = f">ss_pred\n{'H' * LENGTH}\n>s_consensus\n{'A' * LENGTH}\n"
    plain = search_seed(folder / "seed.fasta", folder / "db.fasta", LETTERS, SETTINGS, 1, silent)
    # One row has an insertion, so that the rows are A3M; the file is packed.
    text = annotation + "".join(f">seed_{n}\n{row[:30]}{'aa' * (n == 4)}{row[30:]}\n" for n, row in enumerate(rows))
    (tmp_path / "seed.a3m.bz2").write_bytes(bz2.compress(text.encode()))
    result = search_seed(tmp_path / "seed.a3m.bz2", folder / "db.fasta", LETTERS, SETTINGS, 1, silent)
    assert result.names == plain.names and result.names[:5] == [f"seed_{n}" for n in range(5)]
    match = ["".join(symbol for symbol in row if not symbol.islower() and symbol != ".") for row in result.rows]
    assert match[:5] == rows and result.rows[4].replace(".", "") == rows[4][:30] + "aa" + rows[4][30:]


def test_what_is_no_protein_or_no_one_family_is_refused(world, tmp_path):
    folder, consensus, _ = world
    query, seed, database = folder / "query.fasta", folder / "seed.fasta", folder / "db.fasta"
    stockholm = "# STOCKHOLM 1.0\na ACDEF\n//\n"
    files = {
        "dna": ">q\nACGTACGTRYACGTNNACGT\n",
        "none": ">q\n\n",
        "stop": f">q\n{consensus[:16]}*{consensus[16:]}\n",
        "gap": ">q\nACD-EF\n",
        "text": "ACDEF\n",
        "nul": ">q\nACDEF\n\0",
        "mark": f"\ufeff>q\n{consensus}\n",
        "two": stockholm * 2,
        "short": ">a\nACDEF\n>b\nACD\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    os.mkfifo(tmp_path / "pipe")
    for search, begin, where, message in (
        (search_query, "dna", database, "dna: contains dna, not protein; give protein, or set 'alphabet'"),
        (search_seed, "dna", database, "dna: contains dna, not protein; give protein, or set 'alphabet'"),
        (search_query, query, "dna", "dna: contains dna, not protein; give protein, or set 'alphabet'"),
        (search_query, "none", database, "none: sequence q has 0 residues; a query has 1 to 100,000"),
        (search_query, "stop", database, "stop: sequence q has a stop (*) as residue 17; give a whole protein"),
        (search_query, "gap", database, "gap: HMMER reads no protein sequence from it: "),
        (search_query, "text", database, "text: HMMER reads no protein sequence from it: "),
        (search_query, "nul", database, "nul: not text; give the path of a query, such as FASTA"),
        (search_query, query, "nul", "nul: not text; give the path of a database of sequences, such as FASTA"),
        (search_query, "mark", database, "mark: begins with a byte order mark; save it as UTF-8 without one"),
        (search_query, query, "mark", "mark: begins with a byte order mark; save it as UTF-8 without one"),
        (search_query, "pipe", database, "pipe: cannot be read: it is a pipe or a device"),
        (search_query, query, "pipe", "pipe: cannot be read: it is a pipe or a device"),
        (search_seed, "pipe", database, "pipe: cannot be read: it is a pipe or a device"),
        (search_seed, seed, tmp_path, "cannot be read: it is a folder; give the path of a database"),
        (search_seed, "two", database, "two: contains 2 alignments; choose one"),
        (search_seed, "short", database, "short: HMMER reads no protein alignment from it: "),
    ):
        with pytest.raises(InputError) as raised:
            search(tmp_path / begin, tmp_path / where, LETTERS, SETTINGS, 1, silent)
        assert message in str(raised.value) and "\n" not in str(raised.value)


def test_an_empty_sequence_of_a_database_changes_nothing(world, tmp_path):
    folder, _, _ = world
    content = (folder / "db.fasta").read_text()
    (tmp_path / "db.fasta").write_text(f">empty\n\n{content}>stop\n*\n")
    result, plain = (
        search_query(folder / "query.fasta", where / "db.fasta", LETTERS, SETTINGS, 1, silent)
        for where in (tmp_path, folder)
    )
    # E-values count the sequences of the database.
    assert result.hits["name"].tolist() == plain.hits["name"].tolist()


@pytest.mark.parametrize("kind", ["lines", "one line", "zeros on disk"])
def test_a_database_that_is_a_bomb_is_refused_in_little_memory(world, tmp_path, kind):
    folder, _, _ = world
    path = tmp_path / "db"
    if kind == "zeros on disk":
        with path.open("wb") as file:
            file.truncate(20 << 30)
    else:
        piece = gzip.compress((b"ACDEFGHIK\n" if kind == "lines" else b"ACDEFGHIKL") * 10**6, 1)
        path.write_bytes(gzip.compress(b">a\n") + piece * 300)
    program = f"""
import resource; resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.core.settings.alignment import SearchSettings
from temperance.msa.search import search_query
try: search_query({str(folder / "query.fasta")!r}, {str(path)!r}, alphabet("protein"), SearchSettings(), 1, print)
except InputError as error: print(error)
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, env=environment)
    messages = {"zeros on disk": "not text; give the path of a database of sequences, such as FASTA"}
    expected = messages.get(kind, "unpacks to more than 500 MB; unpack it first, a plain file is read from disk")
    assert run.stdout == f"{path}: {expected}\n", run.stderr[-500:]


def test_every_column_is_a_match_state_of_a_profile_however_many_gaps_it_has():
    """Seven of eight sequences have a gap in the third column."""
    sequences = np.full((8, 6), 3, np.uint8)
    sequences[1:, 2] = 0
    assert make_hmm(sequences, LETTERS, "family").M == 6
