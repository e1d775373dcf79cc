"""Files as the field's programs write them are read rightly, and those with two readings are refused."""

import gzip

import pytest

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.msa.alignment import filter_alignment, read, read_rows
from temperance.msa.encoding import encode
from temperance.msa.prepare import prepare_alignment

ROWS = ["ACDEFGHIKL", "ACDEFGHIKV", "TCDEFGHIKL", "ACWEFGHIKL", "YCDEFGAIKL"]
PROTEIN = alphabet("protein")


def write(tmp_path, text, name="family.fasta"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def as_text(alignment):
    return [row.tobytes().decode() for row in alignment.sequences]


def fasta(rows, first=0):
    return "".join(f">s{number}\n{row}\n" for number, row in enumerate(rows, first))


def refused(path, **keywords):
    with pytest.raises(InputError) as raised:
        read(path, **keywords)
    return str(raised.value)


# ---------------------------------------------------------------- Stockholm

STOCKHOLM = "# STOCKHOLM 1.0\n#=GF ID   {}\n" + "".join(f"s{n} {row}\n" for n, row in enumerate(ROWS)) + "//\n"


def test_several_alignments_in_a_stockholm_file_are_counted_and_named(tmp_path):
    path = write(tmp_path, "".join(STOCKHOLM.format(name) for name in ("one", "two", "three", "four")))
    assert refused(path) == (
        f"{path}: contains 4 alignments (one, two, three, ...); choose one: give its lines, from '# STOCKHOLM 1.0' to "
        "'//', in a file of its own"
    )
    two = write(tmp_path, STOCKHOLM.format("one") + "\n" + STOCKHOLM.format("two").replace("ID  ", "AC  "))
    assert "contains 2 alignments (one, two); choose" in refused(two)
    assert as_text(read(write(tmp_path, STOCKHOLM.format("one") + "\n\n"))) == ROWS


def test_text_after_the_end_of_a_stockholm_alignment_is_refused(tmp_path):
    path = write(tmp_path, STOCKHOLM.format("one") + "\n<html>\n")
    # Two lines of header, five of sequences, the end, an empty one.
    assert refused(path) == f"{path}, line 10: '<html>' stands after '//', the alignment's end"


@pytest.mark.parametrize("line", ["#=GC RF  {}", "#=GC  RF {}", "#=GC\tRF\t{}"])
def test_words_of_a_stockholm_line_are_separated_by_any_blanks(tmp_path, line):
    text = STOCKHOLM.replace("//\n", line.format("xx.xxxxxx.") + "\n//\n")
    alignment = filter_alignment(
        encode(read(write(tmp_path, text)), PROTEIN), PROTEIN, columns="match", duplicates="keep"
    )
    assert alignment.columns.tolist() == [1, 2, 4, 5, 6, 7, 8, 9]


def test_names_of_rows_may_be_in_the_older_encoding_and_residues_not(tmp_path):
    for text in (STOCKHOLM, "CLUSTAL W\n\n" + "".join(f"s{n} {row}\n" for n, row in enumerate(ROWS))):
        alignment = read(write(tmp_path, text.replace("s1 ", "Z\xfcrich ").encode("cp1252")))
        assert alignment.names[1] == "Z\xfcrich" and as_text(alignment) == ROWS
        path = write(tmp_path, text.replace("s1 A", "s1 \xfc").encode("cp1252"))
        assert refused(path).startswith(f"{path}, line 4: not text; expected FASTA")


def test_a_name_twice_in_a_stockholm_file_is_named(tmp_path):
    # As MMseqs2 writes the query before its first hit, itself.
    path = write(tmp_path, STOCKHOLM.replace("s1 ", "s0 "))
    assert refused(path) == f"{path}: sequence s0 stands twice; give each a name of its own"


@pytest.mark.parametrize(
    "remark",
    [
        b"#=GF AU   M\xfcller J\n",  # Latin-1, as in old releases of Pfam
        b"#=GS s0AC unknown\n#=GS s1AC unknown\n",  # BioPerl 1.6
        b"#=GS s9 AC P12345\n",  # of a sequence that is not there
        b"#=GF CC   \xff\xfe\n",
    ],
)
def test_remarks_of_a_stockholm_file_do_not_stop_it(tmp_path, remark):
    header, body = STOCKHOLM.encode().split(b"\n", 1)
    path = write(tmp_path, header + b"\n" + remark + body)
    assert as_text(read(path)) == ROWS


def test_a_stockholm_file_of_blocks_keeps_its_match_states_and_drops_its_insertions(tmp_path):
    text = (
        "# STOCKHOLM 1.0\n#=GF ID x\n\n"
        "a/3-6        AC.gD\n#=GR a/3-6 PP 99..9\nb            ~CkkD\n#=GC PP_cons 99..9\n#=GC RF      xx..x\n\n"
        "a/3-6        ~\n#=GR a/3-6 PP .\nb            E\n#=GC PP_cons 9\n#=GC RF      x\n//\n"
    )
    alignment = read(write(tmp_path, text))
    # Columns 3 and 4 are insert: lower case and dots alone.
    assert as_text(alignment) == ["ACD~", "~CDE"]
    assert alignment.match.tolist() == [True] * 4
    # The insertion g is residue 5.
    assert alignment.numbers.tolist() == [3, 4, 6, 0] and alignment.residues.tolist() == ["A", "C", "D", ""]
    assert PROTEIN.decode(encode(alignment, PROTEIN).sequences) == ["ACD-", "-CDE"]


# ---------------------------------------------------------------- A3M


@pytest.mark.parametrize("name", ["q.a3m", "q.A3M.gz", "q.fasta"])
def test_a3m_whose_rows_have_equally_many_insertions_is_a3m(tmp_path, name):
    # Three insertions each, at three places.
    text = ">s0/11-20\nACacdDEFGH\n>s1\nACDacdEFGH\n>s2\nACDEacdFGH\n>s3\nACDEFacdG-\n"
    text = "#A3M#\n" + text if name == "q.fasta" else text
    path = write(tmp_path, gzip.compress(text.encode()) if name.endswith("gz") else text, name)
    alignment = read(path)
    assert as_text(alignment) == ["ACDEFGH", "ACDEFGH", "ACDEFGH", "ACDEFG-"]
    assert alignment.numbers.tolist() == [11, 12, 16, 17, 18, 19, 20]
    assert read_rows(path)[2] is False


def test_equally_many_lower_case_letters_in_a_file_of_any_name_are_refused(tmp_path):
    path = write(tmp_path, ">s0\nAcDEF\n>s1\nACdEF\n>s2\nACDeF\n")
    assert refused(path) == (
        f"{path}: every row has 1 lower-case letters, which may be insertions (A3M) or residues; name the file .a3m if "
        "they are insertions, else write them in upper case"
    )
    # One row with two of them: no A3M of four match states, so that the case says nothing.
    more = write(tmp_path, ">s0\nAcDEF\n>s1\nACdEF\n>s2\nACdeF\n", "family.a3m")
    assert as_text(read(more)) == ["AcDEF", "ACdEF", "ACdeF"] and read_rows(more)[2] is True
    # Dots in equal number, and no lower case.
    dots = write(tmp_path, ">s0\nA.DEF\n>s1\nAC.EF\n")
    assert as_text(read(dots)) == ["A.DEF", "AC.EF"]


def test_lower_case_is_of_residues_in_an_alphabet_that_has_both(tmp_path):
    letters = alphabet("-aAbB")
    path = write(tmp_path, ">s0\nAbAbB\n>s1\nAaBaA\n>s2\nBaAbA\n")
    # Columns 2 and 4 have nothing but lower case.
    assert as_text(read(path)) == ["AAB", "ABA", "BAA"]
    assert as_text(read(path, alphabet=letters)) == ["AbAbB", "AaBaA", "BaAbA"]
    assert as_text(read(write(tmp_path, "aAbB\nbbAA\n"), alphabet=letters)) == ["aAbB", "bbAA"]
    four = write(tmp_path, fasta(["AbAbB", "AaBaA", "BaAbA", "BbBbA"]))
    assert prepare_alignment(four, letters).filtered.sequences.tolist()[0] == [2, 3, 2, 3, 4]


@pytest.mark.parametrize(
    "names",
    [
        ["ss_pred", "ss_conf"],
        ["ss_dssp", "sa_dssp", "aa_dssp", "aa_pred"],
        ["Consensus"],
        ["Consensus/1-10"],
        ["Consensus_aa:", "Consensus_ss:"],
        ["UniRef100_X_consensus"],
        ["#_Secondary_structure", "#_Conservation"],  # AMSA of Jalview
    ],
)
def test_rows_of_annotation_are_dropped_audited_and_never_the_reference(tmp_path, names):
    states = "".join(
        f">{name} PSIPRED\n{'9988x7665-' if number else 'CCHHHHHEEx'}\n" for number, name in enumerate(names)
    )
    alignment = read(write(tmp_path, states + fasta(ROWS)))
    assert as_text(alignment) == ROWS and alignment.names == ["s0", "s1", "s2", "s3", "s4"]
    assert alignment.reference == "s0" and alignment.numbers.tolist() == list(range(1, 11))
    assert alignment.audit == [("annotation", name, "no sequence") for name in names]
    filtered = filter_alignment(encode(alignment, PROTEIN), PROTEIN)
    assert filtered.audit_table().query("what == 'annotation'")["name"].tolist() == names
    # After the sequences likewise; the symbols of what is dropped do not matter.
    assert read(write(tmp_path, fasta(ROWS) + states)).names == ["s0", "s1", "s2", "s3", "s4"]


def test_annotation_is_no_reference_and_no_family(tmp_path):
    path = write(tmp_path, ">ss_pred\nCCHHHHHEEC\n" + fasta(ROWS))
    named = refused(path, reference="ss_pred")
    assert named == (
        f"filter.reference: {path} has no sequence named ss_pred (that row is annotation); its first is s0"
    )
    alone = write(tmp_path, ">ss_pred\nCCH\n")
    assert refused(alone) == f"{alone}: contains no sequence, but 1 rows of annotation such as ss_pred"
    # Names that merely resemble those of annotation.
    similar = ["ss_1", "consensus", "Consensus_2", "aa_", "x_consensus_y"]
    assert read(write(tmp_path, "".join(f">{name}\nACD\n" for name in similar))).names == similar


# ---------------------------------------------------------------- databases of MMseqs2


@pytest.mark.parametrize("end", ["\0", "\n\0", "\0\n", "\0\0\0", "\n\0\n"])
def test_nul_bytes_at_the_end_are_no_residues(tmp_path, end):
    text = fasta(ROWS)[:-1] + end
    assert as_text(read(write(tmp_path, text))) == ROWS
    assert as_text(read(write(tmp_path, STOCKHOLM + end))) == ROWS
    assert as_text(read(write(tmp_path, "\n".join(ROWS) + "\n" + end.strip("\n") + "\n"))) == ROWS


def test_entries_of_one_query_are_one_family(tmp_path):
    path = write(tmp_path, fasta(ROWS) + "\0#10\t1\n>s0\n" + ROWS[0] + "\n>t\nMCDEFGHIKL\n\0")
    alignment = read(path)
    assert alignment.names == ["s0", "s1", "s2", "s3", "s4", "s0", "t"]
    assert as_text(alignment) == [*ROWS, ROWS[0], "MCDEFGHIKL"]
    # The line at which the second entry's query begins: after ten lines, and one of lengths.
    assert alignment.lines == [1, 3, 5, 7, 9, 12, 14]
    filtered = filter_alignment(encode(alignment, PROTEIN), PROTEIN)
    assert len(filtered.names) == 6 and ("sequence", "s0", "same as s0") in filtered.audit


def test_entries_of_several_queries_are_refused(tmp_path):
    path = write(tmp_path, fasta(ROWS) + "\0" + fasta(ROWS[1:], 5) + "\0" + fasta(ROWS[2:], 9) + "\0")
    assert refused(path) == (
        f"{path}, line 11: an alignment of another query begins, s5 after s0: the file is a database of 3 alignments "
        "(MMseqs2); give one in a file of its own"
    )


@pytest.mark.parametrize(
    "text", [">a\nACDE\0FG\n", "# STOCKHOLM 1.0\na AC\0D\n//\n", "CLUSTAL\n\na A\0C\n", "ACD\nA\0D\n"]
)
def test_a_nul_byte_among_residues_is_named(tmp_path, text):
    path = write(tmp_path, text)
    number = text[: text.index("\0")].count("\n") + 1
    assert refused(path) == f"{path}, line {number}: contains a NUL byte; remove such bytes (tr -d '\\000')"


# ---------------------------------------------------------------- Clustal


BLOCKS = "s0   ACDEF\ns1   AC-EF\n     ** :.\n\n\ns0   GH\ns1   GH\n     **\n"


@pytest.mark.parametrize(
    "header",
    [
        "CLUSTAL",  # Jalview
        "CLUSTALW",
        "CLUSTAL W (1.83) multiple sequence alignment",
        "CLUSTAL W(1.81) multiple sequence alignment",  # BioPerl
        "CLUSTAL O(1.2.4) multiple sequence alignment",
        "CLUSTAL format alignment by MAFFT FFT-NS-2 (v7.453)",
        "CLUSTAL FORMAT for T-COFFEE Version_11.00 [http://www.tcoffee.org] [MODE:  ], CPU=0.00 sec, SCORE=99, Nseq=2",
        "MUSCLE (3.8) multiple sequence alignment",
        "PROBCONS version 1.12 multiple sequence alignment",
        "MSAPROBS version 0.9.7 multiple sequence alignment",
        "Kalign (2.0) alignment in ClustalW format",
    ],
)
@pytest.mark.parametrize(
    "blocks",
    [
        BLOCKS,
        BLOCKS.replace("     ** :.\n", "").replace("     **\n", ""),  # without lines of conservation
        BLOCKS.replace("DEF\n", "DEF 5\n").replace("-EF\n", "-EF 4\n").replace("GH\n", "GH 7\n"),  # T-Coffee -seqnos
        BLOCKS.replace("     ** :.\n\n\n", "** :.\n"),  # no empty line, and spaces that an editor took away
        BLOCKS.replace("   ", "\t"),
        BLOCKS.replace("\n", "\r\n"),
        "     1   5\n" + BLOCKS + "\n\n\n",  # a ruler
    ],
)
def test_clustal_files_of_all_programs_are_read(tmp_path, header, blocks):
    alignment = read(write(tmp_path, f"{header}\n\n\n{blocks}"))
    assert alignment.names == ["s0", "s1"] and as_text(alignment) == ["ACDEFGH", "AC-EFGH"]


@pytest.mark.parametrize(
    ("body", "ending"),
    [
        ("a ACD\nb AC-\na ACE\n", "line 5: sequence a stands twice in a block; give each a name of its own"),
        ("a ACD\nb AC-\n\na EF\n", "its end: the block has 1 sequences, the first 2; is the file whole?"),
        ("a ACD\nb AC-\n\na EF\n\na E\n", "line 7: the block has 1 sequences, the first 2; is the file whole?"),
        ("a ACD\nb AC-\n\nb EF\na EG\n", "line 6: sequence b does not stand here in the first block"),
        ("a ACD\nb AC-\n\na EF\nb EF\nc EF\n", "line 8: sequence c does not stand here in the first block"),
        ("a ACD\n  b AC-\n", "line 4: 'b AC-' is not a name without spaces, and residues"),
        ("a ACD EFG\n", "line 3: 'a ACD EFG' is not a name without spaces, and residues"),
        ("a ACD\nb AC-\n\nCLUSTAL W (1.83)\n\na EF\n", "line 6: another alignment begins; give each"),
        ("a ACD\nb AC-\n\nCLUSTAL W\n\na EF\n", "line 6: another alignment begins; give each"),
        ("   ***\n", "the Clustal alignment contains no sequence"),
    ],
)  # fmt: skip
def test_clustal_files_whose_rows_are_uncertain_are_refused(tmp_path, body, ending):
    path = write(tmp_path, "CLUSTAL W\n\n" + body)
    message = refused(path)
    assert message.startswith(str(path)) and message.removesuffix(" in a file of its own").endswith(ending)


def test_a_clustal_file_of_one_name_ends_at_as_many_columns_as_are_read(tmp_path):
    # 1,000 columns a block: the 100th is the last.
    whole = "CLUSTAL W\n\n" + ("a " + "ACDEFGHIKL" * 100 + "\n\n") * 100
    assert read(write(tmp_path, whole)).sequences.shape == (1, 100_000)
    path = write(tmp_path, whole + "a A\n\n" * 1_000_000)
    assert refused(path) == f"{path}, line 203: more than 100,000 columns; give those of one domain"


# ---------------------------------------------------------------- other formats


def test_prose_is_no_psicov_alignment(tmp_path):
    assert "line 1: 'the' starts no known format; expected FASTA, " in refused(write(tmp_path, "the\nfat\ncat\nsat\n"))
    assert "line 1: 'The' starts no known format" in refused(write(tmp_path, "The\nfat\ncat\nsat\n"))
    path = write(tmp_path, "ACD\n\nACe\n")
    assert refused(path).startswith(f"{path}, line 3: 'ACe' is not a row of residues in upper case; expected FASTA, ")
    assert as_text(read(write(tmp_path, "ACD\nA~_\n"))) == ["ACD", "A~_"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" 2 10\ns0 ACDEFGHIKL\n", "PHYLIP"),
        ("#NEXUS\nbegin data;\n", "NEXUS"),
        ("PileUp\n\n MSF: 24\n", "MSF"),
        ("\nNoName   MSF: 12  Type: P\n", "MSF"),  # BioPerl
        ("#mega\nTITLE: x\n", "MEGA"),
        ("#=RF  xxx..\ns0    ACD..\n", "SELEX"),
        ("s0/1-10     ACDEFGHIKL\n", "SELEX, PSI-BLAST or other lines of names and residues"),
        ("!!AA_MULTIPLE_ALIGNMENT 1.0\n", "MSF"),
        ("HMMER3/f [3.3]\nNAME  x\n", "a profile of HMMER"),
        ("<!DOCTYPE html>\n", "a web page, XML or an ensemble of MUSCLE"),
        ("@read\nACGT\n+\nIIII\n", "FASTQ"),
        ("T-COFFEE, Version_11.00\n", "scores of T-Coffee"),
        ("5 10 I\ns0 ACDEFGHIKL\n", "PHYLIP"),  # an option, as older programs write it
        ("#nexus\nbegin data;\n", "NEXUS"),
        ("#MEGA\n!Title x;\n", "MEGA"),
        ("C; a remark of Modeller\n\n>P1;x\n", "PIR"),
        ("HHsearch 1.5\nNAME  x\n", "a profile of HH-suite"),
        ("#STOCKHOLM 1.0\ns0 ACD\n//\n", "Stockholm without its first line '# STOCKHOLM 1.0'"),
        ("# Stockholm 1.0\ns0 ACD\n//\n", "Stockholm without its first line '# STOCKHOLM 1.0'"),
    ],
)
def test_formats_that_are_not_read_are_named(tmp_path, text, name):
    assert f"' starts no known format ({name}); expected FASTA, A2M, A3M," in refused(write(tmp_path, text))


