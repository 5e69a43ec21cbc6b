"""R-hat and effective sample sizes against arviz, the closed form of autoregressive chains, and chains that are stuck."""

import numpy as np
import pytest
from tests.nets.uncertainty.targets import walks

from assay.nets.uncertainty.diagnostics import bulk_ess, mean_ess, problems, r_hat

ARVIZ = {
    "independent": (1.000698378871917, 2003.152288929528, 2007.1013689207825),
    "slow": (1.0382442093398283, 84.84638534000707, 85.05462269429745),
    "antithetic": (1.001160990756891, 6602.059991327962, 6602.059991327962),
    "shifted": (1.0654077424184707, 53.58625773064368, 52.985110744596874),
    "scaled": (1.1685786622283714, 729.9826749836981, 733.9463094677967),
}
"""rhat, ess(method="bulk"), ess(method="mean") of arviz 0.22 on the chains below."""


def chains(name: str) -> np.ndarray:
    correlation = {"independent": 0.0, "slow": 0.9, "antithetic": -0.5}.get(name, 0.5)
    values = walks(correlation)
    if name == "shifted":
        values[3] += 1
    if name == "scaled":
        values[3] *= 3
    return values


@pytest.mark.parametrize("name", ARVIZ)
def test_the_numbers_are_those_of_arviz(name):
    values = chains(name)
    found = (r_hat(values)[0], bulk_ess(values)[0], mean_ess(values)[0])
    assert found == pytest.approx(ARVIZ[name], rel=1e-9)


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.7, 0.9, -0.4])
def test_the_effective_size_of_an_autoregressive_chain_is_known(correlation):
    """N (1 - ρ) / (1 + ρ)."""
    expected = 80_000 * (1 - correlation) / (1 + correlation)
    values = walks(correlation, draws=20_000, seed=3)
    assert mean_ess(values)[0] == pytest.approx(expected, rel=0.1)


def test_the_standard_error_that_the_effective_size_gives_is_that_of_repeated_chains():
    means, errors = [], []
    for seed in range(200):
        values = walks(0.8, draws=400, seed=seed)
        means.append(values.mean())
        errors.append(values.std() / np.sqrt(mean_ess(values)[0]))
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.15)


def test_r_hat_is_near_1_on_chains_that_agree_and_large_on_chains_that_are_stuck():
    good = np.random.default_rng(0).normal(size=(4, 1000, 3))
    assert r_hat(good) == pytest.approx(1, abs=0.005)
    stuck = good.copy()
    stuck[0, :, 0] += 5  # in another mode
    stuck[0, :, 1] *= 10  # of another width about the same mean: only the folded draws tell
    stuck[:, 500:, 2] += 3  # every chain drifts alike: only its halves tell
    assert (r_hat(stuck) > 1.05).all()


def test_r_hat_bears_tails_without_a_mean():
    assert r_hat(np.random.default_rng(0).standard_cauchy(size=(4, 1000, 1)))[0] < 1.01


def test_chains_that_stand_still_are_told_from_chains_that_agree():
    apart = np.repeat(np.arange(4.0)[:, None, None], 100, axis=1)
    assert np.isinf(r_hat(apart)[0])
    never = np.zeros((4, 100, 1))
    assert np.isnan(r_hat(never)[0])
    assert np.isnan(bulk_ess(never)[0])
    for values in (apart, never):
        assert problems(values, np.zeros(4, int))


def test_an_odd_number_of_draws_leaves_out_the_one_in_the_middle():
    values = walks(0.5, draws=501)
    without = np.delete(values, 250, axis=1)
    assert r_hat(values) == pytest.approx(r_hat(without))
    assert mean_ess(values) == pytest.approx(mean_ess(without))


def test_problems_are_said_in_sentences_and_good_chains_have_none():
    good = np.random.default_rng(0).normal(size=(4, 1000, 2))
    assert problems(good, np.zeros(4, int)) == ()
    (said,) = problems(good, np.array([0, 2, 0, 1]))
    assert said.startswith("3 trajectories diverged")
    disagree, few = problems(good + np.arange(4)[:, None, None], np.zeros(4, int))
    assert disagree.startswith("the chains do not agree: R-hat is 1.")
    assert few == "the draws are worth 7 independent ones, fewer than 400; use more draws or a longer path."
    assert "fewer than 400" in problems(good[:, :60], np.zeros(4, int))[-1]


def test_draws_of_another_form_are_refused():
    for shape in ((4, 100), (4, 3, 1)):
        with pytest.raises(ValueError, match="chains, draws, d"):
            r_hat(np.zeros(shape))
