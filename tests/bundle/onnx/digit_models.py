"""A network for pictures that has learnt digits a little, and digits that it has not seen."""

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
from sklearn.datasets import load_digits

from assay.balance.registry import TREATMENTS
from assay.bundle.model import Model
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.prepare.pixels import PixelsStep
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.nets.pictures import LENET

SEEN = 700
CLASSES = tuple(map(str, range(10)))


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """uint8 (1797, 8, 8) and codes (1797,)."""
    found = load_digits()
    return (found.images * 15).astype(np.uint8), found.target.astype(np.int64)


@cache
def digits_model() -> Model:
    """LeNet-5 after four epochs."""
    pixels, codes = digits()
    cells = pl.Series("image", pixels[:SEEN], dtype=pl.Array(pl.UInt8, (8, 8)))
    target = pl.Series("label", [CLASSES[code] for code in codes[:SEEN]])
    schema = Schema((Column("image", "image"), Column("label", "category", "target", CLASSES)))
    data = Dataset(pl.DataFrame([cells, target]), schema, Task("multiclass", "label", CLASSES))
    learner = replace(LENET.learner, training=replace(LENET.learner.training, epochs=4), epochs_alone=4)
    short = replace(LENET, step=PixelsStep(size=32), learner=learner)
    return Model(fit(short, TREATMENTS.get("none")(), data, groups=None, seed=0, budget=Budget(), context=Context(threads=1)))


@cache
def unseen(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """As the model's preparation gives them, uint8 (rows, 1, 32, 32), and codes (rows,)."""
    pixels, codes = digits()
    cells = pl.Series("image", pixels[SEEN : SEEN + rows], dtype=pl.Array(pl.UInt8, (8, 8)))
    return digits_model().fitted.step.transform(pl.DataFrame([cells])), codes[SEEN : SEEN + rows]
