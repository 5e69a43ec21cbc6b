"""The one matrix of a table: what it may hold, and the sentence when it does not."""

import numpy as np
import pytest
import torch

from assay.core.errors import ConfigError, DataError
from assay.nets.tabular.inputs import MOST_LEVELS, check_table, split, table_tensor


def matrix() -> np.ndarray:
    return np.array([[0.5, -1.0, 0, 2], [1.5, 2.0, 1, 0], [3.0, 4.0, 0, 1]])


def test_a_matrix_comes_back_as_numbers_and_whole_codes():
    numbers, codes = split(table_tensor(matrix(), 2, (2, 3)), 2)
    assert (numbers.dtype, codes.dtype) == (torch.float64, torch.int64)
    np.testing.assert_array_equal(numbers.numpy(), matrix()[:, :2])
    np.testing.assert_array_equal(codes.numpy(), [[0, 2], [1, 0], [0, 1]])


def test_codes_survive_float32_up_to_the_most_levels():
    largest = np.array([[MOST_LEVELS - 1.0], [MOST_LEVELS - 2.0]])
    _, codes = split(table_tensor(largest, 0, (MOST_LEVELS,)).float(), 0)
    assert codes[:, 0].tolist() == [MOST_LEVELS - 1, MOST_LEVELS - 2]
    with pytest.raises(ConfigError, match=r"levels\[1\]=16777217 must be from 1 to 16777216"):
        check_table(0, (2, MOST_LEVELS + 1), 1)


def test_the_tensor_shares_no_memory_with_the_matrix():
    given = matrix()
    table_tensor(given, 2, (2, 3))[0, 0] = 9.0
    assert given[0, 0] == 0.5


@pytest.mark.parametrize("form", [(3, 3), (3, 5), (4,), (2, 4, 1)])
def test_another_width_is_refused_with_both_widths(form: tuple[int, ...]):
    with pytest.raises(
        DataError, match=r"reads 4 columns of numbers \(2 numbers, then codes of 2 categories\); .* \(" + str(form[0])
    ):
        table_tensor(np.zeros(form), 2, (2, 3))


def test_texts_are_refused():
    with pytest.raises(DataError, match="the type <U"):
        table_tensor(matrix().astype(str), 2, (2, 3))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_refused_with_its_column_and_row(value: float):
    wrong = matrix()
    wrong[1:, 1] = value
    with pytest.raises(DataError, match=rf"column 1 .* holds {value} in row 1 \(2 rows"):
        table_tensor(wrong, 2, (2, 3))


@pytest.mark.parametrize(("value", "shown"), [(3, "3"), (-1, "-1"), (0.5, "0.5"), (np.nan, "nan"), (np.inf, "inf")])
def test_a_code_that_is_no_level_is_refused_with_its_column_row_and_code(value: float, shown: str):
    wrong = matrix()
    wrong[2, 3] = value
    with pytest.raises(DataError, match=rf"column 3 .* category 1, holds the code {shown} in row 2 \(1 such rows\).* 0 to 2"):
        table_tensor(wrong, 2, (2, 3))


@pytest.mark.parametrize(
    ("numbers", "levels", "outputs"), [(0, (), 1), (-1, (2,), 1), (1, (0,), 1), (1, (2,), 0), (2**20 + 1, (), 1)]
)
def test_impossible_columns_are_refused(numbers: int, levels: tuple[int, ...], outputs: int):
    with pytest.raises(ConfigError):
        check_table(numbers, levels, outputs)
