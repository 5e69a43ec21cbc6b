"""Temperature, top-k and nucleus against closed forms and counted draws."""

import numpy as np
import pytest
from scipy.stats import chisquare

from assay.core.errors import ConfigError
from assay.language.sampling import Sampling, normalised, nucleus, top_k, with_temperature

SHARES = np.array([0.1, 0.4, 0.05, 0.25, 0.2])
LOGS = np.log(SHARES)


def test_temperature_raises_to_a_power() -> None:
    for temperature in (0.5, 1.0, 2.0):
        expected = SHARES ** (1 / temperature)
        np.testing.assert_allclose(np.exp(with_temperature(LOGS, temperature)), expected / expected.sum())
    assert np.exp(with_temperature(LOGS, 0)).tolist() == [0, 1, 0, 0, 0]
    np.testing.assert_allclose(np.exp(with_temperature(LOGS, 1e-300)), [0, 1, 0, 0, 0])
    np.testing.assert_allclose(np.exp(with_temperature(LOGS, 1e300)), 0.2)


def test_top_k_keeps_the_likeliest() -> None:
    np.testing.assert_allclose(np.exp(top_k(LOGS, 2)), [0, 0.4 / 0.65, 0, 0.25 / 0.65, 0])
    np.testing.assert_allclose(top_k(LOGS, 99), LOGS)
    assert np.exp(top_k(np.log([0.25] * 4), 1)).tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("p", "kept"), [(0.3, [1]), (0.4, [1]), (0.41, [1, 3]), (0.84, [1, 3, 4]), (0.951, [0, 1, 2, 3, 4]), (1.0, [0, 1, 2, 3, 4])]
)
def test_the_nucleus_is_the_fewest_that_have_the_share(p: float, kept: list[int]) -> None:
    found = nucleus(LOGS, p)
    assert np.flatnonzero(np.isfinite(found)).tolist() == kept
    np.testing.assert_allclose(np.exp(found[kept]), SHARES[kept] / SHARES[kept].sum())


def test_they_are_applied_in_the_order_temperature_top_k_nucleus() -> None:
    found = Sampling(temperature=0.5, top_k=3, top_p=0.9).apply(LOGS)
    by_hand = SHARES**2 * (SHARES >= 0.2)
    by_hand /= by_hand.sum()  # 0.66, 0.26, 0.16: the first two have 0.85, so all three are in the nucleus
    np.testing.assert_allclose(np.exp(found), by_hand)
    assert np.isfinite(Sampling(temperature=0.5, top_k=3, top_p=0.8).apply(LOGS)).sum() == 2


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(temperature=0.7), Sampling(top_k=3), Sampling(top_p=0.6)])
def test_draws_are_as_frequent_as_they_should_be(sampling: Sampling) -> None:
    random = np.random.default_rng(5)
    logs = np.append(LOGS, -np.inf)
    found = np.bincount([sampling.draw(logs, random) for _ in range(4000)], minlength=6)
    expected = np.exp(sampling.apply(logs))
    assert not found[expected == 0].any()
    assert chisquare(found[expected > 0], 4000 * expected[expected > 0]).pvalue > 1e-3


def test_the_same_generator_draws_the_same() -> None:
    first, second = (np.random.default_rng(1) for _ in range(2))
    assert [Sampling().draw(LOGS, first) for _ in range(30)] == [Sampling().draw(LOGS, second) for _ in range(30)]


def test_where_nothing_is_possible_it_says_so() -> None:
    with pytest.raises(ConfigError, match="could come next"):
        normalised(np.full(3, -np.inf))
    with pytest.raises(ConfigError, match="could come next"):
        Sampling(temperature=0.5).draw(np.full(3, -np.inf), np.random.default_rng(0))


@pytest.mark.parametrize(
    "settings", [{"temperature": -1}, {"temperature": float("nan")}, {"top_k": 0}, {"top_p": 0.0}, {"top_p": 1.1}]
)
def test_impossible_settings_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(settings))):
        Sampling(**settings)  # type: ignore[arg-type]
