"""The perceptron of ``assay.nets`` and scikit-learn's, in turn, with equal layers, epochs and data, in two ways.

equal  The same batches, optimizer, rate and spread of first weights too, those of scikit-learn's defaults: what the two
       implementations cost, and whether they end at the same loss.  Nothing is claimed of the times here: for a small net
       and small batches they are what PyTorch's calls cost.
own    scikit-learn as before; Assay in batches of 1000 with a high one-cycle rate, which scikit-learn has not.

Two tables, both made here: 20 000 rows of 50 numbers (scikit-learn's ``make_classification``), and pictures of 28 × 28 that
are scikit-learn's own 8 × 8 digits, enlarged, moved and blurred by noise; held-out pictures come from digits that no
training picture shows.  Both sides train on all rows for the same number of epochs without early stopping, weight decay,
dropout or clipping, and are judged by the log loss of the same held-out rows.  Each case stands twice: with float64 numbers,
which is what numpy gives and scikit-learn then computes in, and with float32, which is its fastest way; Assay always trains
in float32.  Each setting of threads holds for both sides.  A figure is the whole of ``fit``, the checks of X and y included.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from harness import main, spread
from sklearn.datasets import load_digits, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier as Peer
from threadpoolctl import threadpool_limits

from assay.nets import MLPClassifier

ROUNDS = 5
"""Of all sides in turn, in each of --runs."""

FASTER = 2.0
LOSS_MARGIN = 0.005
"""Mean log losses that differ by less (nats a row) count as equal."""

ERRORS = 3.0
"""In the equal way the losses may differ by so many standard errors of their difference."""


class Table(NamedTuple):
    train: np.ndarray
    labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray


class Pace(NamedTuple):
    batch_size: int
    learning_rate: float
    schedule: str


DEFAULTS = Pace(200, 1e-3, "constant")
WAYS = {"equal": DEFAULTS, "own": Pace(1000, 2.5e-2, "one-cycle")}
"""Assay's side; scikit-learn's is DEFAULTS in both.  Its own pace was chosen once for all cases, by trainings of other seeds."""

FIRST_SEED = 100


class Setting(NamedTuple):
    hidden: tuple[int, ...]
    epochs: int = 10


def numbers() -> Table:
    X, y = make_classification(
        30_000, 50, n_informative=20, n_redundant=10, n_classes=5, n_clusters_per_class=3, flip_y=0.05, random_state=0
    )
    X = ((X - X[:20_000].mean(axis=0)) / X[:20_000].std(axis=0)).astype(np.float32)
    return Table(X[:20_000], y[:20_000], X[20_000:], y[20_000:])


def pictures() -> Table:
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))
    train, test = order[:1300], order[1300:]
    return Table(*_moved(images[train], labels[train], 10_000, seed=1), *_moved(images[test], labels[test], 4_000, seed=2))


def _moved(images: np.ndarray, labels: np.ndarray, n: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    chosen = random.integers(0, len(images), n)
    found = np.zeros((n, 28, 28), dtype=np.float32)
    for row, (image, (down, right)) in enumerate(zip(images[chosen], random.integers(0, 5, (n, 2)), strict=True)):
        found[row, down : down + 24, right : right + 24] = np.kron(image.reshape(8, 8) / 16, np.ones((3, 3)))
    noisy = found + random.normal(0, 0.1, found.shape).astype(np.float32)
    return noisy.reshape(n, 784), labels[chosen]


def as_type(table: Table, dtype: str) -> Table:
    return table._replace(train=table.train.astype(dtype), test=table.test.astype(dtype))


def ours(setting: Setting, pace: Pace, seed: int, threads: int) -> MLPClassifier:
    return MLPClassifier(
        hidden=setting.hidden,
        epochs=setting.epochs,
        **pace._asdict(),
        optimizer="adam",
        weight_decay=0.0,
        dropout=0.0,
        clip_norm=None,
        validation_fraction=0,
        scaling=None,
        init="xavier",
        random_state=seed,
        threads=threads,
    )


def theirs(setting: Setting, seed: int) -> Peer:
    return Peer(
        hidden_layer_sizes=setting.hidden,
        batch_size=DEFAULTS.batch_size,
        max_iter=setting.epochs,
        n_iter_no_change=setting.epochs + 1,
        learning_rate_init=DEFAULTS.learning_rate,
        solver="adam",
        alpha=0.0,
        random_state=seed,
    )


def timed(model: Any, table: Table, threads: int) -> tuple[float, float]:
    """(seconds of ``fit``, log loss of the held-out rows)."""
    with threadpool_limits(threads), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        started = time.perf_counter()
        model.fit(table.train, table.labels)
        seconds = time.perf_counter() - started
        return seconds, float(log_loss(table.test_labels, model.predict_proba(table.test)))


def compared(table: Table, setting: Setting, threads: int, rounds: int) -> dict[str, Any]:
    """All sides in turn; the one that begins changes from round to round."""
    sides: dict[str, Callable[[Setting, int], Any]] = {
        "scikit-learn": theirs,
        **{way: partial(_paced, pace, threads) for way, pace in WAYS.items()},
    }
    for make in sides.values():
        timed(make(setting._replace(epochs=1), 0), table, threads)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    names = list(sides)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            found[name].append(timed(sides[name](setting, FIRST_SEED + number), table, threads))
    seconds = {name: spread([one for one, _ in runs]) for name, runs in found.items()}
    losses = {name: np.array([loss for _, loss in runs]) for name, runs in found.items()}
    return {
        "rows": len(table.train),
        "columns": table.train.shape[1],
        **setting._asdict(),
        "threads": threads,
        "seconds": seconds,
        "log_loss": {name: float(values.mean()) for name, values in losses.items()},
        "standard_error": {name: float(values.std(ddof=1) / len(values) ** 0.5) for name, values in losses.items()},
        "times_faster": {way: seconds["scikit-learn"]["median"] / seconds[way]["median"] for way in WAYS},
    }


def _paced(pace: Pace, threads: int, setting: Setting, seed: int) -> MLPClassifier:
    return ours(setting, pace, seed, threads)


def checked(name: str, case: dict[str, Any]) -> dict[str, bool]:
    losses, errors = case["log_loss"], case["standard_error"]
    apart = abs(losses["equal"] - losses["scikit-learn"])
    return {
        f"{name}: at least {FASTER:g} times as fast in its own way": case["times_faster"]["own"] >= FASTER,
        f"{name}: as good or better in its own way": losses["own"] <= losses["scikit-learn"] + LOSS_MARGIN,
        f"{name}: the same loss in the equal way": apart <= ERRORS * float(np.hypot(errors["equal"], errors["scikit-learn"])),
    }


def benchmark(arguments: argparse.Namespace, _folder: Path) -> dict[str, Any]:
    tables: dict[str, tuple[Table, Setting]] = {
        "20000 x 50": (numbers(), Setting(hidden=(100,))),
        "20000 x 50, deeper": (numbers(), Setting(hidden=(256, 128))),
        "pictures 784": (pictures(), Setting(hidden=(100,))),
    }
    rounds = max(2, arguments.rounds * arguments.runs)
    every = sorted({1, torch.get_num_threads()})
    result = {
        f"{name}, {dtype}, threads {threads}": compared(as_type(table, dtype), setting, threads, rounds)
        for name, (table, setting) in tables.items()
        for dtype in ("float64", "float32")
        for threads in every
    }
    checks = {said: held for name, case in result.items() for said, held in checked(name, case).items()}
    return {"cases": result, "checks": checks}


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each side is trained, in each of --runs")


if __name__ == "__main__":
    main("mlp_sklearn", benchmark, needs_data=False, options=options)
