"""Registries import late, refuse doubles and help with a misspelt name."""

import sys

import pytest

from assay.core.errors import DefectError, UnknownNameError
from assay.core.registry import Registry


@pytest.fixture
def shapes() -> Registry[object]:
    registry: Registry[object] = Registry("shape")
    registry.add("colour", "colorsys:rgb_to_hsv")
    registry.add("fraction", "fractions:Fraction")
    return registry


def test_a_misspelt_name_is_answered_with_the_nearest(shapes: Registry[object]) -> None:
    with pytest.raises(UnknownNameError, match="no shape 'fractoin'; did you mean 'fraction'"):
        shapes.get("fractoin")


def test_a_second_add_of_a_name_fails(shapes: Registry[object]) -> None:
    with pytest.raises(DefectError, match="registered twice"):
        shapes.add("colour", "colorsys:hsv_to_rgb")


def test_a_member_is_imported_when_asked_for_and_not_before(shapes: Registry[object]) -> None:
    sys.modules.pop("colorsys", None)
    assert shapes.names() == ["colour", "fraction"]
    assert "colorsys" not in sys.modules
    assert shapes.get("colour") is sys.modules["colorsys"].rgb_to_hsv
