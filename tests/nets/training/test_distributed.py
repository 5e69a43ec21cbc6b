"""Two processes train as one with the same rows: their curves and weights, their faults, their checkpoints."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch
from tests.nets.training.together import CASES, CURVES, SIZE, first_net, rows, trained
from tests.nets.training.trainings import same_weights

from assay.core.errors import ConfigError
from assay.nets.training.checkpoint import NAME
from assay.nets.training.distribute import ALONE, joined, rows_of_all, world
from assay.nets.training.examples import InMemory

SCRIPT = Path(__file__).with_name("together.py")
SLOW = (
    "killed epoch 3",
    "shard killed batch 12",
    "shard killed epoch 2",
    "shard rmsprop",
    "shard mixed",
    "rmsprop",
    "batch norm",
)
QUICK = [name for name in CASES if name not in SLOW]


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """A folder of how each of the quick cases ended."""
    return ended_in(tmp_path_factory.mktemp("together"), QUICK)


def ended_in(top, names):
    with (top / "errors").open("w") as errors:  # a file: its end is not waited for, should a process outlive the script
        status = subprocess.run(
            [sys.executable, str(SCRIPT), str(top), *names], stderr=errors, timeout=300, check=False
        ).returncode
    assert status == 0, (top / "errors").read_text()
    return top


def statuses(folder):
    return json.loads((folder / "statuses").read_text())


def end(folder, rank):
    return json.loads((folder / f"end-{rank}").read_text())


def weights(folder, rank, which):
    return safetensors.torch.load_file(folder / f"end-{rank}.{which}")


def is_the_training_of_one_process(name, folder):
    assert statuses(folder) == [[0, 0]], (folder / "errors-0").read_text() + (folder / "errors-1").read_text()
    one, two = trained(replace(CASES[name], shard=False)), end(folder, 0)
    curve = [(epoch.train_loss, epoch.validation_loss, epoch.rate) for epoch in one.history]
    # sixteen bits: a gradient that is rounded to 8 digits of the binary is another one when it is a sum of two halves
    close = {"rtol": 2e-2, "atol": 2e-3} if "mixed" in name else {"rtol": 1e-4, "atol": 1e-6}
    assert len(two["history"]) == len(curve)
    for ours, theirs in zip(two["history"], curve, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3 if "mixed" in name else 1e-5)
    assert (two["best"], two["stop"]) == (one.best_epoch, one.stopped)
    same_weights(weights(folder, 0, "best"), one.model.state_dict(), **close)
    same_weights(weights(folder, 0, "last"), one.last, **close)
    for which in ("best", "last"):
        assert (folder / f"end-0.{which}").read_bytes() == (folder / f"end-1.{which}").read_bytes()
    assert end(folder, 1)["history"] == two["history"]


@pytest.mark.parametrize("name", [name for name in CURVES if name in QUICK])
def test_two_processes_follow_the_curve_of_one_with_the_doubled_batch(ended, name):
    is_the_training_of_one_process(name, ended / name)


@pytest.mark.parametrize("name", [f"shard {name}" for name in CURVES if f"shard {name}" in QUICK])
def test_two_processes_with_half_of_the_weights_each_follow_the_curve_of_one(ended, name):
    is_the_training_of_one_process(name, ended / name)
    total = sum(parameter.numel() for parameter in first_net().parameters())
    parts = [end(ended / name, rank)["parts"] for rank in range(SIZE)]
    assert sum(parts) == total
    assert max(parts) < 0.6 * total


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rmsprop", "shard rmsprop", "shard mixed"])
def test_the_other_kinds_of_training_follow_the_curve_of_one(tmp_path, name):
    is_the_training_of_one_process(name, ended_in(tmp_path, [name]) / name)


def has_the_same_running_statistics_on_all(folder):
    assert statuses(folder) == [[0, 0]]
    for which in ("best", "last"):
        first, second = (weights(folder, rank, which) for rank in range(SIZE))
        same_weights(first, second, rtol=0.0, atol=0.0)
        assert not torch.equal(first["1.running_mean"], torch.zeros(8))


def test_averaged_running_statistics_are_the_same_on_all_processes(ended):
    has_the_same_running_statistics_on_all(ended / "batch norm average")


@pytest.mark.slow
def test_running_statistics_are_the_same_on_all_processes(tmp_path):
    has_the_same_running_statistics_on_all(ended_in(tmp_path, ["batch norm"]) / "batch norm")


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_processes_shares_of_a_batch_are_its_rows_each_once(size):
    source = InMemory(rows(33, 0))
    shares = [list(source.epoch(5, 10, 1, replace(ALONE, rank=rank, size=size))) for rank in range(size)]
    for whole, *parts in zip(source.epoch(5, 10, 1), *shares, strict=True):
        together = torch.cat([part.inputs[0] for part in parts])
        assert sorted(together.tolist()) == sorted(whole.inputs[0].tolist())
        assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_class_without_an_output_ends_both_with_the_same_sentence(ended):
    assert statuses(ended / "class") == [[1, 1]]
    for rank in range(SIZE):
        assert "hold the class code 3, and a net of 3 outputs knows the codes 0 to 2 only" in end(ended / "class", rank)["said"]


@pytest.mark.parametrize(
    ("name", "rank", "said"),
    [
        ("nan on one", 1, "the loss was nan in batch 3 of epoch 1: "),
        ("nan on the first", 0, "the loss was nan in batch 3 of epoch 1: "),
        ("memory on one", 1, "a batch of 6 rows does not fit into the memory of 'cpu'"),
    ],
)
def test_a_fault_on_one_process_ends_the_other_with_its_sentence(ended, name, rank, said):
    assert statuses(ended / name) == [[1, 1]]
    own, other = end(ended / name, rank)["said"], end(ended / name, 1 - rank)["said"]
    assert own.startswith(said)
    assert other == f"process {rank} ended: {own}"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rows", "a batch without rows (1 in this step, on 2 processes): use a larger batch_size"),
        ("adversaries", "start it without torchrun"),
        ("finder", "a learning rate is looked for in one process"),
    ],
)
def test_what_several_processes_cannot_do_is_refused_on_all(ended, name, said):
    assert statuses(ended / name) == [[1, 1]]
    assert all(said in end(ended / name, rank)["said"] for rank in range(SIZE))


def test_a_checkpoint_that_only_one_process_finds_is_refused_on_all(ended):
    assert statuses(ended / "folders") == [[0, 0], [1, 1]]
    assert all("the processes find different checkpoints" in end(ended / "folders", rank)["said"] for rank in range(SIZE))


@pytest.mark.parametrize("name", ["plain", "shard plain"])
def test_only_the_first_process_writes_checkpoints_one_after_every_epoch(ended, name):
    written = end(ended / name, 0)["written"]
    assert written[1::2] == [NAME] * CASES[name].settings.epochs
    assert len(written) == 2 * CASES[name].settings.epochs
    assert end(ended / name, 1)["written"] == []
    assert sorted(path.name for path in (ended / name / "checkpoint").iterdir()) == sorted({NAME, written[-2]})


def goes_on_to_the_same_bytes(name, ended_whole, folder):
    first, again = statuses(folder)
    assert first == [-signal.SIGKILL, 1]  # the other one does not wait for ever
    assert again == [0, 0]
    whole = ended_whole / ("shard all" if CASES[name].shard else "all")
    for rank in range(SIZE):
        for which in ("best", "last"):
            assert (folder / f"end-{rank}.{which}").read_bytes() == (whole / f"end-{rank}.{which}").read_bytes()
        assert end(folder, rank)["history"] == end(whole, rank)["history"]
    done = len(end(whole, 0)["written"]) - len(end(folder, 0)["written"])
    assert done == {"batch 12": 2 * 2, "epoch 2": 2 * 1, "epoch 3": 2 * 2}[name.partition("killed ")[2]]  # not from the start


@pytest.mark.parametrize("name", [name for name in QUICK if "killed" in name])
def test_two_processes_one_of_which_is_killed_go_on_from_the_last_epoch_to_the_same_bytes(ended, name):
    goes_on_to_the_same_bytes(name, ended, ended / name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["killed epoch 3", "shard killed batch 12", "shard killed epoch 2"])
def test_processes_that_are_killed_at_other_moments_go_on_to_the_same_bytes(tmp_path, ended, name):
    goes_on_to_the_same_bytes(name, ended, ended_in(tmp_path, [name]) / name)


def torchrun(folder, name, patience=180):
    """Status and errors of a real torchrun of one case; whatever happens it is ended with all that it started."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(SIZE), str(SCRIPT)]
    with (folder / "errors").open("w") as errors:
        process = subprocess.Popen([*command, str(folder), name], stderr=errors, stdout=errors, start_new_session=True)
        try:
            status = process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    return status, (folder / "errors").read_text()


@pytest.mark.slow
def test_torchrun_is_the_same_training_and_a_fault_ends_it_with_the_sentence(tmp_path, ended):
    (tmp_path / "plain").mkdir()
    status, said = torchrun(tmp_path / "plain", "plain")
    assert status == 0, said
    for rank in range(SIZE):
        assert (tmp_path / "plain" / f"end-{rank}.best").read_bytes() == (ended / "plain" / f"end-{rank}.best").read_bytes()
    (tmp_path / "nan").mkdir()
    begun = time.monotonic()
    status, said = torchrun(tmp_path / "nan", "nan on one")
    assert status != 0
    assert "the loss was nan in batch 3 of epoch 1: " in said
    assert time.monotonic() - begun < 170  # it was not the patience that ended it


def test_without_torchrun_a_process_is_alone(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined("cpu") as (found, device):
        assert (found, device, world()) == (ALONE, "cpu", ALONE)


def test_one_process_alone_needs_rows_too():
    assert rows_of_all([3, 4], torch.device("cpu")) == 7
    with pytest.raises(ConfigError, match="a batch without rows"):
        rows_of_all([3, 0], torch.device("cpu"))
