"""Two columns together: against scipy, pandas and statsmodels, and on the edges where nothing can be said."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm
from scipy.stats import spearmanr
from scipy.stats.contingency import association, crosstab

import assay
from assay.data.look.pairs import correlation_ratios, correlations, cramers_v, crossed, pairs_of, standardized


def numbers(rows=400, holes=True):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 4)) @ rng.normal(size=(4, 4))
    x[:, 2] = np.exp(x[:, 2]) * 1e200
    x[:, 3] = x[:, 3].round() + 1.7e15
    if holes:
        x[rng.random((rows, 4)) < 0.2] = np.nan
    return x


def test_pearson_is_that_of_pandas_also_with_missing_cells_and_huge_values():
    x = numbers()
    plain = pd.DataFrame(x / [1, 1, 1e200, 1] - [0, 0, 0, 1.7e15]).corr().to_numpy()
    found = correlations(standardized(x.T))
    assert np.allclose(found, plain, atol=1e-12)


def test_spearman_is_that_of_scipy_where_nothing_is_missing():
    x = numbers(holes=False)
    frame = pl.DataFrame({f"x{j}": x[:, j] for j in range(4)})
    found = pairs_of(frame, dict.fromkeys(frame.columns, "number"))
    assert np.allclose(found.spearman, spearmanr(x).statistic)


def test_cramers_v_without_its_correction_is_that_of_scipy():
    rng = np.random.default_rng(1)
    a = rng.integers(0, 4, 500)
    b = (a + rng.integers(0, 3, 500)) % 5
    table = crossed(a, b)
    assert (table == crosstab(a, b).count).all()
    plain = association(table, method="cramer")
    n, (r, c) = table.sum(), table.shape
    phi2 = plain**2 * min(r - 1, c - 1) - (r - 1) * (c - 1) / (n - 1)
    least = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    assert cramers_v(table) == pytest.approx(np.sqrt(phi2 / least))


def test_cramers_v_of_unrelated_columns_is_near_nought_where_the_plain_one_is_not():
    rng = np.random.default_rng(2)
    tables = [crossed(rng.integers(0, 12, 300), rng.integers(0, 12, 300)) for _ in range(20)]
    assert np.mean([association(table, method="cramer") for table in tables]) > 0.18
    assert np.mean([cramers_v(table) for table in tables]) < 0.06


def test_the_correlation_ratio_is_the_root_of_the_adjusted_r2_on_the_levels():
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 5, 300)
    y = codes * 0.4 + rng.normal(size=300)
    y[::9] = np.nan
    known = ~np.isnan(y)
    fitted = sm.OLS(y[known], np.eye(5)[codes[known]]).fit()
    found = correlation_ratios(standardized(y[None, :]), [codes, rng.integers(0, 3, 300)])
    assert found.shape == (1, 2)
    assert found[0, 0] == pytest.approx(np.sqrt(fitted.rsquared_adj))


def test_blocks_of_rows_give_what_all_rows_at_once_give(monkeypatch):
    x = standardized(numbers().T)
    codes = [np.random.default_rng(4).integers(0, 3, x.shape[1])]
    whole = correlations(x), correlation_ratios(x, codes)
    monkeypatch.setattr("assay.data.look.pairs.BLOCK", 37)
    assert np.allclose(correlations(x), whole[0])
    assert np.allclose(correlation_ratios(x, codes), whole[1])


def test_a_constant_an_empty_column_and_a_pair_without_common_rows_have_no_value():
    frame = pl.DataFrame(
        {"a": [1.0, 2.0, None, None], "b": [None, None, 3.0, 4.0], "c": [1.0] * 4, "d": [None] * 4, "k": ["x"] * 4}
    )
    data = assay.read(frame)
    found = pairs_of(data.frame, {column.name: column.kind for column in data.schema.columns})
    assert np.isnan(found.pearson[~np.eye(len(found.numbers), dtype=bool)]).all()
    assert np.isnan(found.ratio).all()
    assert found.strongest(10) == []


def test_the_strongest_pairs_come_first_and_columns_beyond_the_bound_are_counted():
    rng = np.random.default_rng(5)
    x = rng.normal(size=200)
    frame = pl.DataFrame({"x": x, "up": np.exp(4 * x), "noise": rng.normal(size=200), "side": np.where(x > 0, "a", "b")})
    found = pairs_of(frame, {"x": "number", "up": "number", "noise": "number", "side": "category"})
    first = found.strongest(3)[0]
    assert (first.a, first.b, first.measure, first.value) == ("x", "up", "spearman", pytest.approx(1.0))
    many = pl.DataFrame({f"n{i}": [1.0, 2.0, 4.0] for i in range(310)} | {f"c{i}": ["a", "b", "a"] for i in range(45)})
    assert pairs_of(many, {name: "number" if name[0] == "n" else "category" for name in many.columns}).left_out == 15
