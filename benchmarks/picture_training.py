"""What the training loop costs over a bare PyTorch loop, on pictures and with the settings of a recipe.

The network, augmentation, optimiser, schedule and precision of "resnet-small-mirrored", on a part of the CIFAR-10 pictures.
The bare loop has the pictures in memory as uint8 tensors, calls the same augmentation on the same batches, and is otherwise
what one writes by hand with torch's own optimiser, schedule and autocast; it stands in the table twice, and the ratio of the
two is the control: what the machine alone makes of two equal loops.

All sides take turns, an epoch each, in a random order within a block; the ratio is taken within the block, and its median has
an exact interval from order statistics (see training_loop.py).  Correctness beside the time: after the same epochs from the
same first weights the losses and the weights must be the bare loop's.  What the augmentation takes of an epoch is told apart.
"""

import argparse
import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness import main, spread
from torch import Tensor, nn
from torch.nn import functional
from training_loop import SET_ASIDE, Clock, Seconds, compared, furthest

import assay
from assay.core.seeds import derive
from assay.nets.image.augmentation import augmentation_named
from assay.nets.image.picture_net import PictureSpec
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.seeding import isolated
from assay.nets.settings import Run, TrainSettings
from assay.nets.training.examples import Examples
from assay.nets.training.loop import train
from assay.nets.training.moving import is_mixed
from assay.nets.training.work import Augment, supervised
from assay.recipes.nets.learner import NetLearner
from assay.recipes.nets.shapes import PictureShape
from assay.recipes.registry import RECIPES

SEED = 0
RECIPE = "resnet-small-mirrored"


