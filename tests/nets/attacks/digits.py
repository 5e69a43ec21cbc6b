"""scikit-learn's digits, and a small net that has learnt some of them."""

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
from sklearn.datasets import load_digits

from assay.data.rows import Rows
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.nets.attacks.hardening import Hardening
from assay.recipes.fitted import Fitted
from assay.recipes.learner import Budget, Context
from assay.recipes.nets.pictures import LENET

LEARNT = 400
TASK = Task("multiclass", "label", tuple("0123456789"))


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """uint8 (1797, 8, 8) and codes."""
    bunch = load_digits()
    return np.rint(bunch.images * (255 / 16)).astype(np.uint8), bunch.target.astype(np.int64)


def frame(pictures: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame({"image": pl.Series(pictures, dtype=pl.Array(pl.UInt8, pictures.shape[1:]))})


def fit(pictures: np.ndarray, codes: np.ndarray, task: Task, *, epochs: int, hardening: Hardening | None = None) -> Fitted:
    schema = Schema((Column("image", "image"),))
    step = LENET.step.fit(frame(pictures), schema, codes, 0)
    learner = replace(LENET.learner, hardening=hardening, training=replace(LENET.learner.training, epochs=epochs))
    rows = Rows(step.transform(frame(pictures)), codes, len(task.classes))
    net = learner.fit(rows, task, validation=None, seed=0, budget=Budget(), context=Context())
    return Fitted("lenet", task, schema, step, net)


@cache
def fitted() -> Fitted:
    """LeNet after the first digits."""
    pictures, codes = digits()
    return fit(pictures[:LEARNT], codes[:LEARNT], TASK, epochs=8)


def held(count: int, start: int = LEARNT) -> tuple[np.ndarray, np.ndarray]:
    """Pictures that the net has not seen, as it is given them: uint8 (count, 1, 32, 32), and codes."""
    pictures, codes = digits()
    rows = slice(start, start + count)
    return np.asarray(fitted().step.transform(frame(pictures[rows]))), codes[rows]
