"""Parameters of published Transformers, number by number."""

import pytest
import torch
from torch import nn

from assay.nets.text import published
from assay.nets.text.published import Published, bert, bert_for_pretraining, gpt, parameters
from assay.nets.text.transformer import DecoderStack, EncoderStack, Form, TokenVectors

COUNTS = [
    (published.GPT_1, 116_534_784),
    (published.GPT_2, 124_439_808),
    (published.GPT_2_MEDIUM, 354_823_168),
    (published.GPT_2_LARGE, 774_030_080),
    (published.GPT_2_XL, 1_557_611_200),
]


@pytest.mark.parametrize(("model", "count"), COUNTS, ids=[model.title for model, _ in COUNTS])
def test_a_gpt_of_ours_has_as_many_parameters_as_the_published_one(model: Published, count: int) -> None:
    with torch.device("meta"):
        assert parameters(gpt(model)) == count


def test_a_bert_of_ours_has_as_many_parameters_as_the_published_one() -> None:
    with torch.device("meta"):
        assert parameters(bert(published.BERT_BASE)) == 109_482_240
        assert parameters(bert_for_pretraining(published.BERT_BASE)) == 110_106_428
        assert parameters(bert(published.BERT_LARGE)) == 335_141_888


def test_the_base_transformer_has_63_million_parameters_with_one_table_for_both_texts_and_the_output() -> None:
    base = published.TRANSFORMER_BASE
    with torch.device("meta"):
        body = nn.ModuleList([EncoderStack(base.form, base.layers), DecoderStack(base.form, base.layers, cross=True)])
        table = TokenVectors(base.tokens, base.form, positions="sinusoidal", places=base.places, scaled=True)
        assert parameters(body) == 44_101_632
        assert parameters(nn.ModuleList([body, table])) == 63_045_632


def test_bert_fills_gaps_and_says_whether_texts_follow_from_what_it_may_look_at() -> None:
    small = Published("small", 30, 8, 2, Form(width=8, heads=2, hidden=16, activation="gelu"), "")
    model = bert_for_pretraining(small).eval()
    ids = torch.tensor([[5, 6, 7, 0], [5, 6, 7, 9]])
    with torch.no_grad():
        filled, follows = model(ids, torch.tensor([[0, 0, 1, 1]] * 2), (torch.arange(4) < 3)[None, None, None])
    assert filled.shape == (2, 4, 30)
    assert follows.shape == (2, 2)
    torch.testing.assert_close(filled[0, :3], filled[1, :3])
    torch.testing.assert_close(follows[0], follows[1])
