"""The matrix of a whole table: order, blocks, sparseness, and what it says about bad rows."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from assay.core.errors import BundleError, DataError
from assay.data.schema import Column, Schema
from assay.prepare.columns import ColumnsStep, FittedColumns

N = 120
SCHEMA = Schema(
    (
        Column("id", "id"),
        Column("age", "number"),
        Column("job", "category"),
        Column("since", "date"),
        Column("note", "text"),
        Column("ignored", "number", "ignored"),
        Column("y", "category", "target"),
    )
)


def frame(n: int = N) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "id": [str(i) for i in range(n)],
            "age": [None if i % 10 == 0 else float(v) for i, v in enumerate(rng.normal(40, 9, n))],
            "job": rng.choice(["clerk", "cook", "smith"], n).tolist(),
            "since": [datetime(2020, 1, 1) + timedelta(days=int(d)) for d in rng.integers(0, 900, n)],
            "note": [" ".join(rng.choice(["good", "bad", "мир", "late"], 4)) for _ in range(n)],
        }
    )


def fit(mode: str, **settings: object) -> FittedColumns:
    return ColumnsStep(mode=mode, **settings).fit(frame(), SCHEMA, np.zeros(N), seed=0)


@pytest.mark.parametrize("mode", ["linear", "trees", "dense"])
def test_blocks_cover_the_matrix_once_in_order_and_name_their_columns(mode: str) -> None:
    fitted = fit(mode)
    matrix = fitted.transform(frame())
    edges = [0] + [block.stop for block in fitted.blocks]
    assert [block.start for block in fitted.blocks] == edges[:-1]
    assert edges[-1] == matrix.shape[1] == fitted.width
    assert list(dict.fromkeys(block.name for block in fitted.blocks)) == ["age", "job", "since", "note"]


def test_one_hot_blocks_hold_at_most_a_single_one_in_a_row() -> None:
    fitted = fit("dense")
    matrix = fitted.transform(frame())
    blocks = [block for block in fitted.blocks if block.kind == "one-hot"]
    assert {block.name for block in blocks} == {"age", "job"}
    for block in blocks:
        part = matrix[:, block.start : block.stop]
        assert np.isin(part, (0, 1)).all()
        assert (part.sum(axis=1) <= 1).all()


def test_numbers_and_categories_equal_a_scikit_learn_pipeline() -> None:
    data = frame().with_columns(pl.col("age").fill_null(float("nan"))).to_pandas()
    oracle = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["age"]),
        (OneHotEncoder(sparse_output=False), ["job"]),
    )
    expected = oracle.fit_transform(data)
    matrix = fit("linear", kinds=frozenset({"number", "category"})).transform(frame())
    np.testing.assert_allclose(np.delete(matrix, 1, axis=1), expected, atol=1e-12)


def test_a_text_makes_the_linear_matrix_sparse_and_no_other() -> None:
    assert sparse.issparse(fit("linear").transform(frame()))
    assert isinstance(fit("dense").transform(frame()), np.ndarray)
    assert isinstance(fit("trees").transform(frame()), np.ndarray)
    assert isinstance(fit("linear", kinds=frozenset({"number"})).transform(frame()), np.ndarray)


def test_a_very_wide_category_makes_the_linear_matrix_sparse() -> None:
    schema = Schema((Column("city", "category"), Column("x", "number")))
    table = pl.DataFrame({"city": [f"c{i % 400}" for i in range(4000)], "x": np.arange(4000.0)})
    matrix = ColumnsStep(mode="linear").fit(table, schema, np.zeros(4000), 0).transform(table)
    assert sparse.issparse(matrix)
    assert matrix.shape == (4000, 401)


def test_trees_have_codes_for_categories_and_nan_for_gaps() -> None:
    fitted = fit("trees")
    matrix = fitted.transform(frame())
    (code,) = [block for block in fitted.blocks if block.kind == "code"]
    assert set(matrix[:, code.start]) == {0.0, 1.0, 2.0}
    assert np.isnan(matrix[:, 0]).sum() == N // 10


def test_a_step_that_reads_nothing_gives_a_matrix_without_columns() -> None:
    assert fit("dense", kinds=frozenset()).transform(frame(7)).shape == (7, 0)


def test_columns_that_hold_nothing_are_named() -> None:
    schema = Schema((Column("note", "text"),))
    with pytest.raises(DataError, match="'note'"):
        ColumnsStep(mode="linear").fit(pl.DataFrame({"note": ["", "?"]}), schema, np.zeros(2), 0)


def test_an_absent_column_is_named_with_the_nearest_one() -> None:
    with pytest.raises(DataError, match=r"'age'.*did you mean 'Age'"):
        fit("linear").transform(frame().rename({"age": "Age"}))


def test_a_column_of_another_type_is_named() -> None:
    with pytest.raises(DataError, match="column 'age' holds String"):
        fit("trees").transform(frame().with_columns(age=pl.lit("old")))


@pytest.mark.parametrize("mode", ["linear", "trees", "dense"])
def test_no_rows_give_a_matrix_without_rows(mode: str) -> None:
    fitted = fit(mode)
    assert fitted.transform(frame()[:0]).shape == (0, fitted.width)


@pytest.mark.parametrize(
    "columns",
    [
        None,
        [{"column": "age"}],
        [{"column": "age", "encoder": {"kind": "pickle"}}],
        [{"column": "age", "encoder": {"kind": ["plain-number"]}}],
        [{"column": 3, "encoder": {"kind": "plain-number"}}],
        [{"column": "age", "encoder": {"kind": "plain-number"}}] * 2,
        ["age"],
    ],
)
def test_a_damaged_list_of_columns_is_refused(columns: object) -> None:
    with pytest.raises(BundleError):
        FittedColumns.from_state({"kind": "columns", "columns": columns})
