"""Columns by themselves: bins, outliers, summaries, patterns of missing cells; against numpy, scipy and pandas."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import median_abs_deviation

import assay
from assay.data.look.bins import MOST_BINS, histogram
from assay.data.look.columns import SHARES, look_at_column
from assay.data.look.outliers import outliers
from assay.data.look.parts import parted, parted_values
from assay.data.look.patterns import missingness


def drawn(rows=500, seed=0):
    return np.sort(np.random.default_rng(seed).normal(size=rows))


def test_the_bins_of_a_histogram_are_those_of_numpy_by_freedman_and_diaconis():
    values = drawn(200)
    found = histogram(values)
    counts, edges = np.histogram(values, bins="fd")
    assert found.rule == "freedman-diaconis"
    assert found.counts == tuple(counts)
    assert np.allclose(found.edges, edges)


@pytest.mark.parametrize("seed", range(5))
def test_every_row_is_in_one_bin_or_beyond_the_edges(seed):
    rng = np.random.default_rng(seed)
    for values, whole in (
        (rng.standard_cauchy(1000), False),
        (rng.poisson(40, 1000).astype(float), True),
        (rng.exponential(1, 30), False),
    ):
        found = histogram(np.sort(values), whole=whole)
        assert sum(found.counts) + found.below + found.above == len(values)
        assert np.histogram(values, found.edges)[0].tolist() == list(found.counts)
        assert len(found.counts) <= MOST_BINS
        if whole:
            assert {edge % 1 for edge in found.edges} == {0.5}
            assert len(set(np.diff(found.edges))) == 1


def test_a_far_value_does_not_flatten_the_histogram():
    found = histogram(np.sort(np.append(drawn(), 1e9)))
    assert (found.above, found.below) == (1, 0)
    assert max(found.counts) < 120


@pytest.mark.parametrize("values", [[], [3.0], [2.0] * 50, [-1.7e308, 1.7e308], [1.0, np.nextafter(1.0, 2.0)]])
def test_there_is_no_histogram_where_no_bin_has_a_width(values):
    assert histogram(np.array(values)) is None


def test_an_outlier_is_far_by_the_modified_z_and_by_tukeys_fences():
    values = np.append(drawn(), [9.0, -8.0, 3.0])
    found = outliers(values, np.sort(values))
    z = 0.6745 * np.abs(values - np.median(values)) / median_abs_deviation(values)
    q1, q3 = np.quantile(values, [0.25, 0.75])
    far = (z > 3.5) & ((values < q1 - 1.5 * (q3 - q1)) | (values > q3 + 1.5 * (q3 - q1)))
    assert found.count == far.sum() == found.below + found.above
    assert (502, -8.0) in found.examples
    assert (501, 9.0) in found.examples
    assert {row - 1 for row, _ in found.examples} <= set(np.flatnonzero(far))


def test_two_heaps_are_no_outliers_of_each_other():
    values = np.concatenate([np.random.default_rng(0).normal(5, 0.05, 600), np.random.default_rng(1).normal(1, 0.05, 400)])
    z = 0.6745 * np.abs(values - np.median(values)) / median_abs_deviation(values)
    assert (z > 3.5).sum() == 400
    assert outliers(values, np.sort(values)).count == 0


def test_where_more_than_half_of_the_cells_are_equal_the_outer_fences_hold_and_then_nothing():
    values = np.array([5.0] * 60 + [6.0] * 39 + [50.0])
    assert (outliers(values, np.sort(values)).rule, outliers(values, np.sort(values)).count) == ("outer fences", 1)
    flat = np.array([5.0] * 90 + [6.0] * 10)
    assert (outliers(flat, np.sort(flat)).rule, outliers(flat, np.sort(flat)).count) == ("none", 0)


def test_a_number_column_is_summed_up_as_pandas_does():
    values = np.random.default_rng(3).exponential(10, 400).round(1)
    values[::7] = np.nan
    data = assay.read(pl.DataFrame({"x": values, "k": np.arange(400.0)}))
    found = look_at_column(data.frame["x"], data.schema["x"])
    told = data.frame["x"].to_pandas().describe()
    assert found.summary.mean == pytest.approx(told["mean"])
    assert found.summary.sd == pytest.approx(told["std"])
    assert found.summary.quantiles == pytest.approx(tuple(np.nanquantile(values, SHARES)))
    assert found.missing == np.isnan(values).sum() == 58
    assert found.distinct == data.frame["x"].drop_nulls().n_unique()
    assert found.summary.zeros == (values == 0).sum()


def test_infinite_cells_are_counted_and_kept_out_of_the_mean():
    data = assay.read(pl.DataFrame({"x": [1.0, np.inf, 3.0, -np.inf, None]}))
    found = look_at_column(data.frame["x"], data.schema["x"])
    assert (found.summary.infinite, found.summary.mean, found.missing, found.distinct) == (2, 2.0, 1, 4)


def test_huge_values_have_a_mean_and_a_spread():
    data = assay.read(pl.DataFrame({"x": [1e300, 3e300, 2e300]}))
    found = look_at_column(data.frame["x"], data.schema["x"]).summary
    assert (found.mean, found.sd) == pytest.approx((2e300, 1e300))


def test_levels_are_counted_and_the_rest_summed():
    cells = [f"level {k}" for k in range(14) for _ in range(20 - k)] + [None] * 3
    data = assay.read(pl.DataFrame({"c": cells}), kinds={"c": "category"})
    found = look_at_column(data.frame["c"], data.schema["c"])
    assert found.levels.top[0] == ("level 0", 20)
    assert (found.levels.other_levels, found.levels.other_rows) == (4, 10 + 9 + 8 + 7)
    assert sum(rows for _, rows in found.levels.top) + found.levels.other_rows + found.missing == len(cells)


def test_the_parts_of_a_number_are_of_equal_size_and_every_row_lies_in_its_own():
    values = drawn(1000)[np.random.default_rng(0).permutation(1000)]
    found = parted_values(values, "number")
    assert np.abs(np.bincount(found.codes) - 100).max() <= 1
    for code, part in enumerate(found.parts):
        own = values[found.codes == code]
        assert (own.min(), own.max()) == (part.low, part.high)


def test_a_value_that_a_tenth_of_the_cells_have_is_a_part_of_its_own_and_missing_cells_too():
    values = np.concatenate([np.zeros(700), drawn(200) + 100, np.full(100, np.nan), [np.inf, -np.inf]])
    found = parted_values(values, "number")
    kinds = [(part.what, part.low) for part in found.parts]
    assert ("value", 0.0) in kinds
    assert kinds[-1] == ("missing", None)
    assert np.bincount(found.codes).sum() == len(values)
    assert all(np.bincount(found.codes, minlength=len(found.parts)) > 0)


def test_rare_levels_are_one_part_and_one_rare_level_keeps_its_name():
    series = pl.Series(["a"] * 9 + ["b"] * 8 + ["c", "d", None])
    found = parted(series, "category", most_levels=2)
    assert [part.what for part in found.parts] == ["level", "level", "other", "missing"]
    assert np.bincount(found.codes).tolist() == [9, 8, 2, 1]
    single = parted(pl.Series(["a", "a", "b", "b", "c"]), "category", most_levels=2)
    assert [part.level for part in single.parts] == ["a", "b", "c"]


def test_patterns_of_missing_cells_are_those_that_pandas_counts():
    rng = np.random.default_rng(0)
    gone = rng.random((300, 11)) < 0.15
    gone[:, 1] = gone[:, 0]
    gone[:, 2] = False
    frame = pl.DataFrame({f"c{j}": [None if one else 1.0 for one in gone[:, j]] for j in range(11)})
    found = missingness(frame)
    counts = frame.to_pandas().isna().value_counts()
    assert found.cells == gone.sum()
    assert found.whole == (~gone.any(axis=1)).sum()
    assert [one.rows for one in found.patterns] == counts.tolist()[:8]
    for one in found.patterns:
        key = tuple(name in one.columns for name in frame.columns)
        assert counts[key] == one.rows
    assert sum(one.rows for one in found.patterns) + found.other_rows == 300
    assert len(counts) == len(found.patterns) + found.other_patterns
    assert all(("c0" in one.columns) == ("c1" in one.columns) for one in found.patterns)
