"""The way to noise and back in closed form, against chains that are walked, and against every path counted."""

import itertools
import math

import pytest
import torch

from assay.nets.generate.mixed import MixedColumns
from assay.nets.generate.noising import CodeNoise, NumberNoise, cosine_schedule

T = 20
KEPT = cosine_schedule(T)
COLUMNS = MixedColumns(0, (3, 2))
CODES = CodeNoise(KEPT, COLUMNS)


def at_time(t: int, n: int = 1) -> torch.Tensor:
    return torch.full((n,), t, dtype=torch.int64)


def step(t: int) -> float:
    return float(KEPT[t] / KEPT[t - 1])


def test_the_schedule_is_the_papers_cosine_and_ends_in_noise():
    def left(t: int) -> float:
        return math.cos((t / T + 0.008) / 1.008 * math.pi / 2) ** 2 / math.cos(0.008 / 1.008 * math.pi / 2) ** 2

    assert KEPT[0] == 1
    assert KEPT[:-1].tolist() == pytest.approx([left(t) for t in range(T)], rel=1e-9)
    assert 0 < KEPT[-1] < 1e-4
    assert (KEPT.diff() < 0).all()


@pytest.mark.parametrize("t", [1, 7, 20])
def test_numbers_at_a_time_are_those_of_the_chain_walked_step_by_step(t):
    rng, n, first = torch.Generator().manual_seed(0), 100_000, 1.7
    walked = torch.full((n, 1), first, dtype=torch.float64)
    for now in range(1, t + 1):
        walked = math.sqrt(step(now)) * walked + math.sqrt(1 - step(now)) * torch.randn(n, 1, generator=rng, dtype=torch.float64)
    start = torch.full((2, 1), first, dtype=torch.float64)
    ends = NumberNoise(KEPT).noised(start, torch.tensor([[0.0], [1.0]], dtype=torch.float64), at_time(t, 2))
    mean, spread = float(ends[0]), float(ends[1] - ends[0])
    assert float(walked.mean()) == pytest.approx(mean, abs=5 / math.sqrt(n))
    assert float(walked.std()) == pytest.approx(spread, rel=0.01)


@pytest.mark.parametrize("t", [1, 2, 11, 20])
def test_a_number_one_step_back_has_the_density_that_bayes_gives(t):
    first, noisy = 0.8, -0.3
    mean, variance = NumberNoise(KEPT).before(torch.tensor([[noisy]]).double(), torch.tensor([[first]]).double(), at_time(t))
    if t == 1:
        assert float(mean) == pytest.approx(first)
        assert float(variance) == pytest.approx(0, abs=1e-12)
        return
    values = torch.linspace(-8, 8, 400_001, dtype=torch.float64)
    left = float(KEPT[t - 1])
    log_density = -((values - math.sqrt(left) * first) ** 2) / (2 * (1 - left))
    log_density = log_density - (noisy - math.sqrt(step(t)) * values) ** 2 / (2 * (1 - step(t)))
    shares = log_density.softmax(0)
    expected = float((shares * values).sum())
    assert float(mean) == pytest.approx(expected, abs=1e-6)
    assert float(variance) == pytest.approx(float((shares * (values - expected) ** 2).sum()), rel=1e-4)


def one_step(t: int, count: int) -> torch.Tensor:
    """(count, count): from a level at t - 1 to one at t."""
    return step(t) * torch.eye(count, dtype=torch.float64) + (1 - step(t)) / count


@pytest.mark.parametrize("t", [1, 5, 20])
def test_codes_at_a_time_are_those_of_the_chain_of_matrices(t):
    for column, count in enumerate(COLUMNS.levels):
        chain = torch.eye(count, dtype=torch.float64)
        for now in range(1, t + 1):
            chain = chain @ one_step(now, count)
        for level in range(count):
            hot = CODES.hot(torch.full((1, 2), min(level, 1), dtype=torch.float64))
            hot[0, column] = torch.nn.functional.one_hot(torch.tensor(level), 3).double()
            found = CODES.noised(hot, at_time(t))[0, column, :count]
            torch.testing.assert_close(found, chain[level])


@pytest.mark.parametrize("t", [1, 2, 9, 20])
def test_the_posterior_of_a_code_is_that_of_every_path_counted(t):
    for column, count in enumerate(COLUMNS.levels):
        before = torch.eye(count, dtype=torch.float64)
        for now in range(1, t):
            before = before @ one_step(now, count)
        for first, noisy in itertools.product(range(count), range(count)):
            joint = torch.tensor([before[first, level] * one_step(t, count)[level, noisy] for level in range(count)])
            rows = torch.zeros((2, 2), dtype=torch.float64)
            rows[0, column], rows[1, column] = noisy, first
            hot = CODES.hot(rows)
            found = CODES.posterior(hot[:1], hot[1:], at_time(t))[0, column]
            torch.testing.assert_close(found[:count], joint / joint.sum())
            assert (found[count:] == 0).all()


def test_the_divergence_is_torchs_and_zero_for_equals():
    shares = torch.rand(30, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    one, other = (part / part.sum(2, keepdim=True) for part in (shares, shares.flip(0)))
    expected = torch.distributions.kl_divergence(torch.distributions.Categorical(one), torch.distributions.Categorical(other))
    torch.testing.assert_close(CODES.divergence(one, other), expected)
    certain = CODES.hot(torch.zeros((4, 2), dtype=torch.float64))
    assert (CODES.divergence(certain, certain) == 0).all()


def test_one_who_knows_the_row_walks_back_to_it():
    rng, n = torch.Generator().manual_seed(0), 200
    first = torch.randn(n, 2, generator=rng, dtype=torch.float64).clamp(-3, 3)
    hot = CODES.hot(torch.randint(0, 2, (n, 2), generator=rng).double())
    numbers = NumberNoise(KEPT)
    values, codes = torch.randn(n, 2, generator=rng, dtype=torch.float64), CODES.pure(n, rng, first)
    for t in range(T, 0, -1):
        left = float(KEPT[t])
        noise = (values - math.sqrt(left) * first) / math.sqrt(1 - left)
        values = numbers.back(values, noise, at_time(t, n), rng)
        codes = CODES.drawn(CODES.posterior(codes, hot, at_time(t, n)), rng)
    torch.testing.assert_close(values, first)
    assert torch.equal(codes, hot)
