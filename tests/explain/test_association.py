import numpy as np
import polars as pl
from scipy.stats import spearmanr

from assay.data.schema import Column
from assay.explain.association import association, correlated_groups, cramers_v


def columns(frame: pl.DataFrame) -> list[Column]:
    return [Column(name, "number" if frame[name].dtype.is_numeric() else "category") for name in frame.columns]


def test_two_numbers_have_the_rank_correlation_of_scipy_on_the_rows_that_hold_both() -> None:
    random = np.random.default_rng(0)
    a = random.normal(size=300)
    b = np.exp(a) + random.normal(size=300)
    gap = random.random(300) < 0.2
    frame = pl.DataFrame({"a": a, "b": pl.Series([None if g else value for g, value in zip(gap, b, strict=True)])})
    _, found = association(frame, columns(frame))
    assert abs(found[0, 1] - spearmanr(a[~gap], b[~gap]).statistic) < 1e-12


def test_a_function_of_a_category_is_as_strong_as_can_be_and_chance_is_nothing() -> None:
    random = np.random.default_rng(1)
    level = random.integers(0, 4, 2000)
    frame = pl.DataFrame(
        {
            "level": [f"l{code}" for code in level],
            "same": [f"s{code}" for code in (level + 1) % 4],
            "number": 10.0 * level + random.normal(size=2000),
            "other": random.choice(["x", "y", "z"], 2000),
        }
    )
    names, found = association(frame, columns(frame))
    place = {name: at for at, name in enumerate(names)}
    assert found[place["level"], place["same"]] > 0.999
    assert found[place["level"], place["number"]] > 0.95
    assert max(found[place["other"], place[name]] for name in ("level", "same", "number")) < 0.06
    assert cramers_v(np.zeros(9, int), np.arange(9)) == 0.0


def test_within_a_group_every_pair_is_strong_so_that_chains_are_cut() -> None:
    random = np.random.default_rng(2)
    a, b, c, noise = random.normal(size=(4, 4000))
    middle = (a + b) / np.sqrt(2)  # 0.7 with either, which know nothing of each other
    frame = pl.DataFrame({"a": a, "middle": middle, "b": b, "c": c, "c2": c + 0.1 * noise})
    assert correlated_groups(frame, columns(frame), threshold=0.6) in (
        [("a", "middle"), ("c", "c2")],
        [("middle", "b"), ("c", "c2")],
    )
    assert correlated_groups(frame, columns(frame)) == [("c", "c2")]
    assert correlated_groups(frame.select("a"), columns(frame)[:1]) == []
