"""Distances of columns and pairs against scipy, and against what chance really gives."""

import numpy as np
import pytest
from scipy.stats import contingency, ks_2samp, spearmanr

from assay.balance.quality.distances import Values, column_distance, columns_of, cramers_v, pair_distances
from assay.data.rows import Block


def values(real: np.ndarray, new: np.ndarray, kind: str = "number", name: str = "x") -> Values:
    return Values(name, kind, real, new)


def test_the_distance_of_numbers_is_that_of_scipy_and_gaps_are_counted_aside():
    rng = np.random.default_rng(0)
    real, new = rng.normal(size=80).round(1), rng.normal(0.4, 1, size=50).round(1)
    found = column_distance(values(np.append(real, [np.nan] * 20), new), rng)
    assert found.distance == pytest.approx(ks_2samp(real, new).statistic)
    assert (found.missing_real, found.missing_new) == (0.2, 0.0)


def test_the_distance_of_categories_is_half_the_sum_of_the_gaps():
    real, new = np.repeat([0.0, 1.0, 2.0], [50, 30, 20]), np.repeat([0.0, 1.0, 3.0], [20, 60, 20])
    found = column_distance(values(real, new, "category"), np.random.default_rng(0))
    assert found.distance == pytest.approx((0.3 + 0.3 + 0.2 + 0.2) / 2)


@pytest.mark.parametrize("kind", ["number", "category"])
def test_two_samples_of_one_law_pass_what_chance_gives_in_about_one_case_of_twenty(kind):
    rng = np.random.default_rng(0)
    passed = []
    for _ in range(300):
        draw = (lambda n: rng.normal(size=n)) if kind == "number" else (lambda n: rng.choice(5, n).astype(float))
        found = column_distance(values(draw(150), draw(100), kind), rng)
        passed.append(found.distance > found.chance)
    assert 0.01 <= np.mean(passed) <= 0.09


def test_pairs_are_spearman_and_cramer_and_the_most_different_comes_first():
    rng = np.random.default_rng(0)
    real, new = rng.normal(size=(200, 1)) + 0.3 * rng.normal(size=(200, 2)), rng.normal(size=(150, 2))
    levels = (real[:, 0] > 0).astype(float), rng.choice(2, 150).astype(float)
    columns = [values(real[:, 0], new[:, 0], name="a"), values(real[:, 1], new[:, 1], name="b"), values(*levels, "category", "c")]
    found = pair_distances(columns)
    by_name = {(pair.first, pair.second): pair for pair in found}
    numbers = by_name["a", "b"]
    assert numbers.real == pytest.approx(spearmanr(real).statistic)
    assert numbers.new == pytest.approx(spearmanr(new).statistic)
    assert by_name["a", "c"].measure == "Cramér's V"
    assert [pair.difference for pair in found] == sorted((pair.difference for pair in found), reverse=True)


def test_cramers_v_is_that_of_scipy_but_for_its_bias_and_0_for_independent_columns():
    rng = np.random.default_rng(0)
    a = rng.choice(3, 20_000)
    b = np.where(rng.random(20_000) < 0.5, a, rng.choice(3, 20_000))
    table = contingency.crosstab(a, b).count
    assert cramers_v(a, b) == pytest.approx(contingency.association(table, method="cramer"), abs=1e-3)
    small = [cramers_v(rng.choice(4, 60), rng.choice(4, 60)) for _ in range(100)]
    raw = [contingency.association(contingency.crosstab(rng.choice(4, 60), rng.choice(4, 60)).count) for _ in range(100)]
    assert np.mean(small) < np.mean(raw) / 2
    assert cramers_v(np.zeros(5), np.arange(5)) == 0


def test_blocks_become_columns_and_a_fraction_of_a_level_is_no_level():
    blocks = (
        Block("n", "number", 0, 2),
        Block("town", "one-hot", 2, 4),
        Block("job", "code", 4, 5),
        Block("text", "other", 5, 20),
    )
    real = np.zeros((3, 20))
    real[:, 2:5] = [[1, 0, 7], [0, 1, np.nan], [0, 0, 2]]
    new = real.copy()
    new[0, 2:4] = [0.4, 0.6]
    columns, left_out = columns_of(real, new, blocks)
    assert [(column.name, column.kind) for column in columns] == [
        ("n [1]", "number"),
        ("n [2]", "number"),
        ("town", "category"),
        ("job", "category"),
    ]
    assert columns[2].real.tolist() == [0, 1, -1]
    assert columns[2].new.tolist() == [-2, 1, -1]
    assert columns[3].real.tolist() == [7, -1, 2]
    assert left_out == ["text (15 columns that mean nothing one by one)"]
