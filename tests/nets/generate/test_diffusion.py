import math

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn

from assay.nets.generate.diffusion import Denoising, Diffusion, noisy_rows, time_waves
from assay.nets.generate.generator import fit_generator
from assay.nets.generate.mixed import MixedColumns
from assay.nets.generate.noising import CodeMask, cosine_schedule
from assay.nets.generate.space import schema_of
from assay.nets.training.examples import Examples


class Says(nn.Module):
    """A net that says the same of every row."""

    def __init__(self, output: list[float]) -> None:
        super().__init__()
        self.output = torch.tensor(output)

    def forward(self, noisy: torch.Tensor, time: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        return self.output.expand(len(noisy), -1)


@pytest.mark.parametrize(
    ("numbers", "levels", "expected"),
    [(2, (), 1.0), (0, (4, 2), math.log(8) / 2), (2, (4, 2), 1.0 + math.log(8) / 2)],
)
def test_one_who_says_nothing_loses_the_variance_of_the_noise_and_the_entropy_of_even_codes(numbers, levels, expected):
    columns, n = MixedColumns(numbers, levels), 100_000
    rng = torch.Generator().manual_seed(0)
    codes = [torch.randint(0, level, (n, 1), generator=rng).float() for level in levels]
    table = torch.cat([torch.randn(n, numbers, generator=rng), *codes], dim=1)
    classes = torch.zeros(n, dtype=torch.int64)
    loss = Denoising(columns, cosine_schedule(50))(Says([0.0] * columns.width), Examples((table, classes), classes), rng)
    assert float(loss) == pytest.approx(expected, abs=0.03)


def test_the_net_reads_numbers_and_what_is_not_hidden():
    columns = MixedColumns(1, (3, 2))
    codes, hidden = torch.tensor([[2, 1], [0, 1]]), torch.tensor([[False, True], [True, True]])
    found = noisy_rows(CodeMask(10, columns), torch.tensor([[0.5], [-0.5]]), codes, hidden)
    assert found.tolist() == [[0.5, 0, 0, 1, 0, 0], [-0.5, 0, 0, 0, 0, 0]]
    assert noisy_rows(CodeMask(10, MixedColumns(1, ())), torch.tensor([[0.5]]), codes[:1, :0], hidden[:1, :0]).tolist() == [[0.5]]


def test_times_have_waves_of_their_own():
    found = time_waves(torch.arange(1, 101), 16, torch.zeros(1))
    assert found.shape == (100, 16)
    torch.testing.assert_close(found[:, 0], torch.arange(1.0, 101).cos())
    torch.testing.assert_close(found[:, 15], (torch.arange(1.0, 101) * 10_000 ** (-7 / 8)).sin())
    apart = torch.cdist(found, found) + torch.eye(100) * 9
    assert apart.min() > 0.05


def simulated(n: int, seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Of class 1, 30 %: x and y correlate with -0.7 (class 0: with 0.8); the town tells x's sign nine times in ten."""
    rng = np.random.default_rng(seed)
    code = (rng.random(n) < 0.3).astype(np.int64)
    rho = np.where(code == 1, -0.7, 0.8)
    x, other = rng.normal(size=(2, n))
    y = np.exp(rho * x + np.sqrt(1 - rho**2) * other)
    town = np.where((x > 0) == (rng.random(n) < 0.9), "north", rng.choice(["south", "west"], n, p=[0.75, 0.25]))
    return pl.DataFrame({"x": x, "y": y, "town": town, "paid": np.where(rng.random(n) < 0.1, 0.0, rng.random(n))}), code


def test_correlations_and_shares_of_a_known_truth_come_back_class_by_class():
    frame, code = simulated(2000, 0)
    settings = Diffusion(width=64, hidden=(64, 64), steps=1200, batch_size=250, times=50, learning_rate=5e-3)
    fitted = fit_generator(settings, frame, schema_of(frame), code, seed=0)
    for label, rho in ((0, 0.8), (1, -0.7)):
        made = fitted.sample(4000, label, 1)
        x, y = made["x"].to_numpy(), made["y"].to_numpy()
        assert np.corrcoef(x, np.log(y))[0, 1] == pytest.approx(rho, abs=0.1)
        assert (x.mean(), x.std()) == pytest.approx((0, 1), abs=0.12)
        shares = [float((made["town"] == town).mean()) for town in ("north", "south", "west")]
        assert shares == pytest.approx([0.5, 0.375, 0.125], abs=0.05)
        north = (made["town"] == "north").to_numpy()
        assert [north[x > 0.5].mean(), north[x < -0.5].mean()] == pytest.approx([0.9, 0.1], abs=0.07)
        assert float((made["paid"] == 0).mean()) == pytest.approx(0.1, abs=0.04)
