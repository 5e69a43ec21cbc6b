"""Categories as vectors, against torch's own and the published package."""

import numpy as np
import pytest
import rtdl_revisiting_models as published
import torch
from sklearn.preprocessing import OneHotEncoder

from assay.nets.tabular.categories import Categories, CategoryTokens, embedding_width

LEVELS = (3, 12, 2)


def codes() -> torch.Tensor:
    rng = np.random.default_rng(0)
    return torch.from_numpy(np.column_stack([rng.integers(0, count, 20) for count in LEVELS]))


@pytest.mark.parametrize(("levels", "width"), [(1, 2), (2, 2), (10, 6), (100, 21), (1000, 50), (10**6, 50)])
def test_the_width_of_a_learned_vector_follows_the_rule(levels: int, width: int):
    assert embedding_width(levels) == width


def test_one_hot_is_scikit_learns():
    categories = Categories(LEVELS, 0, one_hot=12)
    encoder = OneHotEncoder(categories=[range(count) for count in LEVELS], sparse_output=False)
    np.testing.assert_array_equal(categories(codes(), torch.float64).numpy(), encoder.fit_transform(codes().numpy()))
    assert categories.width == 17
    assert not list(categories.parameters())


def test_few_levels_are_one_hot_and_many_are_looked_up_in_the_order_of_the_columns():
    categories = Categories(LEVELS, 5, one_hot=3).double()
    given = codes()
    (table,) = categories.tables
    expected = torch.cat([torch.eye(3)[given[:, 0]], table.weight[given[:, 1]], torch.eye(2)[given[:, 2]]], dim=1)
    torch.testing.assert_close(categories(given, torch.float64), expected)
    assert categories.widths == (3, 5, 2)


def test_without_one_hot_every_category_is_learned():
    categories = Categories(LEVELS, 0, one_hot=0)
    assert [tuple(table.weight.shape) for table in categories.tables] == [(3, 3), (12, 6), (2, 2)]


def test_tokens_of_categories_are_the_published_ones():
    ours = CategoryTokens(LEVELS, 5)
    theirs = published.CategoricalEmbeddings(list(LEVELS), 5)
    theirs.load_state_dict({name.replace("tables", "embeddings"): value for name, value in ours.state_dict().items()})
    torch.testing.assert_close(ours(codes()), theirs(codes()))
