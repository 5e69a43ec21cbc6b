import numpy as np
import polars as pl
from scipy.stats import ttest_1samp, ttest_ind
from tests.explain.explained_models import held, held_recipe, table

from assay.data.schema import Column
from assay.explain.bins import parted
from assay.explain.faults import failing_slices, most_wrong
from assay.measure.registry import metric_named

MAE = metric_named("mae")


def rows(n: int = 600, seed: int = 0, noise: float = 3.0) -> tuple[pl.DataFrame, np.ndarray]:
    """The target is a plus noise, which is greater in the south; the model says a."""
    random = np.random.default_rng(seed)
    region = random.choice(["north", "south", "west"], n)
    frame = pl.DataFrame({"a": random.normal(size=n), "region": region, "b": random.normal(size=n)})
    spread = np.where(region == "south", noise, 1.0)
    return frame, frame["a"].to_numpy() + spread * random.normal(size=n)


def reads_a(matrix: np.ndarray) -> np.ndarray:
    return matrix[:, 0]


def test_a_slice_is_compared_as_welch_would_and_told_with_its_shift() -> None:
    frame, target = rows()
    found = failing_slices(held(reads_a, frame, target), MAE, ["region"])
    worst = found.found[0]
    inside = (frame["region"] == "south").to_numpy()
    error = np.abs(target - frame["a"].to_numpy())
    welch = ttest_ind(error[inside], error[~inside], equal_var=False)
    assert worst.name == "region = south"
    assert worst.fails
    np.testing.assert_allclose(worst.difference.value, error[inside].mean() - error[~inside].mean())
    half = (worst.difference.high - worst.difference.low) / 2
    interval = welch.confidence_interval(0.95)
    np.testing.assert_allclose(half, (interval.high - interval.low) / 2, rtol=0.01)
    shift = ttest_1samp((target - frame["a"].to_numpy())[inside], 0).confidence_interval(0.95)
    np.testing.assert_allclose([worst.shift.low, worst.shift.high], shift, rtol=1e-9)


def test_where_nothing_is_wrong_nothing_is_told_but_for_the_promised_share() -> None:
    told = sum(
        len(failing_slices(held(reads_a, *rows(400, seed, noise=1.0)), MAE, ["a", "region", "b"]).found) for seed in range(20)
    )
    assert told <= 6


def test_a_slice_that_is_misjudged_is_told_with_its_side() -> None:
    frame, target = rows(noise=1.0)
    target = target + 1.5 * (frame["b"].to_numpy() > 0.7)
    found = failing_slices(held(reads_a, frame, target), MAE, ["region", "b"])
    shifted = [one for one in found.found if one.misjudged and one.shift.value > 0.5]
    assert any(one.columns == ("b",) for one in shifted)
    assert all(one.p_shift < 0.05 for one in shifted)


def test_a_pair_is_told_only_where_it_goes_beyond_its_halves() -> None:
    frame, target = rows()
    found = failing_slices(held(reads_a, frame, target), MAE, ["region", "b"])
    assert [one.name for one in found.found if one.fails and "south" in one.name] == ["region = south"]


def test_slices_that_are_the_same_rows_are_looked_at_once() -> None:
    frame, target = rows()
    twin = frame.with_columns(pl.col("region").alias("twin"))
    one = failing_slices(held(reads_a, frame, target), MAE, ["region"])
    two = failing_slices(held(reads_a, twin, target), MAE, ["region", "twin"])
    assert two.looked_at == one.looked_at == 3


def test_the_most_wrong_rows_are_those_with_the_greatest_loss() -> None:
    frame, target = rows()
    found = most_wrong(held(reads_a, frame, target), 5)
    errors = np.abs(target - frame["a"].to_numpy())
    assert [one.unit for one in found] == np.argsort(-errors)[:5].tolist()
    sure = most_wrong(held_recipe("boosting", table("binary", 400)), 3)
    assert all(one.truth != one.said for one in sure)
    np.testing.assert_allclose([one.loss for one in sure], [-np.log(one.chance) for one in sure])


def test_every_row_is_in_one_part_of_a_column_and_gaps_have_their_own() -> None:
    values = pl.Series("a", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, None])
    found = parted(values, Column("a", "number"))
    assert found.names == ("a ≤ 2", "2 < a ≤ 4", "4 < a ≤ 5", "a > 5", "a is missing")
    assert found.code.tolist() == [0, 0, 1, 1, 2, 3, 3, 4]
    few = parted(pl.Series("a", [0.0, 1.0, 1.0]), Column("a", "number"))
    assert few.names == ("a = 0", "a = 1")
    dates = pl.Series("d", np.arange(8).astype("datetime64[D]").astype("datetime64[us]"))
    assert parted(dates, Column("d", "date")).names[0] == "d ≤ 1970-01-02"
    assert parted(pl.Series("t", ["x"]), Column("t", "text")) is None
