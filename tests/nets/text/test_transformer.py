"""The layers of Transformers against torch's own, and what is promised of their pieces."""

from dataclasses import replace

import pytest
import torch
from tests.nets.text.drawn import drawn
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.seeding import isolated
from assay.nets.text.attention import MultiHeadAttention, causal, not_padding
from assay.nets.text.transformer import DecoderLayer, DecoderStack, EncoderLayer, EncoderStack, Form, TokenVectors

FORM = Form(width=12, heads=3, hidden=20, activation="gelu")


def jittered(layer: nn.Module) -> nn.Module:
    """With no weight left at 0 or 1, so that one which is taken for another is seen."""
    with torch.no_grad():
        for part in layer.parameters():
            part.add_(torch.randn(part.shape) * 0.1)
    return layer.double().eval()


def copy_attention(own: MultiHeadAttention, other: nn.MultiheadAttention) -> None:
    parts = (own.query, own.key, own.value)
    other.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
    other.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
    other.out_proj.load_state_dict(own.out.state_dict())


def torchs_encoder(own: EncoderLayer, form: Form) -> nn.TransformerEncoderLayer:
    other = nn.TransformerEncoderLayer(
        form.width, form.heads, form.hidden, 0.0, form.activation, batch_first=True, norm_first=form.norm_first
    )
    other = other.double().eval()
    with torch.no_grad():
        copy_attention(own.attention, other.self_attn)
    for mine, theirs in ((own.dense[0], other.linear1), (own.dense[3], other.linear2)):
        theirs.load_state_dict(mine.state_dict())
    other.norm1.load_state_dict(own.attention_norm.state_dict())
    other.norm2.load_state_dict(own.dense_norm.state_dict())
    return other


def torchs_decoder(own: DecoderLayer, form: Form) -> nn.TransformerDecoderLayer:
    other = nn.TransformerDecoderLayer(
        form.width, form.heads, form.hidden, 0.0, form.activation, batch_first=True, norm_first=form.norm_first
    )
    other = other.double().eval()
    assert own.cross is not None
    assert own.cross_norm is not None
    with torch.no_grad():
        copy_attention(own.attention, other.self_attn)
        copy_attention(own.cross, other.multihead_attn)
    for mine, theirs in ((own.dense[0], other.linear1), (own.dense[3], other.linear2)):
        theirs.load_state_dict(mine.state_dict())
    for norm, theirs in ((own.attention_norm, other.norm1), (own.cross_norm, other.norm2), (own.dense_norm, other.norm3)):
        theirs.load_state_dict(norm.state_dict())
    return other


def encoder(form: Form) -> EncoderLayer:
    with isolated(5):
        layer = EncoderLayer(form)
        jittered(layer)
    return layer


def decoder(form: Form, *, cross: bool = True) -> DecoderLayer:
    with isolated(6):
        layer = DecoderLayer(form, cross=cross)
        jittered(layer)
    return layer


NORMS = pytest.mark.parametrize("norm_first", [False, True], ids=["norm after", "norm before"])
ACTIVATIONS = pytest.mark.parametrize("activation", ["relu", "gelu"])


@NORMS
@ACTIVATIONS
def test_an_encoder_layer_is_torchs_for_the_same_weights(norm_first: bool, activation: str) -> None:
    form = replace(FORM, norm_first=norm_first, activation=activation)
    own = encoder(form)
    other = torchs_encoder(own, form)
    ids = torch.tensor([[1, 2, 3, 4, 5], [1, 2, 3, 0, 0]])
    tokens = drawn(2, 5, 12)
    with torch.no_grad():
        torch.testing.assert_close(own(tokens), other(tokens), rtol=0, atol=1e-12)
        expected = other(tokens, src_key_padding_mask=ids == 0)
        found = own(tokens, not_padding(ids))
    torch.testing.assert_close(found[0], expected[0], rtol=0, atol=1e-12)
    torch.testing.assert_close(found[1, :3], expected[1, :3], rtol=0, atol=1e-12)


@NORMS
@ACTIVATIONS
def test_a_decoder_layer_is_torchs_for_the_same_weights(norm_first: bool, activation: str) -> None:
    form = replace(FORM, norm_first=norm_first, activation=activation)
    own = decoder(form)
    other = torchs_decoder(own, form)
    tokens, memory = drawn(2, 5, 12), drawn(2, 7, 12, seed=1)
    padded = torch.tensor([[False] * 7, [False] * 4 + [True] * 3])
    with torch.no_grad():
        expected = other(tokens, memory, tgt_mask=~causal(5), memory_key_padding_mask=padded)
        found = own(tokens, memory, ~padded[:, None, None])
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@NORMS
def test_a_decoder_layer_without_a_memory_is_an_encoder_layer_that_does_not_look_ahead(norm_first: bool) -> None:
    form = replace(FORM, norm_first=norm_first)
    own, plain = decoder(form, cross=False), encoder(form)
    plain.load_state_dict(own.state_dict())
    tokens = drawn(2, 5, 12)
    torch.testing.assert_close(own(tokens), plain(tokens, causal(5)), rtol=0, atol=0)


