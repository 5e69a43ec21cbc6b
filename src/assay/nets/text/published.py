"""The forms of published Transformers, so that a model of ours can be laid beside theirs: their parameters, number by number.

Their weights do not come with them.  On the device "meta" a net of any size is built without memory:

>>> import torch
>>> with torch.device("meta"):
...     model = gpt(GPT_2)
>>> f"{parameters(model):,}"
'124,439,808'
"""

from dataclasses import dataclass

from torch import nn

from assay.nets.text.bert import BertEncoder, BertPretraining
from assay.nets.text.decoder import Decoder
from assay.nets.text.transformer import Form


@dataclass(frozen=True, slots=True)
class Published:
    """tokens: of its vocabulary.  places: the most tokens of a text, for those that learn them; 0: waves (see ``positions``)."""

    title: str
    tokens: int
    places: int
    layers: int
    form: Form
    source: str


def _bert(title: str, layers: int, width: int, heads: int) -> Published:
    form = Form(width=width, heads=heads, hidden=4 * width, activation="gelu", dropout=0.1, attention_dropout=0.1, epsilon=1e-12)
    return Published(title, 30_522, 512, layers, form, "Devlin et al. (2019)")


def _gpt_2(title: str, layers: int, width: int, heads: int) -> Published:
    form = Form(
        width=width, heads=heads, hidden=4 * width, activation="gelu", norm_first=True, dropout=0.1, attention_dropout=0.1
    )
    return Published(title, 50_257, 1024, layers, form, "Radford et al. (2019)")


TRANSFORMER_BASE = Published(
    "Transformer base (6 layers in the encoder, 6 in the decoder, one table for both and for the output)",
    37_000,
    0,
    6,
    Form(width=512, heads=8, hidden=2048, attention_bias=False, dropout=0.1),
    "Vaswani et al. (2017)",
)
BERT_BASE = _bert("BERT base", 12, 768, 12)
BERT_LARGE = _bert("BERT large", 24, 1024, 16)
GPT_1 = Published(
    "GPT",
    40_478,
    512,
    12,
    Form(width=768, heads=12, hidden=3072, activation="gelu", dropout=0.1, attention_dropout=0.1),
    "Radford et al. (2018)",
)
GPT_2 = _gpt_2("GPT-2 small", 12, 768, 12)
GPT_2_MEDIUM = _gpt_2("GPT-2 medium", 24, 1024, 16)
GPT_2_LARGE = _gpt_2("GPT-2 large", 36, 1280, 20)
GPT_2_XL = _gpt_2("GPT-2 XL", 48, 1600, 25)


def gpt(of: Published) -> Decoder:
    """Its output shares the table of its input."""
    return Decoder(of.tokens, of.form, of.layers, positions="learned", places=of.places)


def bert(of: Published) -> BertEncoder:
    """The encoder with its pooler."""
    return BertEncoder(of.tokens, of.form, of.layers, places=of.places)


def bert_for_pretraining(of: Published) -> BertPretraining:
    """With the heads for masked tokens and for the next sentence."""
    return BertPretraining(bert(of), of.form)


def parameters(model: nn.Module) -> int:
    """How many numbers are learnt; those of a shared table count once."""
    return sum(part.numel() for part in model.parameters())