def test_pir_is_no_fasta(tmp_path):
    # Its second line is a description, which would be read as residues.
    path = write(tmp_path, ">P1;CRAB\nALPHA CRYSTALLIN\nACDEF*\n")
    assert refused(path).startswith(f"{path}, line 1: '>P1;CRAB' opens a file in PIR format; expected FASTA,")


@pytest.mark.parametrize("name", ["caf\xe9", "\u201cx\u201d", "\u03b2-lactamase"])
def test_names_may_be_in_the_encodings_of_old_and_new(tmp_path, name):
    encodings = ["utf-8"] + ["cp1252"] * (name[0] != "\u03b2")
    for encoding in encodings:
        alignment = read(write(tmp_path, f">{name}\nACD\n>b\nACE\n".encode(encoding)))
        assert alignment.names == [name, "b"] and as_text(alignment) == ["ACD", "ACE"]


def test_utf_16_is_named(tmp_path):
    for encoding in ("utf-16-le", "utf-16-be"):
        path = write(tmp_path, ("\ufeff" + fasta(ROWS)).encode(encoding))
        assert refused(path) == f"{path}: not text in UTF-8 but in UTF-16; save it as UTF-8"


# ---------------------------------------------------------------- numbers and symbols


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("x/39-42", [39, 0, 40, 41, 42]),
        ("x/1029-1026", [1029, 0, 1028, 1027, 1026]),  # the minus strand, as in Rfam
        ("x/4-1", [4, 0, 3, 2, 1]),
        ("x/39-43", [1, 0, 2, 3, 4]),  # five residues, where there are four
        ("x/1029-1025", [1, 0, 2, 3, 4]),
        ("x/0-3", [1, 0, 2, 3, 4]),  # there is no residue 0
        ("x/3-0", [1, 0, 2, 3, 4]),
        ("x/99999999999999999996-99999999999999999999", [1, 0, 2, 3, 4]),  # beyond any sequence
        (f"x/{'9' * 5000}-{'9' * 5000}", [1, 0, 2, 3, 4]),
        ("x/248956419-248956422", [248956419, 0, 248956420, 248956421, 248956422]),  # of a chromosome
    ],
)
@pytest.mark.parametrize("gap", "-.~_")
def test_columns_are_numbered_as_the_name_of_the_reference_says(tmp_path, name, numbers, gap, caplog):
    path = write(tmp_path, f">{name}\nA{gap}CDE\n>b\nACCDE\n")
    alignment = read(path)
    assert alignment.numbers.tolist() == numbers and "".join(alignment.residues) == "ACDE"
    other = f"the reference {name} has 4 residues, not those that its name says; columns are numbered from 1"
    if len(name) > 30:  # what has more than twelve digits is no span
        other = (
            f"the residues of the reference {name[:60]} are numbered from 1, not as its name says; spans are read as "
            "in NAME/39-91"
        )
    assert caplog.messages == (numbers[0] == 1) * [f"warning: {path}: {other}"]


