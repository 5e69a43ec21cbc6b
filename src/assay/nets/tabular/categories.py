"""Categories as vectors: learned ones, or one-hot where there are few levels.

One-hot costs a column a level and says all there is; a learned vector is short, and lets levels that act alike lie close.
Source: Guo & Berkhahn (2016), "Entity embeddings of categorical variables"; the rule for the width is fastai's (Howard &
Gugger, 2020), with a lower cap.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.tabular.inputs import check_range, uniform_bound

WIDEST = 50


def embedding_width(levels: int) -> int:
    """min(50, 1.6 · levels^0.56), rounded: 2 for two levels, 6 for ten, 21 for a hundred."""
    return min(WIDEST, round(1.6 * float(levels**0.56)))


def check_categories(width: int, one_hot: int) -> None:
    """Raise ConfigError unless ``Categories`` can be built from these."""
    check_range("width of a category's embedding", width, 0, 4096)
    check_range("one_hot", one_hot, 0, 4096)


class Categories(nn.Module):
    """codes int64 (n, categories) -> (n, width), the columns' vectors side by side in their order.

    levels: of each category.  width: of each learned vector, 0 for the rule of ``embedding_width``.
    one_hot: a category of up to so many levels is one-hot; 0 for none.
    """

    def __init__(self, levels: tuple[int, ...], width: int, one_hot: int) -> None:
        super().__init__()
        self.levels = levels
        self.one_hot = one_hot
        learned = [(count, width or embedding_width(count)) for count in levels if count > one_hot]
        self.tables = nn.ModuleList([_table(count, wide) for count, wide in learned])
        self.widths = tuple(count if count <= one_hot else width or embedding_width(count) for count in levels)
        self.width = sum(self.widths)

    def forward(self, codes: Tensor, dtype: torch.dtype) -> Tensor:
        tables = iter(self.tables)
        parts = [
            functional.one_hot(codes[:, place], count).to(dtype) if count <= self.one_hot else next(tables)(codes[:, place])
            for place, count in enumerate(self.levels)
        ]
        return torch.cat(parts, dim=1)


class CategoryTokens(nn.Module):
    """codes int64 (n, categories) -> (n, categories, width): a learned vector a level, and one more a column."""

    def __init__(self, levels: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.tables = nn.ModuleList([_table(count, width) for count in levels])
        self.bias = nn.Parameter(torch.empty(len(levels), width))
        nn.init.uniform_(self.bias, -uniform_bound(width), uniform_bound(width))

    def forward(self, codes: Tensor) -> Tensor:
        return torch.stack([table(codes[:, place]) for place, table in enumerate(self.tables)], dim=1) + self.bias


def _table(levels: int, width: int) -> nn.Embedding:
    """(levels, width), uniform within ±1/√width."""
    table = nn.Embedding(levels, width)
    nn.init.uniform_(table.weight, -uniform_bound(width), uniform_bound(width))
    return table
