"""What the training loop costs over a bare PyTorch loop, and over which packages it is ahead.

One net (784-128-10, ReLU), 20 000 rows made from a seed, batches of at most 128 rows in the same order, Adam (fused) at 1e-3,
no weight decay, no clipping.  The bare loop is what one writes by hand; it stands in the table twice, and the ratio of the
two is the control: what the machine alone makes of two equal loops.  skorch and Lightning get their best case: the same
ready batches instead of a DataLoader, no callbacks, no logger, no files, and only their epochs are timed, not what they do
around them.

All sides take turns, an epoch each, in a random order within a block; the ratio is taken within the block, and its median
has an exact interval from order statistics.  Every side is one training from the first epoch to the last.  Assay's is
one call of ``train``, whose epoch lasts from one call of ``progress`` to the next, so that all it does between epochs counts;
the others' turns are taken inside that call.  What beginning and ending a training costs is the row "a call an epoch": one
``train(epochs=1)`` from the call to its return.

Correctness beside the time: after the same epochs from the same first weights all nets must be the same.  One mean over a
batch may be summed in another order, so losses may differ by 1e-6 of themselves and weights by 1e-4; of the packages only
the losses are held to it.  skorch 1.4.0 and lightning 2.6.6 are used where they are installed.
"""

import argparse
import gc
import importlib.metadata
import importlib.util
import logging
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from harness import main, spread
from scipy.stats import binom
from torch import Tensor, nn
from torch.nn import functional

from assay.core.seeds import derive
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.settings import Run, TrainSettings
from assay.nets.training.examples import Examples
from assay.nets.training.loop import train
from assay.nets.training.work import supervised

SEED = 0
BATCH = 128
RATE = 1e-3
PEERS = ("lightning", "skorch")
SET_ASIDE = 2
"""First blocks, whose times are not used: pages and caches are still cold."""


@dataclass(frozen=True)
class Seconds:
    wall: float
    processor: float


class Clock:
    """Wall clock and processor time of this process, all threads together."""

    def start(self) -> None:
        gc.collect()  # what the side before has left behind is not this side's work
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def stop(self) -> Seconds:
        wall, processor = time.perf_counter(), time.process_time()
        return Seconds(wall - self._wall, processor - self._processor)


