from dataclasses import dataclass

import pytest

from assay.core.errors import BundleError, ConfigError
from assay.nets.architectures import spec_to_json
from assay.nets.generate.diffusion import DiffusionSpec
from assay.nets.generate.gan import CTGANSpec
from assay.nets.generate.saved import LARGEST, MOST_PARTS, read_settings
from assay.nets.generate.variational import VAESpec


@dataclass(frozen=True)
class Every:
    """A setting of each type."""

    count: int
    share: float
    name: str
    widths: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ConfigError("count must not be negative.")


GOOD = {"count": 3, "share": 0.5, "name": "relu", "widths": [4, 2]}


def test_settings_come_back_each_of_its_type():
    found = read_settings(Every, GOOD)
    assert found == Every(3, 0.5, "relu", (4, 2))
    whole = read_settings(Every, GOOD | {"share": 1})
    assert whole.share == 1.0
    assert isinstance(whole.share, float), "JSON writes 1.0 as 1 in some hands"


@pytest.mark.parametrize("spec", [VAESpec(2, (3,), 2), CTGANSpec(2, (3,), 0, pack=3), DiffusionSpec(0, (3, 4), 1, times=7)])
def test_what_a_net_was_saved_with_is_read_as_it_was(spec):
    assert read_settings(type(spec), spec_to_json(spec)) == spec


@pytest.mark.parametrize(
    "settings",
    [
        None,
        [],
        {},
        GOOD | {"more": 1},
        {name: value for name, value in GOOD.items() if name != "name"},
        GOOD | {"count": 3.0},
        GOOD | {"count": True},
        GOOD | {"count": "3"},
        GOOD | {"count": LARGEST + 1},
        GOOD | {"count": -1},
        GOOD | {"share": "0.5"},
        GOOD | {"share": None},
        GOOD | {"share": float("nan")},
        GOOD | {"share": float("inf")},
        GOOD | {"name": 7},
        GOOD | {"widths": (4, 2)},
        GOOD | {"widths": 4},
        GOOD | {"widths": [4, 2.0]},
        GOOD | {"widths": [True]},
        GOOD | {"widths": [-LARGEST - 1]},
        GOOD | {"widths": [1] * (MOST_PARTS + 1)},
    ],
)
def test_settings_that_nothing_wrote_are_refused(settings):
    with pytest.raises(BundleError):
        read_settings(Every, settings)
