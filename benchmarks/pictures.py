"""What a recipe for small pictures reaches on two cores, and in how many minutes.

Fashion-MNIST (20 000 training pictures, 4000 test), digits (8000 and the last 2000 of mnist_10k) and a part of CIFAR-10
(10 000 and 2000), each with the recipe that suits it: pictures that may be mirrored are.  Nothing is chosen by the test rows.
Minutes are those of the fit, from the rows as they were read to the model; decoding pictures is in them, predicting is told
beside them.  Accuracy is held against what is asked for, with Assay's interval beside it, and is counted once more by hand.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from harness import main

import assay
from assay.balance.registry import TREATMENTS
from assay.data.dataset import Dataset
from assay.measure import measure
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.named import recipe_named

THREADS = 2
METRICS = ("accuracy", "log_loss")


@dataclass(frozen=True)
class Asked:
    """last: test rows at the end, where the file names none."""

    file: str
    recipe: str
    accuracy: float
    minutes: float
    last: int = 0


ASKED = {
    "digits": Asked("mnist_10k.npz", "resnet-small", 0.985, 5, last=2000),
    "fashion": Asked("fashion_mnist_24k.npz", "resnet-small", 0.915, 5),
    "cifar": Asked("cifar10_10k.zip", "resnet-small-mirrored", 0.78, 10),
}


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sets", default=",".join(ASKED), help="separated by commas (default: all)")
    parser.add_argument("--recipe", default="", help="this recipe instead, for all sets")
    parser.add_argument("--seed", type=int, default=0, help="of the first run; each further one has the next")


def parted(data: Dataset, asked: Asked) -> tuple[np.ndarray, np.ndarray]:
    """Training and test rows."""
    is_test = np.arange(len(data)) >= len(data) - asked.last if asked.last else data.given_test
    if is_test is None:
        sys.exit(f"{asked.file} names no test rows.")
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)


def fitted(data: Dataset, asked: Asked, name: str, seed: int) -> dict[str, Any]:
    train, test = parted(data, asked)
    training = data.take(train)
    started, used = time.perf_counter(), time.process_time()
    model = fit(
        recipe_named(name),
        TREATMENTS.get("none")(),
        training,
        groups=None,
        seed=seed,
        budget=Budget(),
        context=Context(threads=THREADS),
    )
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    started = time.perf_counter()
    said = model.predict(data.take(test).features)
    predicting = time.perf_counter() - started
    truth, probability = data.target[test], said["probability"]
    found = measure(truth, probability=probability, metrics=METRICS)
    return {
        "recipe": name,
        "seed": seed,
        "training rows": len(train),
        "test rows": len(test),
        "metrics": {metric: found[metric].to_json() for metric in METRICS},
        "accuracy by hand": float((probability.argmax(axis=1) == truth).mean()),
        "minutes of the fit": seconds / 60,
        "processor minutes of the fit": processor / 60,
        "seconds to predict the test rows": predicting,
    }


def benchmark(arguments: argparse.Namespace, _folder: Path) -> dict[str, Any]:
    results: dict[str, list[dict[str, Any]]] = {}
    checks: dict[str, bool] = {}
    for name in (one for one in arguments.sets.split(",") if one):
        asked = ASKED[name]
        data = assay.read(arguments.data / "images" / asked.file)
        runs = [
            fitted(data, asked, arguments.recipe or asked.recipe, arguments.seed + number) for number in range(arguments.runs)
        ]
        results[name] = runs
        values = [run["metrics"]["accuracy"]["value"] for run in runs]
        slowest = max(run["minutes of the fit"] for run in runs)
        print(f"{name}: accuracy {min(values):.4f}, {slowest:.2f} minutes", file=sys.stderr, flush=True)
        checks[f"{name}: accuracy at least {asked.accuracy}"] = min(values) >= asked.accuracy
        checks[f"{name}: the fit takes at most {asked.minutes:g} minutes"] = slowest <= asked.minutes
        checks[f"{name}: the accuracy is the one counted by hand"] = all(
            abs(run["metrics"]["accuracy"]["value"] - run["accuracy by hand"]) < 1e-12 for run in runs
        )
    return {"threads": THREADS, "sets": results, "checks": checks}


if __name__ == "__main__":
    main("pictures", benchmark, needs_data=True, options=options)
