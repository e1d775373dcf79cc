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
    if form in ("adabmdca", "bmdca", "gremlin"):
        np.testing.assert_array_equal(again.couplings, model.couplings)
        np.testing.assert_array_equal(again.fields, model.fields)


def test_lines_of_adabmdca_and_bmdca_mean_what_they_say(tmp_path):
    letters = alphabet("-AB")
    path = tmp_path / "params.dat.gz"
    with gzip.open(path, "wt") as file:
        for i in range(2):
            file.writelines(f"h {i} {a} {i + 0.5}\n" for a in "-AB")
        file.write("J 0 1 A B 2.5\n")
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
    lines.append("W[0][4] " + " ".join(map(str, block.ravel())))
    (tmp_path / "mrf").write_text("\n".join(lines))
    np.testing.assert_allclose(read_model(tmp_path / "mrf", letters).energies(sequences), [-2, 0, 0])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("hello\n", "known format"),
        ("", "known format"),
        ("J 0 1 A A 1\n", "no fields"),
        ("h 0 A 1\nh 0 B 1\nh 1 A 1\n", "expected 2 x 2"),
        ("h 0 A 1\nh 0 C 1\nh 1 A 1\nh 1 B 2\n", "line 2: 'C' is not a state"),
        ("h 0 A 1\nh 0 B x\nh 1 A 1\nh 1 B 2\n", "line 2: 'x' is not a value"),
        ("h 0 A 1\nh 0 B inf\nh 1 A 1\nh 1 B 2\n", "finite"),
        ("h 0 A 1\nh 0 B 1\nh 1 A 1\nh 1 B 2\nJ 0 5 A A 1\n", "site 5"),
        ("h 0 A 1\nh 0 B 1\nh 1 A 1\nh 1 B 2\nJ 1 1 A A 1\n", "line 5: couples a site to itself"),
        ("h 0 A 1\nh 0 B 1\nh 1 A 1\nh 1 B 2\nx 1 1 A A 1\n", "line 5: begins with 'x'"),
        ("h -1 A 1\nh 0 B 1\n", "line 1: '-1' is not a site"),
        ("h 0 A 1 1 1 1 1 1 1\n", "known format|fields|Expected|line"),
        ("1 2\n", "CCMpred supports the alphabet protein"),
        ("V[0] 1 2\n", "GREMLIN supports the alphabet"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_a_line(content, said, tmp_path):
    path = tmp_path / "params"
    path.write_text(content)
    with pytest.raises(InputError, match=said) as raised:
        read_model(path, alphabet("AB"))
    assert str(path) in str(raised.value) and "\n" not in str(raised.value)


def test_arrays_that_are_no_couplings_are_refused(tmp_path):
    path = tmp_path / "J.npy"
    for array in (np.zeros(3), np.zeros((2, 441)), np.zeros((3, 400)), np.array([[object()]])):
        np.save(path, array)
        with pytest.raises(InputError, match=r"J\.npy"):
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
    given = pd.read_csv(tmp_path / "out" / "chains_energies.csv")["energy"]
    np.testing.assert_allclose(given, model.energies(sequences), atol=1e-4)
