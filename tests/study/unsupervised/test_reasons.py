"""What makes a row odd: the cell that was spoiled, or the two that are odd together."""

from functools import cache

import numpy as np
import polars as pl

import assay
from assay.data.dataset import Dataset
from assay.study.unsupervised.anomalies import AnomalySettings, find_anomalies
from assay.study.unsupervised.reasons import OddRow, reasons


@cache
def table() -> Dataset:
    """Rows 1 and 2 are spoiled: in ``c`` alone, and in ``a`` and ``b``, which go together everywhere else; and a rare town."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=300)
    frame = {"a": a, "b": a + 0.1 * rng.normal(size=300), "c": rng.normal(size=300), "town": rng.choice(["ash", "oak"], 300)}
    frame["c"][1] = 25.0
    frame["a"][2], frame["b"][2] = 2.0, -2.0
    return assay.read(pl.DataFrame(frame))


@cache
def found() -> dict[int, OddRow]:
    settings = AnomalySettings(detectors=("elliptic-envelope", "pca-distance"), parts=3, folds=3)
    return {row.place: row for row in reasons(table(), find_anomalies(table(), settings), most=2)}


def test_the_spoiled_cell_is_named_with_its_value_and_the_usual_one() -> None:
    first, *others = found()[1].reasons
    assert (first.column, first.value) == ("c", "25")
    assert abs(float(first.usual)) < 0.3
    assert first.share > 0.9
    assert not others


def test_cells_that_are_odd_only_together_are_both_named() -> None:
    shares = {one.column: one.share for one in found()[2].reasons}
    assert set(shares) == {"a", "b"}
    assert min(shares.values()) > 0.3


def test_the_same_seed_gives_the_same_reasons() -> None:
    again = found.__wrapped__()
    assert again == found()
