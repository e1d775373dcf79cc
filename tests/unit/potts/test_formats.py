"""Models in other programs' formats, there and back."""

import gzip
import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_systems import random_potts

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.msa.fasta import format_chains
from temperance.potts.formats.__main__ import main
from temperance.potts.formats.registry import FORMATS, read_model, write_model

# Formats that know no other alphabets, and which they know.
KNOWN = {"ccmpred": {"protein"}, "gremlin": {"protein", "rna", "dna"}}
ALPHABETS = ["protein", "rna", "dna", "01", "-AB", "ABCDE"]


@settings(max_examples=60, deadline=None)
@given(
    form=st.sampled_from(sorted(FORMATS)),
    name=st.sampled_from(ALPHABETS),
    length=st.integers(2, 6),
    seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([1e-6, 1.0, 30.0]),
)
def test_models_come_back_with_their_energies(form, name, length, seed, scale, tmp_path_factory):
    letters = alphabet(name)
    model = random_potts(length, letters.q, seed, scale)
    path = tmp_path_factory.mktemp("model") / FORMATS[form]
    if name not in KNOWN.get(form, ALPHABETS):
        with pytest.raises(InputError, match=name):
            write_model(path, model, letters, form)
        assert not path.exists()
        return
    write_model(path, model, letters, form)
    again = read_model(path, letters)
    sequences = np.random.default_rng(seed).integers(0, letters.q, (50, length), dtype=np.uint8)
    difference = again.energies(sequences) - model.energies(sequences)
    assert np.ptp(difference) < 1e-5 * scale * length**2
    if form != "ccmpred":  # which has no field of the gap
        assert np.abs(difference).max() < 1e-5 * scale * length**2
    if form in ("adabmdca", "bmdca", "gremlin", "plmc"):
        np.testing.assert_array_equal(again.couplings, model.couplings)
        np.testing.assert_array_equal(again.fields, model.fields)


def test_lines_of_adabmdca_and_bmdca_mean_what_they_say(tmp_path):
    letters = alphabet("-AB")
    path = tmp_path / "params.dat.gz"
    # Couplings without a line are 0 in a file that ends with its fields.
    with gzip.open(path, "wt") as file:
        file.write("J 0 1 A B 2.5\n")
        for i in range(2):
            file.writelines(f"h {i} {a} {i + 0.5}\n" for a in "-AB")
    model = read_model(path, letters)
    sequences = np.array([[1, 2], [2, 1], [0, 0]], np.uint8)
    np.testing.assert_allclose(model.energies(sequences), [-4.5, -2, -2])
    numbers = tmp_path / "parameters.txt"
    numbers.write_text("J 1 0 2 1 2.5\n" + "".join(f"h {i} {a} {i + 0.5}\n" for i in range(2) for a in range(3)))
    np.testing.assert_allclose(read_model(numbers, letters).energies(sequences), [-4.5, -2, -2])


def test_signs_and_order_of_mi3_ccmpred_and_gremlin(tmp_path):
    letters = alphabet("protein")
    a, v, gap = (letters.symbols.index(symbol) for symbol in "AV-")
    sequences = np.array([[a, v, gap], [v, a, gap], [gap, gap, gap]], np.uint8)
    pairs = np.zeros((3, 21 * 21))
    pairs[0, a * 21 + v] = -2
    np.save(tmp_path / "J.npy", pairs)
    np.testing.assert_allclose(read_model(tmp_path / "J.npy", letters).energies(sequences), [-2, 0, 0])
    block = np.zeros((21, 21))
    block[0, 19] = 2  # A and V in ARNDCQEGHILKMFPSTWYV-
    rows = ["\t".join(map(str, row)) for row in np.vstack([[1.0] + [0] * 19, np.zeros((2, 20))])]
    for pair, of_pair in (("0 1", block), ("0 2", 0 * block), ("1 2", 0 * block)):
        rows += [f"# {pair}", *("\t".join(map(str, row)) for row in of_pair)]
    (tmp_path / "raw").write_text("\n".join(rows) + '\n#>META> {"a": 1}')
    np.testing.assert_allclose(read_model(tmp_path / "raw", letters).energies(sequences), [-3, 0, 0])
    lines = [f"V[{i}] " + " ".join(["0"] * 21) for i in (0, 4, 7)]
    for pair, couplings in (("[0][4]", block), ("[0][7]", 0 * block), ("[4][7]", 0 * block)):
        lines.append(f"W{pair} " + " ".join(map(str, couplings.ravel())))
    (tmp_path / "mrf").write_text("\n".join(lines))
    np.testing.assert_allclose(read_model(tmp_path / "mrf", letters).energies(sequences), [-2, 0, 0])


