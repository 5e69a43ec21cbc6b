"""TabM against the package of its authors, with copied weights, and against its members taken apart."""

import numpy as np
import pytest
import rtdl_num_embeddings
import tabm as published
import torch

from assay.core.errors import ConfigError
from assay.nets.tabular.tabm import BatchEnsembleLinear, TabM, TabMSpec

LEVELS = (3, 5)


def table(rows: int = 60) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.column_stack([rng.normal(size=(rows, 4)), *(rng.integers(0, count, rows) for count in LEVELS)])


def randomise(module: torch.nn.Module) -> None:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.5)


def embeddings_of(ours: TabM, kind: str) -> torch.nn.Module | None:
    if kind == "none":
        return None
    inner = ours.features.embedding
    state = {name: value for name, value in inner.state_dict().items() if name != "encoding.edges"}
    if kind == "piecewise":
        theirs = rtdl_num_embeddings.PiecewiseLinearEmbeddings(list(inner.encoding.edges), 6, activation=False, version="B")
        names = {"straight.weight": "linear0.weight", "straight.bias": "linear0.bias", "linear.weight": "linear.weight"}
    else:
        theirs = rtdl_num_embeddings.PeriodicEmbeddings(4, 6, n_frequencies=7, lite=False)
        names = {"frequencies": "periodic.weight", "linear.weight": "linear.weight", "linear.bias": "linear.bias"}
    assert set(names) == set(state)
    theirs.double().load_state_dict({names[name]: value for name, value in state.items()}, strict=False)
    return theirs


def theirs_of(ours: TabM, spec: TabMSpec) -> published.TabM:
    """The published net with our weights."""
    theirs = published.TabM.make(
        n_num_features=4,
        cat_cardinalities=list(LEVELS),
        d_out=spec.outputs,
        num_embeddings=embeddings_of(ours, spec.embedding),
        k=spec.members,
        n_blocks=2,
        d_block=spec.hidden[0],
        dropout=spec.dropout,
        arch_type="tabm" if spec.variant == "full" else "tabm-mini",
    ).double()
    state = {name: value for name, value in theirs.state_dict().items() if name.startswith("num_module.")}
    scaled = spec.variant == "mini"
    for name, value in ours.state_dict().items():
        part, _, rest = name.partition(".")
        if part == "last":
            state[f"output.{rest}"] = value
        elif part == "layers":
            place, _, kind = rest.partition(".")
            if scaled and place == "0":
                state["backbone.affine.weight"] = value
            else:
                state[f"backbone.blocks.{(int(place) - scaled) // 3}.0.{kind}"] = value
    theirs.load_state_dict(state)
    return theirs


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("embedding", ["none", "piecewise", "periodic"])
@pytest.mark.parametrize("variant", ["full", "mini"])
def test_outputs_are_those_of_the_published_net(variant: str, embedding: str):
    spec = TabMSpec(
        4,
        LEVELS,
        2,
        members=3,
        variant=variant,
        hidden=(8, 8),
        dropout=0.3,
        embedding=embedding,
        embedding_width=6,
        bins=5,
        frequencies=7,
    )
    ours = spec.build().double()
    randomise(ours)
    ours.learn(table())
    theirs = theirs_of(ours, spec)
    x = spec.tensor(table())
    numbers, codes = x[:, :4], x[:, 4:].long()
    ours.eval()
    theirs.eval()
    assert ours(x).shape == (60, 3, 2)
    torch.testing.assert_close(ours(x), theirs(numbers, codes))
    ours.train()
    theirs.train()
    torch.manual_seed(2)
    mine = ours(x)
    torch.manual_seed(2)
    torch.testing.assert_close(mine, theirs(numbers, codes))  # dropout too


@pytest.mark.parametrize(("embedding", "values"), [("none", {-1.0, 1.0}), ("piecewise", None)])
def test_the_first_scaling_is_one_value_a_member_and_column(embedding: str, values: set[float] | None):
    model = TabMSpec(4, (3, 40), 1, members=50, embedding=embedding, embedding_width=6, one_hot=8).build()
    r = model.layers[0].r.detach()
    spans = [model.features.number_width] * 4 + [3, 13]
    parts = r.split(spans, dim=1)
    assert all((part == part[:, :1]).all() for part in parts)
    firsts = torch.stack([part[:, 0] for part in parts])
    assert values is None or set(firsts.unique().tolist()) == values
    assert values is not None or (len(firsts.unique()) == firsts.numel() and abs(firsts.std() - 1) < 0.2)
    assert (model.layers[0].s == 1).all()
    assert (model.layers[3].r == 1).all()


def test_a_layer_of_the_ensemble_is_a_plain_layer_for_each_member():
    layer = BatchEnsembleLinear(torch.randn(3, 4), 5).double()
    randomise(layer)
    x = torch.randn(6, 3, 4, dtype=torch.float64)
    for member in range(3):
        weight = layer.s[member, :, None] * layer.weight * layer.r[member, None, :]
        expected = torch.nn.functional.linear(x[:, member], weight, layer.bias[member])
        torch.testing.assert_close(layer(x)[:, member], expected)


def test_impossible_settings_are_refused():
    for settings in (
        {"members": 0},
        {"members": 1025},
        {"variant": "packed"},
        {"hidden": ()},
        {"hidden": (0,)},
        {"dropout": 1.0},
        {"embedding": "peicewise"},
        {"embedding_width": 0},
        {"one_hot": 5000},
    ):
        with pytest.raises(ConfigError):
            TabMSpec(3, (), 1, **settings)
