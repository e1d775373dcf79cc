"""Whatever is given, one line says what is wrong with it: no traceback, no hang, no end of memory."""

import gzip
import os
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workflow_run import ROOT

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.core.files import load_json, load_table
from temperance.core.settings.run import Configuration
from temperance.msa.alignment import filter_alignment, read
from temperance.msa.encoding import encode
from temperance.potts.model import load
from temperance.workflow.configuration import check_files, configure

ROWS = ["ACDEFGHIKL", "ACDEFGHIKV", "TCDEFGHIKL", "ACWEFGHIKL", "YCDEFGAIKL"]


def fasta(rows, name=">s{}\n"):
    return "".join(f"{name.format(number)}{row}\n" for number, row in enumerate(rows)).encode()


GOOD = fasta(ROWS)
STOCKHOLM = b"# STOCKHOLM 1.0\n\n" + b"".join(f"s{n} {row}\n".encode() for n, row in enumerate(ROWS)) + b"//\n"
BROKEN_ALIGNMENTS = {
    "empty": (b"", "the file is empty"),
    "blank lines": (b"\n \n\t\n", "the file is empty"),
    "byte order mark alone": (b"\xef\xbb\xbf", "the file is empty"),
    "zeros": (b"\0" * 1000, "the file is empty or has only NUL bytes"),
    "random bytes": (bytes(range(256)) * 8, "line 1: not text"),
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(100), "not text"),
    "a pdf": (b"%PDF-1.7\n1 0 obj\n", "line 1: '%PDF-1.7' starts no known format"),
    "a zip": (b"PK\x03\x04" + bytes(50), "compressed by zip, which is not read; unpack it first: unzip"),
    "html": (b"<!DOCTYPE html>\n<html><body>404</body></html>\n", "line 1: '<!DOCTYPE html>' starts no known"),
    "xml": (b'<?xml version="1.0"?>\n<seqs/>\n', "starts no known format"),
    "json": (b'{"alignment": []}\n', "starts no known format"),
    "csv": (b"name,sequence\na,ACD\n", "starts no known format"),
    "utf-16": ("\ufeff>a\nACD\n".encode("utf-16-le"), "not text in UTF-8 but in UTF-16; save it as UTF-8"),
    "latin-1 residues": (b">a\nACD\xe9\n" + GOOD, "line 2: not text"),
    "newick": (b"((a,b),c);\n", "starts no known format"),
    "phylip": (b" 5 10\ns0 ACDEFGHIKL\n", "starts no known format"),
    "nexus": (b"#NEXUS\nbegin data;\n", "starts no known format"),
    "genbank": (b"LOCUS       AB000263\n", "starts no known format"),
    "fastq": (b"@read\nACGT\n+\nIIII\n", "starts no known format"),
    "hmm": (b"HMMER3/f [3.3]\nNAME  x\n", "starts no known format"),
    "pickle": (b"\x80\x04\x95\x10\x00.", "not text"),
    "names only": (b">a\n>b\n>c\n>d\n", "not aligned"),
    "one name": (b">a\n", "not aligned"),
    "one arrow": (b">", "not aligned"),
    "no residues but spaces": (b">a\n   \n>b\n  \n", "not aligned"),
    "one sequence": (GOOD[:14], "1 of 1 sequences pass the filters"),
    "two equal sequences": (fasta(ROWS[:1] * 2), "1 of 2 sequences pass"),
    "three sequences": (fasta(ROWS[:3]), "3 of 3 sequences pass the filters; at least 4"),
    "all the same": (fasta(ROWS[:1] * 50), "1 of 50 sequences pass"),
    "one column": (fasta(["A", "C", "D", "E", "F"]), "1 of 1 columns"),
    "gaps only": (fasta(["-----"] * 6), "0 of 5 columns"),
    "dots only": (fasta(["....."] * 6), "0 of 5 columns have at most|not aligned"),
    "one row is short": (fasta([*ROWS, "ACD"]), "line 11, sequence s5: not aligned"),
    "one row is long": (fasta([*ROWS, "ACDEFGHIKLM"]), "line 11, sequence s5: not aligned"),
    "not aligned at all": (fasta(["ACD", "ACDE", "ACDEF", "A"]), "not aligned"),
    "one row is empty": (fasta([*ROWS, ""]), "sequence s5: not aligned"),
    "digits": (fasta([*ROWS, "ACDEF1HIKL"]), "column 6: '1' is not in the alphabet protein"),
    "a question mark": (fasta([*ROWS, "ACDEF?HIKL"]), "column 6: '?' is not in the alphabet protein"),
    "a greek letter": (fasta([*ROWS, "ACDE\u03b1GHIKL"]), "'\u03b1' is not a residue"),
    "a zero byte": (fasta([*ROWS, "ACDE\0GHIKL"]), "line 12: contains a NUL byte; remove such bytes"),
    "an escape": (fasta([*ROWS, "ACDE\x1bGHIKL"]), "is not in the alphabet"),
    "dna": (fasta(["ACGTACGTAC"] * 6), "nucleic acid; set 'alphabet: dna'"),
    "rna": (fasta(["ACGUACGUAC"] * 6), "nucleic acid; set 'alphabet: rna'"),
    "stockholm without its end": (STOCKHOLM[:-3], "not a complete Stockholm alignment"),
    "stockholm cut in a row": (STOCKHOLM[:60], "not a complete Stockholm alignment"),
    "stockholm header alone": (b"# STOCKHOLM 1.0\n", "Stockholm"),
    "stockholm of nothing": (b"# STOCKHOLM 1.0\n//\n", "Stockholm"),
    "stockholm not aligned": (b"# STOCKHOLM 1.0\na ACD\nb ACDE\n//\n", "Stockholm"),
    "stockholm name twice": (b"# STOCKHOLM 1.0\na ACD\na ACE\n//\n", "sequence a stands twice; give each"),
    "stockholm in utf-8": ("# STOCKHOLM 1.0\na AC\u03b1D\nb ACDE\n//\n".encode(), "Stockholm"),
    "clustal header alone": (b"CLUSTAL W (1.83)\n\n", "contains no sequence"),
    "clustal with a percent sign": (b"CLUSTAL W\n\na ACD%\n", "line 3: 'a ACD%' is not a name without"),
    "clustal not aligned": (b"CLUSTAL W\n\na ACD\nb ACDE\nc AC\nd ACD\n", "not aligned"),
    "psicov with spaces": (b"ACD EFG\nACDEFG\n", "line 1: 'ACD EFG' starts no known format"),
    "psicov not aligned": (b"ACDE\nACD\nACDE\nACDE\n", "line 2, sequence line_2: not aligned"),
    "gzip cut short": (gzip.compress(GOOD)[:-12], "gzip file is damaged"),
    "gzip header alone": (b"\x1f\x8b", "gzip file is damaged"),
    "gzip of rubbish": (b"\x1f\x8b\x08" + bytes(30), "gzip file is damaged"),
    "gzip with a wrong checksum": (gzip.compress(GOOD)[:-8] + bytes(8), "gzip file is damaged"),
    "gzip in gzip": (gzip.compress(gzip.compress(GOOD)), "not text"),
    "gzip of nothing": (gzip.compress(b""), "the file is empty"),
    "a line without end": (b">a\n" + b"A" * 1_000_001, "line 2: longer than 1,000,000 characters"),
    "a name without end": (b">" + b"a" * 1_000_001, "line 1: longer than 1,000,000 characters"),
    "too many columns": (fasta(["A" * 100_001] * 4), "more than 100,000 columns"),
}  # fmt: skip


