import numpy as np
import pytest

from assay.measure.link import Link

LINKS = {(0.0, 1.0): "logit", (-1.0, 1.0): "logit", (0.0, np.inf): "log", (-np.inf, 1.0): "log", (-np.inf, np.inf): ""}
each = pytest.mark.parametrize(("bounds", "name"), LINKS.items(), ids=str)


@each
def test_a_link_is_named_after_its_bounds_and_there_is_a_way_back(bounds: tuple[float, float], name: str) -> None:
    link, values = Link(*bounds), np.array([0.1, 0.5, 0.99])
    assert link.name == name
    assert link.back(link.forward(values)) == pytest.approx(values)


@each
def test_the_slope_is_the_derivative_and_rises(bounds: tuple[float, float], name: str) -> None:
    link, values = Link(*bounds), np.array([0.1, 0.5, 0.9])
    numeric = (link.forward(values + 1e-6) - link.forward(values - 1e-6)) / 2e-6
    assert link.slope(values) == pytest.approx(numeric, rel=1e-5)
    assert (link.slope(values) > 0).all()


def test_a_bound_and_what_rounding_leaves_of_it_is_not_inside() -> None:
    link = Link(0.0, 1.0)
    assert not link.holds(1.0)
    assert not link.holds(1 - 1e-14)
    assert link.holds(0.999)
    assert Link(-np.inf, np.inf).holds(1e9)