@pytest.mark.parametrize(("name", "order"), [("rna", "AUCG-"), ("dna", "ATCG-")])
def test_gremlin_has_its_own_order_of_nucleotides(name, order, tmp_path):
    letters = alphabet(name)
    lines = [f"V[{i}] 1 2 3 4 0" for i in range(2)]
    # The coupling of the first and the third state is 5.
    lines.append("W[0][1] 0 0 5 " + " ".join(["0"] * 22))
    (tmp_path / "mrf").write_text("\n".join(lines))
    model = read_model(tmp_path / "mrf", letters)
    states = [letters.symbols.index(symbol) for symbol in order]
    assert model.fields[0, states].tolist() == [1, 2, 3, 4, 0]
    assert model.couplings[0, states[0], 1, states[2]] == 5 == model.couplings[0, :, 1].sum()


FIELDS = "h 0 A 1\nh 0 B 2\nh 1 A 3\nh 1 B 4\n"
COUPLINGS = "J 0 1 A A 5\nJ 0 1 A B 6\nJ 0 1 B A 7\nJ 0 1 B B 8\n"


@pytest.mark.parametrize(
    "content",
    [
        FIELDS + COUPLINGS,
        (COUPLINGS + FIELDS).replace(" ", "\t"),
        (COUPLINGS + FIELDS).replace(" ", "  ").replace("\n", " \r\n"),
        "# a comment\n\n" + COUPLINGS + "\n" + FIELDS,
        FIELDS + COUPLINGS + COUPLINGS,
        # Each in both orders, as some programs write them.
        FIELDS + COUPLINGS + "J 1 0 B A 6\n",
        "\ufeff" + FIELDS + COUPLINGS,
    ],
    ids=["blanks", "tabs", "several blanks", "comments", "twice", "both orders", "byte order mark"],
)
def test_lines_are_read_however_their_words_are_separated(content, tmp_path):
    path = tmp_path / "params"
    path.write_bytes(content.encode())
    model = read_model(path, alphabet("AB"))
    assert model.fields.tolist() == [[1, 2], [3, 4]]
    assert model.couplings[0, :, 1].tolist() == [[5, 6], [7, 8]]


