"""The chain of tags against every sequence there is."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch

from assay.nets.seeding import isolated
from assay.nets.text.crf import Chain, best_path, log_partition, path_score

TAGS, LENGTHS = 3, torch.tensor([4, 1, 3])


@pytest.fixture
def scored():
    with isolated(0):
        scores = torch.randn(3, 4, TAGS, dtype=torch.float64)
        chain = Chain(*(torch.randn(*form, dtype=torch.float64) for form in ((TAGS, TAGS), (TAGS,), (TAGS,))))
    return scores, chain


def by_hand(scores, chain, tags):
    found = chain.begin[tags[0]] + chain.end[tags[-1]] + sum(scores[place, tag] for place, tag in enumerate(tags))
    return float(found + sum(chain.moves[one, other] for one, other in pairwise(tags)))


def test_the_partition_and_the_best_path_are_those_of_all_sequences(scored):
    scores, chain = scored
    partition, best = log_partition(scores, LENGTHS, chain), best_path(scores, LENGTHS, chain)
    for row, length in enumerate(LENGTHS.tolist()):
        every = {tags: by_hand(scores[row], chain, tags) for tags in product(range(TAGS), repeat=length)}
        assert partition[row].item() == pytest.approx(np.logaddexp.reduce(list(every.values())), abs=1e-12)
        assert tuple(best[row, :length].tolist()) == max(every, key=every.__getitem__)
        assert not best[row, length:].any()


def test_the_score_of_a_path_is_the_sum_along_it(scored):
    scores, chain = scored
    tags = torch.tensor([[0, 2, 1, 1], [2, 0, 0, 0], [1, 1, 0, 2]])
    found = path_score(scores, tags, LENGTHS, chain)
    for row, length in enumerate(LENGTHS.tolist()):
        assert found[row].item() == pytest.approx(by_hand(scores[row], chain, tags[row, :length].tolist()), abs=1e-12)


def test_without_moves_the_best_path_is_the_best_tag_of_each_token(scored):
    scores, _ = scored
    nothing = Chain(*(torch.zeros(*form, dtype=torch.float64) for form in ((TAGS, TAGS), (TAGS,), (TAGS,))))
    assert best_path(scores, torch.tensor([4, 4, 4]), nothing).tolist() == scores.argmax(2).tolist()


def test_gradients_of_the_likelihood_are_finite_differences(scored):
    scores, chain = scored
    tags, parts = torch.tensor([[0, 2, 1, 1], [2, 0, 0, 0], [1, 1, 0, 2]]), (scores, chain.moves, chain.begin, chain.end)

    def loss(scores, moves, begin, end):
        links = Chain(moves, begin, end)
        return (log_partition(scores, LENGTHS, links) - path_score(scores, tags, LENGTHS, links)).sum()

    assert torch.autograd.gradcheck(loss, tuple(part.clone().requires_grad_() for part in parts))
