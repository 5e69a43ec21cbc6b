"""Nets that read texts: by hand, without regard to padding, in batches of alike length."""

import numpy as np
import pytest
import torch

from assay.core.errors import ConfigError, DataError
from assay.nets.architectures import ARCHITECTURES, assemble, outputs, weights_of
from assay.nets.seeding import isolated
from assay.nets.text import reading
from assay.nets.text.by_length import ByLength
from assay.nets.text.convolution import Windows
from assay.nets.text.pooling import AttentionPooling, max_within, mean_within
from assay.nets.text.reading import WordVectors, lengths_of
from assay.nets.training.distribute import World
from assay.nets.training.examples import Examples

SMALL = {
    "average": ("text-average", {"width": 6}),
    "convolution": ("text-convolution", {"width": 6, "filters": 5, "windows": (2, 4)}),
    "rnn": ("text-recurrent", {"width": 6, "states": 4, "cell": "rnn", "pooling": "mean"}),
    "gru": ("text-recurrent", {"width": 6, "states": 4, "cell": "gru", "both_ways": True}),
    "gru-after": ("text-recurrent", {"width": 6, "states": 4, "cell": "gru-after", "pooling": "max"}),
    "lstm": ("text-recurrent", {"width": 6, "states": 4, "both_ways": True, "layers": 2, "hidden": (3,)}),
    "attention": ("text-recurrent", {"width": 6, "states": 4, "both_ways": True, "pooling": "attention"}),
    "mixed": ("text-layers-mixed", {"width": 6}),
}


def texts(n=30, longest=12, words=20, seed=0):
    random = np.random.default_rng(seed)
    tokens = random.integers(1, words, (n, longest)).astype(np.int32)
    lengths = random.integers(0, longest + 1, n)
    lengths[:2] = 0, longest
    return tokens * (np.arange(longest) < lengths[:, None])


def net(kind):
    architecture, settings = SMALL[kind]
    spec = ARCHITECTURES.get(architecture)(words=20, outputs=3, **settings)
    with isolated(1):
        return spec, spec.build()


