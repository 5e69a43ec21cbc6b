import pytest
import torch

from assay.core.errors import ConfigError
from assay.nets.devices import check_device


def test_the_processor_is_always_there():
    check_device("cpu")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cudda", "did you mean 'cuda'"),
        ("cuda:99", "'cuda:99' is not on this machine"),
        ("meta", "'meta' is not on this"),
    ],
)
def test_what_torch_cannot_compute_on_here_is_refused(name, said):
    with pytest.raises(ConfigError, match=said):
        check_device(name)


def test_a_graphics_card_is_taken_where_there_is_one():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device on this machine")
    check_device("cuda")