@pytest.mark.parametrize("name", ["1abcA01/4-6_30-31", "1abcA/-3-1", "x/5-6,20-22", "x/1-2:9-11"])
def test_a_span_that_is_not_read_is_told(tmp_path, name, caplog):
    path = write(tmp_path, f">{name}\nACDEF\n>b/c-d\nACCDE\n")
    assert read(path).numbers.tolist() == [1, 2, 3, 4, 5]
    assert caplog.messages == [
        f"warning: {path}: the residues of the reference {name} are numbered from 1, not as its name says; spans are "
        "read as in NAME/39-91"
    ]
    read(path, "b/c-d")
    assert len(caplog.messages) == 1


def test_different_sequences_of_the_reference_s_name_are_refused(tmp_path):
    text = fasta(ROWS).replace(">s3", ">s1")
    path = write(tmp_path, text)
    assert refused(path, reference="s1") == (
        f"filter.reference: {path}: different sequences on lines 3 and 7 are named s1; give each a name of its own"
    )
    assert read(path, "s0").reference == "s0"
    assert read(write(tmp_path, text + f">s0\n{ROWS[0]}\n"), "s0").reference == "s0"


def test_columns_of_insertions_are_counted_in_the_log(tmp_path, caplog):
    caplog.set_level("INFO")
    path = write(tmp_path, fasta([row[:3].lower() + row[3:] for row in ROWS]))
    assert as_text(read(path)) == [row[3:] for row in ROWS]
    assert caplog.messages == [f"{path}: 3 columns of insertions (lower case and .) are dropped"]