@pytest.mark.parametrize("kind", SMALL)
def test_padding_company_and_order_change_nothing(kind, monkeypatch):
    spec, built = net(kind)
    model, tokens = assemble(spec, weights_of(built)), texts()
    whole = outputs(spec, model, tokens)
    assert whole.shape == (30, 3)
    padded = np.pad(tokens, ((0, 0), (0, 9)))
    np.testing.assert_allclose(outputs(spec, model, padded), whole, rtol=0, atol=1e-12)
    np.testing.assert_allclose(outputs(spec, model, tokens[::-1].copy())[::-1], whole, rtol=0, atol=1e-12)
    for row in (0, 1, 7):
        np.testing.assert_allclose(outputs(spec, model, tokens[row : row + 1]), whole[row : row + 1], rtol=0, atol=1e-12)
    with torch.enable_grad():
        together = model(spec.tensor(padded))  # as in training: all rows at once
    np.testing.assert_allclose(together.detach(), whole, rtol=0, atol=1e-12)
    monkeypatch.setattr(reading, "TOKENS_TOGETHER", 30)
    np.testing.assert_allclose(outputs(spec, model, tokens), whole, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", SMALL)
def test_unknown_numbers_are_read_as_the_unknown_token_and_other_matrices_refused(kind):
    spec, built = net(kind)
    model = assemble(spec, weights_of(built))
    odd, known = np.array([[5, 99, -3]], dtype=np.int32), np.array([[5, 1, 1]], dtype=np.int32)
    np.testing.assert_array_equal(outputs(spec, model, odd), outputs(spec, model, known))
    with pytest.raises(DataError, match="token numbers"):
        spec.tensor(np.zeros((2, 3)))
    with pytest.raises(DataError, match="token numbers"):
        spec.tensor(np.zeros(3, dtype=np.int32))


@pytest.mark.parametrize("kind", [kind for kind in SMALL if kind not in ("average",)])
def test_the_order_of_the_tokens_matters(kind):
    spec, built = net(kind)
    model = assemble(spec, weights_of(built))
    one, other = (outputs(spec, model, np.array([row], dtype=np.int32)) for row in ([2, 3, 4, 5], [5, 4, 3, 2]))
    assert np.abs(one - other).max() > 1e-6


def test_the_average_is_the_mean_of_the_vectors_through_the_dense_layer():
    spec, built = net("average")
    weights = weights_of(built)
    tokens = np.array([[3, 4, 4, 0]], dtype=np.int32)
    table = weights["vectors.weight"].astype(np.float64)
    expected = weights["layers.0.weight"] @ (table[3] + 2 * table[4]) / 3 + weights["layers.0.bias"]
    np.testing.assert_allclose(outputs(spec, assemble(spec, weights), tokens)[0], expected, rtol=0, atol=1e-12)


def test_a_filter_answers_the_sum_of_weights_and_tokens_at_every_place():
    """y₁ = x₁w₁ + x₂w₂ + x₃w₃ + x₄w₄, and so on; windows that only touch the text see zeros beside it."""
    reader = Windows(1, (4,), 1)
    w, x = torch.tensor([0.5, -1.0, 2.0, 3.0]), torch.tensor([1.0, 2.0, -1.0, 0.5, 4.0])
    with torch.no_grad():
        reader.filters[0].weight[:] = w
    answers = torch.nn.functional.conv1d(x.view(1, 1, 5), reader.filters[0].weight, padding=3).flatten().tolist()
    padded = [0.0, 0.0, 0.0, *x.tolist(), 0.0, 0.0, 0.0]
    by_hand = [sum(weight * padded[place + k] for k, weight in enumerate(w.tolist())) for place in range(8)]
    assert by_hand[3] == 1 * 0.5 + 2 * -1.0 + -1 * 2.0 + 0.5 * 3.0
    assert answers == pytest.approx(by_hand)
    assert reader(x.view(1, 5, 1), torch.tensor([5])).item() == pytest.approx(max(by_hand))
    shorter = [
        sum(weight * value for weight, value in zip(w.tolist(), [0, 0, 0, 1.0, 2.0, 0, 0, 0][at : at + 4], strict=True))
        for at in range(5)
    ]
    assert reader(x.view(1, 5, 1), torch.tensor([2])).item() == pytest.approx(max(0, *shorter))


def test_pooling_is_over_the_tokens_of_each_text_alone():
    vectors, lengths = torch.randn(2, 4, 3), torch.tensor([4, 2])
    torch.testing.assert_close(mean_within(vectors, lengths)[1], vectors[1, :2].mean(0))
    torch.testing.assert_close(max_within(vectors, lengths)[1], vectors[1, :2].amax(0))
    attention = AttentionPooling(3)
    shares = attention.weights(vectors, lengths)
    scores = torch.tanh(vectors[1, :2] @ attention.key.weight.T + attention.key.bias) @ attention.asked.weight[0]
    torch.testing.assert_close(shares[1], torch.cat([scores.softmax(0), torch.zeros(2)]))
    torch.testing.assert_close(attention(vectors, lengths)[1], shares[1, :2] @ vectors[1, :2])


def test_vectors_learnt_elsewhere_are_where_the_table_begins():
    table = WordVectors(6, 3)
    first = np.arange(6.0).reshape(2, 3)
    table.begin_from(first)
    weight = table.weight.detach().numpy()
    assert not weight[0].any()
    np.testing.assert_allclose(weight[1], first.mean(axis=0))
    np.testing.assert_allclose(weight[2:4], first)
    for wrong in (np.zeros((2, 4)), np.zeros((5, 3))):
        with pytest.raises(ConfigError, match="do not fit"):
            table.begin_from(wrong)


def test_left_out_tokens_are_read_as_unknown_in_training_alone():
    table = WordVectors(6, 3, left_out=0.5)
    tokens = torch.full((1, 400), 4)
    with isolated(0):
        seen = table(tokens)[0]
    unknown = (seen == table.weight[1]).all(1).float().mean().item()
    assert 0.4 < unknown < 0.6
    assert not table(torch.zeros(1, 50, dtype=torch.int64)).any()
    assert (table.eval()(tokens)[0] == table.weight[4]).all()


def batches(order=3, size=8, skip=0, world=None):
    tokens = torch.from_numpy(texts(n=600, longest=40))
    examples = Examples((tokens,), torch.arange(600))
    source = ByLength(examples)
    found = list(source.epoch(order, size, skip, *(() if world is None else (world,))))
    return source, found


def test_an_epoch_by_length_has_every_row_once_in_batches_of_alike_length():
    source, found = batches()
    assert len(found) == source.count(8) == 75
    rows = torch.cat([batch.target for batch in found])
    assert sorted(rows.tolist()) == list(range(600))
    read = sum(len(batch) * int(lengths_of(batch.inputs[0]).max()) for batch in found)
    assert read < 1.15 * int(source.lengths.sum())
    assert 1.7 * int(source.lengths.sum()) < 600 * 40


def test_an_epoch_by_length_is_a_function_of_its_order_and_goes_on_in_the_middle():
    rows = [[batch.target.tolist() for batch in batches(order)[1]] for order in (3, 3, 4)]
    assert rows[0] == rows[1] != rows[2]
    assert [batch.target.tolist() for batch in batches(3, skip=70)[1]] == rows[0][70:]
    shares = [batches(3, world=World(rank, 2))[1] for rank in (0, 1)]
    for one, other, whole in zip(*shares, rows[0], strict=True):
        assert sorted([*one.target.tolist(), *other.target.tolist()]) == sorted(whole)


@pytest.mark.parametrize(
    ("architecture", "wrong"),
    [
        ("text-average", {"words": 1}),
        ("text-average", {"dropout": 1.0}),
        ("text-convolution", {"windows": ()}),
        ("text-convolution", {"windows": (0,)}),
        ("text-convolution", {"filters": 0}),
        ("text-recurrent", {"cell": "lstn"}),
        ("text-recurrent", {"pooling": "sum"}),
        ("text-recurrent", {"states": 0}),
        ("text-recurrent", {"layers": 0}),
        ("text-layers-mixed", {"layers": 0}),
        ("text-layers-mixed", {"width": 0}),
    ],
)
def test_an_impossible_setting_is_refused(architecture, wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        ARCHITECTURES.get(architecture)(**{"words": 5, "outputs": 1, **wrong})
