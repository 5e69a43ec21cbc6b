"""An encoder that was learnt by filling gaps: layers over all tokens, a vector of the whole text, and the heads it learns with.

Source: Devlin, Chang, Lee & Toutanova (2019), "BERT".
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.text.first_weights import draw_weights
from assay.nets.text.transformer import EncoderStack, Form, TokenVectors


class BertEncoder(nn.Module):
    """ids int (n, t) -> vectors of the tokens (n, t, width) and of the texts (n, width), from their first token."""

    def __init__(self, tokens: int, form: Form, layers: int, *, places: int, segments: int = 2) -> None:
        super().__init__()
        self.vectors = TokenVectors(tokens, form, positions="learned", places=places, segments=segments, norm=True)
        self.encoder = EncoderStack(form, layers)
        self.pooler = nn.Linear(form.width, form.width)
        draw_weights(self)

    def forward(self, ids: Tensor, segments: Tensor | None = None, seen: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """segments: int (n, t), which of two texts a token is of.  seen: which tokens may be looked at."""
        tokens = self.encoder(self.vectors(ids, segments=segments), seen)
        return tokens, torch.tanh(self.pooler(tokens[:, 0]))


class BertPretraining(nn.Module):
    """ids int (n, t) -> logits of every token (n, t, tokens), and of the second text following the first (n, 2)."""

    def __init__(self, bert: BertEncoder, form: Form) -> None:
        super().__init__()
        self.bert = bert
        self.dense, self.norm = nn.Linear(form.width, form.width), form.norm()
        self.bias = nn.Parameter(torch.zeros(bert.vectors.table.num_embeddings))
        self.follows = nn.Linear(form.width, 2)

    def forward(self, ids: Tensor, segments: Tensor | None = None, seen: Tensor | None = None) -> tuple[Tensor, Tensor]:
        tokens, text = self.bert(ids, segments, seen)
        filled = self.norm(functional.gelu(self.dense(tokens)))
        return functional.linear(filled, self.bert.vectors.table.weight, self.bias), self.follows(text)
