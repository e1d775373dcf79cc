import gzip
import io

import numpy as np
import pytest
from Bio import AlignIO
from Bio.Align import MultipleSeqAlignment
from Bio.Seq import Seq
from Bio.SeqRecord import SeqRecord

from temperance.core.alphabet import NAMED, alphabet
from temperance.core.errors import InputError
from temperance.msa.alignment import filter_alignment, read
from temperance.msa.encoding import encode

ROWS = {"one": "ACD-EFGHIK", "two": "ACDMEFGH-K", "three": "TCDMEYGHIK", "four": "-CDMEFGWIR"}
PROTEIN = alphabet("protein")


def write(path, text, compress):
    path.write_bytes(gzip.compress(text.encode()) if compress else text.encode())
    return path


def as_text(alignment):
    return [row.tobytes().decode() for row in alignment.sequences]


def biopython(kind):
    records = [SeqRecord(Seq(row), id=name, description="") for name, row in ROWS.items()]
    out = io.StringIO()
    AlignIO.write(MultipleSeqAlignment(records), out, kind)
    return out.getvalue()


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("kind", ["fasta", "stockholm", "clustal"])
def test_formats_agree_with_biopython(tmp_path, kind, compress):
    text = biopython(kind)
    alignment = read(write(tmp_path / "alignment.dat", text, compress))
    expected = AlignIO.read(io.StringIO(text), kind)
    assert alignment.names == [record.id for record in expected]
    assert as_text(alignment) == [str(record.seq) for record in expected] == list(ROWS.values())


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "gzip"])
def test_psicov(tmp_path, compress):
    alignment = read(write(tmp_path / "x", "\n".join(ROWS.values()) + "\n", compress))
    assert as_text(alignment) == list(ROWS.values())
    assert alignment.names[1] == "line_2"


@pytest.mark.parametrize("opening", ["", "#A3M#\n", "#6\t1\n"])
def test_a3m_insertions_are_dropped(tmp_path, opening):
    text = opening + ">query\nACD-EF\n>b some words\nACaaD-EFg\n>c\n-CDM\nEF\n"
    alignment = read(write(tmp_path / "x", text, False))
    assert as_text(alignment) == ["ACD-EF", "ACD-EF", "-CDMEF"]
    assert alignment.names == ["query", "b", "c"]


def test_a2m_insert_columns_are_dropped(tmp_path):
    text = ">a\nAC..D-EF\n>b\nACwyD-EF\n>c\n-C.kDMEF\n"
    assert as_text(read(write(tmp_path / "x", text, False))) == ["ACD-EF", "ACD-EF", "-CDMEF"]


def test_stockholm_insert_columns_are_dropped(tmp_path):
    text = "# STOCKHOLM 1.0\n\na AC.gD\nb ACk.D\n\na EF\nb E-\n//\n"
    assert as_text(read(write(tmp_path / "x", text, False))) == ["ACDEF", "ACDE-"]


def test_clustal_blocks_counts_and_conservation_are_understood(tmp_path):
    text = "CLUSTAL W (1.83)\n\n\na  ACD-EF 5\nb  ACDMef 6\n   ***.\n\na  AC 7\nb  A- 7\n   *\n"
    alignment = read(write(tmp_path / "x", text, False))
    assert dict(zip(alignment.names, as_text(alignment), strict=True)) == {"a": "ACD-EFAC", "b": "ACDMefA-"}


def test_lower_case_alone_is_no_insertion(tmp_path):
    for text in (">a\nacd-ef\n>b\nacdmef\n", ">a\nAcD-ef\n>b\naCDMeF\n", ">a\nacd.ef\n>b\nacdmef\n"):
        alignment = read(write(tmp_path / "x", text, False))
        states = encode(alignment, PROTEIN).sequences
        assert PROTEIN.decode(states) == ["ACD-EF", "ACDMEF"]


