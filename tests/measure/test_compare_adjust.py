import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from assay.measure.compare import benjamini_hochberg, holm


def test_holm_is_the_textbook_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_holm_passes_none_through_and_does_not_count_it() -> None:
    assert holm([None, 0.02, None, 0.03]) == [None, pytest.approx(0.04), None, pytest.approx(0.04)]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_rejects_just_what_the_step_down_procedure_rejects(p_values: list[float]) -> None:
    alpha, rejected = 0.05, set()
    for step, index in enumerate(np.argsort(p_values, kind="stable")):
        if (len(p_values) - step) * p_values[index] > alpha:
            break
        rejected.add(int(index))
    assert {i for i, p in enumerate(holm(p_values)) if p <= alpha} == rejected


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_benjamini_hochberg_is_that_of_statsmodels(p_values: list[float]) -> None:
    assert benjamini_hochberg(p_values) == pytest.approx(multipletests(p_values, method="fdr_bh")[1], abs=1e-12)


@pytest.mark.parametrize("n", [1, 4, 9])
def test_holm_is_that_of_statsmodels(n: int) -> None:
    p_values = np.round(np.random.default_rng(n).random(n) ** 3, 2).tolist()  # ties among them
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)


def test_benjamini_hochberg_is_the_published_example() -> None:
    # The 15 p-values of Benjamini & Hochberg (1995), section 3.2: four claims at 0.05, where Bonferroni makes three.
    p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1]
    assert sum(p <= 0.05 for p in benjamini_hochberg(p_values)) == 4
    assert sum(p <= 0.05 for p in holm(p_values)) == 3


def test_benjamini_hochberg_passes_none_through_and_does_not_count_it() -> None:
    assert benjamini_hochberg([None, 0.02, None, 0.03]) == [None, pytest.approx(0.03), None, pytest.approx(0.03)]
    assert benjamini_hochberg([]) == []


def test_benjamini_hochberg_keeps_the_share_of_false_claims() -> None:
    random = np.random.default_rng(3)
    shares = []
    for _ in range(600):
        z = random.normal(size=20) + np.repeat([0.0, 3.0], [14, 6])
        claimed = np.array(benjamini_hochberg((2 * norm.sf(np.abs(z))).tolist())) <= 0.1
        shares.append(claimed[:14].sum() / max(1, claimed.sum()))
    assert 0.04 < np.mean(shares) < 0.09  # 0.1 times the share of true hypotheses, 14 of 20, and its Monte Carlo error
