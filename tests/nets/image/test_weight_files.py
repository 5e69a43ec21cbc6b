"""Files of published weights: each kind read to the last number, and everything else refused in one line."""

import hashlib
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from assay.core.errors import DataError
from assay.nets.image import weight_files
from assay.nets.image.registry import network_named
from assay.nets.image.weight_files import published_weights, read_weights
from assay.nets.image.weights import take_over
from assay.nets.seeding import isolated

State = dict[str, Tensor]


def some(seed: int = 0) -> State:
    with isolated(seed):
        return network_named("mobilenet-small").build(5, 3, 32).state_dict()


def save_npz(state: State, path: Path) -> None:
    np.savez(path, **{key: value.numpy() for key, value in state.items()})


def save_old(state: State, path: Path) -> None:
    """As PyTorch saved until 1.5, and as many published files still are."""
    torch.save(state, path, _use_new_zipfile_serialization=False)


SAVERS: dict[str, Callable[[State, Path], None]] = {
    "new.pth": torch.save,
    "new.PT": torch.save,
    "old.pth": save_old,
    "checkpoint.pth": lambda state, path: torch.save({"epoch": 3, "state_dict": state}, path),
    "same.safetensors": lambda state, path: save_file(state, path),
    "same.npz": save_npz,
}


@pytest.mark.parametrize("name", SAVERS)
def test_weights_saved_in_any_form_load_to_the_last_number(name: str, tmp_path: Path) -> None:
    state, path = some(), tmp_path / name
    SAVERS[name](state, path)
    found = published_weights(str(path))
    assert set(found) == set(state)
    assert all(torch.equal(found[key], state[key]) and found[key].dtype == state[key].dtype for key in state)
    network = network_named("mobilenet-small")
    with isolated(1):
        net = network.build(5, 3, 32)
    take_over(net, network, found, name)
    assert all(torch.equal(value, state[key]) for key, value in net.state_dict().items())


