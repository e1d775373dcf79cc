"""Tables of measured mutants: what MaveDB, ProteinGym and spreadsheets write is read, and the rest refused by line."""

import gzip
import logging
import os

import numpy as np
import pandas as pd
import pytest
from small_systems import random_potts

from temperance.core import cells
from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.predict.measured import read_measured
from temperance.predict.mutants import score_measured

PROTEIN = alphabet("protein")


@pytest.fixture
def read(tmp_path):
    def read_content(content, name="protein"):
        path = tmp_path / "scores.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        table = read_measured(path, alphabet(name))
        return list(zip(table["mutant"], table["measured"], table["line"], strict=True))

    return read_content


@pytest.mark.parametrize(
    "content",
    [
        "mutant,score\nA12V,0.5\nA12V:G30S,-1.5\n",
        "mutant\tscore\nA12V\t0.5\nA12V:G30S\t-1.5\n",
        "mutant;score\nA12V;0.5\nG30S:A12V;-1.5\n",
        "mutant;score\nA12V;0,5\nA12V:G30S;-1,5\n",
        'mutant,score\nA12V,"0,5"\n"A12V,G30S","-1,5"\n',
        '"mutant","score"\r\n"A12V","0.5"\r\n"A12V;G30S","-1.5"\r\n',
        '\ufeff"Mutant";"Score"\r\n"A12V";"0,5"\r\n"A12V:G30S";"-1,5"\r\n',
        "score;mutant\n0,5;A12V\n-1,5;A12V/G30S\n",
        'mutant,score\n="A12V",0.5\na12v g30s,\u22121.5\n',
        "mutant,mutated_sequence,DMS_score,DMS_score_bin\nA12V,MK,0.5,1\nA12V:G30S,MK,-1.5,0\n",
        "accession,hgvs_nt,hgvs_splice,hgvs_pro,score\nt:1,NA,NA,p.Ala12Val,0.5\nt:2,NA,NA,p.[Ala12Val;Gly30Ser],-1.5\n",
        "hgvs_pro,score\np.(Ala12Val),0.5\np.[(Ala12Val);(Gly30Ser)],-1.5e0\n",
        "hgvs_pro,score\nNP_000537.3:p.Ala12Val,5e-1\nP04637:p.[Gly30Ser;Ala12Val;Cys31=],-1.5\n",
        "hgvs_pro,score\np.A12V,+.5\np.A12V;p.G30S,-1.5\n",
        "variant,fitness,,\nA12V,0.5,,\nA12V:p.Gly30Ser,-1.5,,\n",
    ],
)
def test_the_same_mutants_are_read_from_every_way_of_writing_them(content, read):
    assert read(content) == [("A12V", 0.5, 2), ("A12V:G30S", -1.5, 3)]


def test_lines_before_the_header_and_utf_16_and_gzip_are_read(read):
    text = "# Accession: urn:mavedb:1\n# Licence: CC0\n\nsep=\t\nmutant\tscore\nA12V\t0.5\n"
    assert read(text) == read(text.encode("utf-16")) == read(gzip.compress(text.encode())) == [("A12V", 0.5, 6)]


def test_rows_that_are_no_mutants_or_not_measured_are_left_out_and_counted(read, caplog):
    rows = [
        "_wt", "p.=", "p.(=)", "WT", "p.Ala10=", "p.Ala10Ala", "A10A", "p.Ala10_Gly13=",  # the wild type
        "p.Ala12del", "p.Ala12_Gly13del", "p.Ala12_Gly13insSer", "p.Gly9fs", "p.Met1?", "p.?", "p.0", "A3dup",
        "p.Ala12?", "p.Gln18[23]", "p.Ter110GlnextTer17", "p.Trp26Leufs*5",
        "NA", "",
        "p.Ala12Val",
    ]  # fmt: skip
    caplog.set_level(logging.INFO)
    content = (
        "hgvs_pro,score\n" + "".join(f"{row},1\n" for row in rows) + "p.Ala13Val,\np.Ala14Val,NA\np.Ala15Val,nan\n"
    )
    assert read(content) == [("A12V", 1, 24)]
    for counted in ("8 rows of the wild type", "12 rows without a substitution", "2 rows without a mutant",
                    "3 rows without a score"):  # fmt: skip
        assert counted in caplog.text


