"""Models of pictures as ``Fitted`` has them: a net with drawn weights, and a recipe without a net, on pictures of a corner."""

import numpy as np
import polars as pl
from tests.nets.seeing.corner import SIZE, corner_pictures

from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.explain.held import HeldOut, one_model
from assay.explain.picture_explanation import Training
from assay.nets.architectures import spec_to_json, weights_of
from assay.nets.image.picture_net import PictureSpec
from assay.nets.seeding import isolated
from assay.prepare.pixels import FittedPixels
from assay.recipes.fitted import Fitted
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.nets.fitted import FittedNet
from assay.recipes.registry import RECIPES
from assay.recipes.treatments import treatment_named

CLASSES = ("cross", "nothing", "ring")


def pictures(rows: int, seed: int, classes: tuple[str, ...] = CLASSES, column: str = "photo") -> Dataset:
    """A column of pixels, and the class of each."""
    pixels, codes = corner_pictures(rows, seed)
    cells = pl.Series(column, pixels[:, 0], dtype=pl.Array(pl.UInt8, (SIZE, SIZE)))
    target = pl.Series("kind", [classes[code % len(classes)] for code in codes])
    schema = Schema((Column(column, "image"), Column("kind", "category", "target", tuple(sorted(classes)))))
    name = "binary" if len(classes) == 2 else "multiclass"
    return Dataset(pl.DataFrame([cells, target]), schema, Task(name, "kind", tuple(sorted(classes))))


def net_of(data: Dataset, network: str = "lenet5", size: int = 2 * SIZE) -> Fitted:
    """A network whose weights are drawn, not learnt."""
    task, column = data.question, data.schema.features[0]
    outputs = 1 if task.name == "binary" else len(task.classes)
    spec = PictureSpec(network, outputs, 1, size)
    with isolated(0):
        model = spec.build()
    model.standardise.mean.fill_(100)
    model.standardise.scale.fill_(50)
    learner = FittedNet(task.name, "picture", spec_to_json(spec), weights_of(model))
    return Fitted(f"network:{network}", task, Schema((column,)), FittedPixels((column.name,), (1,), size), learner)


def plain_of(data: Dataset, recipe: str = "logistic") -> Fitted:
    return fit(
        RECIPES.get(recipe), treatment_named("none"), data, groups=None, seed=0, budget=Budget(), context=Context(threads=1)
    )


def held_of(fitted: Fitted, data: Dataset, *, known: bool = True) -> HeldOut:
    return one_model(fitted, data.features, data.target if known else None)


def training_of(data: Dataset) -> Training:
    units = tuple(range(100, 100 + len(data)))
    return Training(data.features, tuple(data.frame["kind"].to_list()), units, "the pictures that were given")


def same(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    return one is not None and other is not None and np.array_equal(one, other)
