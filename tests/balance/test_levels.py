"""Rates of levels: counted by hand, intervals and corrected p-values by statsmodels, false calls by simulation."""

import json

import numpy as np
import polars as pl
import pytest
from scipy.stats import chi2_contingency
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

import assay
from assay.balance.levels import how_counted, levels_of, strongest
from assay.core.errors import ConfigError
from assay.measure.clustered_proportions import clustered_shares


def table(n: int = 3000, seed: int = 0) -> pl.DataFrame:
    """Students are positive in 30 % of rows, the others in 10 %; town says nothing, one cell in ten of it is missing."""
    rng = np.random.default_rng(seed)
    job = rng.choice(["clerk", "nurse", "student"], n, p=[0.5, 0.4, 0.1])
    town = [None if lost else str(name) for lost, name in zip(rng.random(n) < 0.1, rng.choice(["Perm", "Омск"], n), strict=True)]
    hit = rng.random(n) < np.where(job == "student", 0.3, 0.1)
    income = rng.normal(size=n)
    return pl.DataFrame({"job": job, "income": income, "town": town, "denied": np.where(hit, "yes", "no")})


def test_every_level_of_every_category_is_counted_and_missing_is_a_level():
    frame = table()
    found = levels_of(assay.read(frame, target="denied"))
    assert [(one.column, one.level) for one in found] == [
        *(("job", level) for level in ("clerk", "nurse", "student")),
        *(("town", level) for level in frame["town"].drop_nulls().value_counts(sort=True)["town"]),
        ("town", None),
    ]
    for one in found:
        own = frame.filter(pl.col(one.column).eq_missing(pl.lit(one.level)))
        assert one.rows == len(own)
        assert one.positives == (own["denied"] == "yes").sum()
        assert one.positive == "yes"


def test_rates_intervals_and_corrected_p_are_those_of_statsmodels():
    frame = table()
    found = levels_of(assay.read(frame, target="denied"))
    every, total = len(frame), int((frame["denied"] == "yes").sum())
    raw = []
    for one in found:
        assert (one.rate.low, one.rate.high) == pytest.approx(proportion_confint(one.positives, one.rows, method="wilson"))
        others = [total - one.positives, every - one.rows - total + one.positives]
        raw.append(chi2_contingency([[one.positives, one.rows - one.positives], others], correction=False).pvalue)
        assert one.rest == pytest.approx(others[0] / sum(others))
        assert one.difference.p == pytest.approx(raw[-1])
    assert [one.p for one in found] == pytest.approx(list(multipletests(raw, method="holm")[1]))


def test_the_level_that_differs_is_called_so_and_stands_first():
    found = levels_of(assay.read(table(9000), target="denied"))
    calls = {(one.column, one.level): one.call for one in found}
    assert calls["job", "student"] == "higher"
    assert calls["job", "clerk"] == "lower"
    assert {calls["town", level] for level in ("Perm", "Омск", None)} == {"no difference shown"}
    assert strongest(found)[0].level == "student"
    assert all(one.differs for one in strongest(found))


@pytest.mark.slow
def test_levels_that_differ_in_nothing_are_called_different_in_at_most_five_of_a_hundred_tables():
    wrong = []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        frame = pl.DataFrame({name: rng.choice(list("abcdef"), 400) for name in ("p", "q", "r")})
        data = assay.read(frame.with_columns(y=pl.Series(rng.choice(["no", "yes"], 400, p=[0.85, 0.15]))), target="y")
        wrong.append(bool(strongest(levels_of(data))))
    assert np.mean(wrong) <= 0.1


def test_with_more_than_two_classes_each_class_is_set_against_the_others():
    rng = np.random.default_rng(1)
    town = rng.choice(["east", "west"], 900)
    size = np.where((town == "east") & (rng.random(900) < 0.5), "large", rng.choice(["middle", "small"], 900))
    found = levels_of(assay.read(pl.DataFrame({"town": town, "size": size}), target="size"))
    assert len(found) == 6
    calls = {(one.positive, one.level): one.call for one in found}
    assert calls["large", "east"] == "higher"
    assert calls["large", "west"] == "lower"
    assert calls["small", "east"] == "lower"
    assert sum(one.positives for one in found if one.level == "east") == (town == "east").sum()


def test_a_constant_category_has_a_rate_and_nothing_to_compare_it_with():
    frame = table(200).with_columns(land=pl.lit("Perm"))
    [one] = [one for one in levels_of(assay.read(frame, target="denied", kinds={"land": "category"})) if one.column == "land"]
    assert (one.rest, one.difference, one.p, one.call) == (None, None, None, "no other rows")
    assert one.rate.value == pytest.approx((frame["denied"] == "yes").mean())
    assert json.loads(json.dumps(one.to_json(), allow_nan=False))["call"] == "no other rows"