@pytest.mark.parametrize(
    ("header", "told", "score"),
    [
        ("mutant,score,SE", [], 1),
        ("score,mutant,dms_score", ["score and dms_score, score"], 1),
        ("hgvs_pro,DMS_score,mutant", ["mutant and hgvs_pro, mutant"], 2),
        ("Variant,Fitness,Mutation,Effect", ["mutation and variant, mutation", "fitness and effect, fitness"], 3),
    ],
)
def test_which_of_several_columns_is_read_is_told(header, told, score, read, caplog, tmp_path):
    cells = {"score": "1", "dms_score": "2", "fitness": "3", "effect": "4", "mutant": "A1C", "mutation": "A1C"}
    row = ",".join(cells.get(name.lower(), "A9C") for name in header.split(","))
    assert read(f"{header}\n{row}\n") == [("A1C", score, 2)]
    path = tmp_path / "scores.csv"
    assert caplog.messages == [f"warning: {path}: of the columns {columns} is read" for columns in told]


def test_stops_and_unknown_residues_are_mutants_without_a_state(read):
    assert [row[0] for row in read("hgvs_pro,score\np.Ala12Ter,1\np.Ala13*,1\np.Ala14Xaa,1\np.Sec15Ala,1\n")] == [
        "A12*", "A13*", "A14X", "U15A",
    ]  # fmt: skip


def test_mutants_of_nucleic_acids_and_of_other_alphabets_are_read(read):
    assert read("hgvs_nt,hgvs_pro,score\nn.12a>g,NA,1\nn.[12A>G;13T>C],NA,2\n", "rna") == [
        ("A12G", 1, 2), ("A12G:U13C", 2, 3),
    ]  # fmt: skip
    assert read("mutant,score\n0121,1\n", "01") == [("0121", 1, 2)]


