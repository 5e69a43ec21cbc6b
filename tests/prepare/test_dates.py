from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from assay.core.errors import BundleError
from assay.prepare.dates import CyclicDate, DateParts

MOMENTS = [datetime(2019, 12, 30, 23, 30), datetime(2020, 1, 1), datetime(1969, 7, 20, 20, 17)]


def dates(values: list[datetime | None]) -> pl.Series:
    return pl.Series("d", values, dtype=pl.Datetime("us"))


def test_the_parts_are_those_of_the_calendar() -> None:
    encoded = DateParts().transform(dates(MOMENTS))
    for row, moment in zip(encoded, MOMENTS, strict=True):
        years = (moment - datetime(1970, 1, 1)).total_seconds() / (365.2425 * 86400)
        np.testing.assert_allclose(row, [years, moment.month - 1, moment.weekday(), moment.hour + moment.minute / 60], atol=1e-9)


def test_a_missing_date_is_nan_for_trees_and_the_centre_of_every_circle_otherwise() -> None:
    assert np.isnan(DateParts().transform(dates([None]))).all()
    fitted = CyclicDate.fit(dates([*MOMENTS, None]))
    encoded = fitted.transform(dates([None]))[0]
    assert encoded[1] == 1  # the flag
    assert (encoded[2:] == 0).all()


def test_december_lies_beside_january() -> None:
    fitted = CyclicDate.fit(dates(MOMENTS))
    december, january, july = fitted.transform(dates([datetime(2021, 12, 1), datetime(2021, 1, 1), datetime(2021, 7, 1)]))[:, 1:3]
    assert np.hypot(*(december - january)) == pytest.approx(2 * np.sin(np.pi / 12))
    assert np.hypot(*(january - july)) == pytest.approx(2.0)


def test_dates_without_hours_have_no_columns_for_them() -> None:
    days = dates([datetime(2020, 1, 1) + timedelta(days=i) for i in range(30)])
    assert CyclicDate.fit(days).transform(days).shape == (30, 5)
    assert CyclicDate.fit(dates(MOMENTS)).transform(days).shape == (30, 7)


def test_a_column_of_days_is_read_too() -> None:
    days = dates(MOMENTS).dt.date()
    assert DateParts().transform(days)[:, 3].tolist() == [0, 0, 0]


@pytest.mark.parametrize("damage", [{"has_hours": "no"}, {"years": None}, {"years": {"kind": "scaled-number"}}])
def test_a_damaged_state_is_refused(damage: dict) -> None:
    with pytest.raises(BundleError):
        CyclicDate.from_state(CyclicDate.fit(dates(MOMENTS)).state() | damage)
