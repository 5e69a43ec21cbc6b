"""Recurrent cells against torch's own, hand-worked formulas and counted parameters."""

import numpy as np
import pytest
import torch
from torch import nn

from assay.core.errors import ConfigError
from assay.nets.seeding import isolated
from assay.nets.text.cells import GRULayer, Recurrent, check_cell, turned

LENGTHS = torch.tensor([5, 1, 3])


@pytest.fixture(autouse=True)
def _seeded():
    with isolated(0):
        yield


def vectors(width=4):
    return torch.randn(3, 5, width, dtype=torch.float64)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(("cell", "count"), [("rnn", 3136), ("gru", 9408), ("gru-after", 9408), ("lstm", 12_544)])
def test_a_layer_of_32_states_that_reads_64_numbers_has_the_known_number_of_parameters(cell, count):
    assert sum(weight.numel() for weight in Recurrent(64, 32, cell).parameters()) == count
    assert sum(weight.numel() for weight in Recurrent(64, 32, cell, both_ways=True).parameters()) == 2 * count


def gru_by_hand(layer, x):
    """h_t = Γu·h_{t−1} + (1 − Γu)·h', h' = tanh(W_h [Γr·h, x] + b_h), each W the two blocks side by side."""
    w, u, b = (value.detach().numpy() for value in (layer.weight_ih, layer.weight_hh, layer.bias_ih + layer.bias_hh))
    size, h, states = layer.hidden, np.zeros(layer.hidden), []
    of = [slice(gate * size, (gate + 1) * size) for gate in range(3)]
    for step in x:
        seen = np.concatenate([h, step])
        reset, update = (sigmoid(np.hstack([u[gate], w[gate]]) @ seen + b[gate]) for gate in of[:2])
        proposed = np.tanh(np.hstack([u[of[2]], w[of[2]]]) @ np.concatenate([reset * h, step]) + b[of[2]])
        h = update * h + (1 - update) * proposed
        states.append(h)
    return np.array(states)


def test_the_gru_is_the_reference_s_worked_by_hand():
    layer, x = GRULayer(4, 6).double(), vectors()
    states, last = layer(x, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        expected = gru_by_hand(layer, x[row, :length].numpy())
        np.testing.assert_allclose(states[row, :length].detach(), expected, rtol=0, atol=1e-12)
        np.testing.assert_allclose(last[row].detach(), expected[-1], rtol=0, atol=1e-12)
        assert not states[row, length:].any()


def test_both_places_of_the_reset_gate_agree_where_the_product_is_a_scaling():
    """r·(W h) is W (r·h) for a diagonal W, so torch's GRU must then say the same, and must not for any other."""
    ours, theirs = GRULayer(4, 6).double(), nn.GRU(4, 6, batch_first=True).double()
    with torch.no_grad():
        ours.weight_hh[12:] = torch.diag(torch.randn(6, dtype=torch.float64))
        ours.bias_hh[12:] = 0  # torch's reset gate scales this bias too
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    theirs.load_state_dict({f"{name}_l0": getattr(ours, name) for name in names})
    x = vectors()
    torch.testing.assert_close(ours(x, torch.tensor([5, 5, 5]))[0], theirs(x)[0], rtol=0, atol=1e-12)
    with torch.no_grad():
        ours.weight_hh[12, 1] = theirs.weight_hh_l0[12, 1] = 1.0
    assert (ours(x, torch.tensor([5, 5, 5]))[0] - theirs(x)[0]).abs().max() > 1e-3


@pytest.mark.parametrize("both_ways", [False, True])
@pytest.mark.parametrize(("cell", "module"), [("rnn", nn.RNN), ("gru-after", nn.GRU), ("lstm", nn.LSTM)])
def test_deep_stacks_are_torch_s_own_on_each_text_alone(cell, module, both_ways):
    ours, theirs = (
        Recurrent(4, 6, cell, layers=2, both_ways=both_ways).double(),
        module(4, 6, num_layers=2, batch_first=True, bidirectional=both_ways).double(),
    )
    own = [value for layer in ours.layers for value in layer.parameters()]
    with torch.no_grad():
        for target, value in zip(theirs.parameters(), own, strict=True):
            target.copy_(value)
    x = vectors()
    states, last = ours(x, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        expected, ended = theirs(x[row : row + 1, :length])
        torch.testing.assert_close(states[row, :length], expected[0], rtol=0, atol=1e-12)
        ends = (ended[0] if cell == "lstm" else ended)[-1 - both_ways :]
        torch.testing.assert_close(last[row], ends.reshape(-1), rtol=0, atol=1e-12)


def test_an_lstm_is_the_hand_worked_formula():
    ours, x = Recurrent(4, 3, "lstm").double(), vectors()
    w, u, b, c = (value.detach().numpy() for value in ours.layers[0].parameters())
    h, cell = np.zeros(3), np.zeros(3)
    for step in x[0].numpy():
        gates = w @ step + b + u @ h + c
        i, f, g, o = gates[:3], gates[3:6], gates[6:9], gates[9:]
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(cell)
    np.testing.assert_allclose(ours(x, LENGTHS)[1][0].detach(), h, rtol=0, atol=1e-12)


def test_a_simple_net_is_the_hand_worked_formula():
    ours, x = Recurrent(4, 3, "rnn").double(), vectors()
    w, u, b, c = (value.detach().numpy() for value in ours.layers[0].parameters())
    h = np.zeros(3)
    for step in x[0].numpy():
        h = np.tanh(np.hstack([u, w]) @ np.concatenate([h, step]) + b + c)
    np.testing.assert_allclose(ours(x, LENGTHS)[1][0].detach(), h, rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", ["rnn", "gru", "gru-after", "lstm"])
def test_the_way_back_reads_the_reversed_text(cell):
    both = Recurrent(4, 6, cell, both_ways=True).double()
    x = vectors()
    states, last = both(x, LENGTHS)
    one = Recurrent(4, 6, cell).double()
    back = list(both.parameters())[len(list(one.parameters())) :]
    with torch.no_grad():
        for target, value in zip(one.parameters(), back, strict=True):
            target.copy_(value)
    reversed_states, ended = one(turned(x, LENGTHS), LENGTHS)
    torch.testing.assert_close(states[:, :, 6:], turned(reversed_states, LENGTHS), rtol=0, atol=1e-12)
    torch.testing.assert_close(last[:, 6:], ended, rtol=0, atol=1e-12)


def test_turning_twice_changes_nothing_and_padding_stays():
    x = vectors()
    once = turned(x, LENGTHS)
    torch.testing.assert_close(once[2, :3], x[2, :3].flip(0), rtol=0, atol=0)
    torch.testing.assert_close(once[2, 3:], x[2, 3:], rtol=0, atol=0)
    torch.testing.assert_close(turned(once, LENGTHS), x, rtol=0, atol=0)


def test_an_unknown_cell_is_named_with_the_nearest():
    with pytest.raises(ConfigError, match=r"'lstn'; did you mean 'lstm'"):
        check_cell("lstn")
