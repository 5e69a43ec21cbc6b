"""Pictures without nets: cross-validated accuracy of the classical recipes, and the speed of their features beside peers.

faces   lfw_subset (200 pictures of 25 × 25, half of them faces): every recipe for pictures that takes no net, and plain pixels,
        by 5-fold cross-validation with intervals, all on the same folds.
digits, clothes
        ``--rows`` pictures each of mnist_10k and fashion_mnist_24k: linear models on histograms of oriented gradients against
        the same model on plain pixels; three folds and their verdict.
hog     histograms of oriented gradients of 2000 digits here and by scikit-image, in turn, equal to 1e-6; OpenCV's beside them,
        which are other numbers (it shares gradients among neighbouring cells), so only their time is told.
sums    integral images and every Haar feature of 24 × 24 of 20 pictures here and by scikit-image, in turn, equal but for signs.
"""

import argparse
import importlib.metadata
import os
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from harness import main, spread
from threadpoolctl import threadpool_limits

import assay
from assay.prepare.vision.haar import KINDS, all_features
from assay.prepare.vision.hog import hog
from assay.prepare.vision.integral import integral

FACES = (
    "viola-jones",
    "hog-linear",
    "eigenfaces",
    "sift-words",
    "logistic:sift-grid",
    "orb-words",
    "colour-histogram",
    "logistic",
)
LEAST = {"viola-jones": 0.9, "hog-linear": 0.95, "eigenfaces": 0.93, "sift-words": 0.93, "orb-words": 0.93}
"""Accuracy on lfw_subset below which a recipe has been broken."""
SKIMAGE_KINDS = ("type-2-x", "type-2-y", "type-3-x", "type-3-y", "type-4")
ROUNDS = 5
CELL, BLOCK = 4, 2


def as_data(pictures: np.ndarray, target: np.ndarray) -> Any:
    return assay.read(pl.DataFrame({"picture": pictures, "label": target.astype(str)}), target="label")


def ranked(data: Any, recipes: list[str], folds: int, folder: Path) -> dict[str, Any]:
    """Accuracy with its interval by recipe, and what is said of each against the leader."""
    study = assay.Study(data, recipes, metric="accuracy", folds=folds, seed=0)
    summary = study.run(folder, jobs=1).summary()
    rows = {row["name"]: row for row in summary["rows"]}
    found = {name: {key: row[key] for key in ("value", "low", "high", "seconds", "failure")} for name, row in rows.items()}
    verdicts = [
        {key: verdict[key] for key in ("a", "b", "difference", "low", "high", "p", "call")} for verdict in summary["verdicts"]
    ]
    return {"accuracy": found, "verdicts": verdicts}


def in_turn(sides: dict[str, Callable[[], Any]], rounds: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what each side made, its seconds)."""
    made = {name: side() for name, side in sides.items()}
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    names = list(sides)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            started = time.perf_counter()
            sides[name]()
            seconds[name].append(time.perf_counter() - started)
    return made, {name: spread(values) for name, values in seconds.items()}


def hog_speed(pictures: np.ndarray, rounds: int) -> dict[str, Any]:
    import cv2
    from skimage.feature import hog as peer

    height, width = pictures.shape[1:]
    cells = (CELL, CELL)
    shape = (width // CELL * CELL, height // CELL * CELL)
    other = cv2.HOGDescriptor(shape, (BLOCK * CELL, BLOCK * CELL), cells, cells, 9)
    sides = {
        "assay": lambda: hog(pictures, cell=CELL, block=BLOCK),
        "scikit-image": lambda: np.stack(
            [peer(one, pixels_per_cell=cells, cells_per_block=(BLOCK, BLOCK), feature_vector=True) for one in pictures]
        ),
        "opencv": lambda: np.stack([np.ravel(other.compute(one)) for one in pictures]),
    }
    made, seconds = in_turn(sides, rounds)
    return {
        "pictures": len(pictures),
        "columns": {name: values.shape[1] for name, values in made.items()},
        "seconds": seconds,
        "times_faster_than_scikit_image": seconds["scikit-image"]["median"] / seconds["assay"]["median"],
        "largest_difference": float(np.abs(made["assay"] - made["scikit-image"]).max()),
    }


def haar_speed(pictures: np.ndarray, rounds: int) -> dict[str, Any]:
    from skimage.feature import haar_like_feature
    from skimage.transform import integral_image

    features = all_features(24, 24)

    def theirs() -> np.ndarray:
        sums = [integral_image(one) for one in pictures]
        return np.stack([np.concatenate([haar_like_feature(one, 0, 0, 24, 24, kind) for kind in SKIMAGE_KINDS]) for one in sums])

    sides = {"assay": lambda: features.values(pictures), "scikit-image": theirs}
    made, seconds = in_turn(sides, rounds)
    starts = np.cumsum([0, *((features.kinds == number).sum() for number in range(len(KINDS)))])
    equal = all(
        np.array_equal(*(np.sort(np.abs(values[:, first:last]), axis=1) for values in made.values()))
        for first, last in pairwise(starts)
    )
    same_sums = np.array_equal(integral(pictures[0])[1:, 1:], integral_image(pictures[0]))
    return {
        "pictures": len(pictures),
        "features": len(features),
        "seconds": seconds,
        "times_faster_than_scikit_image": seconds["scikit-image"]["median"] / seconds["assay"]["median"],
        "equal_but_for_signs": bool(equal and same_sums),
    }


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    os.environ["ASSAY_HOME"] = str(folder / "assay-home")
    images = arguments.data / "images"
    faces = np.load(images / "lfw_subset.npz")
    digits = np.load(images / "mnist_10k.npz")
    clothes = np.load(images / "fashion_mnist_24k.npz")
    found = {"faces": ranked(as_data(faces["x"], faces["y"]), list(FACES), 5, folder / "faces")}
    n = arguments.rows
    for name, pictures, target in (
        ("digits", digits["x"], digits["y"]),
        ("clothes", clothes["x_train"], clothes["y_train"]),
    ):
        data = as_data(pictures[:n].reshape(n, 28, 28), target[:n])
        found[name] = ranked(data, ["logistic:hog", "logistic"], 3, folder / name)
    with threadpool_limits(1):
        found["hog"] = hog_speed(digits["x"][:2000].reshape(-1, 28, 28), ROUNDS * arguments.runs)
        found["sums"] = haar_speed(faces["x"][:20, :24, :24], ROUNDS * arguments.runs)
    accuracy = {name: row["value"] for name, row in found["faces"]["accuracy"].items()}
    checks = {f"{name}: accuracy at least {least} on faces": accuracy[name] >= least for name, least in LEAST.items()}
    for name in ("digits", "clothes"):
        rows = found[name]["accuracy"]
        checks[f"{name}: gradients are better than pixels"] = rows["logistic:hog"]["value"] > rows["logistic"]["value"]
    checks["hog: equal to scikit-image to 1e-6"] = found["hog"]["largest_difference"] < 1e-6
    checks["hog: faster than scikit-image"] = found["hog"]["times_faster_than_scikit_image"] > 1
    checks["sums: equal to scikit-image but for signs"] = found["sums"]["equal_but_for_signs"]
    found["peers"] = {name: importlib.metadata.version(name) for name in ("scikit-image", "opencv-contrib-python-headless")}
    return {**found, "checks": checks}


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=2000, help="pictures of mnist_10k and of fashion_mnist_24k")


if __name__ == "__main__":
    main("classical_vision", benchmark, needs_data=True, options=options)
