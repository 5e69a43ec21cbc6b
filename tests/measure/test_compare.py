import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.measure.compare import CALLS, call
from assay.measure.interval import Interval
from assay.measure.intervals import Difference, no_difference


def difference(value: float, error: float) -> Difference:
    made = [
        Interval(value, value - z * error, value + z * error, level, "test", 100, "this recipe")
        for level, z in ((0.95, 1.96), (0.9, 1.645))
    ]
    return Difference(made[0], made[1], 0.5, "test")


def said(found: Difference, p: float | None, **settings) -> str:
    settings = {"greater_is_better": True, "smallest_class": 50, **settings}
    return call(found, p, a="x", b="y", **settings)


def test_a_significant_difference_goes_to_the_better_one_in_the_metrics_direction() -> None:
    assert said(difference(0.1, 0.01), 0.01) == "a better"
    assert said(difference(-0.1, 0.01), 0.01) == "b better"
    assert said(difference(0.1, 0.01), 0.01, greater_is_better=False) == "b better"
    assert said(difference(-0.1, 0.01), 0.01, greater_is_better=False) == "a better"


def test_the_adjusted_p_decides_at_the_level() -> None:
    assert said(difference(0.1, 0.01), 0.05) == "a better"
    assert said(difference(0.1, 0.01), 0.051) == "no difference shown"
    assert said(difference(0.1, 0.01), 0.051, level=0.9) == "a better"


def test_equivalence_needs_the_ninety_percent_interval_inside_the_margin() -> None:
    found = difference(0.0, 0.01)  # 90 %: ±0.01645, 95 %: ±0.0196
    assert said(found, 1.0, margin=0.0165) == "the same within the margin"
    assert said(found, 1.0, margin=0.0164) == "no difference shown"
    assert said(found, 1.0) == "no difference shown"
    assert said(found, 1.0, margin=0.0) == "no difference shown"


def test_a_real_difference_below_the_margin_is_the_same_within_the_margin() -> None:
    assert said(difference(0.005, 0.001), 1e-6, margin=0.02) == "the same within the margin"
    assert said(difference(0.05, 0.001), 1e-6, margin=0.02) == "a better"
    assert said(difference(-0.05, 0.001), 1e-6, margin=0.02) == "b better"


def test_fewer_than_ten_units_of_a_class_carry_no_claim() -> None:
    assert said(difference(0.1, 0.01), 0.001, smallest_class=9) == "too little data"
    assert said(difference(0.1, 0.01), 0.001, smallest_class=10) == "a better"
    assert said(difference(0.1, 0.01), 0.001, smallest_class=None) == "a better"


def test_without_an_interval_there_is_too_little_data() -> None:
    nothing = no_difference("one class", level=0.95, n=3, estimand="this recipe")
    assert said(nothing, None, margin=1.0) == "too little data"


def test_a_candidate_is_not_compared_with_itself() -> None:
    with pytest.raises(ValueError, match="itself"):
        call(difference(0, 1), 0.5, a="x", b="x", greater_is_better=True)


@given(
    st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1), st.booleans(), st.none() | st.floats(0, 1), st.none() | st.integers(0, 30)
)
def test_every_call_is_one_of_the_five(value, error, p, greater, margin, smallest) -> None:
    found = said(difference(value, error), p, greater_is_better=greater, margin=margin, smallest_class=smallest)
    assert found in CALLS
