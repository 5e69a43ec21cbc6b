"""Batches of pairs: every pair once an epoch, alike in length, the same for a seed; the loss of their tokens."""

from math import log

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.settings import TrainSettings
from assay.nets.text.pairs import END, PAD, START, PairBatches, Pairs, TokenJudge, TokenLoss, padded
from assay.nets.text.seq2seq import AlignedSpec
from assay.nets.training.distribute import World
from assay.nets.training.loop import train
from assay.nets.training.work import Objective, Work


def pairs(n: int, seed: int = 0) -> PairBatches:
    """Sources of random numbers; the answer of a source is its numbers turned round."""
    random = np.random.default_rng(seed)
    read = [random.integers(4, 10, random.integers(0, 9)) for _ in range(n)]
    return PairBatches([np.append(row, END) for row in read], [np.array([START, *row[::-1], END]) for row in read])


def rows_of(batch: Pairs) -> list[tuple[int, ...]]:
    return [tuple(token for token in row if token != PAD) for row in batch.source.tolist()]


def test_an_epoch_is_every_pair_once_in_batches_of_like_size() -> None:
    source = pairs(103)
    batches = list(source.epoch(7, 10, 0))
    assert len(batches) == source.count(10) == 11
    assert {len(batch) for batch in batches} == {9, 10}
    found = sorted(row for batch in batches for row in rows_of(batch))
    assert found == sorted(tuple(row) for row in source.sources)
    for batch in batches:
        for read, said in zip(rows_of(batch), batch.target.tolist(), strict=True):
            assert [token for token in said if token != PAD] == [START, *read[-2::-1], END]


def test_the_order_is_a_function_of_its_seed_and_an_epoch_can_go_on_in_its_middle() -> None:
    first, again, other = (list(pairs(90).epoch(seed, 8, 0)) for seed in (1, 1, 2))
    assert all(torch.equal(one.target, two.target) for one, two in zip(first, again, strict=True))
    assert [rows_of(one) for one in first] != [rows_of(one) for one in other]
    assert [rows_of(one) for one in pairs(90).epoch(1, 8, 5)] == [rows_of(one) for one in first[5:]]
    shares = [[rows_of(one) for one in pairs(90).epoch(1, 8, 0, World(rank, 2))] for rank in (0, 1)]
    assert [sorted(one + two) for one, two in zip(*shares, strict=True)] == [sorted(rows_of(one)) for one in first]


def test_rows_of_alike_length_share_a_batch() -> None:
    source = pairs(2000)
    padding = lambda batches: np.mean([float((batch.target == PAD).float().mean()) for batch in batches])  # noqa: E731
    whole = np.random.default_rng(0).permutation(2000).reshape(-1, 20)
    assert padding(source.epoch(0, 20, 0)) < 0.1 * padding(source.batch(rows) for rows in whole)


def test_the_matrix_of_no_rows_and_of_an_empty_row_has_a_column() -> None:
    assert padded([]).shape == (0, 1)
    assert padded([np.zeros(0, int), np.array([4, 5])]).tolist() == [[0, 0], [4, 5]]


class Constant(nn.Module):
    """The same logits for every token."""

    def __init__(self, logits: list[float]) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.tensor(logits))

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        return self.logits.expand(*target.shape, -1)


def test_the_loss_is_the_mean_over_the_tokens_of_answers_their_end_among_them() -> None:
    batch = Pairs(torch.tensor([[4, END, 0], [4, 4, END]]), torch.tensor([[START, 4, END, 0], [START, 5, 5, END]]))
    model = Constant([0.0, 0.0, 0.0, log(3.0), log(2.0), 0.0])  # of 9: END 3, token 4 2, token 5 1
    expected = -(log(2 / 9) + 2 * log(1 / 9) + 2 * log(3 / 9)) / 5
    draws = torch.Generator()
    assert float(TokenLoss()(model, batch, draws).detach()) == pytest.approx(expected)
    chances = torch.tensor([1, 1, 1, 3, 2, 1]) / 9
    smoothed = 0.9 * expected - 0.1 * float(chances.log().mean())
    assert float(TokenLoss(0.1)(model, batch, draws).detach()) == pytest.approx(smoothed)
    judge = TokenJudge(PairBatches([np.array([4, END])] * 2, [np.array([START, 4, END]), np.array([START, 5, 5, END])]), 1)
    assert judge(model) == pytest.approx(expected)
    with pytest.raises(ConfigError):
        TokenLoss(1.0)


def trained(seed: int, epochs: int = 1) -> tuple[nn.Module, float]:
    torch.manual_seed(0)
    model = AlignedSpec(10, 16, 24, 0.1).build()
    settings = TrainSettings(learning_rate=0.02, batch_size=32, epochs=epochs, patience=epochs, weight_decay=0.0)
    work = Work(pairs(400), (Objective(TokenLoss(0.1)),), TokenJudge(pairs(60, seed=1)))
    found = train(model, work, settings, seed=seed)
    return found.model, found.history[found.best_epoch].validation_loss or 0.0


def test_the_one_loop_trains_on_pairs_and_the_same_seed_gives_the_same_bytes() -> None:
    (first, _), (again, _), (other, _) = trained(0), trained(0), trained(1)
    assert all(torch.equal(one, two) for one, two in zip(first.parameters(), again.parameters(), strict=True))
    assert any(not torch.equal(one, two) for one, two in zip(first.parameters(), other.parameters(), strict=True))
    _, loss = trained(0, epochs=4)
    targets = torch.from_numpy(np.concatenate([row[1:] for row in pairs(60, seed=1).targets]))
    guess = functional.one_hot(targets, 10).double().mean(0).clamp(min=1e-12)
    assert loss < 0.85 * float(-(guess * guess.log()).sum())  # below the entropy of single tokens
