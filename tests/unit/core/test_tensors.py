"""The reader of safetensors: what is whole comes back, and what is not is refused before anything is made of it."""

import json
import struct

import pytest

from temperance.core.errors import InputError
from temperance.core.files import load_arrays
from temperance.core.tensors import read_tensors


def write(path, header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


def tensor(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def test_arrays_are_read_by_their_offsets_whatever_their_order_in_the_header(tmp_path):
    data = struct.pack("<2f", 1.5, -2.0) + struct.pack("<3h", 7, -8, 9)
    header = {"__metadata__": {"k": "v"}, "b": tensor("I16", [3, 1], 8, 14), "a": tensor("F32", [2], 0, 8)}
    header |= {"none": tensor("F64", [0, 4], 8, 8), "scalar": tensor("U8", [], 14, 15)}
    arrays, metadata = read_tensors(write(tmp_path / "x", header, data + b"\x05"))
    assert metadata == {"k": "v"}
    assert arrays["a"].tolist() == [1.5, -2.0] and arrays["b"].tolist() == [[7], [-8], [9]]
    assert arrays["none"].shape == (0, 4) and arrays["scalar"] == 5


@pytest.mark.parametrize(
    ("header", "data", "message"),
    [
        (b"[" * 100_000, b"", "header is not a JSON object"),
        (b"[1, 2]", b"", "header is not a JSON object"),
        (b'{"a": 1, "a": 2}', b"", "different names"),
        ({"a": 1}, b"", "tensor a needs dtype, shape and data_offsets"),
        ({"a": tensor("BF16", [2], 0, 4)}, b"0000", "tensor a has type BF16"),
        ({"a": tensor(["F32"], [1], 0, 4)}, b"0000", "tensor a has type"),
        ({"a": tensor("F32", [2**62, 0], 0, 0)}, b"", "tensor a has shape"),
        ({"a": tensor("F32", [1] * 100_000, 0, 4)}, b"0000", "tensor a has shape"),
        ({"a": tensor("F32", [-1], 0, 4)}, b"0000", "tensor a has shape"),
        ({"a": tensor("F32", [1.0], 0, 4)}, b"0000", "tensor a has shape"),
        ({"a": tensor("F32", [2], 0, 4)}, b"0000", "takes 8 bytes, not 4"),
        ({"a": tensor("F32", [1], 4, 8)}, b"00000000", "begins at byte 4 of the data; expected 0"),
        ({"a": tensor("U8", [3], 0, 3), "b": tensor("U8", [3], 2, 5)}, b"00000", "tensor b begins at byte 2"),
        ({"a": tensor("F32", [2**16], 0, 2**18)}, b"0000", "ends within its tensor a, after 4 of 262,144 bytes"),
        ({"a": tensor("F32", [2**45], 0, 2**47)}, b"0000", "exceeds the memory"),
        ({"a": tensor("U8", [1], 0, 1)}, b"00", "more bytes than its tensors"),
        ({"__metadata__": {"a": 1}}, b"", "metadata are not texts"),
    ],
)
def test_a_file_whose_header_and_data_do_not_agree_is_refused(header, data, message, tmp_path):
    with pytest.raises(InputError, match=message) as error:
        read_tensors(write(tmp_path / "x", header, data))
    assert str(error.value).startswith(str(tmp_path / "x"))


@pytest.mark.parametrize(("length", "message"), [(2**63, "header has 9,223,372"), (50, "not a JSON object of 50")])
def test_the_length_of_the_header_is_not_believed(length, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read_tensors(write(tmp_path / "x", {}, length=length))


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "3", "NaN"])
def test_metadata_that_are_no_json_object_are_refused(text, tmp_path):
    with pytest.raises(InputError, match="x: "):
        load_arrays(write(tmp_path / "x", {"__metadata__": {"temperance": text}}))