def test_windows_line_ends_and_a_byte_order_mark(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"\xef\xbb\xbf>a\r\nACD\r\n>b\r\nAC-\r\n")
    assert as_text(read(path)) == ["ACD", "AC-"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (b">a\nACD\n>b\nAC\n", "line 3, sequence b: not aligned: 2 columns"),
        (b">a\nACD\n>b\n\n", "line 3, sequence b: not aligned: 0 columns"),
        (b"ACD\nAC\n", "line 2, sequence line_2: not aligned"),
        (b"hello, world\n", "line 1"),
        (b"ACDE\nAC,E\n", "line 2"),
        (b">a\nAC\xff\xfe\n", "line 2: not text"),
        (b"\x1f\x8b\x08\x00broken", "the gzip file is damaged"),
        (b"# STOCKHOLM 1.0\na ACD\n", "Stockholm"),
        (b"# STOCKHOLM 1.0\na ACD\nb AC\n//\n", "Stockholm"),
        (b"CLUSTAL W\n\n\n", "Clustal"),
        (b"CLUSTAL W\n\na ACD\nb ACD\n\na ACD\n", "the block has 1 sequences, the first 2"),
        (b"CLUSTAL W\n\na ACD%\n", "line 3"),
    ],
)
def test_what_is_no_alignment_is_named_in_one_line(tmp_path, content, message):
    path = tmp_path / "broken.txt"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read(path)
    assert message in str(error.value)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(InputError, match=str(path)):
            read(path)


@pytest.mark.parametrize(("name", "row"), [("rna", "ACGU-"), ("dna", "ACGT-"), ("AB-", "ABBA-"), ("01", "01101")])
def test_alphabets_go_there_and_back(tmp_path, name, row):
    letters = alphabet(name)
    alignment = encode(read(write(tmp_path / "x", f">a\n{row}\n>b\n{row[::-1]}\n", False)), letters)
    assert letters.decode(alignment.sequences) == [row, row[::-1]]
    assert alignment.sequences.max() < letters.q


def test_uracil_and_thymine_stand_for_each_other(tmp_path):
    path = write(tmp_path / "x", ">a\nACGU\n>b\nACGT\n", False)
    for name in ("rna", "dna"):
        states = encode(read(path), NAMED[name]).sequences
        np.testing.assert_array_equal(states[0], states[1])


def test_ambiguous_residues_follow_the_policy(tmp_path):
    alignment = read(write(tmp_path / "x", ">a\nACXD\n>b\nACDD\n>c\nBCDD\n", False))
    assert PROTEIN.decode(encode(alignment, PROTEIN, "gap").sequences) == ["AC-D", "ACDD", "-CDD"]
    dropped = encode(alignment, PROTEIN, "drop")
    assert dropped.names == ["b"]
    assert [row[1:] for row in dropped.audit] == [("a", "ambiguous residue"), ("c", "ambiguous residue")]
    with pytest.raises(InputError, match="line 1, sequence a: contains an ambiguous residue"):
        encode(alignment, PROTEIN, "error")


def test_a_symbol_of_another_alphabet_is_named(tmp_path):
    protein = read(write(tmp_path / "x", ">a\nACGU\n>b\nACEG\n", False))
    with pytest.raises(InputError, match="line 3, sequence b, column 3: 'E' is not in the alphabet rna"):
        encode(protein, NAMED["rna"])
    with pytest.raises(InputError, match="nucleic acid"):
        encode(read(write(tmp_path / "y", ">a\nACGT\n>b\nAC-T\n", False)), PROTEIN)


def test_filters_drop_and_audit(tmp_path):
    rows = ["ACDEF-", "ACDEF-", "A----F", "TCDEF-", "WCDE--", "MCDEF-"]
    text = "".join(f">s{number}\n{row}\n" for number, row in enumerate(rows))
    alignment = encode(read(write(tmp_path / "x", text, False)), PROTEIN)
    filtered = filter_alignment(alignment, PROTEIN, max_column_gaps=0.5, max_sequence_gaps=0.4)
    assert filtered.names == ["s0", "s3", "s4", "s5"]
    assert PROTEIN.decode(filtered.sequences) == ["ACDEF", "TCDEF", "WCDE-", "MCDEF"]
    np.testing.assert_array_equal(filtered.columns, [1, 2, 3, 4, 5])
    assert filtered.audit == [
        ("column", "6", "gap fraction 0.833 > 0.5"),
        ("sequence", "s2", "gap fraction 0.800 > 0.4"),
        ("sequence", "s1", "same as s0"),
    ]
    assert len(filter_alignment(alignment, PROTEIN, 1, 1, "keep").names) == 6
    # A column may have as many gaps as the limit says, and a sequence, too: four of five.
    for limit, columns in ((5 / 6, 6), (0.83, 5)):
        assert filter_alignment(alignment, PROTEIN, limit, 1, "keep").sequences.shape == (6, columns)
    assert len(filter_alignment(alignment, PROTEIN, 0.5, 0.8, "keep").names) == 6


