"""The way to noise and back in closed form, against chains that are walked and shares that can be counted."""

import math

import pytest
import torch

from assay.nets.generate.mixed import MixedColumns
from assay.nets.generate.noising import CodeMask, NumberNoise, cosine_schedule

T = 20
KEPT = cosine_schedule(T)
CODES = CodeMask(T, MixedColumns(0, (3, 2)))


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


@pytest.mark.parametrize("t", [1, 7, 20])
def test_at_a_time_its_share_of_the_codes_is_hidden_each_for_itself(t):
    n = 40_000
    hidden = CODES.hidden(at_time(t, n), torch.Generator().manual_seed(0))
    error = 5 * math.sqrt(0.25 / n)
    assert hidden.double().mean(0).tolist() == pytest.approx([t / T, t / T], abs=error)
    assert float((hidden[:, 0] & hidden[:, 1]).double().mean()) == pytest.approx((t / T) ** 2, abs=error)


def test_a_hidden_code_is_zeros_and_the_others_stay():
    hot = torch.tensor([[0.0, 1, 0, 1, 0], [1, 0, 0, 0, 1]])
    found = CODES.shown(hot, torch.tensor([[True, False], [False, True]]))
    assert found.tolist() == [[0, 0, 0, 1, 0], [1, 0, 0, 0, 0]]


def test_the_bound_of_one_who_sees_nothing_is_the_whole_cross_entropy_on_average():
    """Its mean over times is Σ_t 1/T · T/t · (t/T) · cross-entropy, the closed form of a chain that hides t/T."""
    rng, n = torch.Generator().manual_seed(0), 200_000
    output = torch.tensor([0.3, -1.0, 0.5, 2.0, 0.0], dtype=torch.float64)
    table = torch.tensor([2.0, 1.0], dtype=torch.float64)
    time = torch.randint(1, T + 1, (n,), generator=rng)
    lost = CODES.bound(output.expand(n, -1), table.expand(n, -1), CODES.hidden(time, rng), time)
    expected = float(-output[:3].log_softmax(0)[2] - output[3:].log_softmax(0)[1])
    assert float(lost.mean()) == pytest.approx(expected, abs=5 * float(lost.std()) / math.sqrt(n))


def test_on_the_way_back_each_code_is_drawn_once_and_as_many_in_each_step():
    rng, n = torch.Generator().manual_seed(0), 20_000
    shares = torch.tensor([0.5, 0.3, 0.2, 0.9, 0.1], dtype=torch.float64)
    output = shares.log().expand(n, -1)
    codes, hidden = torch.full((n, 2), -1), torch.ones((n, 2), dtype=torch.bool)
    for t in range(T, 0, -1):
        before = codes.clone()
        hidden = CODES.back(codes, hidden, output, t, rng)
        assert torch.equal(codes == -1, hidden)
        assert torch.equal(codes[before >= 0], before[before >= 0]), "what is drawn stays"
        assert float(hidden.double().mean()) == pytest.approx((t - 1) / T, abs=5 * math.sqrt(0.25 / (2 * n)))
    found = torch.cat([torch.bincount(codes[:, 0], minlength=3), torch.bincount(codes[:, 1], minlength=2)]).double() / n
    assert found.tolist() == pytest.approx(shares.tolist(), abs=5 * math.sqrt(0.25 / n))


def test_columns_that_go_together_do_so_unless_they_are_drawn_in_one_step():
    """Two equal fair coins: one who knows it errs only where both are drawn at once, with share 1/T, and then in half."""
    rng, n = torch.Generator().manual_seed(0), 40_000
    coins = CodeMask(T, MixedColumns(0, (2, 2)))
    codes, hidden = torch.zeros((n, 2), dtype=torch.int64), torch.ones((n, 2), dtype=torch.bool)
    for t in range(T, 0, -1):
        seen = torch.nn.functional.one_hot(codes, 2).double() * ~hidden[:, :, None]
        output = (50 * seen.flip(1)).flatten(1)  # each is told by the other, if that is seen
        hidden = coins.back(codes, hidden, output, t, rng)
    expected = 1 / (2 * T)
    apart = float((codes[:, 0] != codes[:, 1]).double().mean())
    assert apart == pytest.approx(expected, abs=5 * math.sqrt(expected / n))


def test_one_who_knows_the_row_walks_back_to_it():
    rng, n = torch.Generator().manual_seed(0), 200
    first = torch.randn(n, 2, generator=rng, dtype=torch.float64).clamp(-3, 3)
    numbers, values = NumberNoise(KEPT), torch.randn(n, 2, generator=rng, dtype=torch.float64)
    for t in range(T, 0, -1):
        left = float(KEPT[t])
        noise = (values - math.sqrt(left) * first) / math.sqrt(1 - left)
        values = numbers.back(values, noise, at_time(t, n), rng)
    torch.testing.assert_close(values, first)
