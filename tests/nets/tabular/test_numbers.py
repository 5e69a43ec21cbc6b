"""Number embeddings against the package of their authors, with copied weights, and against numpy."""

import numpy as np
import pytest
import rtdl_num_embeddings as published
import torch
from torch import nn

from assay.core.errors import ConfigError, DataError
from assay.nets.tabular.numbers import (
    LinearEmbedding,
    PerColumnLinear,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    PiecewiseLinearEncoding,
    check_embedding,
    number_embedding,
)

pytestmark = pytest.mark.filterwarnings("ignore:The .*-th feature has just two bin edges")


def copy(target: torch.Tensor, source: torch.Tensor) -> None:
    with torch.no_grad():
        target.copy_(source)


def randomise(module: nn.Module, seed: int = 0) -> None:
    generator = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        copy(parameter, torch.randn(parameter.shape, generator=generator))


def columns(rows: int = 200, seed: int = 0) -> np.ndarray:
    """A smooth column, one with few values (many equal quantiles), a flag, and a skewed one."""
    rng = np.random.default_rng(seed)
    return np.column_stack(
        [rng.normal(size=rows), rng.integers(0, 4, rows), rng.random(rows) < 0.3, rng.lognormal(sigma=2, size=rows)]
    )


def beyond(numbers: np.ndarray) -> torch.Tensor:
    """Rows within and outside what was seen, and the edges themselves."""
    lowest, highest = numbers.min(axis=0), numbers.max(axis=0)
    return torch.from_numpy(np.vstack([numbers[:50], lowest - 2, highest + 2, lowest, highest]))


def their_bins(encoding: PiecewiseLinearEncoding) -> list[torch.Tensor]:
    return [edges.unique() for edges in encoding.edges]


def their_place(bins: list[torch.Tensor], column: int, most: int) -> list[int]:
    """Where the package, which keeps the last bin at the end, puts the bins of a column."""
    count = len(bins[column]) - 1
    return [*range(count - 1), most - 1]


