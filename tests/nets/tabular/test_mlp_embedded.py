"""The perceptrons on embedded columns, against chains of published pieces and of matrix products."""

import numpy as np
import pytest
import rtdl_num_embeddings as published
import torch

from assay.core.errors import ConfigError
from assay.nets.architectures import assemble, weights_of
from assay.nets.tabular.entity import EntityMLPSpec
from assay.nets.tabular.mlp_embedded import PeriodicMLPSpec, PiecewiseMLPSpec


def table(rows: int = 30) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.column_stack([rng.normal(size=(rows, 3)), rng.integers(0, 4, rows), rng.integers(0, 20, rows)])


def dense(x: np.ndarray, weights: dict[str, np.ndarray]) -> np.ndarray:
    hidden = np.maximum(x @ weights["layers.0.weight"].T + weights["layers.0.bias"], 0)
    return hidden @ weights["layers.3.weight"].T + weights["layers.3.bias"]


@pytest.mark.parametrize("lite", [True, False])
def test_mlp_plr_is_the_published_embedding_beside_one_hot_and_looked_up_categories_then_matrix_products(lite: bool):
    spec = PeriodicMLPSpec(3, (4, 20), 2, embedding=5, frequencies=6, lite=lite, hidden=(7,))
    weights = weights_of(spec.build())
    theirs = published.PeriodicEmbeddings(3, 5, n_frequencies=6, lite=lite)
    names = {"periodic.weight": "frequencies", "linear.weight": "linear.weight", "linear.bias": "linear.bias"}
    theirs.load_state_dict({name: torch.from_numpy(weights[f"features.embedding.{ours}"]) for name, ours in names.items()})
    matrix = table()
    numbers = theirs.double()(torch.from_numpy(matrix[:, :3])).flatten(1).detach().numpy()
    looked_up = weights["features.categories.tables.0.weight"][matrix[:, 4].astype(int)]
    expected = dense(np.column_stack([numbers, np.eye(4)[matrix[:, 3].astype(int)], looked_up]), weights)
    np.testing.assert_allclose(assemble(spec, weights)(spec.tensor(matrix)).detach().numpy(), expected, rtol=1e-9)


@pytest.mark.parametrize("relu", [True, False])
def test_mlp_ple_keeps_its_bins_among_its_weights_and_reads_numbers_through_the_published_embedding(relu: bool):
    spec = PiecewiseMLPSpec(3, (), 1, embedding=5, bins=4, relu=relu, hidden=(7,))
    model = spec.build()
    matrix = table(300)[:, :3]
    model.learn(matrix)
    torch.nn.init.normal_(model.features.embedding.linear.weight)
    weights = weights_of(model)
    np.testing.assert_allclose(
        weights["features.embedding.encoding.edges"], np.quantile(matrix, [0, 0.25, 0.5, 0.75, 1], axis=0).T, rtol=1e-6
    )
    bins = list(torch.from_numpy(weights["features.embedding.encoding.edges"]))
    theirs = published.PiecewiseLinearEmbeddings(bins, 5, activation=relu, version="A" if relu else "B")
    copied = {"linear.weight": "linear.weight", "linear.bias": "linear.bias"}
    copied |= {"linear0.weight": "straight.weight", "linear0.bias": "straight.bias"}
    present = {name: ours for name, ours in copied.items() if f"features.embedding.{ours}" in weights}
    state = {name: torch.from_numpy(weights[f"features.embedding.{ours}"]) for name, ours in present.items()}
    assert {name for name, _ in theirs.named_parameters()} == set(state)
    theirs.load_state_dict(state, strict=False)
    numbers = theirs.double()(torch.from_numpy(matrix)).flatten(1).detach().numpy()
    ours = assemble(spec, weights)(spec.tensor(matrix)).detach().numpy()
    # the package divides by the bins' widths in float32, as it was built
    np.testing.assert_allclose(ours, dense(numbers, weights), atol=1e-5)


def test_entity_embeddings_stand_beside_plain_numbers():
    spec = EntityMLPSpec(3, (4, 20), 1, hidden=(7,))
    weights = weights_of(spec.build())
    tables = [weights[f"features.categories.tables.{place}.weight"] for place in range(2)]
    assert [part.shape for part in tables] == [(4, 3), (20, 9)]
    matrix = table()
    looked_up = [part[matrix[:, 3 + place].astype(int)] for place, part in enumerate(tables)]
    expected = dense(np.column_stack([matrix[:, :3], *looked_up]), weights)
    np.testing.assert_allclose(assemble(spec, weights)(spec.tensor(matrix)).detach().numpy(), expected, rtol=1e-9)


def test_impossible_layers_are_refused():
    for settings in ({"hidden": (0,)}, {"hidden": (2**16 + 1,)}, {"dropout": 1.0}, {"activation": "rellu"}):
        with pytest.raises(ConfigError):
            EntityMLPSpec(3, (), 1, **settings)
    with pytest.raises(ConfigError, match="one_hot"):
        PeriodicMLPSpec(3, (), 1, one_hot=-1)
    with pytest.raises(ConfigError, match="bins"):
        PiecewiseMLPSpec(3, (), 1, bins=1)
