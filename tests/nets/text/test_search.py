"""Greedy and beam search against looking at every answer there is."""

from itertools import product
from math import inf

import numpy as np
import pytest
import torch
from torch import Tensor

from assay.core.errors import ConfigError, DataError
from assay.nets.text.decoding import Answering, State
from assay.nets.text.pairs import END, FIRST, NEVER_SAID, START
from assay.nets.text.search import Answer, beam, greedy, length_penalty
from assay.nets.text.seq2seq import AlignedSpec

WORDS = (FIRST, FIRST + 1, FIRST + 2)
TOKENS = FIRST + len(WORDS)


class Table:
    """A net that looks its logits up by the source and the last two tokens."""

    def __init__(self, sources: int, seed: int, *, end: float = 0.0) -> None:
        random = np.random.default_rng(seed)
        self.logits = torch.from_numpy(2 * random.normal(size=(sources, TOKENS, TOKENS, TOKENS)))
        self.logits[..., END] += end

    def start(self, source: Tensor) -> State:
        return source[:, 0], torch.zeros(len(source), dtype=torch.int64)

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        return self.logits[state[0], state[1], tokens], (state[0], tokens)

    def log_probability(self, source: int, answer: tuple[int, ...]) -> float:
        """Of the answer and the end behind it."""
        before, last, total = 0, START, 0.0
        for token in (*answer, END):
            total += float(self.logits[source, before, last].log_softmax(dim=0)[token])
            before, last = last, token
        return total


def every_answer(net: Table, source: int, longest: int, penalty: float) -> list[Answer]:
    answers = [answer for length in range(longest + 1) for answer in product(WORDS, repeat=length)]
    found = [(net.log_probability(source, answer), answer) for answer in answers]
    return [Answer(answer, total, total / ((5 + len(answer) + 1) / 6) ** penalty) for total, answer in found]


def same(found: Answer, expected: Answer) -> bool:
    return found.tokens == expected.tokens and found[1:] == pytest.approx(expected[1:], abs=1e-9)