def test_couplings_without_a_line_are_told_of_and_those_of_a_file_that_was_cut_are_refused(tmp_path, caplog):
    path = tmp_path / "params"
    # Of 4 couplings the last has no line.
    path.write_text("\n".join(COUPLINGS.splitlines()[:3]) + "\n" + FIELDS)
    assert read_model(path, alphabet("AB")).couplings[0, :, 1].tolist() == [[5, 6], [7, 0]]
    assert f"{path}: 1 of 4 couplings have no line and are taken as 0" in caplog.text
    path.write_text(FIELDS + "\n".join(COUPLINGS.splitlines()[:3]))
    with pytest.raises(InputError, match="1 of 4 couplings are missing; the file was cut"):
        read_model(path, alphabet("AB"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("hello\n", "known format"),
        ("", "known format"),
        ("<!DOCTYPE html>\n<html>404</html>", "known format"),
        ("J 0 1 A A 1\n", "no fields"),
        ("h 0 A 1\nh 0 B 1\nh 1 A 1\n", "3 fields at 2 sites; expected 2 x 2, h 1 B is missing$"),
        (
            "h 1 A 1\nh 1 B 1\nh 2 A 1\nh 2 B 1\n",
            "4 fields at 3 sites; expected 3 x 2, h 0 A is missing; sites count from 0$",
        ),
        ("h 0 A 1\nh 0 C 1\nh 1 A 1\nh 1 B 2\n", "line 2: 'C' is not a state"),
        ("h 0 A 1\nh 0 B x\nh 1 A 1\nh 1 B 2\n", "line 2: 'x' is not a value"),
        ("h 0 A 1\nh 0 B inf\nh 1 A 1\nh 1 B 2\n", "line 2: 'inf' is not a value; expected a finite number"),
        ("h 0 A 1\nh 0 B 1e99\n" + FIELDS[16:] + COUPLINGS, "not a finite number in single precision"),
        (FIELDS + COUPLINGS.replace("7", "nan"), "line 7: 'nan' is not a value"),
        (FIELDS + COUPLINGS.replace("7", "1_0"), "line 7: '1_0' is not a value"),
        (FIELDS + COUPLINGS + "J 0 5 A A 1\n", "site 5"),
        (FIELDS + COUPLINGS + "J 1 1 A A 1\n", "line 9: couples a site to itself"),
        (FIELDS + COUPLINGS + "x 1 1 A A 1\n", "line 9: begins with 'x'"),
        (FIELDS + COUPLINGS + "the end\n", "line 9: begins with 'the'"),
        (FIELDS + COUPLINGS + "J 0 1 A A 9\n", "line 9: repeats the J of line 5 with another value, 9 in place of 5"),
        (FIELDS + COUPLINGS + "J 1 0 B A 9\n", "line 9: repeats the J of line 6 with another value, 9 in place of 6"),
        ("# c\n\n" + FIELDS + "h 1 A 9\n" + COUPLINGS, "line 7: repeats the h of line 5 with another value, 9 in pl"),
        (FIELDS + COUPLINGS.replace("7", "7 7"), "line 7: has more than 'J i j a b value'"),
        (FIELDS.replace("2", "2 2") + COUPLINGS, "line 2: has more than 'h i a value'"),
        (FIELDS.replace("h 1 B", "h 1_0 B"), "line 4: '1_0' is not a site; expected a whole number from 0"),
        (FIELDS.replace("h 1 B", "h 99999999999999999999999 B"), "line 4: '99999999999999999999999' is not a site"),
        (FIELDS.replace("h 1 B", f"h {'9' * 5000} B"), "line 4: '9{40}' is not a site"),
        ("h -1 A 1\nh 0 B 1\n", "line 1: '-1' is not a site"),
        ("h 0 A 1 1 1 1 1 1 1\n", "known format|fields|Expected|line"),
        (
            "".join(f"h {i} {a} 0\n" for i in range(2) for a in "-ACGU"),
            "the model's alphabet is rna, not AB; set 'alphabet: rna'",
        ),
        ("1 2\n", "CCMpred supports the alphabet protein"),
        ("V[0] 1 2\n", "GREMLIN supports the alphabet"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_a_line(content, message, tmp_path):
    path = tmp_path / "params"
    path.write_text(content)
    with pytest.raises(InputError, match=message) as error:
        read_model(path, alphabet("AB"))
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


GREMLIN = [f"V[{i}] {i} 2 3 4 5" for i in (0, 3, 4)] + [
    f"W[{pair}] " + " ".join(map(str, range(25))) for pair in ("0][3", "0][4", "3][4")
]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (GREMLIN[:-1], r"1 pairs of sites have no couplings, W\[3\]\[4\] is the first"),
        (GREMLIN[1:], r"line 3: W\[0\]\[3\]; expected two sites with i < j"),
        ([*GREMLIN[:-1], GREMLIN[-1][:-3]], "line 6: 24 numbers; expected 25"),
        ([*GREMLIN, GREMLIN[3]], r"line 7: W\[0\]\[3\] is repeated from line 4"),
        ([*GREMLIN, "V[03] 1 2 3 4 5"], r"line 7: V\[03\] is repeated from line 2"),
        ([*GREMLIN, "W[4][3]" + GREMLIN[5][7:]], r"line 7: W\[4\]\[3\]; expected two sites with i < j"),
        ([*GREMLIN, f"V[{'9' * 5000}] 1 2 3 4 5"], r"line 7: begins with 'V\[9+'; expected V\[i\] or W\[i\]\[j\]"),
        ([f"V[{i}] 1 2 3 4 5" for i in range(10_001)], "line 10001: fields of more than 10,000 sites"),
        ([*GREMLIN, "the end"], "line 7: begins with 'the'"),
        (["V[0] 1 2 3 4 1_0", *GREMLIN[1:]], "line 1: '1_0' is not a number"),
        (["V[0] 1 2 3 4 \u0661", *GREMLIN[1:]], "line 1: '\u0661' is not a number"),
        (["V[0] 1 2 3 4 nan", *GREMLIN[1:]], "line 1: 'nan' is not a finite number"),
        (["V[0] 1 2 3 4 1e99", *GREMLIN[1:]], "not a finite number in single precision"),
    ],
)
def test_a_gremlin_file_that_is_cut_or_longer_or_repeats_is_refused(lines, message, tmp_path):
    path = tmp_path / "mrf"
    path.write_text("\n".join(GREMLIN))
    assert read_model(path, alphabet("rna")).L == 3
    path.write_text("\n".join(lines))
    with pytest.raises(InputError, match=message) as error:
        read_model(path, alphabet("rna"))
    assert str(error.value).startswith(str(path))


CCMPRED = [" ".join(["1"] * 20)] * 3
for ccmpred_pair in ("0 1", "0 2", "1 2"):
    CCMPRED += [f"# {ccmpred_pair}", *[" ".join(["2"] * 21)] * 21]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (CCMPRED[:3], "ends before its couplings"),
        (CCMPRED[:-1], "ends within the couplings '# 1 2', after 20 of 21 lines"),
        (CCMPRED[:-22], "the file ends; expected '# 1 2'"),
        ([*CCMPRED, "# 9 9"], "line 70: '# 9 9', after the couplings of all pairs of 3 sites"),
        ([*CCMPRED, "the end"], "line 70: 'the end', after"),
        ([*CCMPRED[:25], "# 1 2", *CCMPRED[26:]], "line 26: '# 1 2'; expected '# 0 2'"),
        ([*CCMPRED[:5], CCMPRED[5] + " 1", *CCMPRED[6:]], "line 6: 22 numbers; expected 21"),
        ([*CCMPRED[:5], CCMPRED[5][:-1] + "inf", *CCMPRED[6:]], "line 6: 'inf' is not a finite number"),
        ([CCMPRED[0]] * 10_001 + ["# 0 1"], "line 10001: fields of more than 10,000 sites"),
    ],
)
def test_a_ccmpred_file_that_is_cut_or_longer_is_refused(lines, message, tmp_path):
    path = tmp_path / "raw"
    path.write_text("\n".join([*CCMPRED, '#>META> {"a": 1}', ""]))
    assert read_model(path, alphabet("protein")).L == 3
    path.write_text("\n".join(lines))
    with pytest.raises(InputError, match=message) as error:
        read_model(path, alphabet("protein"))
    assert str(error.value).startswith(str(path))


