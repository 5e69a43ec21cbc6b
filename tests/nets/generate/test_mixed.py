import numpy as np
import pytest
import torch
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.generate.autoencoder import AutoencoderSpec
from assay.nets.generate.diffusion import DiffusionSpec
from assay.nets.generate.gan import CTGANSpec
from assay.nets.generate.mixed import MixedColumns, MixedReconstruction, draw_codes
from assay.nets.generate.variational import VAESpec

COLUMNS = MixedColumns(2, (3, 2, 4))


def table(n: int = 50) -> torch.Tensor:
    rng = np.random.default_rng(0)
    return torch.from_numpy(np.hstack([rng.normal(size=(n, 2)), rng.integers(0, COLUMNS.levels, (n, 3))]))


def test_a_widened_row_is_its_numbers_and_its_codes_one_hot():
    rows = table()
    hot = [functional.one_hot(rows[:, 2 + place].long(), count) for place, count in enumerate(COLUMNS.levels)]
    assert torch.equal(COLUMNS.widened(rows), torch.cat([rows[:, :2], *hot], dim=1))
    assert COLUMNS.width == 11
    only_numbers = MixedColumns(2, ())
    assert torch.equal(only_numbers.widened(rows[:, :2]), rows[:, :2])


def test_cross_entropies_and_their_gradients_are_torchs_column_by_column():
    rows = table()
    output = torch.randn(50, 11, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()
    found = COLUMNS.cross_entropies(output, rows)
    parts = output[:, 2:].split(COLUMNS.levels, dim=1)
    expected = torch.stack(
        [functional.cross_entropy(part, rows[:, 2 + i].long(), reduction="none") for i, part in enumerate(parts)], dim=1
    )
    torch.testing.assert_close(found, expected)
    [mine], [theirs] = torch.autograd.grad(found.sum(), output), torch.autograd.grad(expected.sum(), output)
    torch.testing.assert_close(mine, theirs)
    assert torch.isfinite(mine).all()


def test_the_reconstruction_loss_is_the_mean_over_the_columns():
    rows, output = table(), torch.randn(50, 11, dtype=torch.float64)
    expected = ((output[:, :2] - rows[:, :2]) ** 2).sum(1) + COLUMNS.cross_entropies(output, rows).sum(1)
    torch.testing.assert_close(MixedReconstruction(2, COLUMNS.levels)(output, rows), expected / 5)
    numbers = MixedReconstruction(2, ())(output[:, :2], rows[:, :2])
    torch.testing.assert_close(numbers, functional.mse_loss(output[:, :2], rows[:, :2], reduction="none").mean(1))


def test_padding_fills_where_a_column_has_fewer_levels():
    flat = torch.randn(7, 9)
    padded = COLUMNS.padded(flat, -5.0)
    assert padded.shape == (7, 3, 4)
    for place, part in enumerate(flat.split(COLUMNS.levels, dim=1)):
        assert torch.equal(padded[:, place, : part.shape[1]], part)
        assert (padded[:, place, part.shape[1] :] == -5).all()


def test_shares_and_log_shares_and_their_gradients_are_torchs_softmax_column_by_column():
    output = torch.randn(6, 11, dtype=torch.float64).requires_grad_()
    weights = torch.rand(6, 9, dtype=torch.float64)
    found = COLUMNS.shares(output[:, 2:])
    expected = torch.cat([part.softmax(1) for part in output[:, 2:].split(COLUMNS.levels, dim=1)], dim=1)
    torch.testing.assert_close(found, expected)
    [mine], [theirs] = (torch.autograd.grad((one * weights).sum(), output) for one in (found, expected))
    torch.testing.assert_close(mine, theirs)
    torch.testing.assert_close(COLUMNS.log_shares(output), COLUMNS.padded(expected.log(), -torch.inf))


def test_codes_are_drawn_as_often_as_their_probabilities_say_and_never_one_of_none():
    shares = torch.tensor([0.6, 0.3, 0.1, 0.0], dtype=torch.float64)
    drawn = draw_codes(shares.log().expand(40_000, 4), torch.Generator().manual_seed(0))
    found = torch.bincount(drawn, minlength=4) / 40_000
    assert (found - shares).abs().max() < 4 * (0.25 / 40_000) ** 0.5
    assert found[3] == 0


def test_codes_of_chosen_cells_are_drawn_by_their_own_columns_probabilities():
    n = 30_000
    output = torch.randn(1, 11, dtype=torch.float64, generator=torch.Generator().manual_seed(2)).expand(n, -1)
    columns = torch.arange(n) % 3
    drawn = COLUMNS.draws(output, torch.arange(n), columns, torch.Generator().manual_seed(0))
    for place, part in enumerate(output[0, 2:].split(COLUMNS.levels)):
        found = torch.bincount(drawn[columns == place], minlength=len(part)).double() / (n / 3)
        assert len(found) == len(part)
        assert (found - part.softmax(0)).abs().max() < 5 * (0.25 / (n / 3)) ** 0.5


def test_logits_far_apart_between_columns_have_finite_cross_entropies():
    output = torch.tensor([[0.0, 0.0, 900.0, 901.0, 902.0, -900.0, -901.0, 0.0, 1.0, 2.0, 3.0]])
    found = COLUMNS.cross_entropies(output, torch.zeros(1, 5))
    expected = [float(-part.log_softmax(0)[0]) for part in output[0, 2:].split(COLUMNS.levels)]
    assert found[0].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("kind", [VAESpec, CTGANSpec, DiffusionSpec])
@pytest.mark.parametrize(
    "columns", [(0, (), 0), (-1, (2,), 0), (1, (0,), 0), (1, (), -1), (10**7, (), 0), (0, (1000,) * 2000, 0)]
)
def test_columns_that_no_table_has_make_no_net(kind, columns):
    with pytest.raises(ConfigError):
        kind(*columns)


@pytest.mark.parametrize(
    ("kind", "setting"),
    [
        (VAESpec, {"latent": 0}),
        (VAESpec, {"hidden": (4, 0)}),
        (VAESpec, {"activation": "relo"}),
        (CTGANSpec, {"pack": 0}),
        (CTGANSpec, {"noise": -1}),
        (DiffusionSpec, {"times": 1}),
        (DiffusionSpec, {"times": 10**6}),
        (DiffusionSpec, {"width": 7}),
    ],
)
def test_an_impossible_setting_of_a_net_is_refused(kind, setting):
    with pytest.raises(ConfigError):
        kind(3, (2,), 2, **setting)


def test_an_autoencoder_needs_a_narrow_layer():
    with pytest.raises(ConfigError, match="outputs=0"):
        AutoencoderSpec(3, (), 0)
