"""The residual perceptron against the package of its authors, with copied weights."""

import numpy as np
import pytest
import rtdl_revisiting_models as published
import torch

from assay.core.errors import ConfigError
from assay.nets.tabular.resnet import ResNet, ResNetSpec, RowsNorm

SPEC = ResNetSpec(4, (3,), 2, blocks=3, width=10, expansion=1.5, hidden_dropout=0.3, residual_dropout=0.2, one_hot=3)
NAMES = {
    "project.": "input_projection.",
    ".norm.": ".normalization.",
    ".widen.": ".linear1.",
    ".narrow.": ".linear2.",
}


def theirs_of(ours: ResNet) -> published.ResNet:
    """The published net with our weights; every name must find its place."""
    theirs = published.ResNet(d_in=7, d_out=2, n_blocks=3, d_block=10, d_hidden_multiplier=1.5, dropout1=0.3, dropout2=0.2)
    state = {}
    for name, value in ours.state_dict().items():
        for mine, yours in NAMES.items():
            name = name.replace(mine, yours)
        name = name.replace("norm.", "output.normalization.") if name.startswith("norm.") else name
        name = name.replace("last.", "output.linear.") if name.startswith("last.") else name
        state[name] = value
    theirs.load_state_dict(state)
    return theirs.to(next(ours.parameters()).dtype)


def table(rows: int = 40) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.column_stack([rng.normal(size=(rows, 4)), rng.integers(0, 3, rows)])


def features(x: torch.Tensor) -> torch.Tensor:
    return torch.cat([x[:, :4], torch.eye(3, dtype=x.dtype)[x[:, 4].long()]], dim=1)


def test_outputs_are_those_of_the_published_net_in_training_and_after_it():
    torch.manual_seed(0)
    ours = SPEC.build().double()
    theirs = theirs_of(ours)
    x = SPEC.tensor(table())
    for module in (ours, theirs):
        module.train()
        for layer in module.modules():
            if isinstance(layer, torch.nn.Dropout):
                layer.p = 0.0
    torch.testing.assert_close(ours(x), theirs(features(x)))  # statistics of the batch; the running ones are updated
    ours.eval()
    theirs.eval()
    torch.testing.assert_close(ours(x), theirs(features(x)))


def test_dropout_leaves_out_the_same_places_as_in_the_published_net():
    ours = SPEC.build().double()
    theirs = theirs_of(ours)
    x = SPEC.tensor(table())
    torch.manual_seed(1)
    mine = ours(x)
    torch.manual_seed(1)
    torch.testing.assert_close(mine, theirs(features(x)))


def test_a_batch_of_one_row_is_normalised_by_the_running_values():
    norm = RowsNorm(3)
    norm(torch.randn(50, 3) * 4 + 2)
    mean, var = norm.running_mean.clone(), norm.running_var.clone()
    row = torch.tensor([[1.0, 2.0, 3.0]])
    torch.testing.assert_close(norm(row), (row - mean) / (var + norm.eps).sqrt())
    torch.testing.assert_close(norm.running_mean, mean)


def test_impossible_settings_are_refused():
    for settings in ({"blocks": 0}, {"width": 0}, {"expansion": 0.0}, {"hidden_dropout": 1.0}, {"residual_dropout": -0.1}):
        with pytest.raises(ConfigError):
            ResNetSpec(3, (), 1, **settings)
