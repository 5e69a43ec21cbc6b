"""Runs that ablations are made of: numbers whose worth is known, and loans."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.study.conftest import make_table

import assay
from assay.data.dataset import Dataset
from assay.study import Study
from assay.study.result import StudyResult


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("ablate")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_HOME", str(folder / "home"))
        yield folder


def known_table(n: int = 1200, seed: int = 3) -> pl.DataFrame:
    """y = a + b / 2 + error of deviation 1; noise says nothing, twin is a with an error of 0.05."""
    random = np.random.default_rng(seed)
    a, b, noise = (random.normal(size=n) for _ in range(3))
    twin = a + 0.05 * random.normal(size=n)
    return pl.DataFrame({"a": a, "b": b, "noise": noise, "twin": twin, "y": a + b / 2 + random.normal(size=n)})


@pytest.fixture(scope="session")
def known(home: Path) -> StudyResult:
    data = assay.read(known_table(), target="y", drop=["twin"])
    return Study(data, ["linear", "baseline"], metric="rmse").run(home / "known", jobs=1)


def loans_data(n: int = 320, *, drop: tuple[str, ...] = ()) -> Dataset:
    return assay.read(make_table(n), target="denied", drop=["branch", *drop])


@pytest.fixture(scope="session")
def loans_run(home: Path) -> StudyResult:
    recipes = ["logistic", "logistic:target", "logistic:target:robust", "baseline"]
    study = Study(loans_data(), recipes, ["none", "random-oversample"], metric="log_loss", folds=4)
    return study.run(home / "loans", jobs=1)
