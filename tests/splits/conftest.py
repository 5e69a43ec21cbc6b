"""Small datasets with a target, groups and time, made from a seed."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.data.task import Task

Maker = Callable[..., Dataset]


def build(
    target: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    time: np.ndarray | None = None,
    given_test: np.ndarray | None = None,
) -> Dataset:
    """target: text labels, or floats for regression."""
    regression = target.dtype.kind == "f"
    classes = () if regression else tuple(sorted(set(target.tolist())))
    name = "regression" if regression else ("binary" if len(classes) == 2 else "multiclass")
    columns = [Column("x", "number"), Column("y", "number" if regression else "category", "target", classes)]
    frame = {"x": np.arange(len(target), dtype=np.float64), "y": pl.Series(target.tolist())}
    if groups is not None:
        columns.append(Column("person", "category", "group"))
        frame["person"] = pl.Series([str(value) for value in groups])
    if time is not None:
        columns.append(Column("when", "number", "time"))
        frame["when"] = time.astype(np.float64)
    return Dataset(pl.DataFrame(frame), Schema(tuple(columns)), Task(name, "y", classes), given_test=given_test)


@pytest.fixture
def make() -> Maker:
    return build


@pytest.fixture
def labels() -> np.ndarray:
    """600 labels, 12 % of them "yes"."""
    rng = np.random.default_rng(0)
    return np.where(rng.permutation(600) < 72, "yes", "no")
