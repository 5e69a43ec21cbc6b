"""Small trainings with every step in sight: a bare loop that calls a watch as the training loop does, and nets to train."""

from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

from assay.nets.image.lenet import LeNet5
from assay.nets.seeding import isolated, threads
from assay.nets.tabular.mlp import MLPSpec

BATCH = 64


@dataclass(frozen=True)
class Losses:
    """What the loop tells after an epoch."""

    train_loss: float
    validation_loss: float | None
    rate: float


@cache
def digits():
    """(x, y, x held, y held): 1 500 digits to train on, pixels standardised as one, 297 held out."""
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x = torch.from_numpy((x[order] - x.mean()) / x.std()).float()
    y = torch.from_numpy(y[order])
    return x[:1500], y[:1500], x[1500:], y[1500:]


def mlp(seed=0, hidden=(64, 32), activation="relu", dropout=0.1, inputs=64, outputs=10):
    with isolated(seed):
        return MLPSpec(inputs, outputs, hidden, activation, dropout).build()


def lenet(seed=0, activation="relu"):
    with isolated(seed):
        return LeNet5(10, 1, 32, activation)


def pictures(x):
    """Digits (n, 64) as LeNet reads them: (n, 1, 32, 32)."""
    return functional.interpolate(x.reshape(-1, 1, 8, 8), size=32, mode="bilinear")


def deep(depth, activation, width=32, gain=None, seed=0, inputs=64, outputs=10):
    """Equal layers one after the other; gain: standard deviation of the weights times the root of the width, or torch's own."""
    with isolated(seed):
        layers = [nn.Linear(inputs, width), activation()]
        for _ in range(depth):
            layers += [nn.Linear(width, width), activation()]
        net = nn.Sequential(*layers, nn.Linear(width, outputs))
        for layer in net:
            if gain is not None and isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=gain / layer.in_features**0.5)
    return net


def squared(output, target):
    """Mean squared error of outputs (n, 1)."""
    return ((output[:, 0] - target) ** 2).mean()


def train(model, rows, *, loss=functional.cross_entropy, epochs=6, rate=1e-3, optimizer="adam", clip=None, watch=None, seed=0):
    """Train on rows (x, y) or (x, y, x held, y held); ends early, as a loop must, when the loss is no number."""
    x, y, *held = rows
    move = torch.optim.SGD(model.parameters(), lr=rate) if optimizer == "sgd" else torch.optim.Adam(model.parameters(), lr=rate)
    generator, step = torch.Generator().manual_seed(seed), 0
    with threads(1), isolated(seed), watch.attached(model) if watch else nullcontext():
        for _ in range(epochs):
            total = 0.0
            model.train()
            for part in torch.randperm(len(x), generator=generator).split(BATCH):
                wanted = watch is not None and watch.wants(step)
                value = loss(model(x[part]), y[part])
                if not torch.isfinite(value):
                    return model
                move.zero_grad()
                value.backward()
                if clip is not None:
                    nn.utils.clip_grad_norm_(model.parameters(), clip)
                if wanted:
                    watch.gradients(step, model)
                move.step()
                total += float(value.detach()) * len(part) / len(x)
                step += 1
            model.eval()
            with torch.inference_mode():
                out = float(loss(model(held[0]), held[1])) if held else None
            if watch:
                watch.epoch(Losses(total, out, rate))
    return model