@NORMS
def test_gradients_are_torchs_too(norm_first: bool) -> None:
    form = replace(FORM, norm_first=norm_first)
    own = decoder(form)
    other = torchs_decoder(own, form)
    tokens, memory = drawn(2, 4, 12).requires_grad_(), drawn(2, 3, 12, seed=1).requires_grad_()
    weight = drawn(2, 4, 12, seed=2)
    found = torch.autograd.grad((own(tokens, memory) * weight).sum(), [tokens, memory])
    expected = torch.autograd.grad((other(tokens, memory, tgt_mask=~causal(4)) * weight).sum(), [tokens, memory])
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-11)


@NORMS
def test_token_by_token_gives_what_all_at_once_gives(norm_first: bool) -> None:
    form = replace(FORM, norm_first=norm_first)
    with isolated(7):
        stack = DecoderStack(form, 3, cross=True)
    jittered(stack)
    tokens, memory = drawn(2, 6, 12), drawn(2, 4, 12, seed=1)
    seen = not_padding(torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]]))
    with torch.no_grad():
        whole = stack(tokens, memory, seen)
        past, sources, parts = stack.nothing, stack.sources(memory), list[Tensor]()
        for start, end in ((0, 2), (2, 3), (3, 6)):
            part, past = stack.step(tokens[:, start:end], past, sources, seen)
            parts.append(part)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, rtol=0, atol=1e-12)


@NORMS
def test_the_weights_that_are_shown_are_those_that_were_used(norm_first: bool) -> None:
    with isolated(8):
        stack = EncoderStack(replace(FORM, norm_first=norm_first), 2)
    jittered(stack)
    mixed, values = list[Tensor](), list[Tensor]()
    for layer in stack.layers:
        assert isinstance(layer, EncoderLayer)
        layer.attention.out.register_forward_pre_hook(lambda _, given: mixed.append(given[0]))
        layer.attention.value.register_forward_hook(lambda _, __, value: values.append(value))
    tokens, seen = drawn(1, 4, 12), not_padding(torch.tensor([[1, 1, 1, 0]]))
    with torch.no_grad():
        stack(tokens, seen)
        used = list(zip(values, mixed, strict=True))
        shown = stack.weights(tokens, seen)
    assert len(shown) == 2
    for weights, (value, out) in zip(shown, used, strict=True):
        heads = value.unflatten(2, (3, -1)).transpose(1, 2)
        torch.testing.assert_close((weights @ heads).transpose(1, 2).flatten(2), out, rtol=0, atol=1e-12)
        assert (weights[..., 3] == 0).all()


@NORMS
def test_the_weights_of_a_memory_are_those_that_torchs_layer_shows(norm_first: bool) -> None:
    form = replace(FORM, norm_first=norm_first)
    own = decoder(form)
    other = torchs_decoder(own, form)
    seen = list[Tensor]()
    attention = other.multihead_attn

    def looked(*given: Tensor, **settings: object) -> tuple[Tensor, None]:
        out, weights = type(attention).forward(attention, *given, average_attn_weights=False, need_weights=True)
        seen.append(weights)
        return out, None

    attention.forward = looked  # type: ignore[method-assign, assignment]
    tokens, memory = drawn(2, 5, 12), drawn(2, 7, 12, seed=1)
    with torch.no_grad():
        other(tokens, memory, tgt_mask=~causal(5))
        torch.testing.assert_close(own.cross_weights(tokens, memory), seen[0], rtol=0, atol=1e-12)


def test_a_layer_that_looks_at_a_memory_asks_for_one_and_another_has_no_weights_of_it() -> None:
    with pytest.raises(ConfigError, match="give it that memory"):
        decoder(FORM)(drawn(1, 2, 12))
    with pytest.raises(ConfigError, match="looks at no memory"):
        decoder(FORM, cross=False).cross_weights(drawn(1, 2, 12), drawn(1, 2, 12))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"heads": 5}, "width=12 cannot be shared by heads=5"),
        ({"hidden": 0}, "hidden=0 must be at least 1"),
        ({"dropout": 1.0}, "every dropout in"),
        ({"epsilon": 0.0}, "epsilon=0.0 above 0"),
        ({"activation": "rely"}, "no activation 'rely'"),
    ],
)
def test_a_form_that_no_layer_can_have_is_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        replace(FORM, **settings)  # type: ignore[arg-type]


def test_vectors_of_tokens_are_scaled_placed_and_of_their_segment() -> None:
    vectors = TokenVectors(9, FORM, positions="learned", places=5, segments=2, scaled=True, padding=True).double().eval()
    ids, segments = torch.tensor([[4, 0, 8]]), torch.tensor([[0, 1, 1]])
    with torch.no_grad():
        found = vectors(ids, segments=segments)
        assert (vectors.table.weight[0] == 0).all()
        places, kinds = vectors.positions.table.weight, vectors.segments.weight  # type: ignore[union-attr]
        expected = vectors.table.weight[ids] * 12**0.5 + places[:3] + kinds[segments]  # type: ignore[index]
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
        torch.testing.assert_close(vectors(ids), vectors(ids, segments=torch.zeros_like(ids)), rtol=0, atol=0)