def test_a_model_of_another_alphabet_or_length_says_what_to_set(tmp_path):
    path = tmp_path / "model.safetensors"
    random_potts(4, 5, 0).save(path, alphabet("rna"), {})
    with pytest.raises(InputError, match="the model's alphabet is rna, not protein; set 'alphabet: rna'"):
        read_model(path, alphabet("protein"))
    with pytest.raises(InputError, match="the model has 4 sites, the alignment keeps 5 columns"):
        read_model(path, alphabet("rna"), 5)
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert read_model(path, alphabet("rna"), 4).q == 5


def test_lines_that_expand_beyond_those_of_any_model_are_refused(tmp_path):
    path = tmp_path / "params.dat.gz"
    # 80 MB of 160 kB.
    path.write_bytes(gzip.compress(b"h 0 A 0.5\n" * 2**20, 9) * 8)
    with pytest.raises(InputError, match="bytes expand to more than"):
        read_model(path, alphabet("protein"))


@pytest.mark.parametrize("beginning", [b"", b"J 0 1 A A 0\n"])
def test_a_file_that_fills_the_memory_is_refused(beginning, tmp_path):
    path = tmp_path / "x"
    with path.open("wb") as file:
        file.write(beginning)
        file.truncate(2**40)  # takes no room on the disk
    with pytest.raises(InputError, match="a line is longer than"):
        read_model(path, alphabet("protein"))


def test_arrays_that_are_no_couplings_are_refused(tmp_path):
    path = tmp_path / "J.npy"
    not_finite = np.zeros((3, 441))
    not_finite[1, 7] = np.nan
    for array, message in (
        (np.zeros(3), r"array \(3,\)"),
        (np.zeros((2, 441)), r"array \(2, 441\)"),
        (np.zeros((3, 400)), "400 numbers a pair; expected 441"),
        (np.array([[object()]]), "not an array of numbers"),
        (np.zeros((3, 441), complex), "complex128"),
        (not_finite, "not a finite number"),
    ):
        np.save(path, array)
        with pytest.raises(InputError, match=message):
            read_model(path, alphabet("protein"))


def test_an_array_that_is_cut_or_longer_is_refused_and_a_gzipped_one_is_read(tmp_path):
    path = tmp_path / "J.npy"
    np.save(path, np.ones((3, 441)))
    whole = path.read_bytes()
    path.write_bytes(gzip.compress(whole))
    assert (read_model(path, alphabet("protein")).couplings[0, :, 1] == -1).all()
    for content, message in (
        (whole[:-8], "not an array of numbers"),
        (whole + b"\n", r"has more bytes than its array of shape \(3, 441\)"),
        (whole.replace(b"(3, 441)", b"(3, 4**9)"), "not an array of numbers"),
        (whole.replace(b"(3, 441), }     ", b"(3, 441000000), }"), "not an array of numbers"),
    ):
        path.write_bytes(content)
        with pytest.raises(InputError, match=message):
            read_model(path, alphabet("protein"))


