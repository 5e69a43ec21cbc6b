"""Additive attention against a case worked by hand and an implementation of its own in NumPy."""

import numpy as np
import pytest
import torch

from assay.nets.text.bahdanau import AdditiveAttention


def set_weights(attention: AdditiveAttention, of_state: list, of_memory: list, score: list) -> None:
    with torch.no_grad():
        attention.of_state.weight.copy_(torch.tensor(of_state))
        attention.of_memory.weight.copy_(torch.tensor(of_memory))
        attention.score.weight.copy_(torch.tensor(score))


def test_a_case_worked_by_hand() -> None:
    """s = 1, h = (0, 1, -1), W = 1, U = 2, v = 1: e = tanh(1), tanh(3), tanh(-1) = .76159, .99505, -.76159;
    exp(e) = 2.14168, 2.70487, 0.46692, whose sum is 5.31348: α = .40307, .50906, .08788; c = .50906 - .08788 = .42118."""
    attention = AdditiveAttention(1, 1, 1)
    set_weights(attention, [[1.0]], [[2.0]], [[1.0]])
    memory = torch.tensor([[[0.0], [1.0], [-1.0]]])
    found = attention(torch.tensor([[1.0]]), attention.keys(memory), memory, torch.ones(1, 3, dtype=torch.bool))
    assert found.alignment[0].tolist() == pytest.approx([0.40307, 0.50906, 0.08788], abs=1e-5)
    assert found.context[0].tolist() == pytest.approx([0.42118], abs=1e-5)


def test_the_formulas_written_with_loops_over_numbers_give_the_same() -> None:
    torch.manual_seed(0)
    attention = AdditiveAttention(3, 4, 5).double()
    random = np.random.default_rng(0)
    state, memory = random.normal(size=(2, 3)), random.normal(size=(2, 6, 4))
    present = np.array([[True] * 6, [True] * 4 + [False] * 2])
    with torch.no_grad():
        given = torch.from_numpy(memory)
        found = attention(torch.from_numpy(state), attention.keys(given), given, torch.from_numpy(present))
    w, u, v = (layer.weight.detach().numpy() for layer in (attention.of_state, attention.of_memory, attention.score))
    for row in range(2):
        scores = [v[0] @ np.tanh(w @ state[row] + u @ memory[row, j]) for j in range(6) if present[row, j]]
        total = sum(np.exp(score) for score in scores)
        alignment = [np.exp(score) / total for score in scores] + [0.0] * (6 - len(scores))
        context = sum(share * memory[row, j] for j, share in enumerate(alignment))
        assert found.alignment[row].numpy() == pytest.approx(alignment, abs=1e-12)
        assert found.context[row].numpy() == pytest.approx(context, abs=1e-12)


def test_padding_takes_no_part_and_no_gradient_is_lost() -> None:
    torch.manual_seed(0)
    attention = AdditiveAttention(2, 2, 2)
    memory = torch.randn(1, 3, 2, requires_grad=True)
    present = torch.tensor([[True, True, False]])
    found = attention(torch.randn(1, 2), attention.keys(memory), memory, present)
    found.context.sum().backward()
    assert found.alignment[0, 2] == 0
    assert float(found.alignment.detach().sum()) == pytest.approx(1)
    assert memory.grad is not None
    assert (memory.grad[0, 2] == 0).all()
    assert (memory.grad[0, :2] != 0).all()
