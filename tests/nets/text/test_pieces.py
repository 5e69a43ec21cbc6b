"""Pieces of texts, their batches, and the log-probabilities that are taken of them."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from assay.core.errors import DataError
from assay.core.ragged import Ragged
from assay.nets.seeding import isolated
from assay.nets.text.decoder import DecoderSpec
from assay.nets.text.likelihood import next_log_probabilities, token_log_probabilities
from assay.nets.text.lstm_language_model import LSTMLanguageModelSpec
from assay.nets.text.pieces import BEGIN, PieceBatch, Pieces, ids_of

END = 2
TEXTS = [[5, 6, 7, 8, 9, END], [END], [4, END], [3, 4, 5, 6, 7, 8, 9, 10, 11, 3, 4, END]]
RAGGED = Ragged.of([np.array(text) for text in TEXTS], np.int32)
VOCABULARY = 12


def spans(batch: PieceBatch) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Of each piece: what is read, and what is foretold after the last so many of it."""
    ends = batch.counted.sum(dim=1).cumsum(dim=0).tolist()
    for row, end in enumerate(ends):
        counted = batch.counted[row].nonzero().flatten()
        read = batch.ids[row, : int(counted[-1]) + 1]
        assert counted.tolist() == list(range(len(read) - len(counted), len(read)))
        yield tuple(read.tolist()), tuple(batch.target[end - len(counted) : end].tolist())


def test_a_text_is_read_from_its_beginning_in_pieces_with_what_stood_before_them() -> None:
    pieces = Pieces(RAGGED, window=5, context=3)
    found = list(spans(pieces.batch(np.arange(len(pieces.bounds)))))
    assert found == [
        ((BEGIN, 5, 6, 7, 8), (5, 6, 7, 8, 9)),
        ((6, 7, 8, 9), (END,)),
        ((BEGIN,), (END,)),
        ((BEGIN, 4), (4, END)),
        ((BEGIN, 3, 4, 5, 6), (3, 4, 5, 6, 7)),
        ((4, 5, 6, 7, 8, 9, 10, 11), (8, 9, 10, 11, 3)),
        ((9, 10, 11, 3, 4), (4, END)),
    ]


@pytest.mark.parametrize("batch_size", [1, 4, 7, 1000])
def test_an_epoch_foretells_every_token_once_in_as_many_batches_as_promised(batch_size: int) -> None:
    pieces = Pieces(RAGGED, window=5, context=3)
    every = sorted(spans(pieces.batch(np.arange(len(pieces.bounds)))))
    for order in (0, 1):
        batches = list(pieces.epoch(order, batch_size, skip=0))
        assert len(batches) == pieces.count(batch_size)
        assert sorted(piece for batch in batches for piece in spans(batch)) == every
        assert sum(map(len, batches)) == pieces.rows == len(RAGGED.values)
        assert min(map(len, batches)) > 0


def test_an_order_is_a_function_of_its_seed_and_can_be_gone_on_with() -> None:
    pieces = Pieces(RAGGED, window=2, context=1)
    whole = [list(spans(batch)) for batch in pieces.epoch(3, 4, skip=0)]
    assert [list(spans(batch)) for batch in pieces.epoch(3, 4, skip=2)] == whole[2:]
    assert [list(spans(batch)) for batch in pieces.epoch(4, 4, skip=0)] != whole


def test_pieces_of_like_length_stand_together_so_that_little_is_filled_up() -> None:
    random = np.random.default_rng(0)
    lengths = random.integers(1, 60, 400)
    texts = Ragged.of([np.full(length, 3) for length in lengths], np.int32)
    batches = list(Pieces(texts, window=64, context=0).epoch(0, 256, skip=0))
    filled = sum(batch.ids.numel() for batch in batches) - lengths.sum()
    unsorted = sum(len(some) * some.max() for some in np.array_split(lengths, len(batches))) - lengths.sum()
    assert filled < unsorted / 2


def test_one_text_of_one_token_is_a_corpus() -> None:
    pieces = Pieces(Ragged.of([np.array([END])], np.int32), window=5, context=3)
    (batch,) = pieces.epoch(0, 64, skip=0)
    assert list(spans(batch)) == [((BEGIN,), (END,))]


def test_no_text_has_no_piece() -> None:
    pieces = Pieces(Ragged.of([], np.int32), window=5, context=3)
    assert len(pieces.bounds) == 0
    assert list(pieces.in_order(4)) == []