def test_a_column_of_missing_cells_alone_is_one_level():
    frame = table(200).with_columns(gone=pl.lit(None, dtype=pl.String))
    found = levels_of(assay.read(frame, target="denied", kinds={"gone": "category"}))
    assert [(one.level, one.rows, one.call) for one in found if one.column == "gone"] == [(None, 200, "no other rows")]


def test_a_target_of_numbers_has_no_rates():
    with pytest.raises(ConfigError, match="rates of levels are of classes"):
        levels_of(assay.read(table().drop("denied"), target="income"))


def visits(seed: int, patients: int = 60) -> pl.DataFrame:
    """Patients come about twenty times each, to one ward, and differ in their rate; the wards do not."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), rng.poisson(20, patients) + 1)
    ward = rng.permutation(np.resize(["east", "north", "south"], patients))
    rate = 1 / (1 + np.exp(2 - rng.normal(size=patients)))
    hit = rng.random(len(patient)) < rate[patient]
    return pl.DataFrame({"ward": ward[patient], "patient": patient, "y": np.where(hit, "yes", "no")})


@pytest.mark.slow
def test_groups_that_resemble_themselves_call_no_level_different_too_often_where_rows_alone_would():
    robust, naive = [], []
    for seed in range(150):
        frame = visits(seed)
        robust.append(bool(strongest(levels_of(assay.read(frame, target="y", group="patient")))))
        naive.append(bool(strongest(levels_of(assay.read(frame, target="y", drop=["patient"])))))
    assert np.mean(robust) <= 0.1
    assert np.mean(naive) > 0.3


def test_grouped_and_weighted_levels_are_those_of_the_arrays_in_the_order_of_the_counts():
    frame = visits(1).with_columns(w=pl.Series(np.random.default_rng(0).gamma(2.0, size=visits(1).height) + 0.1))
    frame = frame.with_columns(ward=pl.when(pl.int_range(pl.len()) % 7 == 0).then(None).otherwise(pl.col("ward")))
    found = levels_of(assay.read(frame, target="y", group="patient", weight="w"))
    names = [one.level for one in found]
    assert None in names
    codes = np.array([names.index(name) for name in frame["ward"]])
    hit = (frame["y"] == "yes").to_numpy()
    arrays = {"weights": frame["w"].to_numpy(), "groups": frame["patient"].to_numpy()}
    for one, expected in zip(found, clustered_shares(codes, hit, **arrays), strict=True):
        assert (one.rate.low, one.rate.high, one.rest) == pytest.approx((expected.share.low, expected.share.high, expected.rest))
        assert (one.difference.difference, one.difference.p) == pytest.approx(
            (expected.difference.difference, expected.difference.p)
        )
        assert (one.rate.n, one.difference.test) == (expected.share.n, expected.difference.test)
        own = frame.filter(pl.col("ward").eq_missing(pl.lit(one.level)))
        assert (one.rows, one.positives) == (len(own), (own["y"] == "yes").sum())
        assert one.rate.value == pytest.approx(np.average(own["y"] == "yes", weights=own["w"]))
    assert json.loads(json.dumps(found[0].to_json(), allow_nan=False))["test"] == "robust score"


def test_a_column_of_missing_cells_in_groups_is_one_level_with_nothing_beside_it():
    frame = visits(2).with_columns(gone=pl.lit(None, dtype=pl.String))
    found = levels_of(assay.read(frame, target="y", group="patient", kinds={"gone": "category"}))
    assert [(one.level, one.rows, one.call) for one in found if one.column == "gone"] == [(None, len(frame), "no other rows")]


def test_how_rows_were_counted_is_said():
    frame = visits(0).with_columns(w=pl.lit(2.0))
    assert how_counted(assay.read(frame, target="y", drop=["patient", "w"])) == ""
    assert how_counted(assay.read(frame, target="y", group="patient", drop=["w"])) == (
        "Intervals and p-values count groups of 'patient', not rows: rows of one group resemble each other."
    )
    assert how_counted(assay.read(frame, target="y", weight="w", drop=["patient"])) == (
        "Rates are weighted by 'w' and intervals and p-values allow for the weights."
    )
    both = how_counted(assay.read(frame, target="y", group="patient", weight="w"))
    assert both.startswith("Rates are weighted by 'w' and intervals and p-values count groups of 'patient'")