def test_the_checksum_of_a_file_is_held_against_the_one_given(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save(some(), path)
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    assert published_weights(str(path), right.upper())
    with pytest.raises(DataError, match="has another SHA-256 than"):
        published_weights(str(path), "0" * 64)
    with pytest.raises(DataError, match="give its 64 hexadecimal digits"):
        published_weights(str(path), right[:8])


class Code:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("saved", [torch.save, save_old], ids=["new", "old"])
def test_a_file_with_code_is_refused_and_the_code_is_not_run(saved: Callable[[Any, Path], None], tmp_path: Path) -> None:
    mark, path = tmp_path / "ran", tmp_path / "code.pth"
    saved({"weight": torch.zeros(1), "more": Code(mark)}, path)
    torch.load(path, weights_only=False)
    assert mark.exists()  # it would have
    mark.unlink()
    with pytest.raises(DataError, match="holds more than tensors") as raised:
        read_weights(path)
    assert "\n" not in str(raised.value)
    assert not mark.exists()


def test_a_whole_network_or_a_bare_pickle_is_refused(tmp_path: Path) -> None:
    whole, bare = tmp_path / "whole.pt", tmp_path / "bare.pt"
    torch.save(torch.nn.Linear(2, 2), whole)
    bare.write_bytes(pickle.dumps(OrderedDict(a=Path("x"))))
    for path in (whole, bare):
        with pytest.raises(DataError, match=f"{path} holds more than tensors"):
            read_weights(path)


@pytest.mark.parametrize("name", ["a.pth", "old.pth", "a.safetensors", "a.npz"])
@pytest.mark.parametrize("damage", ["empty", "cut", "noise"])
def test_a_damaged_file_is_refused_in_one_line(name: str, damage: str, tmp_path: Path) -> None:
    path = tmp_path / name
    saver = {"a.pth": torch.save, "old.pth": save_old, "a.safetensors": save_file, "a.npz": save_npz}[name]
    saver(some(), path)
    content = path.read_bytes()
    path.write_bytes({"empty": b"", "cut": content[: len(content) // 2], "noise": bytes(range(256)) * 20}[damage])
    with pytest.raises(DataError) as raised:
        read_weights(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["a.pth", "old.pth", "a.safetensors", "a.npz"])
def test_a_file_with_changed_bytes_is_read_or_refused_and_nothing_else(name: str, tmp_path: Path) -> None:
    """Two hundred files, each with a few bytes changed at random; whatever is raised but DataError fails the test."""
    rng, path = np.random.default_rng(0), tmp_path / name
    saver = {"a.pth": torch.save, "old.pth": save_old, "a.safetensors": save_file, "a.npz": save_npz}[name]
    saver({"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2)}, path)
    content, refused = path.read_bytes(), 0
    for _ in range(200):
        changed = bytearray(content)
        for place in rng.integers(0, len(content), rng.integers(1, 6)):
            changed[place] = rng.integers(256)
        path.write_bytes(bytes(changed))
        try:
            read_weights(path)
        except DataError:
            refused += 1
    assert refused > 20


def test_what_is_no_weight_is_refused_by_name(tmp_path: Path) -> None:
    cases = {
        "list.pth": ([torch.zeros(1)], "holds no weights by name"),
        "number.pth": ({"epoch": 3, "a": torch.zeros(1)}, "'epoch' is no weight but a int"),
        "key.pth": ({3: torch.zeros(1)}, "'3' is no weight"),
        "sparse.pth": ({"a": torch.eye(3).to_sparse()}, "'a' is sparse, quantized or complex"),
        "complex.pth": ({"a": torch.zeros(2, dtype=torch.complex64)}, "'a' is sparse, quantized or complex"),
        "nowhere.pth": ({"a": torch.zeros(2, device="meta")}, "'a' is sparse|holds more than tensors"),
        "nothing.pth": ({}, "holds 0 weights"),
    }
    for name, (content, message) in cases.items():
        torch.save(content, tmp_path / name)
        with pytest.raises(DataError, match=message):
            read_weights(tmp_path / name)
    np.savez(tmp_path / "texts.npz", a=np.array(["x"]))
    with pytest.raises(DataError, match=r"holds 1 arrays that are no numbers \(first: 'a', <U1\)"):
        read_weights(tmp_path / "texts.npz")
    np.savez(tmp_path / "objects.npz", a=np.array([{}], dtype=object))
    with pytest.raises(DataError, match="Python objects, which are not unpickled"):
        read_weights(tmp_path / "objects.npz")


def test_what_unpacks_to_more_than_may_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weight_files, "MOST_BYTES", 100_000)
    torch.save({"a": torch.zeros(50_000)}, tmp_path / "large.pth")
    with pytest.raises(DataError, match="weights of at most 100,000 are read"):
        read_weights(tmp_path / "large.pth")
    torch.save({"a": torch.zeros(1).expand(100, 1000)}, tmp_path / "repeats.pth")  # 400 kB out of 4 bytes
    with pytest.raises(DataError, match=r"holds weights of 400,000 bytes; at most 100,000"):
        read_weights(tmp_path / "repeats.pth")
    with zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(200_000))
    assert (tmp_path / "bomb.pth").stat().st_size < 1000
    with pytest.raises(DataError, match="unpacks to 200,000 bytes"):
        read_weights(tmp_path / "bomb.pth")
    np.savez_compressed(tmp_path / "bomb.npz", a=np.zeros(50_000))
    with pytest.raises(DataError, match="would take 400128 bytes"):
        read_weights(tmp_path / "bomb.npz")


@pytest.mark.parametrize("name", ["many.pth", "many.safetensors", "many.npz"])
def test_more_weights_than_any_network_has_are_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weight_files, "MOST_TENSORS", 10)
    state = {f"w{number}": torch.zeros(1) for number in range(11)}
    {"many.pth": torch.save, "many.safetensors": save_file, "many.npz": save_npz}[name](state, tmp_path / name)
    with pytest.raises(DataError, match="holds 11 weights; from 1 to 10 are read"):
        read_weights(tmp_path / name)


def test_a_missing_file_and_one_of_another_kind_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"no file of weights at {tmp_path}/none.pth"):
        published_weights(f"{tmp_path}/none.pth")
    for name in ("a.h5", "weights", "a.pkl"):
        with pytest.raises(DataError, match=r"by its name; files that end in .pth, .pt, .safetensors, .npz are read"):
            published_weights(str(tmp_path / name))


def test_an_address_of_another_kind_of_file_is_refused_before_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(address: str, sha256: str) -> Path:
        raise AssertionError(f"{address} was downloaded")

    monkeypatch.setattr(weight_files, "downloaded", never)
    with pytest.raises(DataError, match=r"'page.html' is no file of weights by its name"):
        published_weights("https://example.org/page.html#sha256=" + "0" * 64)
