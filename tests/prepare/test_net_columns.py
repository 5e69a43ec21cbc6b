"""The matrix for nets with embeddings: its order, its blocks, what a net is told of it, and treatments on it."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from assay.balance.interpolate import SmoteTreatment
from assay.core.errors import ConfigError, DataError, DefectError
from assay.data.rows import Block, Rows
from assay.data.schema import Column, Schema
from assay.prepare.columns import ColumnsStep, FittedColumns
from assay.prepare.net_columns import SCALERS, Layout, NetColumnsStep, layout
from assay.prepare.quantiles import QuantileNumber
from assay.prepare.robust import RobustNumber

N = 200
SCHEMA = Schema(
    (
        Column("job", "category"),
        Column("age", "number"),
        Column("town", "category"),
        Column("since", "date"),
        Column("note", "text"),
        Column("income", "number"),
        Column("y", "category", "target"),
    )
)


def frame(n: int = N) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "job": rng.choice(["clerk", "cook", "smith"], n).tolist(),
            "age": [None if i % 10 == 0 else float(v) for i, v in enumerate(rng.normal(40, 9, n))],
            "town": [None if i % 8 == 0 else str(v) for i, v in enumerate(rng.integers(0, 4, n))],
            "since": [datetime(2020, 1, 1) + timedelta(days=int(d)) for d in rng.integers(0, 900, n)],
            "note": [" ".join(rng.choice(["good", "bad", "мир", "late"], 4)) for _ in range(n)],
            "income": rng.lognormal(size=n),
        }
    )


def fit(**settings: object) -> FittedColumns:
    return NetColumnsStep(**settings).fit(frame(), SCHEMA, np.zeros(N), seed=0)


@pytest.mark.parametrize("numbers", list(SCALERS))
def test_numbers_come_first_and_codes_last_whatever_the_order_in_the_table(numbers: str) -> None:
    fitted = fit(numbers=numbers)
    matrix = fitted.transform(frame())
    assert list(dict.fromkeys(block.name for block in fitted.blocks)) == ["age", "since", "note", "income", "job", "town"]
    edges = [0] + [block.stop for block in fitted.blocks]
    assert [block.start for block in fitted.blocks] == edges[:-1]
    assert edges[-1] == matrix.shape[1]
    assert [block.kind for block in fitted.blocks][-2:] == ["code", "code"]
    assert "code" not in [block.kind for block in fitted.blocks][:-2]


def test_a_net_is_told_how_many_numbers_and_how_many_codes_there_are() -> None:
    fitted = fit()
    matrix = fitted.transform(frame())
    told = layout(fitted.blocks)
    assert told == Layout(matrix.shape[1] - 2, (3, 5))
    assert np.isfinite(matrix).all()
    for place, levels in enumerate(told.levels):
        assert set(matrix[:, told.numbers + place]) == set(range(levels))


def test_the_flag_for_gaps_counts_as_a_number() -> None:
    numbers = fit(kinds=frozenset({"number"}))
    assert layout(numbers.blocks) == Layout(3, ())
    assert set(numbers.transform(frame())[:, 1]) == {0.0, 1.0}


def test_the_scaling_that_is_asked_for_is_the_one_that_is_used() -> None:
    income = frame()["income"]
    for numbers, encoder in (("quantile", QuantileNumber), ("robust", RobustNumber)):
        matrix = fit(numbers=numbers, kinds=frozenset({"number"})).transform(frame())
        np.testing.assert_array_equal(matrix[:, [2]], encoder.fit(income).transform(income))


def test_synthetic_rows_have_whole_codes_and_flags_and_numbers_between_their_parents() -> None:
    fitted = fit(kinds=frozenset({"number", "category"}))
    matrix = fitted.transform(frame())
    target = (np.arange(N) % 7 == 0).astype(np.int64)
    after = SmoteTreatment().apply(Rows(matrix, target, 2, blocks=fitted.blocks), 0).rows
    made = after.features[N:]
    told = layout(after.blocks)
    assert len(made) > 100
    assert np.isin(made[:, 1], (0, 1)).all()
    for place, levels in enumerate(told.levels):
        assert np.isin(made[:, told.numbers + place], np.arange(levels)).all()
    incomes = matrix[target == 1][:, 2]
    assert not np.isin(made[:, 2], incomes).all()
    assert incomes.min() <= made[:, 2].min() <= made[:, 2].max() <= incomes.max()


def test_the_blocks_of_other_steps_are_refused() -> None:
    for mode in ("trees", "dense"):
        blocks = ColumnsStep(mode=mode).fit(frame(), SCHEMA, np.zeros(N), 0).blocks
        if mode == "trees":
            with pytest.raises(DefectError, match="numbers first"):
                layout(blocks)
        else:
            assert layout(blocks).levels == ()
    with pytest.raises(DefectError, match="'c' are not counted"):
        layout((Block("x", "number", 0, 1), Block("c", "code", 1, 2)))
    with pytest.raises(DefectError, match="numbers first"):
        layout((Block("c", "code", 0, 1, 3), Block("x", "number", 1, 2)))


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean 'quantile'"):
        NetColumnsStep(numbers="quantiles")
    with pytest.raises(ConfigError, match="rare_below=0"):
        NetColumnsStep(rare_below=0)


def test_columns_that_hold_nothing_are_named() -> None:
    schema = Schema((Column("note", "text"),))
    with pytest.raises(DataError, match="'note'"):
        NetColumnsStep().fit(pl.DataFrame({"note": ["", "?"]}), schema, np.zeros(2), 0)


def test_no_rows_give_a_matrix_without_rows() -> None:
    fitted = fit()
    assert fitted.transform(frame()[:0]).shape == (0, fitted.width)
