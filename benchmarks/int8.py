"""Networks for pictures in int8 beside the same networks in float, both run by onnxruntime on one thread.

LeNet-5 and the recipe resnet-small-mirrored, trained shortly on rows of Fashion-MNIST, are exported in float and in int8, whose
ranges are measured on 500 other training rows; the test rows of the file judge.  Told are the accuracies of both with the paired
interval, the median time of a batch of 1 and of 64 pictures, float and int8 in turn with an A/A control (float again), and the
bytes of the files.  Whether int8 is faster is what is asked, and no check; the checks are that the difference is the one counted
by hand, that no more than a hundredth of the accuracy is lost, and that the file is less than half as large.
"""

import argparse
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from harness import main

import assay
from assay.balance.registry import TREATMENTS
from assay.bundle.model import Model
from assay.bundle.onnx.asking import Asked
from assay.bundle.onnx.file import export_onnx, verify_onnx
from assay.bundle.onnx.int8_file import export_int8
from assay.bundle.onnx.int8_judged import MOST_CALIBRATED, halves
from assay.data.dataset import Dataset
from assay.measure import difference
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.named import recipe_named

FILE = "fashion_mnist_24k.npz"
BATCHES = (1, 64)
MOST_LOST = 0.01


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=4000, help="training rows")
    parser.add_argument("--epochs", default="lenet=6,resnet-small-mirrored=2", help="recipes and their epochs")
    parser.add_argument("--turns", type=int, default=40, help="batches that each side is timed on")


def trained(data: Dataset, name: str, epochs: int) -> Model:
    recipe = recipe_named(name)
    learner: Any = recipe.learner
    short = replace(learner, training=replace(learner.training, epochs=epochs), epochs_alone=epochs)
    return Model(
        fit(
            replace(recipe, learner=short),
            TREATMENTS.get("none")(),
            data,
            groups=None,
            seed=0,
            budget=Budget(),
            context=Context(threads=2),
        )
    )


def times(sides: dict[str, Asked], pictures: np.ndarray, turns: int) -> dict[str, Any]:
    taken: dict[str, list[float]] = {name: [] for name in ("float", "int8", "control")}
    order = [("float", sides["float"]), ("int8", sides["int8"]), ("control", sides["float"])]
    for turn in range(turns + 2):
        for name, side in order if turn % 2 else reversed(order):
            started = time.perf_counter()
            side({"pictures": pictures})
            if turn >= 2:
                taken[name].append(time.perf_counter() - started)
    return {
        "batch": len(pictures),
        **{f"{name}_ms": 1000 * statistics.median(values) for name, values in taken.items()},
        "times_as_fast": statistics.median(a / b for a, b in zip(taken["float"], taken["int8"], strict=True)),
        "control": statistics.median(a / b for a, b in zip(taken["float"], taken["control"], strict=True)),
    }


def row(data: Dataset, name: str, epochs: int, arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    rows = np.arange(len(data))
    train, test = rows[~data.given_test], rows[data.given_test]
    model = trained(data.take(train[: arguments.rows]), name, epochs)
    step: Any = model.fitted.step
    calibrating = step.transform(data.take(train[arguments.rows : arguments.rows + 2 * MOST_CALIBRATED]).features)
    judging, truth = step.transform(data.take(test).features), data.target[test]
    paths = {
        "float": export_onnx(model, folder / f"{name}.onnx"),
        "int8": export_int8(model, folder / f"{name}-int8.onnx", calibrating).path,
    }
    verify_onnx(paths["int8"])
    sides = {side: Asked(path.read_bytes()) for side, path in paths.items()}
    said = {
        side: np.concatenate([asked({"pictures": judging[at : at + 64]})["probability"] for at in range(0, len(judging), 64)])
        for side, asked in sides.items()
    }
    labels = {side: probability.argmax(axis=1) for side, probability in said.items()}
    paired = difference(truth, labels["int8"], labels["float"], metric="accuracy").interval
    return {
        "recipe": name,
        "epochs": epochs,
        "training rows": arguments.rows,
        "calibrating rows": len(halves(len(calibrating))[0]),
        "test rows": len(test),
        "accuracy": {side: float((found == truth).mean()) for side, found in labels.items()},
        "difference": paired.to_json(),
        "agreement": float((labels["int8"] == labels["float"]).mean()),
        "times": [times(sides, judging[:batch], arguments.turns) for batch in BATCHES],
        "bytes": {side: path.stat().st_size for side, path in paths.items()},
    }


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    data = assay.read(arguments.data / "images" / FILE)
    found, checks = [], {}
    for text in arguments.epochs.split(","):
        name, _, epochs = text.partition("=")
        one = row(data, name, int(epochs), arguments, folder)
        found.append(one)
        by_hand = one["accuracy"]["int8"] - one["accuracy"]["float"]
        checks[f"{name}: the difference is the one counted by hand"] = abs(one["difference"]["value"] - by_hand) < 1e-12
        checks[f"{name}: no more than {MOST_LOST:g} of the accuracy is lost"] = one["difference"]["low"] > -MOST_LOST
        checks[f"{name}: the file is less than half as large"] = one["bytes"]["int8"] < one["bytes"]["float"] / 2
    return {"networks": found, "checks": checks}


if __name__ == "__main__":
    main("int8", benchmark, needs_data=True, options=options)