@pytest.mark.parametrize("penalty", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("end", [-3.0, 0.0, 1.0])
def test_a_beam_as_wide_as_everything_finds_the_best_answer_there_is(penalty: float, end: float) -> None:
    net, longest = Table(8, seed=0, end=end), 4
    found = beam(net, torch.arange(8)[:, None], width=3**5, longest=longest, penalty=penalty)
    for source in range(8):
        best = max(every_answer(net, source, longest, penalty), key=lambda answer: answer.score)
        assert same(found[source], best)


@pytest.mark.parametrize("seed", range(4))
def test_a_beam_of_one_is_the_greedy_search(seed: int) -> None:
    net, source = Table(30, seed=seed, end=-1.0), torch.arange(30)[:, None]
    narrow, plain = beam(net, source, width=1, longest=6, penalty=0.0), greedy(net, source, longest=6)
    assert all(same(one, other) for one, other in zip(narrow, plain, strict=True))
    for row, answer in enumerate(plain):  # worked by hand
        before, last, said = 0, START, []
        while len(said) < 6:
            logits = net.logits[row, before, last].clone()
            logits[list(NEVER_SAID)] = -inf
            before, last = last, int(logits.argmax())
            if last == END:
                break
            said.append(last)
        assert answer.tokens == tuple(said)
        assert answer.log_probability == pytest.approx(net.log_probability(row, answer.tokens))


def test_the_probability_of_an_answer_is_that_of_its_tokens_and_a_wider_beam_is_no_worse_here() -> None:
    net, source = Table(20, seed=5, end=-1.0), torch.arange(20)[:, None]
    scores = []
    for width in (1, 2, 5, 20, 243):
        found = beam(net, source, width=width, longest=4, penalty=0.6)
        for row, answer in enumerate(found):
            assert answer.log_probability == pytest.approx(net.log_probability(row, answer.tokens))
            assert answer.score == pytest.approx(answer.log_probability / length_penalty(len(answer.tokens) + 1, 0.6))
        scores.append(np.mean([answer.score for answer in found]))
    assert scores == sorted(scores)
    assert scores[0] < scores[-1]


def test_a_row_is_answered_alike_whatever_rows_are_beside_it() -> None:
    net = Table(10, seed=6, end=-1.0)
    together = beam(net, torch.arange(10)[:, None], width=3, longest=5)
    alone = [beam(net, torch.tensor([[row]]), width=3, longest=5)[0] for row in range(10)]
    assert together == alone


def test_a_net_that_never_ends_is_ended() -> None:
    net = Table(2, seed=7, end=-1e4)
    for found in (greedy(net, torch.arange(2)[:, None], longest=3), beam(net, torch.arange(2)[:, None], width=4, longest=3)):
        assert [len(answer.tokens) for answer in found] == [3, 3]


def test_a_net_that_ends_at_once_answers_nothing_and_no_source_has_no_answer() -> None:
    net = Table(2, seed=8, end=1e4)
    assert [answer.tokens for answer in beam(net, torch.arange(2)[:, None], width=4, longest=3)] == [(), ()]
    assert greedy(net, torch.zeros(0, 1, dtype=torch.int64), longest=3) == []
    assert beam(net, torch.zeros(0, 1, dtype=torch.int64), width=2, longest=3) == []


def test_tokens_that_stand_for_nothing_are_never_said() -> None:
    net = Table(5, seed=9)
    net.logits[..., list(NEVER_SAID)] += 50
    for found in (greedy(net, torch.arange(5)[:, None], longest=4), beam(net, torch.arange(5)[:, None], width=3, longest=4)):
        assert all(token >= FIRST for answer in found for token in answer.tokens)


def test_the_penalty_of_wu_and_others_favours_longer_answers() -> None:
    assert [length_penalty(length, 1.0) for length in (1, 7, 13)] == [1.0, 2.0, 3.0]
    net, source = Table(40, seed=10, end=0.5), torch.arange(40)[:, None]
    lengths = [
        sum(len(answer.tokens) for answer in beam(net, source, width=100, longest=4, penalty=penalty))
        for penalty in (0.0, 1.0, 4.0)
    ]
    assert lengths[0] < lengths[1] < lengths[2]


def test_a_net_with_attention_is_searched_as_well_as_a_table() -> None:
    """A real net: every answer's probability by one pass over it as a whole."""
    torch.manual_seed(0)
    net: Answering = AlignedSpec(TOKENS, 3, 4).build().double().eval()
    with torch.no_grad():
        for weight in net.parameters():
            weight.mul_(12)
        source = torch.tensor([[4, 5, END], [6, END, 0]])
        found = beam(net, source, width=3**4, longest=3, penalty=0.6)
        for row in range(2):
            scored = []
            for answer in (answer for length in range(4) for answer in product(WORDS, repeat=length)):
                logs = net(source[row : row + 1], torch.tensor([[START, *answer]]))[0].log_softmax(dim=1)
                total = sum(float(logs[place, token]) for place, token in enumerate((*answer, END)))
                scored.append(Answer(answer, total, total / length_penalty(len(answer) + 1, 0.6)))
            assert same(found[row], max(scored, key=lambda answer: answer.score))


def test_settings_that_cannot_be_and_numbers_that_are_none_are_one_clear_line() -> None:
    net, source = Table(1, seed=0), torch.zeros(1, 1, dtype=torch.int64)
    for wrong in ({"width": 0, "longest": 3}, {"width": 2, "longest": 0}, {"width": 2, "longest": 2, "penalty": -1.0}):
        with pytest.raises(ConfigError, match="a search needs"):
            beam(net, source, **wrong)
    net.logits[:] = inf
    for search in (lambda: greedy(net, source, longest=2), lambda: beam(net, source, width=2, longest=2)):
        with pytest.raises(DataError, match="no finite probabilities"):
            search()