@dataclass(frozen=True)
class Problem:
    """x: float32 (n, 784), y: int64 (n,), ten classes around centres of their own, a tenth of the labels drawn anew."""

    x: Tensor
    y: Tensor

    def batches(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The order of Assay's epoch, cut as Assay cuts it."""
        draws = torch.Generator().manual_seed(derive(SEED, "order", epoch))
        for rows in torch.randperm(len(self.y), generator=draws).tensor_split(-(-len(self.y) // BATCH)):
            yield self.x.index_select(0, rows), self.y.index_select(0, rows)


def problem(rows: int) -> Problem:
    draws = torch.Generator().manual_seed(SEED)
    y = torch.randint(10, (rows,), generator=draws)
    centres = 0.15 * torch.randn(10, 784, generator=draws)
    x = centres[y] + torch.randn(rows, 784, generator=draws)
    wrong = torch.rand(rows, generator=draws) < 0.1
    return Problem(x, torch.where(wrong, torch.randint(10, (rows,), generator=draws), y))


def first_net() -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


class Side(Protocol):
    """net: as trained so far.  losses: the mean of each epoch's rows while the weights moved."""

    net: nn.Module
    losses: list[float]

    def epoch(self, number: int) -> Seconds: ...


@dataclass
class Bare:
    """What one writes by hand, carefully."""

    given: Problem
    net: nn.Module = field(default_factory=first_net)
    losses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=RATE, fused=True)
        self.clock = Clock()

    def epoch(self, number: int) -> Seconds:
        self.clock.start()
        self.net.train()
        lost = 0.0
        for x, y in self.given.batches(number):
            self.optimizer.zero_grad(set_to_none=True)
            loss = functional.cross_entropy(self.net(x), y)
            loss.backward()
            self.optimizer.step()
            lost += loss.item() * len(y)
        self.losses.append(lost / len(self.given.y))
        return self.clock.stop()


@dataclass
class CallAnEpoch:
    """Assay, begun and ended for every epoch; each time with a new Adam, as one call is one training."""

    given: Problem
    threads: int
    net: nn.Module = field(default_factory=first_net)
    losses: list[float] = field(default_factory=list)

    def epoch(self, number: int) -> Seconds:
        clock = Clock()
        clock.start()
        work = supervised(Examples((self.given.x,), self.given.y), CrossEntropy())
        trained = train(self.net, work, settings(1), seed=number, run=Run(threads=self.threads))
        self.losses.append(trained.history[-1].train_loss)
        return clock.stop()


def skorch_side(given: Problem) -> Side:
    from skorch import NeuralNet

    class Timed(NeuralNet):  # type: ignore[misc]
        def on_epoch_begin(self, net: Any, **given: Any) -> None:
            super().on_epoch_begin(net, **given)
            clock.start()

        def on_epoch_end(self, net: Any, **given: Any) -> None:
            taken.append(clock.stop())
            super().on_epoch_end(net, **given)

    @dataclass
    class Skorch:
        net: nn.Module
        losses: list[float] = field(default_factory=list)

        def epoch(self, number: int) -> Seconds:
            present[0] = number
            learner.partial_fit(rows, None, epochs=1)
            seen = learner.history[-1, "batches", :, ("train_loss", "train_batch_size")]
            self.losses.append(float(np.average([one[0] for one in seen], weights=[one[1] for one in seen])))
            return taken[-1]

    class Batches:
        def __init__(self, dataset: Any, batch_size: int) -> None: ...

        def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
            return given.batches(present[0])

    clock, taken, present = Clock(), list[Seconds](), [0]
    rows = torch.utils.data.TensorDataset(given.x, given.y)
    learner = Timed(
        first_net(),
        nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        optimizer__fused=True,
        lr=RATE,
        iterator_train=Batches,
        train_split=None,
        callbacks="disable",
        verbose=0,
        device="cpu",
    ).initialize()
    return Skorch(learner.module_)


def lightning_side(given: Problem) -> Side:
    from lightning.pytorch import LightningModule, Trainer

    class Module(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = first_net()
            self.optimizer = torch.optim.Adam(self.net.parameters(), lr=RATE, fused=True)
            self.clock, self.taken = Clock(), list[Seconds]()
            self.lost = 0.0

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return self.optimizer

        def training_step(self, batch: tuple[Tensor, Tensor], _place: int) -> Tensor:
            x, y = batch
            loss = functional.cross_entropy(self.net(x), y)
            self.lost += loss.item() * len(y)
            return loss

        def on_train_epoch_start(self) -> None:
            self.lost = 0.0
            self.clock.start()

        def on_train_epoch_end(self) -> None:
            self.taken.append(self.clock.stop())

    class Batches:
        def __init__(self, number: int) -> None:
            self.number = number

        def __len__(self) -> int:
            return -(-len(given.y) // BATCH)

        def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
            return given.batches(self.number)

    @dataclass
    class Lightning:
        net: nn.Module
        losses: list[float] = field(default_factory=list)

        def epoch(self, number: int) -> Seconds:
            trainer.fit_loop.max_epochs = number + 1
            trainer.fit(module, train_dataloaders=Batches(number))
            self.losses.append(module.lost / len(given.y))
            return module.taken[-1]

    module = Module()
    # barebones: no logger, checkpoints, progress bar, model summary, nor anything else that may cost time
    trainer = Trainer(accelerator="cpu", devices=1, max_epochs=1, barebones=True)
    return Lightning(module.net)


def settings(epochs: int) -> TrainSettings:
    return TrainSettings(
        optimizer="adam",
        learning_rate=RATE,
        weight_decay=0.0,
        clip_norm=None,
        schedule="constant",
        batch_size=BATCH,
        epochs=epochs,
        patience=None,
    )


@dataclass
class Measured:
    """taken: of each side, block by block.  net, losses: Assay's at the end."""

    taken: dict[str, list[Seconds]]
    net: nn.Module
    losses: list[float]


def take_turns(given: Problem, sides: dict[str, Side], blocks: int, threads: int) -> Measured:
    """Blocks of an epoch of each side in random order; Assay's training goes round all of it, the others run in its hook."""
    draws = np.random.default_rng(SEED)
    names = ["assay", *sides]
    turns = iter([(block, str(name)) for block in range(blocks) for name in draws.permutation(names)])
    taken: dict[str, list[Seconds]] = {name: [] for name in names}
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
    work = supervised(Examples((given.x,), given.y), CrossEntropy())
    trained = train(first_net(), work, settings(blocks), seed=SEED, run=Run(threads=threads, progress=done))
    return Measured(taken, trained.model, [epoch.train_loss for epoch in trained.history])


def median_of(ratios: Sequence[float]) -> dict[str, float]:
    """The median and its 95 % interval: the innermost order statistics that hold it at least so often, whatever the law."""
    outside = int(binom.ppf(0.025, len(ratios), 0.5))  # P(fewer than ``outside`` lie below the median) <= 0.025
    ordered = sorted(ratios)
    low, high = ordered[max(outside - 1, 0)], ordered[-max(outside, 1)]
    return {"median": float(np.median(ordered)), "low": low, "high": high, "blocks": len(ordered)}


def compared(taken: dict[str, list[Seconds]]) -> dict[str, Any]:
    """Every side's seconds, and their ratio to the bare loop's in the same block; a peer's to Assay's, too."""
    rows: dict[str, Any] = {}
    clocks: dict[str, Callable[[Seconds], float]] = {"processor": lambda one: one.processor, "wall": lambda one: one.wall}
    for name, times in taken.items():
        rows[name] = {}
        for kind, read in clocks.items():
            mine = [read(one) for one in times[SET_ASIDE:]]
            rows[name][f"{kind} seconds an epoch"] = spread(mine)
            for other in (["bare"] if name != "bare" else []) + (["assay"] if name in PEERS else []):
                theirs = [read(one) for one in taken[other][SET_ASIDE:]]
                rows[name][f"{kind} time over {other}"] = median_of([a / b for a, b in zip(mine, theirs, strict=True)])
    return rows


def furthest(a: nn.Module, b: nn.Module) -> float:
    pairs = zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    return max(float((one - other).abs().max()) for one, other in pairs)


def agreement(measured: Measured, bare: Side, sides: dict[str, Side]) -> dict[str, Any]:
    """How far losses (relative, the worst epoch) and weights lie from the bare loop's."""
    found: dict[str, Any] = {}
    for name, losses, net in [
        ("assay", measured.losses, measured.net),
        *((name, side.losses, side.net) for name, side in sides.items() if name != "assay, a call an epoch"),
    ]:
        worst = max(abs(one / other - 1) for one, other in zip(losses, bare.losses, strict=True))
        found[name] = {"losses, relative": worst, "weights": furthest(net, bare.net), "last loss": losses[-1]}
    return found


def checks_of(rows: dict[str, Any], agree: dict[str, Any], there: Sequence[str]) -> dict[str, bool]:
    checks = {
        "the losses are the bare loop's within 1e-6 of themselves": agree["assay"]["losses, relative"] <= 1e-6,
        "the weights are the bare loop's within 1e-4": agree["assay"]["weights"] <= 1e-4,
        "the control's interval holds 1": all(
            rows["bare again"][f"{kind} time over bare"]["low"] <= 1 <= rows["bare again"][f"{kind} time over bare"]["high"]
            for kind in ("processor", "wall")
        ),
    }
    for kind in ("processor", "wall"):
        own = rows["assay"][f"{kind} time over bare"]
        checks[f"{kind} time over bare: the median is at most 1.03"] = own["median"] <= 1.03
        checks[f"{kind} time over bare: its upper limit is at most 1.05"] = own["high"] <= 1.05
    for name in there:
        checks[f"{name} arrives at the same losses within 1e-6 of themselves"] = agree[name]["losses, relative"] <= 1e-6
        for kind in ("processor", "wall"):
            checks[f"{name}'s {kind} time over assay: its lower limit is above 1"] = (
                rows[name][f"{kind} time over assay"]["low"] > 1
            )
    return checks


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=20_000, help="training rows (default: 20000)")
    parser.add_argument("--blocks", type=int, default=60, help="an epoch of each side in each; at least 30 (default: 60)")
    parser.add_argument("--threads", type=int, default=1, help="of the kernels, for all sides (default: 1)")
    parser.add_argument("--require-peers", action="store_true", help=f"fail where {' or '.join(PEERS)} is not installed")


def benchmark(arguments: argparse.Namespace, _folder: Path) -> dict[str, Any]:
    warnings.filterwarnings("ignore", module="lightning")  # advice about workers and hardware
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    torch.set_num_threads(arguments.threads)
    there = [name for name in PEERS if importlib.util.find_spec(name) is not None]
    given = problem(arguments.rows)
    makers = {"lightning": lightning_side, "skorch": skorch_side}
    bare = Bare(given)
    sides: dict[str, Side] = {
        "bare": bare,
        "bare again": Bare(given),
        "assay, a call an epoch": CallAnEpoch(given, arguments.threads),
        **{name: makers[name](given) for name in there},
    }
    gc.collect()
    gc.freeze()  # so that tidying up between two turns is quick
    measured = take_turns(given, sides, arguments.blocks * arguments.runs + SET_ASIDE, arguments.threads)
    rows = compared(measured.taken)
    agree = agreement(measured, bare, sides)
    checks = checks_of(rows, agree, there)
    if arguments.require_peers:
        checks["the peers are there"] = len(there) == len(PEERS)
    return {
        "net": "784-128-10",
        "rows": arguments.rows,
        "batch": BATCH,
        "threads": arguments.threads,
        "sides": rows,
        "from the bare loop": agree,
        "peers": {name: importlib.metadata.version(name) if name in there else "not installed" for name in PEERS},
        "checks": checks,
    }


if __name__ == "__main__":
    main("training_loop", benchmark, needs_data=False, options=options)
