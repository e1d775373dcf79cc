"""Searches of a small database in which members of a family lie between unrelated residues."""

import gzip

import numpy as np
import pytest

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.core.settings.alignment import SearchSettings
from temperance.msa.search import search_query, search_seed

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
    found = search(begin, folder / name, LETTERS, SETTINGS, 1, silent)
    first = 1 if search is search_query else 5
    assert found.names[0] == ("consensus" if search is search_query else "seed_0")
    assert search is search_seed or found.rows[0].replace(".", "") == consensus
    named = {name.split("/")[0]: (name, row) for name, row in zip(found.names[first:], found.rows[first:], strict=True)}
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
    table = found.hits.set_index("name")
    assert not table.filter(like="fragment", axis=0)["kept"].any()
    assert table["coverage"].between(0, 1).all() and (table["evalue"] <= 1e-3).all()


def test_bit_scores_count_residues_of_the_query(world):
    folder, _, _ = world
    found = search_query(
        folder / "query.fasta",
        folder / "db.fasta",
        LETTERS,
        SETTINGS.model_copy(update={"evalue": None, "bits_per_residue": 0.8}),
        1,
        silent,
    )
    assert len(found.rows) > 10 and (found.hits["bits"] >= 0.8 * LENGTH).all()
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
    found = search_seed(tmp_path / "seed.fa", tmp_path / "db.fa", RNA, SETTINGS, 1, silent)
    assert {name.split("/")[0] for name in found.names[4:]} == {f"d{n}" for n in range(12)}


def test_what_cannot_be_searched_is_told_in_a_line(world, tmp_path):
    folder, _, _ = world
    (tmp_path / "empty").write_text("")
    (tmp_path / "two.fasta").write_text(">a\nACDE\n>b\nACDE\n")
    (tmp_path / "damaged.gz").write_bytes((folder / "db.fasta.gz").read_bytes()[:1000])
    query, seed, database = folder / "query.fasta", folder / "seed.fasta", folder / "db.fasta"
    for search, begin, where, letters, said in (
        (search_query, tmp_path / "empty", database, LETTERS, "empty: "),
        (search_query, tmp_path / "two.fasta", database, LETTERS, "2 sequences; expected exactly one"),
        (search_query, query, tmp_path / "empty", LETTERS, "empty: "),
        (search_query, query, tmp_path / "damaged.gz", LETTERS, r"damaged\.gz: "),
        (search_seed, seed, tmp_path / "damaged.gz", LETTERS, r"damaged\.gz: "),
        (search_seed, tmp_path / "empty", database, LETTERS, "empty: "),
        (search_seed, database, database, LETTERS, r"db\.fasta: HMMER reads no protein alignment"),
        (search_query, query, database, RNA, "iterative search is for protein"),
        (search_seed, seed, database, alphabet("01"), "alphabet: HMMER searches"),
    ):
        with pytest.raises(InputError, match=said) as raised:
            search(begin, where, letters, SETTINGS, 1, silent)
        assert "\n" not in str(raised.value)
