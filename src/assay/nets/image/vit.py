"""Vision Transformer: a picture as a sequence of patches.

Source: Dosovitskiy et al. (2021).  Layer norm before attention and before the dense part, ε 1e-6; the class is read from a
token of its own.
"""

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from assay.nets.image.network import Network

EPSILON = 1e-6


@dataclass(frozen=True)
class Form:
    """patch: pixels a side.  width: of a token; hidden: of the dense part between."""

    patch: int
    layers: int
    heads: int
    width: int
    hidden: int
    dropout: float = 0.0


class Dense(nn.Sequential):
    """Two linear layers with GELU between them; the names are those of the published weights."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__(nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, width), nn.Dropout(dropout))


class EncoderLayer(nn.Module):
    """tokens (n, t, width) -> (n, t, width)."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(form.width, eps=EPSILON)
        self.self_attention = nn.MultiheadAttention(form.width, form.heads, batch_first=True)
        self.dropout = nn.Dropout(form.dropout)
        self.ln_2 = nn.LayerNorm(form.width, eps=EPSILON)
        self.mlp = Dense(form.width, form.hidden, form.dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        normed = self.ln_1(tokens)
        attended, _ = self.self_attention(normed, normed, normed, need_weights=False)
        tokens = tokens + self.dropout(attended)
        return tokens + self.mlp(self.ln_2(tokens))  # type: ignore[no-any-return]


class Encoder(nn.Module):
    def __init__(self, form: Form, tokens: int) -> None:
        super().__init__()
        self.pos_embedding = nn.Parameter(torch.empty(1, tokens, form.width).normal_(std=0.02))
        self.dropout = nn.Dropout(form.dropout)
        self.layers = nn.Sequential(OrderedDict((f"encoder_layer_{number}", EncoderLayer(form)) for number in range(form.layers)))
        self.ln = nn.LayerNorm(form.width, eps=EPSILON)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.ln(self.layers(self.dropout(tokens + self.pos_embedding)))  # type: ignore[no-any-return]


class VisionTransformer(nn.Module):
    """pictures (n, channels, size, size) -> (n, outputs)."""

    def __init__(self, form: Form, outputs: int, channels: int, size: int) -> None:
        super().__init__()
        self.conv_proj = nn.Conv2d(channels, form.width, form.patch, form.patch)
        self.class_token = nn.Parameter(torch.zeros(1, 1, form.width))
        self.encoder = Encoder(form, (size // form.patch) ** 2 + 1)
        head = nn.Linear(form.width, outputs)
        self.heads = nn.Sequential(OrderedDict(head=head))
        nn.init.zeros_(head.weight)
        nn.init.zeros_(head.bias)
        self._draw()

    def _draw(self) -> None:
        fan_in = self.conv_proj.weight[0].numel()
        nn.init.trunc_normal_(self.conv_proj.weight, std=fan_in**-0.5)
        nn.init.zeros_(self.conv_proj.bias)  # type: ignore[arg-type]  # it has one
        for layer in self.encoder.modules():
            if isinstance(layer, Dense):
                for part in layer:
                    if isinstance(part, nn.Linear):
                        nn.init.xavier_uniform_(part.weight)
                        nn.init.normal_(part.bias, std=1e-6)

    def forward(self, pictures: Tensor) -> Tensor:
        patches = self.conv_proj(pictures).flatten(2).transpose(1, 2)  # (n, t, width)
        tokens = torch.cat([self.class_token.expand(patches.shape[0], -1, -1), patches], dim=1)
        return self.heads(self.encoder(tokens)[:, 0])  # type: ignore[no-any-return]


def build(form: Form, outputs: int, channels: int, size: int) -> nn.Module:
    return VisionTransformer(form, outputs, channels, size)


def _network(name: str, title: str, form: Form) -> Network:
    return Network(
        name,
        title,
        partial(build, form),
        224,
        form.patch,
        ("heads.",),
        "Dosovitskiy et al. (2021)",
        step=form.patch,
        published=name.replace("-", "_"),
    )


VIT_B_16 = _network("vit-b-16", "Vision Transformer, base, patches of 16", Form(16, 12, 12, 768, 3072))
VIT_B_32 = _network("vit-b-32", "Vision Transformer, base, patches of 32", Form(32, 12, 12, 768, 3072))
VIT_L_16 = _network("vit-l-16", "Vision Transformer, large, patches of 16", Form(16, 24, 16, 1024, 4096))
VIT_L_32 = _network("vit-l-32", "Vision Transformer, large, patches of 32", Form(32, 24, 16, 1024, 4096))
