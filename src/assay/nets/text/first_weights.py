"""First weights of Transformers and of their language models: small normal numbers, smaller where residuals add up.

Source: Radford et al. (2018; 2019): standard deviation 0.02, and of the layers that end a residual 0.02 / √(number of
residuals), so that the sum over a deep stack does not grow.
"""

from torch import nn

from assay.nets.text.attention import MultiHeadAttention
from assay.nets.text.transformer import DecoderLayer, EncoderLayer

SPREAD = 0.02


def draw_weights(model: nn.Module, spread: float = SPREAD) -> None:
    """Draw the weights of every linear layer and table anew from torch's global generator; biases and paddings become 0."""
    for part in model.modules():
        if isinstance(part, nn.Linear | nn.Embedding):
            nn.init.normal_(part.weight, std=spread)
        if isinstance(part, nn.Linear) and part.bias is not None:
            nn.init.zeros_(part.bias)
        if isinstance(part, nn.Embedding) and part.padding_idx is not None:
            nn.init.zeros_(part.weight[part.padding_idx])
    layers = [part for part in model.modules() if isinstance(part, EncoderLayer | DecoderLayer)]
    ends = [end for layer in layers for end in _ends_of_residuals(layer)]
    for end in ends:
        nn.init.normal_(end.weight, std=spread * len(ends) ** -0.5)


def _ends_of_residuals(layer: EncoderLayer | DecoderLayer) -> list[nn.Linear]:
    attentions = [part for part in layer.children() if isinstance(part, MultiHeadAttention)]
    return [*(attention.out for attention in attentions), *(part for part in [layer.dense[-1]] if isinstance(part, nn.Linear))]
