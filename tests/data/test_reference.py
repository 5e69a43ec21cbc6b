"""What is kept of the training rows' spread, and what is said when later rows are spread otherwise."""

import json
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from scipy.stats import chi2_contingency

from assay.core.errors import BundleError
from assay.data.reference import MISSING, OTHER, Spread, shift_of, spreads_of
from assay.data.schema import Column, Schema

N = 4000


def number(values: np.ndarray, gaps: float = 0.0, seed: int = 0) -> pl.Series:
    missing = np.random.default_rng(seed).random(len(values)) < gaps
    return pl.Series("x", values).set(pl.Series(missing), None)


def spread_of(series: pl.Series, kind: str = "number") -> Spread:
    return Spread.of(series, Column(series.name, kind))


def test_a_number_has_ten_bins_of_as_many_training_rows_each() -> None:
    spread = spread_of(number(np.random.default_rng(0).normal(size=N)))
    assert spread.counts[[MISSING, OTHER]].tolist() == [0, 0]
    assert spread.counts[2:].tolist() == [N // 10] * 10


def test_a_column_of_few_values_has_a_bin_for_each_cut_only_and_loses_no_row() -> None:
    spread = spread_of(number(np.repeat([0.0, 1.0, 5.0], [10, 60, 30])))
    assert spread.edges == (0.0, 1.0)
    assert spread.counts.tolist() == [0, 0, 10, 60, 30]
    assert spread.place_names()[2:] == ["up to 0", "0 to 1", "above 1"]


def test_the_ends_of_a_number_are_values_between_which_98_of_100_rows_lie() -> None:
    values = np.random.default_rng(5).normal(size=N)
    low, high = spread_of(number(values)).ends
    assert {low, high} <= set(values)
    assert ((values < low).sum(), (values > high).sum()) == (N // 100, N // 100)
    assert spread_of(number(np.append(values, np.inf))).ends[1] < np.inf
    assert spread_of(pl.Series("x", ["a", "b"]), "category").ends == ()


def test_a_spread_that_was_saved_without_ends_is_read_and_keeps_its_form() -> None:
    spread = spread_of(number(np.arange(100.0)))
    told = {key: value for key, value in spread.to_json().items() if key != "ends"}
    assert Spread.from_json(told).ends == ()
    assert Spread.from_json(told).to_json() == told
    assert Spread.from_json(spread.to_json()).ends == spread.ends


@pytest.mark.parametrize("ends", [[1.0], [2.0, 1.0], [0.0, float("nan")], [0.0, float("inf")], [0.0, 1.0, 2.0], ["a", "b"], 3])
def test_ends_that_nothing_here_writes_are_refused(ends: object) -> None:
    with pytest.raises(BundleError):
        Spread.from_json({**spread_of(number(np.arange(100.0))).to_json(), "ends": ends})


def test_levels_beyond_the_most_frequent_are_counted_together() -> None:
    words = pl.Series("x", [f"w{i}" for i in range(40) for _ in range(i + 1)])
    spread = spread_of(words, "category")
    assert len(spread.levels) == 30
    assert spread.counts[OTHER] == sum(range(1, 11))
    later = spread.tally(pl.Series("x", ["w39", "new", None]))
    assert later[[MISSING, OTHER]].tolist() == [1, 1]
    assert later.sum() == 3


@pytest.mark.parametrize("values", [[None, None], [1.0, 1.0, 1.0], [float("inf"), 2.0, -1e300]])
def test_any_column_has_a_spread(values: list[float | None]) -> None:
    spread = spread_of(pl.Series("x", values, dtype=pl.Float64))
    assert spread.counts.sum() == len(values)
    assert len(spread.place_names()) == len(spread.counts)


def test_dates_texts_and_pictures_have_one_too() -> None:
    days = pl.Series("x", [datetime(2024, 1, 1) + timedelta(days=d) for d in range(100)])
    assert spread_of(days, "date").counts[2:].tolist() == [10] * 10
    assert spread_of(pl.Series("x", ["a text", None]), "text").counts.tolist() == [1, 0, 1]
    assert spread_of(pl.Series("x", [b"png", None, b"png"]), "image").counts.tolist() == [1, 0, 2]


def test_the_index_and_p_are_those_of_the_textbook() -> None:
    draw = np.random.default_rng(1)
    spread = spread_of(number(draw.normal(size=N), gaps=0.1))
    now = spread.tally(number(draw.normal(0.3, size=500), gaps=0.2, seed=2))
    shift = shift_of(spread, now)
    assert shift is not None
    there = (spread.counts + now) > 0
    table = np.stack([spread.counts, now])[:, there]
    assert shift.p == pytest.approx(chi2_contingency(table, correction=False).pvalue, rel=1e-9)
    p, q = ((side + 0.5) / (side + 0.5).sum() for side in (spread.counts, now))
    assert shift.index == pytest.approx(float(np.sum((q - p) * np.log(q / p))))
    assert shift.rows == 500


def test_rows_of_the_same_world_are_called_shifted_as_often_as_p_says() -> None:
    draw = np.random.default_rng(3)
    spread = spread_of(number(draw.normal(size=N)))
    found = [shift_of(spread, spread.tally(number(draw.normal(size=300)))) for _ in range(1000)]
    small = np.mean([shift.p < 0.05 for shift in found if shift is not None])
    assert 0.03 < small < 0.075  # standard error 0.007; the training rows vary too, once for all


def test_what_moved_most_is_named() -> None:
    spread = spread_of(pl.Series("x", ["a"] * 90 + ["b"] * 10), "category")
    shift = shift_of(spread, spread.tally(pl.Series("x", ["a"] * 5 + ["new"] * 5)))
    assert shift is not None
    assert (shift.moved, shift.share_before, shift.share_now) == ("any other", 0.0, 0.5)
    assert shift.p < 1e-6


def test_no_rows_are_no_shift() -> None:
    spread = spread_of(number(np.arange(5.0)))
    assert shift_of(spread, np.zeros_like(spread.counts)) is None


def test_a_spread_comes_back_from_json_as_it_was() -> None:
    frame = pl.DataFrame({"n": np.arange(50.0), "c": ["a", "b"] * 25})
    schema = Schema((Column("n", "number"), Column("c", "category", levels=("a", "b"))))
    for spread in spreads_of(frame, schema, np.arange(10, 40)):
        assert spread.counts.sum() == 30
        back = Spread.from_json(json.loads(json.dumps(spread.to_json())))
        assert (back.name, back.kind, back.edges, back.levels) == (spread.name, spread.kind, spread.edges, spread.levels)
        np.testing.assert_array_equal(back.counts, spread.counts)


@pytest.mark.parametrize(
    "change",
    [{"edges": [2.0, 1.0]}, {"counts": [1]}, {"counts": [-1] * 12}, {"edges": [float("nan")]}, {"counts": "x"}, {"edges": None}],
)
def test_a_spread_that_does_not_hold_together_is_refused(change: dict[str, object]) -> None:
    told = spread_of(number(np.random.default_rng(0).normal(size=N))).to_json()
    with pytest.raises(BundleError, match="spread of"):
        Spread.from_json({**told, **change})
