"""What every fitted preparation of columns must do, in every mode, on one table of all kinds."""

import json
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image
from scipy import sparse

from assay.core.errors import BundleError
from assay.data.schema import Column, Schema
from assay.prepare.columns import ENCODERS, ColumnsStep, FittedColumns
from assay.prepare.net_columns import NetColumnsStep
from assay.prepare.registry import FITTED_STEPS
from assay.prepare.step import Matrix, Step
from assay.prepare.terms import TermSettings

N = 90
SCHEMA = Schema(
    (
        Column("number", "number"),
        Column("category", "category"),
        Column("date", "date"),
        Column("text", "text"),
        Column("image", "image"),
        Column("key", "id"),
        Column("boxes", "boxes"),
    )
)
STEPS: dict[str, Step] = {
    "linear": ColumnsStep(mode="linear"),
    "dense": ColumnsStep(mode="dense"),
    "trees": ColumnsStep(mode="trees"),
    "counts": ColumnsStep(mode="linear", kinds=frozenset({"text"}), terms=TermSettings(weighting="counts")),
    "nothing": ColumnsStep(mode="dense", kinds=frozenset()),
    "nets, by rank": NetColumnsStep(numbers="quantile"),
    "nets, by quartiles": NetColumnsStep(numbers="robust"),
    "nets, standardised": NetColumnsStep(numbers="standard"),
    "nets, nothing": NetColumnsStep(kinds=frozenset()),
}


def png(pixels: np.ndarray) -> bytes:
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def table() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "number": [None if i % 7 == 0 else float(v) for i, v in enumerate(rng.normal(size=N))],
            "category": [None if i % 11 == 0 else str(v) for i, v in enumerate(rng.integers(0, 12, N) ** 2 // 12)],
            "date": [None if i % 13 == 0 else datetime(2020, 1, 1) + timedelta(hours=i * 31) for i in range(N)],
            "text": [None if i % 17 == 0 else " ".join(rng.choice(list("abcdefgh"), 6)) for i in range(N)],
            "image": [png(rng.integers(0, 256, (5, 4), dtype=np.uint8)) for _ in range(N)],
            "key": [str(i) for i in range(N)],
        }
    )


FRAME = table()
UNSEEN = FRAME[:3].with_columns(
    number=pl.Series([np.inf, None, 1e300]),
    category=pl.Series(["never", None, ""]),
    date=pl.Series([None, datetime(1800, 1, 1), datetime(2900, 1, 1)], dtype=pl.Datetime("us")),
    text=pl.Series(["zz yy", None, ""]),
)


def fit(name: str, seed: int = 0) -> FittedColumns:
    return STEPS[name].fit(FRAME, SCHEMA, np.zeros(N), seed)


def as_dense(matrix: Matrix) -> np.ndarray:
    return matrix.toarray() if sparse.issparse(matrix) else matrix


def copied(value: Any) -> Any:
    """Through JSON and array copies, as a bundle keeps it; anything else fails."""
    if isinstance(value, np.ndarray):
        assert value.dtype.kind in "fiub"
        return value.copy()
    if isinstance(value, dict):
        assert all(isinstance(key, str) for key in value)
        return {key: copied(part) for key, part in value.items()}
    if isinstance(value, list):
        return [copied(part) for part in value]
    back = json.loads(json.dumps(value, allow_nan=False))
    assert type(back) is type(value)
    return back


def paths(value: Any, before: tuple = ()) -> list[tuple]:
    """Every leaf of a state."""
    if isinstance(value, dict | list) and value:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [path for key, part in items for path in paths(part, (*before, key))]
    return [before]


def with_value(state: Any, path: tuple, new: Any) -> Any:
    copy = dict(state) if isinstance(state, dict) else list(state)
    copy[path[0]] = new if len(path) == 1 else with_value(state[path[0]], path[1:], new)
    return copy


def test_every_encoder_is_reached_by_these_steps() -> None:
    kinds = {encoder.KIND for name in STEPS for encoder in fit(name).encoders}
    assert kinds == set(ENCODERS)


@pytest.mark.parametrize("name", STEPS)
def test_the_state_gives_back_the_same_matrix(name: str) -> None:
    fitted = fit(name)
    state = copied(fitted.state())
    back = FITTED_STEPS.get(state["kind"]).from_state(state)
    assert back.blocks == fitted.blocks
    for rows in (FRAME, UNSEEN):
        np.testing.assert_array_equal(as_dense(back.transform(rows)), as_dense(fitted.transform(rows)))


@pytest.mark.parametrize("name", STEPS)
def test_a_fit_leaves_its_input_alone(name: str) -> None:
    before = FRAME.clone()
    fit(name).transform(FRAME)
    assert FRAME.equals(before)


@pytest.mark.parametrize("name", STEPS)
def test_one_seed_gives_one_state(name: str) -> None:
    first, second = fit(name, 3).state(), fit(name, 3).state()
    assert paths(first) == paths(second)
    for path in paths(first):
        a, b = first, second
        for key in path:
            a, b = a[key], b[key]
        assert np.array_equal(a, b)


@pytest.mark.parametrize("name", STEPS)
def test_a_row_is_encoded_alone_as_in_company(name: str) -> None:
    fitted = fit(name)
    whole = as_dense(fitted.transform(FRAME))
    alone = np.vstack([as_dense(fitted.transform(FRAME[row])) for row in range(0, N, 6)])
    np.testing.assert_allclose(alone, whole[::6], atol=1e-12)


@pytest.mark.parametrize("name", STEPS)
def test_unseen_missing_and_infinite_values_are_encoded(name: str) -> None:
    matrix = as_dense(fit(name).transform(UNSEEN))
    assert matrix.shape == (3, fit(name).width)
    assert not np.isinf(matrix).any()
    if name != "trees":
        assert np.isfinite(matrix).all()


@pytest.mark.parametrize("name", STEPS)
def test_only_the_columns_it_reads_need_be_there(name: str) -> None:
    fitted = fit(name)
    few = FRAME.select(fitted.names) if fitted.names else FRAME
    np.testing.assert_array_equal(as_dense(fitted.transform(few)), as_dense(fitted.transform(FRAME)))
    assert not {"key", "boxes"} & set(fitted.names)


@pytest.mark.parametrize("name", ["linear", "dense", "trees", "nets, by rank", "nets, by quartiles"])
def test_a_state_with_any_one_value_of_another_type_is_refused(name: str) -> None:
    state = fit(name).state()
    leaves = [path for path in paths(state) if path != ("kind",) and path[-2:-1] not in [("levels",), ("terms",)]]
    assert len(leaves) > 10
    for path in leaves:
        with pytest.raises(BundleError):
            FittedColumns.from_state(with_value(state, path, {"not": "this"}))