@pytest.mark.parametrize("bins", [2, 5, 16])
def test_bins_are_the_quantiles_that_the_published_package_computes(bins: int):
    numbers = columns()
    encoding = PiecewiseLinearEncoding(4, bins).double()
    encoding.learn(numbers)
    for ours, theirs in zip(their_bins(encoding), published.compute_bins(torch.from_numpy(numbers), bins), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("bins", [2, 5, 16])
def test_the_encoding_is_the_published_one_within_and_beyond_what_was_seen(bins: int):
    numbers = columns()
    encoding = PiecewiseLinearEncoding(4, bins).double()
    encoding.learn(numbers)
    x = beyond(numbers)
    real = encoding.edges.diff(dim=1) > 0
    assert not real.all()
    assert (real.sum(dim=1) == 1).any()
    theirs = published.PiecewiseLinearEncoding(their_bins(encoding)).double()(x)
    torch.testing.assert_close(encoding(x)[:, real], theirs)
    assert (encoding(x)[:, ~real] == 0).all()


def test_the_encoding_by_hand():
    encoding = PiecewiseLinearEncoding(1, 3).double()
    encoding.edges.copy_(torch.tensor([[0.0, 1.0, 3.0, 7.0]]))
    x = torch.tensor([[-1.0], [0.5], [2.0], [5.0], [11.0]], dtype=torch.float64)
    assert encoding(x)[:, 0].tolist() == [[-1, 0, 0], [0.5, 0, 0], [1, 0.5, 0], [1, 1, 0.5], [1, 1, 2]]


def test_a_constant_column_is_encoded_as_zeros_and_one_row_is_enough_to_learn_from():
    encoding = PiecewiseLinearEncoding(2, 8)
    encoding.learn(np.array([[3.0, -1.0]]))
    assert (encoding(torch.randn(5, 2)) == 0).all()


def test_edges_that_float32_can_hardly_tell_apart_are_one():
    numbers = np.concatenate([np.full(50, 1000.0), np.full(50, 1000.0001), np.linspace(0, 1, 100)])[:, None]
    encoding = PiecewiseLinearEncoding(1, 10)
    encoding.learn(numbers)
    assert encoding(torch.tensor([[1000.001]])).max() <= 1.001


@pytest.mark.parametrize("numbers", [np.zeros((0, 2)), np.zeros((3, 1)), np.zeros(2)])
def test_no_rows_or_other_columns_teach_no_bins(numbers: np.ndarray):
    with pytest.raises(DataError, match="quantiles of 2 columns"):
        PiecewiseLinearEncoding(2, 4).learn(numbers)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_bins_are_not_learnt_from_what_float32_cannot_hold(value: float):
    with pytest.raises(DataError, match="column 1 holds"):
        PiecewiseLinearEncoding(2, 4).learn(np.array([[0.0, 1.0], [1.0, value]]))


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("relu", [True, False])
def test_the_piecewise_linear_embedding_is_the_published_one(relu: bool):
    numbers = columns()
    ours = PiecewiseLinearEmbedding(4, 6, bins=12, relu=relu).double()
    ours.learn(numbers, None)
    randomise(ours)
    bins = their_bins(ours.encoding)
    theirs = published.PiecewiseLinearEmbeddings(bins, 6, activation=relu, version="A" if relu else "B").double()
    most = theirs.impl.get_max_n_bins()
    for column in range(4):
        for place, there in enumerate(their_place(bins, column, most)):
            copy(theirs.linear.weight[column, there], ours.linear.weight[column, place])
    if relu:
        copy(theirs.linear.bias, ours.linear.bias)
    else:
        copy(theirs.linear0.weight, ours.straight.weight)
        copy(theirs.linear0.bias, ours.straight.bias)
    x = beyond(numbers)
    torch.testing.assert_close(ours(x), theirs(x))


def test_the_piecewise_linear_embedding_without_relu_starts_linear():
    embedding = PiecewiseLinearEmbedding(4, 6, bins=12, relu=False).double()
    embedding.learn(columns(), None)
    x = torch.from_numpy(columns(3))
    middle = embedding((x[:1] + x[1:2]) / 2)
    torch.testing.assert_close(middle, (embedding(x[:1]) + embedding(x[1:2])) / 2)


@pytest.mark.parametrize("lite", [True, False])
def test_the_periodic_embedding_is_the_published_one(lite: bool):
    ours = PeriodicEmbedding(4, 6, frequencies=5, sigma=0.3, lite=lite).double()
    theirs = published.PeriodicEmbeddings(4, 6, n_frequencies=5, lite=lite).double()
    randomise(ours)
    copy(theirs.periodic.weight, ours.frequencies)
    copy(theirs.linear.weight, ours.linear.weight)
    copy(theirs.linear.bias, ours.linear.bias)
    x = torch.from_numpy(columns())
    torch.testing.assert_close(ours(x), theirs(x))


def test_frequencies_are_drawn_with_standard_deviation_sigma_and_cut_at_three():
    torch.manual_seed(0)
    drawn = PeriodicEmbedding(100, 2, frequencies=100, sigma=0.3, lite=True).frequencies.detach()
    assert drawn.abs().max() <= 0.9
    assert abs(drawn.mean()) < 0.012  # four standard errors
    assert drawn.std() / 0.3 == pytest.approx(0.9866, abs=0.03)  # of a normal cut at three


@pytest.mark.parametrize("relu", [True, False])
def test_the_linear_embedding_is_the_published_one(relu: bool):
    ours = LinearEmbedding(4, 6, relu=relu).double()
    theirs = (published.LinearReLUEmbeddings if relu else published.LinearEmbeddings)(4, 6).double()
    randomise(ours)
    linear = theirs.linear if relu else theirs
    copy(linear.weight, ours.weight)
    copy(linear.bias, ours.bias)
    x = torch.from_numpy(columns())
    torch.testing.assert_close(ours(x), theirs(x))


def test_every_column_has_a_linear_layer_of_its_own():
    layer = PerColumnLinear(3, 4, 2).double()
    x = torch.randn(5, 3, 4, dtype=torch.float64)
    expected = np.einsum("nci,cio->nco", x.numpy(), layer.weight.detach().numpy()) + layer.bias.detach().numpy()
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-12)


def test_first_weights_have_the_spread_of_the_published_ones():
    torch.manual_seed(0)
    pairs = [
        (PerColumnLinear(20, 30, 10), published._NLinear(20, 30, 10)),
        (LinearEmbedding(200, 16, relu=False), published.LinearEmbeddings(200, 16)),
    ]
    for ours, theirs in pairs:
        for mine, yours in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert mine.std().item() == pytest.approx(yours.std().item(), rel=0.1)
            assert mine.abs().max().item() == pytest.approx(yours.abs().max().item(), rel=0.02)


@pytest.mark.parametrize(
    ("kind", "width", "bins", "frequencies", "sigma"),
    [
        ("periodik", 8, 4, 4, 1.0),
        ("periodic", 0, 4, 4, 1.0),
        ("piecewise", 8, 1, 4, 1.0),
        ("periodic", 8, 4, 0, 1.0),
        ("periodic", 8, 4, 4, 0.0),
        ("periodic", 8, 4, 4, float("nan")),
    ],
)
def test_impossible_embeddings_are_refused(kind: str, width: int, bins: int, frequencies: int, sigma: float):
    with pytest.raises(ConfigError):
        check_embedding(kind, width, bins, frequencies, sigma)


def test_no_columns_need_no_embedding():
    assert number_embedding("piecewise", 0, 8, bins=4, frequencies=4, sigma=1.0) is None
    assert number_embedding("none", 3, 8, bins=4, frequencies=4, sigma=1.0) is None