@pytest.mark.parametrize("row", [0, 3])
@pytest.mark.parametrize("symbol", ["\u200b", "\u00ad", "\x0c"])
def test_a_character_that_makes_a_row_longer_is_named_with_its_row(tmp_path, row, symbol):
    rows = [*ROWS[:row], ROWS[row][:4] + symbol + ROWS[row][4:], *ROWS[row + 1 :]]
    path = write(tmp_path, fasta(rows))
    assert refused(path) == (
        f"{path}, line {2 * row + 1}, sequence s{row}: {symbol!r} stands among the residues; remove such characters"
    )


def test_a_symbol_that_is_no_residue_is_named_with_its_line_and_what_helps(tmp_path):
    def said(rows, name):
        path = write(tmp_path, fasta(rows))
        with pytest.raises(InputError) as raised:
            encode(read(path), alphabet(name), path=path)
        return str(raised.value).removeprefix(str(path))

    hint = "is not in the alphabet protein; write X for a residue that is not known, - for a gap"
    assert said([*ROWS, "ACDEF#HIKL"], "protein") == f", line 11, sequence s5, column 6: '#' {hint}"
    assert said(["1CDEFGHIKL"], "protein") == (
        ", line 1, sequence s0, column 1: '1' is not in the alphabet protein; remove the numbers from the lines of "
        "residues"
    )
    assert said([f";a remark\n{row}" for row in ROWS], "protein") == (
        ", line 1, sequence s0, column 1: ';' is not in the alphabet protein; remove lines of comments, which begin "
        "with ;"
    )
    assert said(["ACGU", "AC?U"], "rna") == (
        ", line 3, sequence s1, column 3: '?' is not in the alphabet rna; write N for a residue that is not known, - "
        "for a gap"
    )
    assert said(ROWS, "rna").endswith(
        "'E' is not in the alphabet rna; the file contains protein: set 'alphabet: protein'"
    )
    assert said(["0110", "0120"], "01").endswith(
        "'2' is not in the alphabet 01; list every symbol of the file in 'alphabet'"
    )