@pytest.mark.parametrize("rows", [["ACDE"], ["----"] * 5, ["ACDE"] * 5])
def test_too_little_left_is_an_error(tmp_path, rows):
    text = "".join(f">s{number}\n{row}\n" for number, row in enumerate(rows))
    alignment = encode(read(write(tmp_path / "x", text, False)), PROTEIN)
    with pytest.raises(InputError, match=r"at least 4 are needed|2 are needed"):
        filter_alignment(alignment, PROTEIN, path="x")


# ---------------------------------------------------------------- numbers of residues


def test_columns_are_numbered_by_residues_of_the_reference(tmp_path):
    path = tmp_path / "a.a3m"
    path.write_text(">first/11-16\nA-cCDeE\n>second/5-9\nACC-E\n")
    first = read(path)
    assert first.reference == "first/11-16" and first.numbers.tolist() == [11, 0, 13, 14, 16]
    assert "".join(first.residues) == "ACDE"
    second = read(path, "second/5-9")
    # Four residues are no span of five: counted from 1.
    assert second.numbers.tolist() == [1, 2, 3, 0, 4]
    with pytest.raises(InputError, match="no sequence named third; its first is first/11-16"):
        read(path, "third")
    table = first.columns_table()
    assert table["column"].tolist() == [1, 2, 3, 4, 5] and table["number"].isna().tolist() == [0, 1, 0, 0, 0]


def test_insert_columns_of_a2m_count_for_numbers(tmp_path):
    path = tmp_path / "a.a2m"
    path.write_text(">q\nAcC-D.E\n>r\nA.CCDeE\n>s\nA.CCDeE\n>t\nA.CCD.E\n")
    alignment = read(path)
    assert alignment.numbers.tolist() == [1, 3, 0, 4, 5] and alignment.columns.tolist() == [1, 2, 3, 4, 5]


def test_columns_may_be_those_of_the_reference_or_match_states(tmp_path):
    path = tmp_path / "a.sto"
    rows = [("q", "AC-DE"), ("r", "ACCEE"), ("s", "GCDD-"), ("t", "ACDGG")]
    body = "".join(f"{name} {row}\n" for name, row in rows)
    path.write_text(f"# STOCKHOLM 1.0\n{body}#=GC RF x.xx.\n//\n")
    letters = alphabet("protein")
    encoded = encode(read(path), letters)
    of_reference = filter_alignment(encoded, letters, columns="reference", path=path)
    assert of_reference.columns.tolist() == [1, 2, 4, 5] and of_reference.numbers.tolist() == [1, 2, 3, 4]
    assert ("column", "3", "no residue of q") in of_reference.audit
    of_match = filter_alignment(encoded, letters, columns="match", duplicates="keep", path=path)
    assert of_match.columns.tolist() == [1, 3, 4] and of_match.numbers.tolist() == [1, 0, 3]
    path.write_text(f"# STOCKHOLM 1.0\n{body}//\n")
    with pytest.raises(InputError, match=r"filter\.columns: match needs"):
        filter_alignment(encode(read(path), letters), letters, columns="match", path=path)


@pytest.mark.parametrize("start", ["", ">row {}\n"])
def test_prose_is_no_family_of_proteins_and_a_pyrrolysine_is(start, tmp_path):
    """Two of six letters of the words are O, one of fifty residues of the proteins is."""
    words = ["DOCTOR", "POTION", "BOTTOM", "OCTOPI", "COTTON", "MOTION"]
    path = tmp_path / "words.aln"
    path.write_text("".join(start.format(number) + word + "\n" for number, word in enumerate(words)))
    with pytest.raises(InputError, match=r"words.aln: 33 % of its letters are O or J, .* it looks like text"):
        encode(read(path), alphabet("protein"), path=path)
    path.write_text("".join(start.format(number) + "ACDEFGHIKL" * 4 + "ACDEFGHIKO\n" for number in range(20)))
    assert encode(read(path), alphabet("protein"), path=path).sequences[:, -1].tolist() == [0] * 20
    # Letters of an alphabet of the user's own mean what he likes.
    path.write_text("OJO\nJJO\n" * 10)
    assert encode(read(path), alphabet("OJ"), path=path).sequences[0].tolist() == [0, 1, 0]
