"""Small data, nets and settings that the tests of the training loop share."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from assay.core.errors import ConfigError
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.seeding import isolated
from assay.nets.settings import TrainSettings
from assay.nets.training.examples import Examples, InMemory
from assay.nets.training.loop import train
from assay.nets.training.work import Objective, supervised


def plain(**changes):
    """Gradient descent and nothing else, unless the changes say so."""
    settings = {
        "optimizer": "sgd",
        "momentum": 0.0,
        "weight_decay": 0.0,
        "schedule": "constant",
        "clip_norm": None,
        "learning_rate": 0.1,
        "batch_size": 16,
        "epochs": 2,
        "patience": None,
    }
    return TrainSettings(**{**settings, **changes})


def rows(n=48, inputs=4, classes=3, seed=0):
    """Three clouds of points: (n, inputs) and class codes (n,)."""
    rng = np.random.default_rng(seed)
    target = rng.integers(0, classes, n)
    x = rng.normal(size=(n, inputs)) + target[:, None]
    return Examples((torch.from_numpy(x).float(),), torch.from_numpy(target))


@cache
def digits():
    """(training, held): 1 200 and 597 digits, pixels from 0 to 1."""
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = torch.from_numpy(x[order] / 16).float(), torch.from_numpy(y[order])
    return Examples((x[:1200],), y[:1200]), Examples((x[1200:],), y[1200:])


def net(seed=0, inputs=4, outputs=3, hidden=6, dropout=0.0):
    """Every kind of layer that is trained differently: weights, biases, batch norm.

    No bias before the norm: its gradient would be rounding errors, which Adam makes as long as any other.
    """
    with isolated(seed):
        return nn.Sequential(
            nn.Linear(inputs, hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.Tanh(),
            nn.Dropout(dropout),
            nn.Linear(hidden, outputs),
        )


def smooth_net(seed=0, inputs=4, outputs=3, hidden=6):
    """No batch norm: a row's output does not depend on its batch."""
    with isolated(seed):
        return nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, outputs))


def fit(model, examples, settings, *, seed=0, run=None, loss=None, **hooks):
    return train(model, supervised(examples, loss or CrossEntropy(), **hooks), settings, seed=seed, run=run)


def same_weights(ours, theirs, **tolerance):
    """Raises AssertionError unless two nets hold the same numbers under the same names."""
    ours, theirs = (each.state_dict() if isinstance(each, nn.Module) else each for each in (ours, theirs))
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        torch.testing.assert_close(value, theirs[name], **tolerance, msg=lambda said, name=name: f"{name}: {said}")


def bytes_of(weights):
    weights = weights.state_dict() if isinstance(weights, nn.Module) else weights
    return b"".join(value.detach().numpy().tobytes() for value in weights.values())


class Recorded:
    """A source that keeps the batches it gives, so that a loop written by hand can go through the same ones."""

    def __init__(self, source):
        self.source, self.rows, self.given = source, source.rows, []

    def count(self, batch_size):
        return self.source.count(batch_size)

    def epoch(self, *where):
        for batch in self.source.epoch(*where):
            self.given.append(batch)
            yield batch


class Kept:
    """A watch that keeps the weights as they are before each step."""

    def __init__(self):
        self.weights = []

    def attached(self, model):
        self.model = model
        return torch.enable_grad()

    def wants(self, step):
        self.weights.append(b"".join(parameter.detach().numpy().tobytes() for parameter in self.model.parameters()))
        return False

    def epoch(self, record): ...


def refused(examples, settings=None, *, match, model=None, loss=None, run=None, error=ConfigError, unchecked=False, **hooks):
    """The sentence with which a training ends, and how many steps were begun; the last one has moved no weight.

    unchecked: the examples come from a source that nobody has looked through.
    """
    model, kept = model or smooth_net(), Kept()
    work = supervised(rows() if unchecked else examples, loss or CrossEntropy(), watch=kept, **hooks)
    if unchecked:
        work = replace(work, batches=InMemory(examples), objectives=(Objective(Unchecked(loss or CrossEntropy())),))
    with pytest.raises(error, match=match) as said:
        train(model, work, settings or plain(), seed=0, run=run)
    assert "\n" not in str(said.value)
    now = b"".join(parameter.detach().numpy().tobytes() for parameter in model.parameters())
    assert now == kept.weights[-1]
    return str(said.value), len(kept.weights)


@dataclass(frozen=True)
class Unchecked:
    """The objective of someone who calls the net and the loss, and nothing else."""

    loss: object

    def __call__(self, model, batch, _generator):
        return self.loss(model(*batch.inputs), batch.target).mean()
