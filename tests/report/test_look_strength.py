"""The association with the target: against statsmodels and scipy, and by simulation with a known truth."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import chi2_contingency
from statsmodels.stats.anova import anova_lm

from assay.data.look.pairs import cramers_v, crossed
from assay.report.look_strength import Response, adjusted, strength


def classes(y, size):
    return Response(np.eye(size)[y], False)


def number(y, **more):
    return Response(np.asarray(y, dtype=float)[:, None], True, **more)


def test_of_a_number_it_is_the_f_test_and_the_adjusted_r2_of_statsmodels():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 6, 200)
    y = 0.3 * codes + rng.normal(size=200)
    fitted = sm.OLS.from_formula("y ~ C(g)", pd.DataFrame({"y": y, "g": codes})).fit()
    found = strength("g", codes, number(y))
    assert found.p_raw == pytest.approx(anova_lm(fitted)["PR(>F)"].iloc[0])
    assert found.interval.value == pytest.approx(np.sqrt(fitted.rsquared_adj))
    assert found.interval.low < found.interval.value < found.interval.high


def test_of_classes_the_value_is_cramers_v_and_p_nears_that_of_the_chi_square_test():
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 5, 4000)
    y = (codes // 2 + rng.integers(0, 30, 4000)) % 3
    found = strength("g", codes, classes(y, 3))
    assert found.interval.value == pytest.approx(cramers_v(crossed(codes, y)), rel=1e-9)
    weak = rng.integers(0, 3, 4000)
    tested = chi2_contingency(crossed(codes, weak), correction=False)
    assert strength("g", codes, classes(weak, 3)).p_raw == pytest.approx(tested.pvalue, abs=0.005)


def test_one_value_or_too_few_rows_have_no_number_but_a_reason():
    assert "one value" in strength("g", np.zeros(20, dtype=int), number(np.arange(20))).interval.undefined
    assert "target" in strength("g", np.arange(20) % 2, number(np.zeros(20))).interval.undefined
    assert "few rows" in strength("g", np.arange(4), number(np.arange(4.0))).interval.undefined


def test_holm_counts_the_columns_that_were_tested():
    rng = np.random.default_rng(2)
    found = adjusted([strength(str(i), rng.integers(0, 3, 90), number(rng.normal(size=90))) for i in range(4)])
    assert min(one.p for one in found) == pytest.approx(min(1.0, 4 * min(one.p_raw for one in found)))


def covered(draw, truth, times, seed):
    rng = np.random.default_rng(seed)
    inside = 0
    for _ in range(times):
        ends = strength("x", *draw(rng)).interval
        inside += ends.low - 1e-9 <= truth <= ends.high + 1e-9
    return inside / times


def two_classes(gap):
    """Half of the rows each; η² of shares 0.5 ± gap is (2 gap)²."""

    def draw(rng):
        codes = np.arange(300) % 2
        y = (rng.random(300) < 0.5 + gap * (2 * codes - 1)).astype(int)
        return codes, classes(y, 2)

    return draw, 2 * gap


def four_means(scale):
    levels = np.array([-1.5, -0.5, 0.5, 1.5]) * scale

    def draw(rng):
        codes = np.arange(240) % 4
        return codes, number(levels[codes] + rng.normal(size=240))

    return draw, np.sqrt(levels.var() / (levels.var() + 1))


def three_classes(tilt):
    """Three parts, three classes; in each part one class has tilt more than a third."""
    table = np.full((3, 3), 1 / 3 - tilt / 2) + np.eye(3) * 1.5 * tilt
    truth = np.sqrt(((table / 3 - 1 / 9) ** 2 / (1 / 9)).sum() / 2)

    def draw(rng):
        codes = np.arange(300) % 3
        y = (rng.random(300)[:, None] > table[codes].cumsum(axis=1)).sum(axis=1)
        return codes, classes(y, 3)

    return draw, truth


CASES = {
    "v 0.2": two_classes(0.1),
    "v 0.5": two_classes(0.25),
    "3 classes, 0.15": three_classes(0.1),
    "3 classes, 0.45": three_classes(0.3),
    "η 0.2": four_means(0.2),
    "η 0.7": four_means(1.0),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_interval_covers_the_truth_about_as_often_as_it_says(case):
    draw, truth = case
    assert 0.92 <= covered(draw, truth, 300, seed=0) <= 0.99


def false_claims(draw, times, seed=0):
    rng = np.random.default_rng(seed)
    return np.mean([strength("x", *draw(rng)).p_raw <= 0.05 for _ in range(times)])


def test_an_unrelated_column_is_called_related_in_a_twentieth_of_the_cases_also_with_few_rows_and_rare_classes():
    def few(rng):
        return rng.permutation(np.arange(24) % 3), classes((rng.random(24) < 0.3).astype(int), 2)

    def many_classes(rng):
        return rng.integers(0, 8, 150), classes(rng.integers(0, 12, 150), 12)

    assert false_claims(few, 500) <= 0.08
    assert false_claims(many_classes, 300) <= 0.08


def test_rows_of_one_group_are_no_witnesses_of_their_own():
    def grouped(rng, told):
        groups = np.repeat(np.arange(40), 20)
        codes = np.repeat(rng.permutation(np.arange(40) % 4), 20)  # a property of the group
        y = np.repeat(rng.normal(size=40), 20) + rng.normal(size=800)
        return codes, number(y, groups=groups if told else None)

    assert false_claims(lambda rng: grouped(rng, False), 100) > 0.5
    assert false_claims(lambda rng: grouped(rng, True), 300) <= 0.09


def test_uneven_weights_do_not_pass_for_more_rows():
    def weighted(rng):
        weights = rng.lognormal(0, 1.2, 300)
        return rng.integers(0, 3, 300), number(rng.normal(size=300), weights=weights / weights.mean())

    assert false_claims(weighted, 300) <= 0.09
