"""Models of plmc, from bytes that are laid out by hand."""

import gzip
import struct

import numpy as np
import pytest
from small_systems import random_potts

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.potts.formats.registry import read_model, write_model


def plmc(number="f", symbols="B.A", weights=(1.0, 2.0), skipped=1):
    """Two sites of three states, learnt from one sequence, another one skipped: in single (f) or double precision."""
    fields = [[0.5, 1.5, 2.5], [3.5, 4.5, 5.5]]
    couplings = [[10, 20, 30], [40, 50, 60], [70, 80, 90]]
    return b"".join(
        (
            struct.pack("<5i", 2, 3, 1, skipped, 100),
            struct.pack(f"<5{number}", 0.2, 0.01, 16.0, 0.0, 1.0),
            symbols.encode("latin-1"),
            struct.pack(f"<{len(weights)}{number}", *weights),
            b"BA",
            struct.pack("<2i", 7, 9),
            struct.pack(f"<6{number}", *[0.25] * 6),
            struct.pack(f"<6{number}", *np.ravel(fields)),
            struct.pack(f"<9{number}", *[0.125] * 9),
            struct.pack(f"<9{number}", *np.ravel(couplings)),
        )
    )


@pytest.mark.parametrize("number", ["f", "d"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_fields_and_couplings_are_those_of_the_file_in_our_order_of_states(number, pack, tmp_path):
    path = tmp_path / "x.model"
    path.write_bytes(pack(plmc(number)))
    model = read_model(path, alphabet("-AB"))
    # Ours are gap, A, B; the file's B, gap, A.
    assert model.fields.tolist() == [[1.5, 2.5, 0.5], [4.5, 5.5, 3.5]]
    assert model.couplings[0, :, 1].tolist() == [[50, 60, 40], [80, 90, 70], [20, 30, 10]]
    # B at the first site and A at the second: 0.5 + 5.5 + 30.
    assert model.energies(np.array([[2, 1]], np.uint8)).tolist() == [-36]


def test_a_model_is_written_as_plmc_lays_it_out(tmp_path):
    model = random_potts(2, 3, 0)
    write_model(tmp_path / "x.model", model, alphabet("-AB"), "plmc")
    header = struct.pack("<5i5f", 2, 3, 0, 0, 0, 0, 0, 0, 0, 0) + b"-AB" + b"--" + struct.pack("<2i", 1, 2)
    numbers = [*[0.0] * 6, *model.fields.ravel(), *[0.0] * 9, *model.couplings[0, :, 1].ravel()]
    assert (tmp_path / "x.model").read_bytes() == header + struct.pack("<30f", *numbers)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        # 20 of integers, 3 of symbols, 2 of the target and 8 of positions; 5 + 2 + 6 + 6 + 9 + 9 numbers of 4 or 8.
        (plmc()[:-1], "has 180 bytes; a model of plmc of 2 sites, 3 states and 2 sequences has 181 or 329"),
        (plmc() + b"\n", "has 182 bytes"),
        (plmc("d")[:-8], "has 321 bytes"),
        (plmc()[:19], "no model in a known format"),
        (plmc(skipped=2**30)[:100], "has 100 bytes"),
        (plmc(symbols="BAC"), r"has the states BAC, alphabet -AB has -AB; set 'alphabet: BAC'"),
        (plmc(symbols="AA-"), "has the states AA-"),
        (plmc().replace(struct.pack("<f", 4.5), struct.pack("<f", np.nan)), "not a finite number"),
    ],
)
def test_a_file_that_is_cut_longer_or_of_other_states_is_refused(content, message, tmp_path):
    (tmp_path / "x.model").write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        read_model(tmp_path / "x.model", alphabet("-AB"))
    assert str(error.value).startswith(str(tmp_path / "x.model"))


def test_a_model_without_the_gap_says_how_it_is_learnt_with_it(tmp_path):
    (tmp_path / "x.model").write_bytes(plmc(symbols="BCA"))
    with pytest.raises(InputError, match="set 'alphabet: BCA'"):
        read_model(tmp_path / "x.model", alphabet("rna"))
    with pytest.raises(InputError, match="plmc learns the gap, too, without -g"):
        read_model(tmp_path / "x.model", alphabet("-ABC"))
    assert read_model(tmp_path / "x.model", alphabet("ABC")).fields[0].tolist() == [2.5, 0.5, 1.5]