def ingest(path, name="protein"):
    """As the job does."""
    letters = alphabet(name)
    return filter_alignment(encode(read(path), letters, path=path), letters, path=path)


def said(error):
    """What is said, in one line that is fit for a terminal."""
    message = str(error)
    assert "\n" not in message
    assert message.isprintable(), message
    assert len(message) < 1000
    return message


@pytest.mark.parametrize("case", BROKEN_ALIGNMENTS)
def test_a_broken_alignment_is_named_in_one_line(tmp_path, case):
    content, expected = BROKEN_ALIGNMENTS[case]
    path = tmp_path / "family.fasta"
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        ingest(path)
    assert str(path) in said(raised.value) or "alphabet" in str(raised.value)
    assert any(part in str(raised.value) for part in expected.split("|")), raised.value


def test_what_is_no_file_is_named(tmp_path):
    for path in (tmp_path, tmp_path / "none", tmp_path / ("x" * 300)):
        with pytest.raises(InputError, match=r"no such file|cannot be read"):
            ingest(path)
    (tmp_path / "closed").write_bytes(GOOD)
    (tmp_path / "closed").chmod(0)
    if os.geteuid():
        with pytest.raises(InputError, match="cannot be read"):
            ingest(tmp_path / "closed")


@pytest.mark.parametrize(
    "kind", ["of lines", "of one line", "of a sequence", "of sequences", "of Stockholm blocks", "of a Clustal name"]
)
def test_a_bomb_does_not_go_off(tmp_path, kind):
    """Of 6 GB each, in a process that may have 2 GiB and a minute."""
    path = tmp_path / "bomb.gz"
    piece = {
        "of lines": b"\n" * 10**7,
        "of one line": b"A" * 10**7,
        "of a sequence": b"ACDEFGHIKLMNPQRSTVWY" * 50 + b"\n",
        "of sequences": b">a\n" + b"ACDEFGHIKL" * 50 + b"\n",
        "of Stockholm blocks": b"a " + b"ACDEFGHIKL" * 50 + b"\n\n",
        "of a Clustal name": b"a ACDEFGHIKL\n\n",
    }[kind]
    header = {"of Stockholm blocks": b"# STOCKHOLM 1.0\n", "of a Clustal name": b"CLUSTAL\n\n"}.get(kind, b">a\n")
    member = gzip.compress(piece * (10**7 // len(piece)), 1)
    path.write_bytes(gzip.compress(header) + member * 600)
    program = f"""
import resource; resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
from temperance.msa.alignment import read
from temperance.core.errors import InputError
try: read({str(path)!r})
except InputError as error: print(error)
"""
    started = time.monotonic()
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )
    assert "longer than" in run.stdout or "more than" in run.stdout, run.stderr[-500:]
    assert time.monotonic() - started < 90


BROKEN_CONFIGS = {
    "nothing": ({}, "alignment: missing"),
    "unknown key": ({"alignment": "a", "trian": {}}, "trian: unknown key; did you mean train?"),
    "key outside its section": ({"alignment": "a", "max_steps": 9}, "unknown key; did you mean train.max_steps?"),
    "text of another form": ({"pfam": "PF14"}, "pfam: 'PF14' does not have the right form (Accession"),
    "name of the family's own model": ({"models": {"potts": {"kind": "profile"}}}, "models: 'potts' is the name of"),
    "unknown key within": ({"alignment": "a", "train": {"chainz": 3}}, "train.chainz: unknown key; did you mean"),
    "word for a number": ({"alignment": "a", "train": {"chains": "many"}}, "train.chains: 'many' is of the wrong type"),
    "number for a word": ({"alignment": 3}, "alignment: 3 is of the wrong type"),
    "list for a section": ({"alignment": "a", "train": []}, "train: [] is of the wrong type"),
    "null for a section": ({"alignment": "a", "train": None}, "train: None is of the wrong type"),
    "negative": ({"alignment": "a", "train": {"chains": -1}}, "train.chains: -1 is too small"),
    "zero temperature": ({"alignment": "a", "sample": {"temperatures": [0, 1]}}, "temperatures.0: 0 is too small"),
    "infinite temperature": ({"alignment": "a", "sample": {"temperatures": [float("inf")]}}, "sample.temperatures"),
    "nan": ({"alignment": "a", "train": {"l2_couplings": float("nan")}}, "train.l2_couplings"),
    "no temperatures": ({"alignment": "a", "sample": {"temperatures": []}}, "sample.temperatures"),
    "no sizes": ({"alignment": "a", "subsets": {"sizes": []}}, "subsets.sizes"),
    "sizes of nonsense": ({"alignment": "a", "subsets": {"sizes": ["some"]}}, "subsets.sizes"),
    "sizes that mix": ({"alignment": "a", "subsets": {"sizes": [10, 0.5]}}, "counts and fractions are mixed"),
    "size of one": ({"alignment": "a", "subsets": {"sizes": [1]}}, "subsets.sizes"),
    "geometric without numbers": ({"alignment": "a", "subsets": {"sizes": "geometric()"}}, "subsets.sizes"),
    "geometric the wrong way": ({"alignment": "a", "subsets": {"sizes": "geometric(9, 3, 2)"}}, "subsets.sizes"),
    "unknown alphabet": ({"alignment": "a", "alphabet": "klingon\n"}, "alphabet"),
    "alphabet with a letter twice": ({"alignment": "a", "alphabet": "AAC"}, "alphabet"),
    "empty alignment": ({"alignment": ""}, "alignment"),
    "no families": ({"families": {}}, "families"),
    "family without a source": ({"families": {"x": {}}}, "families.x: give either an alignment"),
    "family with two sources": (
        {"families": {"x": {"alignment": "a", "truth": {"kind": "planted"}}}}, "families.x: give either an alignment"),
    "family that climbs": ({"families": {"../../etc": {"alignment": "a"}}}, "families"),
    "family with a slash": ({"families": {"a/b": {"alignment": "a"}}}, "families"),
    "family of dots": ({"families": {"..": {"alignment": "a"}}}, "families"),
    "family that is a flag": ({"families": {"-rf": {"alignment": "a"}}}, "families"),
    "family with a shell in it": ({"families": {"$(reboot)": {"alignment": "a"}}}, "families"),
    "family with a newline": ({"families": {"a\nb": {"alignment": "a"}}}, "families"),
    "family with a wildcard": ({"families": {"{x}": {"alignment": "a"}}}, "families"),
    "family named as a folder": ({"families": {"logs": {"alignment": "a"}}}, "logs is a folder of results"),
    "family without a name": ({"families": {"": {"alignment": "a"}}}, "families"),
    "name that climbs": ({"alignment": "a", "family": "../x"}, "family"),
    "results with a shell in it": ({"alignment": "a", "results": "x; rm -rf ."}, "results"),
    "results with a quote": ({"alignment": "a", "results": "x'y"}, "results"),
    "engine": ({"alignment": "a", "engine": "cuda; ls"}, "engine"),
    "environment": ({"alignment": "a", "environment": "../x"}, "environment"),
    "seed": ({"alignment": "a", "seed": -1}, "seed: -1 is too small"),
    "fractional seed": ({"alignment": "a", "seed": 0.5}, "seed: 0.5 is of the wrong type"),
    "truth of no kind": ({"families": {"x": {"truth": {}}}}, "truth"),
    "truth of an unknown kind": ({"families": {"x": {"truth": {"kind": "oracle"}}}}, "truth"),
    "truth too large to list": (
        {"families": {"x": {"truth": {"kind": "planted", "length": 30, "q": 20}}}}, "truth.length: 30 is too large"),
    "judge that needs a lattice": ({"alignment": "a", "optimum": {"fidelity": "p_nat"}}, "p_nat needs a lattice truth"),
    "identity of percent": ({"alignment": "a", "weights": {"identity": 80}}, "weights.identity: 80 is too large"),
    "judge with a shell in its name": ({"alignment": "a", "judges": {"a;b": {"command": ["x"]}}}, "judges: 'a;b'"),
    "judge named as a column": ({"alignment": "a", "judges": {"energy": {"command": ["x"]}}}, "have a column energy"),
    "judge by a line of a shell": ({"alignment": "a", "judges": {"x": {"command": "a | b"}}}, "judges.x.command: "),
    "judge of nothing": ({"alignment": "a", "judges": {"x": {"command": []}}}, "judges.x.command"),
    "judge with a zero byte": ({"alignment": "a", "judges": {"x": {"command": ["a\0"]}}}, "judges.x.command.0"),
    "fidelity of nobody": ({"alignment": "a", "optimum": {"fidelity": "me"}}, "optimum.fidelity: 'me' is not one of"),
    "fidelity of a few": (
        {"alignment": "a", "optimum": {"fidelity": "x"}, "judges": {"x": {"command": ["y"], "sequences": 3}}},
        "x must score all sequences"),
    "constraint of column 0": ({"alignment": "a", "constraints": {"fixed": {0: "C"}}}, "constraints.fixed: '0'"),
    "constraint of two residues": ({"alignment": "a", "constraints": {"fixed": {1: "CC"}}}, "constraints.fixed.1"),
    "study of a real family": (
        {"alignment": "a", "family": "x", "studies": {"gap": {"families": {"x": {}}}}}, "studies.gap.families.x"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN_CONFIGS)
def test_a_broken_configuration_is_named_in_one_line(case):
    config, expected = BROKEN_CONFIGS[case]
    with pytest.raises(InputError) as raised:
        configure(config)
    assert expected in said(raised.value)


def test_there_are_enough_of_both():
    assert len(BROKEN_ALIGNMENTS) + len(BROKEN_CONFIGS) >= 100


@pytest.mark.parametrize("content", [b"", b"\0\xff", b"a\tb\n1\n1\t2\t3\n", b"PAR1", b"{", b"[1,"])
def test_a_broken_table_is_named_in_one_line(tmp_path, content):
    readers = {"parquet": load_table, "json": load_json, "safetensors": load}
    # Anything else that is text is a table of one column.
    readers |= {"tsv": load_table} if content[:1] in b"\0a" else {}
    for ending, reader in readers.items():
        path = tmp_path / f"x.{ending}"
        path.write_bytes(content)
        with pytest.raises(InputError) as raised:
            reader(path)
        assert str(path) in said(raised.value)


KEYS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMED = st.sampled_from(list(Configuration.model_fields))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMED | st.text(), KEYS, max_size=4))
def test_no_configuration_ends_in_a_traceback(config):
    try:
        check_files(configure(config))
    except InputError as error:
        said(error)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300) | st.text("ACDEFG-.acgt>#/\n *X1", max_size=300).map(str.encode), st.booleans())
def test_no_alignment_ends_in_a_traceback(tmp_path_factory, content, packed):
    path = tmp_path_factory.getbasetemp() / "any.fasta"
    openings = [b"", b">", b"# STOCKHOLM 1.0\n", b"CLUSTAL W\n\n", b"#A3M#\n>"]
    for opening in openings:
        path.write_bytes(gzip.compress(opening + content) if packed else opening + content)
        try:
            ingest(path)
        except InputError as error:
            said(error)
