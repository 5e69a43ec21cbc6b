"""A state as JSON and arrays, and back."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.archive import weights
from assay.archive.state import decode, encode
from assay.archive.strict import parse_canonical
from assay.core.errors import BundleError, DefectError
from assay.core.files import canonical_json

keys = st.text(alphabet="$array{}dtype\n\u00e9<", max_size=6) | st.sampled_from(["$array", "$dict", "$float", "dtype", "shape"])
leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | keys
states = st.dictionaries(keys, st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=12))


@given(states)
def test_any_json_like_state_comes_back_as_it_was(state):
    value, arrays = encode(state)
    assert decode(parse_canonical(canonical_json(value).encode(), "state"), arrays, "state") == state


def test_numbers_that_json_lacks_come_back():
    value, _ = encode({"a": math.inf, "b": -math.inf, "c": math.nan, "d": np.float64(0.1), "e": np.int64(3)})
    back = decode(parse_canonical(canonical_json(value).encode(), "state"), {}, "state")
    assert back["a"] == math.inf
    assert back["b"] == -math.inf
    assert math.isnan(back["c"])
    assert (back["d"], back["e"]) == (0.1, 3)


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?", ">f8", ">i4"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (0, 4), (2, 1, 3)])
def test_arrays_of_every_dtype_and_shape_come_back_writable(dtype, shape):
    before = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    value, arrays = encode({"x": {"y": [before]}})
    after = decode(value, weights.unpack(weights.pack(arrays), "w"), "state")["x"]["y"][0]
    np.testing.assert_array_equal(after, before, strict=dtype[0] != ">")
    assert after.flags.writeable
    assert after.flags.aligned


def test_a_transposed_array_and_a_slice_come_back():
    before = np.arange(24.0).reshape(4, 6)
    value, arrays = encode({"t": before.T, "s": before[::2, 1:]})
    after = decode(value, weights.unpack(weights.pack(arrays), "w"), "state")
    np.testing.assert_array_equal(after["t"], before.T)
    np.testing.assert_array_equal(after["s"], before[::2, 1:])


@pytest.mark.parametrize("value", [object(), b"bytes", {1: 2}, np.array(["text"]), np.array([None]), 1j, {3, 4}, np.array([1j])])
def test_what_no_state_may_hold_is_a_defect(value):
    with pytest.raises(DefectError):
        encode({"x": value})


@pytest.mark.parametrize(
    "value",
    [
        [],
        {"x": {"$array": "gone", "dtype": "float64", "shape": [2]}},
        {"x": {"$array": "a00000", "dtype": "float32", "shape": [2]}},
        {"x": {"$array": "a00000", "dtype": "float64", "shape": [3]}},
        {"x": {"$array": ["a00000"], "dtype": "float64", "shape": [2]}},
        {"x": [{"$array": "a00000", "dtype": "float64", "shape": [2]}] * 2},
        {"x": {"$float": "1e5"}},
        {"x": {"$float": []}},
        {"x": {"$dict": [["a", 1], ["a", 2]]}},
        {"x": {"$dict": [["a"]]}},
        {"x": {"$pickle": "gASV"}},
        {"x": 1},
    ],
)
def test_references_that_we_do_not_write_are_refused(value):
    with pytest.raises(BundleError, match=r"state\.json"):
        decode(value, {"a00000": np.zeros(2)}, "state.json")


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e999}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":"\\ud800"}',
        b"[" * 100_000,
        b'{"a":' + b"[" * 900 + b"]" * 900 + b"}",
        b"\xff",
        b"{",
        b"",
        b'{"a":' + b"9" * 5000 + b"}",
    ],
    ids=["nan", "infinity", "too large", "twice", "order", "blank", "half", "deep", "deeper", "no text", "cut", "empty", "long"],
)
def test_json_that_we_do_not_write_is_refused(text):
    with pytest.raises(BundleError, match=r"state\.json"):
        decode(parse_canonical(text, "state.json"), {}, "state.json")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 40,
        (2**40).to_bytes(8, "little") + b"{}",
        (64).to_bytes(8, "little") + b'{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}}'.ljust(64) + b"\0" * 8,
        (64).to_bytes(8, "little") + b'{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'.ljust(64) + b"\0" * 4,
        (64).to_bytes(8, "little") + b'{"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}'.ljust(64) + b"\1\7",
        (80).to_bytes(8, "little") + b'{"a":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,0]}}'.ljust(80),
    ],
    ids=["empty", "noise", "huge header", "wrong size", "foreign dtype", "no booleans", "overflow"],
)
def test_weights_that_we_do_not_write_are_refused(content):
    with pytest.raises(BundleError, match=r"weights\.safetensors"):
        weights.unpack(content, "weights.safetensors")