def test_models_are_converted_on_the_command_line(tmp_path, capsys):
    letters = alphabet("rna")
    model = random_potts(4, 5, 1)
    write_model(tmp_path / "params.dat", model, letters, "adabmdca")
    assert main([str(tmp_path / "params.dat"), str(tmp_path / "mrf"), "gremlin", "rna"]) == 0
    np.testing.assert_array_equal(read_model(tmp_path / "mrf", letters).couplings, model.couplings)
    assert main([str(tmp_path / "params.dat"), str(tmp_path / "raw"), "ccmpred", "rna"]) == 1
    assert capsys.readouterr().err.startswith("error: ")
    assert main(["a"]) == 2


def test_chains_are_named_as_adabmdca_names_them():
    assert format_chains(np.array([[0, 1], [2, 2]], np.uint8), alphabet("-AB")) == ">chain_0\n-A\n>chain_1\nBB\n"


PEER = Path(os.environ.get("PEER", "~/.cache/temperance/adabmDCA-1.0.0")).expanduser() / "bin" / "adabmDCA"


@pytest.mark.skipif(not PEER.is_file(), reason="adabmDCA is not installed (make bench installs it)")
@pytest.mark.parametrize("name", ["protein", "rna"])
def test_adabmdca_gives_our_files_the_same_energies(name, tmp_path):
    letters, model = alphabet(name), random_potts(12, alphabet(name).q, 4, 0.3)
    sequences = np.random.default_rng(1).integers(0, letters.q, (40, 12), dtype=np.uint8)
    write_model(tmp_path / "params.dat", model, letters, "adabmdca")
    (tmp_path / "chains.fasta").write_text(format_chains(sequences, letters))
    words = ["energies", "-d", "chains.fasta", "-p", "params.dat", "-o", "out", "--alphabet", name, "--device", "cpu"]
    subprocess.run([PEER, *words], cwd=tmp_path, check=True, capture_output=True)
    energies = pd.read_csv(tmp_path / "out" / "chains_energies.csv")["energy"]
    np.testing.assert_allclose(energies, model.energies(sequences), atol=1e-4)


def fixed_lines(form, number):
    """Lines of a model of two sites whose numbers have as many digits as `number`, the last one being that."""
    symbols, values = ("A", "B"), [number] * 20
    if form == "lines":
        couplings = [f"J 0 1 {a} {b} {number}" for a in symbols for b in symbols]
        return couplings + [f"h {i} {a} {number}" for i in (0, 1) for a in symbols]
    if form == "gremlin":
        states = " ".join([number] * 5)
        return [f"V[{i}] {states}" for i in (0, 1)] + ["W[0][1] " + " ".join([states] * 5)]
    return [" ".join(values)] * 2 + ["# 0 1", *[" ".join([*values, number])] * 21]


@pytest.mark.parametrize(("form", "name"), [("lines", "AB"), ("gremlin", "rna"), ("ccmpred", "protein")])
@pytest.mark.parametrize(
    ("number", "cuts"), [("0.1234", ("0.123", "0.", "0")), ("1.234e-02", ("1.234e-0", "1.234", "1.23"))]
)
def test_a_model_that_was_cut_within_its_last_number_is_refused(form, name, number, cuts, tmp_path, caplog):
    path, text = tmp_path / "model", "\n".join(fixed_lines(form, number))
    for whole in (text + "\n", text + "\r\n", text + "\n\n"):
        path.write_bytes(whole.encode())
        assert read_model(path, alphabet(name)).L == 2 and not caplog.messages
    for word in cuts:
        path.write_text(text.removesuffix(number) + word)
        with pytest.raises(InputError) as error:
            read_model(path, alphabet(name))
        assert str(error.value) == (
            f"{path}: ends within a number, '{word}', which is shorter than all others; copy it again"
        )
    # Without the end of a line alone it may be whole, and is warned of; a compressed file has a checksum.
    path.write_text(text)
    assert read_model(path, alphabet(name)).L == 2
    assert caplog.messages == [f"warning: {path}: its last line, '... {number}', has no end; is the file whole?"]
    path.write_bytes(gzip.compress(text.encode()))
    assert read_model(path, alphabet(name)).L == 2 and len(caplog.messages) == 1


def test_numbers_that_are_as_short_elsewhere_are_read_without_the_end_of_a_line(tmp_path, caplog):
    path = tmp_path / "model"
    path.write_text("\n".join([*fixed_lines("lines", "0.1234")[:-2], "h 1 A 0.5", "h 1 B 0.7"]))
    assert read_model(path, alphabet("AB")).fields[1].tolist() == pytest.approx([0.5, 0.7])
    assert "has no end" in caplog.text