@pytest.mark.parametrize(
    ("rows", "name", "share"),
    [
        (["ACGURYACGUKM"] * 4, "rna", 67),  # 8 bases of 12 letters
        (["acgtryacgtkm"] * 4, "dna", 67),
        (["ACGU", "ACGT", "ACGU", "A-G~"], "rna", 100),
        (["ACGUACGUAC"] * 9 + ["ACDEFGHIKL"], "rna", 93),  # 93 of 100: a protein among them
    ],
)
def test_nucleic_acid_is_never_learnt_as_protein(tmp_path, rows, name, share):
    path = write(tmp_path, fasta(rows))
    alignment = read(path)
    with pytest.raises(InputError) as raised:
        encode(alignment, PROTEIN, path=path)
    assert str(raised.value) == (
        f"{path}: {share} % of its letters are bases, which is nucleic acid; set 'alphabet: {name}' "
        "('alphabet: -ACDEFGHIKLMNPQRSTVWY' if it is protein all the same)"
    )
    if share == 93:
        with pytest.raises(InputError, match="line 19, sequence s9, column 4: 'E' is not in the alphabet rna"):
            encode(alignment, alphabet(name))
    else:
        assert encode(alignment, alphabet(name)).sequences.shape == (4, len(rows[0]))


def test_a_protein_of_alanine_and_threonine_is_read_by_the_symbols_of_protein(tmp_path):
    # An antifreeze glycoprotein: nothing but letters of bases.
    alignment = read(write(tmp_path, fasta(["AATAATAAT"] * 4)))
    with pytest.raises(InputError, match="nucleic acid"):
        encode(alignment, PROTEIN)
    assert encode(alignment, alphabet(PROTEIN.symbols)).sequences[0].tolist() == [1, 1, 17, 1, 1, 17, 1, 1, 17]