NETS = {
    "decoder": DecoderSpec(VOCABULARY, width=8, heads=2, layers=2, hidden=16, window=5, context=3),
    "lstm": LSTMLanguageModelSpec(VOCABULARY, width=6, layers=2, window=5, context=3),
}
EVERY = pytest.mark.parametrize("name", NETS)


def net(name: str) -> nn.Module:
    with isolated(1):
        model = NETS[name].build()
        for part in model.parameters():
            nn.init.normal_(part, std=0.5)
    return model.double().eval()


@EVERY
def test_log_probabilities_are_those_of_each_text_alone_over_all_tokens_but_the_beginning(name: str) -> None:
    model = net(name)
    found = Ragged(token_log_probabilities(model, Pieces(RAGGED, 5, 3), together=9), RAGGED.offsets)
    for number, text in enumerate(TEXTS):
        stream = [BEGIN, *text]
        for place, token in enumerate(text):
            begin = place // 5 * 5
            with torch.no_grad():
                logits = model(torch.tensor([stream[max(begin - 3, 0) : place + 1]]))[0, -1]
            others = [other for other in range(VOCABULARY) if other != BEGIN]
            expected = logits[token] - torch.logsumexp(logits[others], dim=0)
            assert found.row(number)[place] == pytest.approx(float(expected), abs=1e-12)


@EVERY
def test_the_next_token_is_foretold_as_in_a_text_that_goes_on_with_it(name: str) -> None:
    model = net(name)
    text = np.array(TEXTS[3])
    said = token_log_probabilities(model, Pieces(Ragged.of([text], np.int32), 5, 3), together=9)
    for place, token in enumerate(text):
        asked = Ragged.of([np.append(text[:place], 0)], np.int32)
        found = next_log_probabilities(model, Pieces(asked, 5, 3))
        assert found[token] == pytest.approx(said[place], abs=1e-12)
        assert np.exp(found).sum() == pytest.approx(1, abs=1e-12)
        assert found[BEGIN] == -np.inf


@EVERY
def test_no_token_looks_at_those_after_it(name: str) -> None:
    model = net(name)
    ids = torch.tensor([[1, 5, 6, 7, 8]])
    with torch.no_grad():
        whole = model(ids)
        for end in range(1, 5):
            torch.testing.assert_close(model(ids[:, :end]), whole[:, :end], rtol=0, atol=1e-12)


@EVERY
def test_logits_of_some_places_are_those_of_all(name: str) -> None:
    model = net(name)
    ids, counted = torch.tensor([[1, 5, 6], [1, 7, 0]]), torch.tensor([[False, True, True], [True, False, False]])
    with torch.no_grad():
        torch.testing.assert_close(model(ids, counted), model(ids)[counted], rtol=0, atol=1e-12)


def test_an_lstm_going_on_from_its_state_says_what_it_says_of_the_whole() -> None:
    model = net("lstm")
    ids = torch.tensor([[1, 5, 6, 7, 8], [1, 9, 9, 3, 4]])
    with torch.no_grad():
        whole, state, parts = model(ids), None, list[Tensor]()
        for start, end in ((0, 1), (1, 4), (4, 5)):
            logits, state = model.step(ids[:, start:end], state)  # type: ignore[operator]
            parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, rtol=0, atol=1e-12)


def test_a_decoder_that_keeps_keys_and_values_says_what_it_says_of_the_whole() -> None:
    model = net("decoder")
    ids = torch.tensor([[1, 5, 6, 7, 8], [1, 9, 9, 3, 4]])
    with torch.no_grad():
        whole, past, parts = model(ids), model.stack.nothing, list[Tensor]()  # type: ignore[union-attr]
        for start, end in ((0, 1), (1, 4), (4, 5)):
            logits, past = model.step(ids[:, start:end], past, start)  # type: ignore[operator]
            parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, rtol=0, atol=1e-12)


def test_dropout_of_an_lstm_leaves_out_the_same_numbers_of_every_token() -> None:
    with isolated(2):
        model = LSTMLanguageModelSpec(5, width=40, layers=1, dropout=0.5, word_dropout=0.0).build().train()
        left_out = model._locked(torch.ones(2, 7, 40)) == 0
    assert (left_out == left_out[:, :1]).all()
    assert 10 < int(left_out[:, 0].sum()) < 70


def test_ids_beyond_the_vocabulary_are_refused() -> None:
    assert ids_of(np.array([[0, 4]]), 5).tolist() == [[0, 4]]
    with pytest.raises(DataError, match="from 0 to 5, and the net's vocabulary has 5"):
        ids_of(np.array([[0, 5]]), 5)
    with pytest.raises(DataError, match="integer token ids"):
        ids_of(np.array([[0.0]]), 5)
