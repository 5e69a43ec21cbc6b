"""The Transformer of encoder and decoder against torch's own, and its published size."""

import pytest
import torch
from torch import Tensor, nn

from assay.nets.text.attention import MultiHeadAttention, causal
from assay.nets.text.encoder_decoder import EncoderDecoder, EncoderDecoderSpec, parameters
from assay.nets.text.pairs import END, START
from assay.nets.text.positions import sinusoidal


def test_the_base_model_has_as_many_parameters_as_were_counted() -> None:
    with torch.device("meta"):
        base = EncoderDecoderSpec(37_000).build()
    assert parameters(base) == 63_045_632
    assert parameters(base) - base.vectors.table.weight.numel() == 44_101_632


def torchs_own(net: EncoderDecoder, spec: EncoderDecoderSpec) -> nn.Transformer:
    """torch's Transformer with the weights of ours; its biases of attention are 0 where ours has none."""
    settings = {
        "d_model": spec.width,
        "nhead": spec.heads,
        "dim_feedforward": spec.hidden,
        "dropout": 0.0,
        "batch_first": True,
        "norm_first": spec.norm_first,
    }
    encoder_norm, decoder_norm = (nn.LayerNorm(spec.width) if spec.norm_first else None for _ in range(2))
    peer = nn.Transformer(
        d_model=spec.width,
        nhead=spec.heads,
        custom_encoder=nn.TransformerEncoder(
            nn.TransformerEncoderLayer(**settings), spec.encoders, encoder_norm, enable_nested_tensor=False
        ),
        custom_decoder=nn.TransformerDecoder(nn.TransformerDecoderLayer(**settings), spec.decoders, decoder_norm),
        batch_first=True,
    )
    peer = peer.double().eval()
    with torch.no_grad():
        for ours, theirs in zip(net.encoder, peer.encoder.layers, strict=True):
            copy_attention(ours.attention, theirs.self_attn)
            copy_rest(ours, theirs, ((ours.attention_norm, theirs.norm1), (ours.dense_norm, theirs.norm2)))
        for ours, theirs in zip(net.decoder, peer.decoder.layers, strict=True):
            copy_attention(ours.attention, theirs.self_attn)
            copy_attention(ours.cross, theirs.multihead_attn)
            norms = ((ours.attention_norm, theirs.norm1), (ours.cross_norm, theirs.norm2), (ours.dense_norm, theirs.norm3))
            copy_rest(ours, theirs, norms)
        if spec.norm_first:
            peer.encoder.norm.load_state_dict(net.encoder_norm.state_dict())
            peer.decoder.norm.load_state_dict(net.decoder_norm.state_dict())
    return peer


def copy_attention(ours: MultiHeadAttention, theirs: nn.MultiheadAttention) -> None:
    projections = (ours.query, ours.key, ours.value)
    theirs.in_proj_weight.copy_(torch.cat([layer.weight for layer in projections]))
    theirs.in_proj_bias.copy_(torch.cat([_bias(layer) for layer in projections]))
    theirs.out_proj.weight.copy_(ours.out.weight)
    theirs.out_proj.bias.copy_(_bias(ours.out))


def _bias(layer: nn.Linear) -> Tensor:
    return layer.weight.new_zeros(len(layer.weight)) if layer.bias is None else layer.bias


def copy_rest(ours: nn.Module, theirs: nn.Module, norms: tuple[tuple[nn.Module, nn.Module], ...]) -> None:
    theirs.linear1.load_state_dict(ours.dense[0].state_dict())
    theirs.linear2.load_state_dict(ours.dense[3].state_dict())
    for own, other in norms:
        other.load_state_dict(own.state_dict())


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("attention_bias", [False, True])
def test_with_the_same_weights_it_is_torchs_own_transformer(norm_first: bool, attention_bias: bool) -> None:
    spec = EncoderDecoderSpec(
        20, width=16, heads=4, hidden=24, encoders=2, decoders=2, norm_first=norm_first, attention_bias=attention_bias
    )
    torch.manual_seed(0)
    net = spec.build().double().eval()
    with torch.no_grad():
        for weight in net.parameters():  # biases and norms are not at 0 and 1 either
            weight.add_(0.1 * torch.randn_like(weight))
        peer = torchs_own(net, spec)
        source = torch.tensor([[4, 5, 6, 7, END], [8, END, 0, 0, 0]])
        target = torch.tensor([[START, 9, 10, 11], [START, 12, 13, 14]])
        table = net.vectors.table.weight
        given, said = (table[ids] * 4 + sinusoidal(ids.shape[1], 16) for ids in (source, target))
        expected = peer(
            given,
            said,
            tgt_mask=~causal(4),
            src_key_padding_mask=source == 0,
            memory_key_padding_mask=source == 0,
        )
        torch.testing.assert_close(net(source, target), expected @ table.T, rtol=0, atol=1e-9)
        _, weights = peer.decoder.layers[-1].multihead_attn(  # of a layer that is given the same
            *(given, given, given), key_padding_mask=source == 0, average_attn_weights=True
        )
        ours = net.decoder[-1].cross.weights(given, given, (source != 0)[:, None, None]).mean(dim=1)
        torch.testing.assert_close(ours, weights, rtol=0, atol=1e-12)