def test_several_changes_of_the_dna_to_one_protein_are_averaged_and_others_refused(read, caplog):
    caplog.set_level(logging.INFO)
    rows = "c.1A>G,p.Ala12Val,1\nc.2A>G,p.Ala12Val,4\nc.3A>G,p.Gly13Ser,7\n"
    assert read("hgvs_nt,hgvs_pro,score\n" + rows) == [("A12V", 2.5, 2), ("G13S", 7, 4)]
    assert "1 mutants have several scores, of which the mean is taken" in caplog.text
    assert read("mutant,score\nA12V,1\nA12V,1\n") == [("A12V", 1, 2)]
    with pytest.raises(InputError, match="line 4: A12V:G13S has score 2, and on line 2 1; give one score, their mean"):
        read("mutant,score\nA12V:G13S,1\nG13S,2\nG13S:A12V,2\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1: its columns are none; expected a header with the columns mutant and score"),
        ("A12V,0.5\n", "line 1: its columns are a12v, 0.5; expected a header"),
        ("<html>404</html>", "line 1: its columns are <html>404</html>; expected a header"),
        ("# a comment\n\nmutants,score\n", "line 3: its columns are mutants, score"),
        ("accession,hgvs_pro\nx,p.Ala12Val\n", "line 1: its columns are accession, hgvs_pro; expected"),
        ("mutant,score,score\nA12V,1,2\n", "line 1: its columns are mutant, score, score; .* once each"),
        ("mutant,score\n", "no mutant with a score in columns mutant and score"),
        ("hgvs_nt,hgvs_pro,score\nc.1A>G,NA,1\n", "no mutant with a score in columns hgvs_pro and score"),
        ("mutant,score\nA12V\n", "line 2: 1 cells, the header has 2"),
        ("mutant,score\nA12V,0,5\n", "line 2: 3 cells, the header has 2; decimal commas need semicolons"),
        ("mutant,score\n,1\n", "line 2: expected a mutant in the column mutant"),
        ("mutant,score\nA12V,x\n", "line 2: score 'x' is not a finite number; leave the cell empty"),
        ("mutant,score\n\nA12V,inf\n", "line 3: score 'inf' is not a finite number"),
        ("mutant,score\nA12V,1_0\n", "line 2: score '1_0' is not a finite number"),
        ("mutant,score\nA12V,\u0661\n", "line 2: score '\u0661' is not a finite number"),
        ("mutant,score\nA12V,0x10\n", "line 2: score '0x10' is not a finite number"),
        ("mutant\tscore\nA12V\t1,234,567\n", "line 2: score '1,234,567' is not a finite number"),
        (
            "mutant\tscore\nA12V\t0,5\nA13V\t0.5\n",
            "line 3: score '0.5' has a decimal point, and that of line 2 a dec",
        ),
        ("mutant\tscore\nA12V\t1.234,5\n", "line 2: score '1.234,5' has a decimal point"),
        ("mutant,score\nA12V,1\nseven,1\n", "line 3: 'seven'; expected A12V, A12V:G30S or p.Ala12Val"),
        ("mutant,score\nA12,1\n", "line 2: 'A12'; expected A12V"),
        ("mutant,score\nA1_0V,1\n", "line 2: 'A1_0V'; expected A12V"),
        ("mutant,score\nA\u0661V,1\n", "line 2: 'A\u0661V'; expected A12V"),
        # In time that is linear in the length of a cell: squared, these take an hour and a minute.
        (f"mutant,score\nY{'1' * 100_000}A,1\n", "line 2: 'Y1{29}'; expected A12V"),
        (f"mutant,score\n{'n.' * 60_000},1\n", r"line 2: '(n\.){15}'; expected A12V"),
        ("mutant,score\nA12V:,1\n", "line 2: 'A12V:'; expected A12V"),
        ("hgvs_pro,score\np.[Ala12Val];[Gly30Ser],1\n", r"line 2: 'p.\[Ala12Val\];\[Gly30Ser\]'; expected A12V"),
        ("hgvs_pro,score\nc.12A>G,1\n", "line 2: 'c.12A>G'; expected A12V"),
        ("mutant,score\nn.12A>G,1\n", "line 2: 'n.12A>G'; expected A12V"),
        ("mutant,score\nY1A:Y1V,1\n", "line 2: 'Y1A:Y1V' changes residue 1 twice"),
        ("mutant,score\nA12V:G3S:A12V,1\n", "line 2: 'A12V:G3S:A12V' changes residue 12 twice"),
        ('mutant,score\nA12V,1\n"A13V,1\nA14V,1\n', "line 4: quotes or cells are damaged"),
        ("mutant,score\n" + "A" * 200_000 + ",1\n", "line 2: quotes or cells are damaged"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_by_line(content, message, read):
    with pytest.raises(InputError, match=message) as error:
        read(content)
    assert str(error.value).startswith("mutants.table: ") and "scores.csv" in str(error.value)


def test_a_table_without_end_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "scores.csv.gz"
    path.write_bytes(gzip.compress(b"mutant,score\n" + b"A12V,0.5\n" * 20))
    monkeypatch.setattr(cells, "_MOST_ROWS", 15)
    with pytest.raises(InputError, match="line 16: more than 15 rows"):
        read_measured(path)


def test_pipes_and_devices_are_refused(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", "/dev/zero", tmp_path):
        with pytest.raises(InputError, match="give the path of an ordinary file"):
            read_measured(path)


@pytest.fixture
def reference():
    # Columns of residues 7, 8 and 9: A, E, and X, which is no state; the second column is a gap of the reference.
    columns = pd.DataFrame(
        {"column": [1, 2, 3, 4], "residue": ["A", "", "E", "X"], "number": [7, np.nan, 8, 9]}, index=range(4)
    )
    return random_potts(4, 21, 2), np.array([1, 0, 4, 0], np.uint8), columns


def score(mutants, reference, letters=PROTEIN):
    model, sequence, columns = reference
    table = pd.DataFrame({"mutant": mutants, "measured": 1.0, "line": np.arange(len(mutants)) + 2})
    return score_measured(table, model, sequence, columns, letters, "dms.csv")["score"].to_numpy()


def test_mutants_are_scored_where_all_of_their_residues_have_columns_and_states(reference):
    model, sequence, _ = reference
    both = np.array([[2, 0, 9, 0]], np.uint8)  # C and K are states 2 and 9
    expected = (model.energies(sequence[None]) - model.energies(both))[0]
    scores = score(["A7C:E8K", "M6A", "A7C:M6A", "X9A", "A7*", "E8-"], reference)
    assert scores[0] == pytest.approx(expected, abs=1e-5)
    assert np.isnan(scores[1:5]).all() and np.isfinite(scores[5])


@pytest.mark.parametrize(
    ("mutants", "message"),
    [
        (["A7C", "C8A"], "dms.csv, line 3: C8A, but residue 8 of the reference is E; "),
        (["A7C"] * 50 + ["C8A"], "line 52: C8A"),
        (["M6A:C7A"], "line 2: M6A:C7A, but residue 7 of the reference is A"),
        (
            ["A40C", "A51C"],
            "no mutant can be scored: it has residues 40 to 51, the columns have 7 to 8",
        ),
        (["A7*"], "no mutant can be scored"),
    ],
)
def test_mutants_of_another_sequence_are_refused(mutants, message, reference):
    with pytest.raises(InputError, match=message):
        score(mutants, reference)
