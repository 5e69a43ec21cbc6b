"""A training that is stopped, at whatever moment, goes on to the same bytes; what is not its checkpoint is refused."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch
from tests.nets.training.trainings import bytes_of, fit, net, plain, rows
from torch import nn

from assay.core.errors import ConfigError
from assay.core.files import sha256_bytes
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.settings import Checkpoints, Run, TrainSettings
from assay.nets.training import checkpoint
from assay.nets.training.examples import Examples
from assay.nets.training.work import Validation

SETTINGS = TrainSettings(
    learning_rate=0.03, schedule="plateau", every=1, drop=0.5, batch_size=10, accumulate=2, epochs=4, ema=0.7, patience=None
)  # fmt: skip


class StopError(Exception):
    """The power is out."""


class Countdown:
    """Raises StopError at the call with this number."""

    def __init__(self, at=None):
        self.at, self.calls = at, 0

    def __call__(self, *_said):
        self.calls += 1
        if self.calls == self.at:
            raise StopError


def ended(folder, *, settings=SETTINGS, model=None, batch=None, held=None, epoch=None, seconds=0.0, left=None, **changes):
    """A training with all that has a memory; it stops at one of its batches, validations or epochs."""
    at_batch, at_held, at_epoch = Countdown(batch), Countdown(held), Countdown(epoch)

    def noise(inputs, generator):
        at_batch()
        return tuple(part + 0.1 * torch.randn(part.shape, generator=generator) for part in inputs)

    def loss(output, target):
        at_held()
        return CrossEntropy()(output, target)

    validation = Validation(rows(30, seed=1), loss)
    run = Run(checkpoints=folder and Checkpoints(folder, seconds), progress=at_epoch, seconds=left, **changes)
    return fit(model or net(dropout=0.3), rows(45), settings, seed=5, run=run, augment=noise, validation=validation)


def bytes_of_end(trained):
    epochs = [replace(epoch, seconds=0.0) for epoch in trained.history]
    return bytes_of(trained.model), bytes_of(trained.last), epochs, trained.best_epoch, trained.stopped


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    """That a file is on the disk matters when the machine loses power, which no test can make it do."""
    monkeypatch.setattr("os.fsync", lambda _handle: None)


@pytest.fixture(scope="module")
def whole():
    return bytes_of_end(ended(None))


MOMENTS = (
    [{"batch": at} for at in (1, 2, 3, 5, 6, 11, 14, 20)] + [{"held": at} for at in (1, 4)] + [{"epoch": at} for at in (1, 3, 4)]
)


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: "-".join(f"{name}-{at}" for name, at in moment.items()))
@pytest.mark.parametrize("seconds", [0.0, 1e9])
def test_a_training_that_breaks_off_goes_on_to_the_same_bytes(tmp_path, whole, moment, seconds):
    with pytest.raises(StopError):
        ended(tmp_path, seconds=seconds, **moment)
    torch.rand(3)
    assert bytes_of_end(ended(tmp_path)) == whole


def test_checkpoints_do_not_change_a_training(tmp_path, whole):
    assert bytes_of_end(ended(tmp_path)) == whole


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam"])
@pytest.mark.parametrize("changes", [{}, {"momentum": 0.0}, {"accumulate": 1, "ema": None, "precision": "mixed"}])
def test_every_optimizer_goes_on_to_the_same_bytes(tmp_path, optimizer, changes):
    settings = replace(SETTINGS, optimizer=optimizer, **changes)
    with pytest.raises(StopError):
        ended(tmp_path, settings=settings, batch=13)
    assert bytes_of_end(ended(tmp_path, settings=settings)) == bytes_of_end(ended(None, settings=settings))


def test_a_training_killed_at_any_moment_goes_on_to_the_same_bytes(tmp_path):
    script = Path(__file__).with_name("killed.py")
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, timeout=120)
    statuses = json.loads((tmp_path / "statuses").read_text())
    assert statuses.pop("whole") == [0, 0]
    assert len(statuses) == 11
    for name, (first, second) in statuses.items():
        assert second == 0, name
        assert first == -9 or (name.startswith("time") and first == 0), name  # the clock may come too late
        for what in ("best", "last", "said"):
            assert (tmp_path / name / what).read_bytes() == (tmp_path / "whole" / what).read_bytes(), (name, what)
        assert len(list((tmp_path / name / "checkpoint").iterdir())) == 2, name


@pytest.mark.parametrize("call", [1, 2, 7, 8])
def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(tmp_path, whole, monkeypatch, call):
    calls, write = [], checkpoint.write_atomic

    def full_disk(path, content):
        calls.append(path)
        if len(calls) == call:
            raise OSError(28, "No space left on device")
        write(path, content)

    monkeypatch.setattr(checkpoint, "write_atomic", full_disk)
    with pytest.raises(OSError, match="No space"):
        ended(tmp_path)
    monkeypatch.undo()
    assert bytes_of_end(ended(tmp_path)) == whole


def test_between_the_new_json_and_the_end_of_the_old_tensors_both_are_whole(tmp_path, whole, monkeypatch):
    def stays(self, missing_ok=False):
        raise StopError

    with pytest.raises(StopError):
        ended(tmp_path, batch=5)
    monkeypatch.setattr(Path, "unlink", stays)
    with pytest.raises(StopError):
        ended(tmp_path)
    monkeypatch.undo()
    assert len(list(tmp_path.glob("state-*"))) == 2
    assert bytes_of_end(ended(tmp_path)) == whole
    assert len(list(tmp_path.glob("state-*"))) == 1


def test_a_training_that_ended_is_not_trained_again(tmp_path, whole):
    ended(tmp_path)
    assert bytes_of_end(ended(tmp_path, batch=1)) == whole


def test_a_cancelled_training_goes_on_when_it_is_no_longer_cancelled(tmp_path, whole):
    done = []
    run = {"cancelled": lambda: len(done) == 2 or done.append(0)}
    assert ended(tmp_path, **run).stopped == "cancelled"
    assert bytes_of_end(ended(tmp_path)) == whole


def test_a_training_out_of_seconds_goes_on_with_more_and_stays_ended_without(tmp_path, whole):
    for left in (0.0, 0.0, 1e-9):
        trained = ended(tmp_path, left=left)
        assert (trained.stopped, len(trained.history)) == ("seconds", 1)
    assert bytes_of_end(ended(tmp_path, left=1e9)) == whole


def test_seconds_count_on_after_a_stop(tmp_path):
    with pytest.raises(StopError):
        ended(tmp_path, batch=12)
    saved = json.loads((tmp_path / checkpoint.NAME).read_text())
    saved["progress"]["seconds"] += 1000.0
    (tmp_path / checkpoint.NAME).write_text(json.dumps(saved))
    assert all(epoch.seconds > 1000 for epoch in ended(tmp_path).history[2:])


def test_best_is_best_and_last_is_last(tmp_path):
    settings = replace(SETTINGS, ema=None, learning_rate=1.0, schedule="constant", epochs=8)
    with pytest.raises(StopError):
        ended(tmp_path, settings=settings, batch=30)
    trained = ended(tmp_path, settings=settings)
    losses = [epoch.validation_loss for epoch in trained.history]
    assert trained.best_epoch == losses.index(min(losses)) < 7
    held = rows(30, seed=1)
    for weights, loss in ((trained.model.state_dict(), min(losses)), (trained.last, losses[-1])):
        model = net().eval()
        model.load_state_dict(weights)
        assert CrossEntropy()(model(held.inputs[0]), held.target).mean().item() == pytest.approx(loss, rel=1e-5)


def test_a_checkpoint_holds_no_weights_that_are_not_finite(tmp_path):
    class Breaks:
        """A watch that spoils the weights of one step: it may not, and it shows that somebody looks."""

        def attached(self, model):
            return torch.enable_grad()

        def wants(self, step):
            return step == 4

        def gradients(self, step, model):
            model[4].weight.grad.fill_(float("inf"))

        def epoch(self, record): ...

    run = Run(checkpoints=Checkpoints(tmp_path, 0.0))
    with pytest.raises(ConfigError, match="weights of layer '4' are no longer finite"):
        fit(net(), rows(48), plain(), run=run, watch=Breaks())
    tensors = safetensors.torch.load_file(next(tmp_path.glob("state-*")))
    assert all(bool(torch.isfinite(value).all()) for value in tensors.values() if value.is_floating_point())
    assert json.loads((tmp_path / checkpoint.NAME).read_text())["progress"]["batches"] == 1


def test_tied_weights_are_kept_and_stay_tied(tmp_path):
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)
            self.second.weight = self.first.weight
            self.last = nn.Linear(4, 3)

        def forward(self, x):
            return self.last(self.second(torch.tanh(self.first(x))))

    def tied():
        torch.manual_seed(0)
        return Tied()

    with pytest.raises(StopError):
        ended(tmp_path, model=tied(), batch=9)
    again = ended(tmp_path, model=tied())
    assert bytes_of_end(again) == bytes_of_end(ended(None, model=tied()))
    assert again.model.first.weight is again.model.second.weight


def begun(folder):
    with pytest.raises(StopError):
        ended(folder, batch=9)


def test_a_checkpoint_of_another_net_is_refused_with_the_names_that_differ(tmp_path):
    begun(tmp_path)
    other = nn.Sequential(nn.Linear(4, 7, bias=False), nn.BatchNorm1d(7), nn.Tanh(), nn.Linear(7, 3))
    with pytest.raises(ConfigError, match=r"another net: it lacks 3\.bias, 3\.weight; it has also 4\.bias, 4\.weight; ") as said:
        ended(tmp_path, model=other)
    assert "0.weight (6, 4) float32 there, (7, 4) float32 here" in str(said.value)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"learning_rate": 0.1}, "learning_rate=0.03 there, 0.1 here"),
        ({"ema": None, "epochs": 9}, "ema=0.7 there, None here, epochs=4 there, 9 here"),
    ],
)
def test_a_checkpoint_of_other_settings_is_refused_with_what_differs(tmp_path, changes, named):
    begun(tmp_path)
    with pytest.raises(ConfigError, match="another training") as said:
        ended(tmp_path, settings=replace(SETTINGS, **changes))
    assert all(part in str(said.value) for part in named.split(", ema")[0].split(", epochs"))


def test_a_checkpoint_of_other_rows_seed_or_threads_is_refused(tmp_path):
    run = Run(checkpoints=Checkpoints(tmp_path, 0.0))
    fit(net(), rows(40), plain(), run=run)
    for other in (
        lambda: fit(net(), rows(41), plain(), run=run),
        lambda: fit(net(), rows(40), plain(), seed=1, run=run),
        lambda: fit(net(), rows(40), plain(), run=replace(run, threads=2)),
    ):
        with pytest.raises(ConfigError, match=r"another training \((rows|seed|threads)="):
            other()


def rewritten(folder, change):
    """Change the tensors of a checkpoint, with a checksum that fits again."""
    path = next(folder.glob("state-*"))
    tensors = safetensors.torch.load_file(path)
    change(tensors)
    content = safetensors.torch.save(tensors)
    retold(folder, path, content)


def retold(folder, path, content):
    path.write_bytes(content)
    scalars = json.loads((folder / checkpoint.NAME).read_text())
    scalars["tensors"]["sha256"] = sha256_bytes(content)
    (folder / checkpoint.NAME).write_text(json.dumps(scalars))


def put(name, value):
    return lambda tensors: tensors.__setitem__(name, value)


HOSTILE = {
    "a missing generator": lambda tensors: tensors.pop("random.batches"),
    "a short generator": put("random.processor", torch.zeros(3, dtype=torch.uint8)),
    "a generator of nonsense": put("random.processor", torch.full((5056,), 255, dtype=torch.uint8)),
    "a generator of floats": put("random.batches", torch.zeros(5056)),
    "an optimizer's state of another shape": put("optimizer.0.0.exp_avg", torch.zeros(1)),
    "an optimizer's state without its partner": lambda tensors: tensors.pop("optimizer.0.1.exp_avg_sq"),
    "an optimizer's state of a parameter that is not there": put("optimizer.0.99.exp_avg", torch.zeros(1)),
    "an optimizer's state of no parameter": put("optimizer.0.x.exp_avg", torch.zeros(1)),
    "an optimizer that is not there": put("optimizer.1.0.exp_avg", torch.zeros(1)),
    "a step that is a matrix": put("optimizer.0.0.step", torch.zeros(2, 2)),
    "an average of another shape": put("average.0.weight", torch.zeros(1, 1)),
    "a best without a weight": lambda tensors: tensors.pop("best.0.weight"),
    "no best at all": lambda tensors: [tensors.pop(name) for name in list(tensors) if name.startswith("best.")],
    "something foreign": put("evil", torch.zeros(1)),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_tensors_are_refused_in_one_sentence_and_touch_nothing(tmp_path, change):
    begun(tmp_path)
    rewritten(tmp_path, change)
    model = net(dropout=0.3)
    before, drawn = bytes_of(model), torch.get_rng_state()
    with pytest.raises(ConfigError, match=r"cannot be read .*; delete the folder to train from the start") as said:
        ended(tmp_path, model=model)
    assert "\n" not in str(said.value)
    assert bytes_of(model) == before
    assert torch.equal(torch.get_rng_state(), drawn)


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"\x08\0\0\0\0\0\0\0{}      ", (2**60).to_bytes(8, "little") + b"{}"])
def test_tensors_that_are_none_are_refused(tmp_path, content):
    begun(tmp_path)
    retold(tmp_path, next(tmp_path.glob("state-*")), content)
    with pytest.raises(ConfigError, match="the checkpoint in"):
        ended(tmp_path)


def test_torn_and_missing_tensors_are_refused(tmp_path):
    begun(tmp_path)
    path = next(tmp_path.glob("state-*"))
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    with pytest.raises(ConfigError, match="is not the file that was written"):
        ended(tmp_path)
    path.unlink()
    with pytest.raises(ConfigError, match=r"cannot be read .*delete the folder"):
        ended(tmp_path)


def inside(*keys, value):
    def change(scalars):
        place = scalars
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    return change


DAMAGED = {
    "another version": inside("version", value=1),
    "no training": lambda scalars: scalars.pop("training"),
    "a training that is a list": inside("training", value=[1, 2]),
    "no scalers": lambda scalars: scalars.pop("scalers"),
    "a file elsewhere": inside("tensors", "file", value="../x.safetensors"),
    "a file that is a number": inside("tensors", "file", value=3),
    "an epoch that is a word": inside("progress", "epoch", value="two"),
    "an epoch beyond the last": inside("progress", "epoch", value=77),
    "an epoch before the first": inside("progress", "epoch", value=-1),
    "batches below zero": inside("progress", "batches", value=-4),
    "no history": inside("progress", "history", value=[]),
    "a history of words": inside("progress", "history", value=["a", "b"]),
    "a huge number": inside("progress", "lost", value=10**400),
    "a reason that is none": inside("progress", "stopped", value="bored"),
    "no progress": inside("progress", value=None),
    "a count that is a list": inside("average_count", value=[]),
}


@pytest.mark.parametrize("change", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_record_is_refused_in_one_sentence(tmp_path, change):
    begun(tmp_path)
    scalars = json.loads((tmp_path / checkpoint.NAME).read_text())
    change(scalars)
    (tmp_path / checkpoint.NAME).write_text(json.dumps(scalars))
    with pytest.raises(ConfigError, match=r"cannot be read .*; delete the folder to train from the start") as said:
        ended(tmp_path)
    assert "\n" not in str(said.value)


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '"x"', "null", "[" * 100_000])
def test_a_record_that_is_no_record_is_refused(tmp_path, content):
    begun(tmp_path)
    (tmp_path / checkpoint.NAME).write_text(content)
    with pytest.raises(ConfigError, match="cannot be read"):
        ended(tmp_path)


def test_examples_of_weight_zero_do_not_count_as_rows(tmp_path):
    run = Run(checkpoints=Checkpoints(tmp_path))
    examples = rows(40)
    weights = torch.ones(40)
    weights[:8] = 0
    fit(net(), Examples(examples.inputs, examples.target, weights), plain(), run=run)
    assert json.loads((tmp_path / checkpoint.NAME).read_text())["training"]["rows"] == 32
