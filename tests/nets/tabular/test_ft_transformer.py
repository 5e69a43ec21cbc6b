"""The FT-Transformer against the package of its authors, with copied weights."""

import numpy as np
import pytest
import rtdl_revisiting_models as published
import torch

from assay.core.errors import ConfigError
from assay.nets.tabular.ft_transformer import FTTransformer, FTTransformerSpec

LEVELS = (3, 5)
NAMES = {
    "tokens.answer": "cls_embedding.weight",
    "tokens.embedding.": "cont_embeddings.",
    "tokens.categories.tables.": "cat_embeddings.embeddings.",
    "tokens.categories.bias": "cat_embeddings.bias",
    "blocks.": "backbone.blocks.",
    ".attention_norm.": ".attention_normalization.",
    ".feed_forward_norm.": ".ffn_normalization.",
    ".feed_forward.widen.": ".ffn.linear1.",
    ".feed_forward.narrow.": ".ffn.linear2.",
    ".query.": ".W_q.",
    ".key.": ".W_k.",
    ".value.": ".W_v.",
    ".mix.": ".W_out.",
}


def table(numbers: int, levels: tuple[int, ...], rows: int = 40) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.column_stack([rng.normal(size=(rows, numbers)), *(rng.integers(0, count, rows) for count in levels)])


def theirs_of(ours: FTTransformer, spec: FTTransformerSpec) -> published.FTTransformer:
    """The published net with our weights, and biases of the keys that ours leaves out, at random."""
    theirs = published.FTTransformer(
        n_cont_features=spec.numbers,
        cat_cardinalities=list(spec.levels),
        d_out=spec.outputs,
        n_blocks=spec.blocks,
        d_block=spec.width,
        attention_n_heads=spec.heads,
        attention_dropout=spec.attention_dropout,
        ffn_d_hidden_multiplier=spec.expansion,
        ffn_dropout=spec.feed_forward_dropout,
        residual_dropout=0.0,
    ).double()
    state = {}
    for name, value in ours.state_dict().items():
        if name.startswith(("norm.", "last.")):
            name = "backbone.output." + name.replace("norm.", "normalization.").replace("last.", "linear.")
        for mine, yours in NAMES.items():
            name = name.replace(mine, yours)
        state[name] = value
    keys = [f"backbone.blocks.{place}.attention.W_k.bias" for place in range(spec.blocks)]
    theirs.load_state_dict(state | {name: torch.randn(spec.width) for name in keys})
    return theirs


@pytest.mark.parametrize("blocks", [1, 3])
@pytest.mark.parametrize(("numbers", "levels"), [(4, LEVELS), (4, ()), (0, LEVELS)])
def test_outputs_are_those_of_the_published_net(numbers: int, levels: tuple[int, ...], blocks: int):
    torch.manual_seed(0)
    spec = FTTransformerSpec(numbers, levels, 2, blocks=blocks, width=12, heads=3)
    ours = spec.build().double().eval()
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.5)
    x = spec.tensor(table(numbers, levels))
    theirs = theirs_of(ours, spec).eval()
    expected = theirs(x[:, :numbers] if numbers else None, x[:, numbers:].long() if levels else None)
    torch.testing.assert_close(ours(x), expected, rtol=1e-9, atol=1e-9)


def test_gradients_are_those_of_the_published_net():
    spec = FTTransformerSpec(4, LEVELS, 1, blocks=2, width=12, heads=3, attention_dropout=0.0, feed_forward_dropout=0.0)
    ours = spec.build().double()
    theirs = theirs_of(ours, spec)
    x = spec.tensor(table(4, LEVELS))
    ours(x).square().sum().backward()
    theirs(x[:, :4], x[:, 4:].long()).square().sum().backward()
    torch.testing.assert_close(ours.tokens.answer.grad, theirs.cls_embedding.weight.grad)
    torch.testing.assert_close(ours.tokens.embedding.weight.grad, theirs.cont_embeddings.weight.grad)
    mine = ours.blocks[0].attention.key.weight.grad
    torch.testing.assert_close(mine, theirs.backbone.blocks[0]["attention"].W_k.weight.grad)


def test_attention_dropout_acts_in_training_only():
    spec = FTTransformerSpec(4, LEVELS, 1, attention_dropout=0.5, feed_forward_dropout=0.0)
    model = spec.build().double()
    x = spec.tensor(table(4, LEVELS))
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))


def test_first_weights_have_the_spread_of_the_published_ones():
    torch.manual_seed(0)
    spec = FTTransformerSpec(4, LEVELS, 1, width=64, heads=8)
    fresh = published.FTTransformer(
        n_cont_features=4,
        cat_cardinalities=list(LEVELS),
        d_out=1,
        n_blocks=2,
        d_block=64,
        attention_n_heads=8,
        attention_dropout=0.15,
        ffn_d_hidden_multiplier=4 / 3,
        ffn_dropout=0.05,
        residual_dropout=0.0,
    )
    drawn = dict(fresh.named_parameters())
    copied = dict(theirs_of(spec.build().double(), spec).named_parameters())
    for name, value in copied.items():
        if value.numel() >= 64 and not name.endswith("W_k.bias"):
            assert value.std(correction=0).item() == pytest.approx(drawn[name].std(correction=0).item(), rel=0.3), name


def test_numbers_may_be_embedded_in_other_ways_but_not_left_plain():
    spec = FTTransformerSpec(4, (), 1, embedding="piecewise", bins=5)
    model = spec.build()
    matrix = table(4, ())
    model.learn(matrix)
    np.testing.assert_allclose(model.tokens.embedding.encoding.edges[:, 0], matrix.min(axis=0), rtol=1e-6)
    with pytest.raises(ConfigError, match="needs an embedding"):
        FTTransformerSpec(4, (), 1, embedding="none")


def test_impossible_settings_are_refused():
    for settings in ({"blocks": 0}, {"blocks": 101}, {"heads": 7}, {"heads": 0}, {"expansion": 0.0}, {"attention_dropout": 1.0}):
        with pytest.raises(ConfigError):
            FTTransformerSpec(3, (), 1, **settings)
