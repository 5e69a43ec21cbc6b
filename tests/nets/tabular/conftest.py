"""What the tests of the nets for tables share."""

from collections.abc import Iterator

import pytest
import torch

from assay.nets.seeding import threads


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Nets this small are slower on two."""
    with threads(1):
        yield


@pytest.fixture
def double() -> Iterator[None]:
    """torch makes float64 tensors: the published packages compute constants in the default type when they are built."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)