@dataclass(frozen=True)
class Problem:
    """pictures: uint8 (n, channels, size, size).  target: int64 (n,).  settings: the recipe's, for so many blocks."""

    pictures: Tensor
    target: Tensor
    network: str
    augment: Augment
    smoothing: float
    settings: TrainSettings

    def first_net(self) -> nn.Module:
        _, channels, size, _ = self.pictures.shape
        with isolated(SEED):
            net = PictureSpec(self.network, int(self.target.max()) + 1, channels, size).build()
        net.standardise.learn(self.pictures.numpy())
        return net

    def batches(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The order of Assay's epoch, cut as Assay cuts it."""
        draws = torch.Generator().manual_seed(derive(SEED, "order", epoch))
        count = -(-len(self.target) // self.settings.batch_size)
        for rows in torch.randperm(len(self.target), generator=draws).tensor_split(count):
            yield self.pictures.index_select(0, rows), self.target.index_select(0, rows)


@dataclass
class Bare:
    """What one writes by hand, carefully."""

    given: Problem
    net: nn.Module = field(init=False)
    losses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = self.given.settings
        self.net = self.given.first_net()
        decaying = [value for value in self.net.parameters() if value.ndim > 1]
        others = [value for value in self.net.parameters() if value.ndim <= 1]
        self.optimizer = torch.optim.SGD(
            [{"params": decaying, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=settings.learning_rate,
            momentum=settings.momentum,
            nesterov=settings.nesterov,
            fused=True,
        )
        steps = settings.epochs * -(-len(self.given.target) // settings.batch_size)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, settings.learning_rate, total_steps=steps, cycle_momentum=False
        )
        self.mixed = is_mixed(settings, "cpu")
        self.draws = torch.Generator()
        self.clock = Clock()

    def epoch(self, number: int) -> Seconds:
        self.clock.start()
        self.net.train()
        self.draws.manual_seed(derive(SEED, "noise", number, 0))
        lost = 0.0
        for pictures, target in self.given.batches(number):
            self.optimizer.zero_grad(set_to_none=True)
            (changed,) = self.given.augment((pictures,), self.draws)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.mixed):
                loss = functional.cross_entropy(self.net(changed).float(), target, label_smoothing=self.given.smoothing)
            loss.backward()
            self.optimizer.step()
            self.schedule.step()
            lost += loss.item() * len(target)
        self.losses.append(lost / len(self.given.target))
        return self.clock.stop()


def problem(data: Path, rows: int, epochs: int) -> Problem:
    learner = RECIPES.get(RECIPE).learner
    shape = learner.shape if isinstance(learner, NetLearner) else None
    if not isinstance(learner, NetLearner) or not isinstance(shape, PictureShape):
        raise TypeError(f"{RECIPE} is no recipe of a network for pictures.")
    augment = augmentation_named(shape.augmentation)
    if augment is None:
        raise TypeError(f"{RECIPE} changes no pictures.")
    read = assay.read(data / "images" / "cifar10_10k.zip")
    chosen = np.random.default_rng(SEED).choice(len(read), rows, replace=False)
    part = read.take(np.sort(chosen))
    pictures = RECIPES.get(RECIPE).step.fit(part.features, part.schema, part.target, SEED).transform(part.features)
    return Problem(
        torch.from_numpy(np.asarray(pictures)),
        torch.from_numpy(part.target.astype(np.int64)),
        shape.network,
        augment,
        getattr(learner.head, "label_smoothing", 0.0),
        replace(learner.training, epochs=epochs),
    )


@dataclass
class Measured:
    """taken: of each side, block by block.  net, losses: Assay's at the end."""

    taken: dict[str, list[Seconds]]
    net: nn.Module
    losses: list[float]


def take_turns(given: Problem, sides: dict[str, Bare], threads: int) -> Measured:
    """Blocks of an epoch of each side in random order; Assay's training goes round all of it, the others run in its hook."""
    draws = np.random.default_rng(SEED)
    turns = iter([(block, str(name)) for block in range(given.settings.epochs) for name in draws.permutation(["assay", *sides])])
    taken: dict[str, list[Seconds]] = {name: [] for name in ("assay", *sides)}
    clock = Clock()

    def until_assay() -> None:
        for block, name in turns:
            if name == "assay":
                break
            taken[name].append(sides[name].epoch(block))
        clock.start()

    def done(_epoch: int, _epochs: int) -> None:
        taken["assay"].append(clock.stop())
        until_assay()

    until_assay()
    work = supervised(Examples((given.pictures,), given.target), CrossEntropy(given.smoothing), augment=given.augment)
    trained = train(given.first_net(), work, given.settings, seed=SEED, run=Run(threads=threads, progress=done))
    return Measured(taken, trained.model, [epoch.train_loss for epoch in trained.history])


def seconds_of_augmentation(given: Problem) -> float:
    """Of the processor, for an epoch's changes alone."""
    draws = torch.Generator().manual_seed(SEED)
    used = 0.0
    for pictures, _ in given.batches(0):
        started = time.process_time()
        given.augment((pictures,), draws)
        used += time.process_time() - started
    return used


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=2000, help="training pictures (default: 2000)")
    parser.add_argument("--blocks", type=int, default=40, help="an epoch of each side in each; at least 30 (default: 40)")
    parser.add_argument("--threads", type=int, default=2, help="of the kernels, for all sides (default: 2)")


def benchmark(arguments: argparse.Namespace, _folder: Path) -> dict[str, Any]:
    torch.set_num_threads(arguments.threads)
    given = problem(arguments.data, arguments.rows, arguments.blocks * arguments.runs + SET_ASIDE)
    bare = Bare(given)
    sides = {"bare": bare, "bare again": Bare(given)}
    gc.collect()
    gc.freeze()  # so that tidying up between two turns is quick
    measured = take_turns(given, sides, arguments.threads)
    rows = compared(measured.taken)
    apart = max(abs(one / other - 1) for one, other in zip(measured.losses, bare.losses, strict=True))
    weights = furthest(measured.net, bare.net)
    control, own = rows["bare again"]["wall time over bare"], rows["assay"]["wall time over bare"]
    return {
        "recipe": RECIPE,
        "rows": arguments.rows,
        "batch": given.settings.batch_size,
        "threads": arguments.threads,
        "16 bits": bare.mixed,
        "sides": rows,
        "processor seconds of the augmentation an epoch": spread([seconds_of_augmentation(given) for _ in range(9)]),
        "from the bare loop": {"losses, relative": apart, "weights": weights, "last loss": measured.losses[-1]},
        "checks": {
            "the losses are the bare loop's within 1e-5 of themselves": apart <= 1e-5,
            "the weights are the bare loop's within 1e-4": weights <= 1e-4,
            "the control's interval holds 1": control["low"] <= 1 <= control["high"],
            "wall time over bare: the median is at most 1.03": own["median"] <= 1.03,
            "processor time over bare: the median is at most 1.03": (rows["assay"]["processor time over bare"]["median"] <= 1.03),
        },
    }


if __name__ == "__main__":
    main("picture_training", benchmark, needs_data=True, options=options)
