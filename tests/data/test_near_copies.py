"""Near copies against every pair compared by hand, planted ones among many rows, and tables that are alike by nature."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest

import assay
from assay.core.errors import ConfigError
from assay.data import near_copies as module
from assay.data.dataset import Dataset
from assay.data.near_copies import NearSettings, near_copies, rows_across, rows_torn


def crowded(n: int, seed: int, numbers: int = 3, categories: int = 3) -> pl.DataFrame:
    """Thirty rows, each several times with a little noise, another category here and there, and gaps."""
    random = np.random.default_rng(seed)
    of = random.integers(0, 30, n)
    columns: dict[str, object] = {}
    for at in range(numbers):
        values = random.normal(size=30)[of] + random.choice([0.0, 0.02, 0.04, 0.2], n, p=[0.3, 0.3, 0.3, 0.1])
        columns[f"n{at}"] = [None if missing else value for value, missing in zip(values, random.random(n) < 0.03, strict=True)]
    for at in range(categories):
        other = random.random(n) < 0.2
        columns[f"c{at}"] = np.where(other, random.choice(["a", "b", "c"], n), random.choice(["a", "b", "c"], 30)[of])
    return pl.DataFrame(columns)


def by_hand(data: Dataset, tolerance: float, differing: int) -> set[tuple[int, int]]:
    """Every pair of distinct rows, by the words of the definition."""
    rows = data.features.rows()
    kinds = [column.kind for column in data.schema.features]
    units = {}
    for at, kind in enumerate(kinds):
        if kind == "number":
            known = [row[at] for row in rows if row[at] is not None]
            units[at] = float(np.quantile(known, 0.75) - np.quantile(known, 0.25)) / 1.349
    found = set()
    firsts = {row: at for at, row in reversed(list(enumerate(rows)))}
    for a, b in combinations(sorted(firsts.values()), 2):
        unequal, near = 0, True
        for at, kind in enumerate(kinds):
            x, y = rows[a][at], rows[b][at]
            if kind == "category":
                unequal += x != y
            elif x is None or y is None:
                near &= x is y
            else:
                near &= abs(x / units[at] - y / units[at]) <= tolerance
        if near and unequal <= differing:
            found.add((a, b))
    return found


def said(data: Dataset, settings: NearSettings) -> set[tuple[int, int]]:
    found = near_copies(data, settings)
    assert found.complete
    return {(a, b) for a, b in found.pairs.tolist()}


@pytest.mark.parametrize("shape", [(3, 3), (1, 2), (0, 5), (4, 0), (6, 1)])
@pytest.mark.parametrize("differing", [0, 1])
def test_the_pairs_are_those_of_comparing_every_row_with_every_other(shape: tuple[int, int], differing: int) -> None:
    data = assay.read(crowded(120, sum(shape), *shape))
    expected = by_hand(data, 0.05, differing)
    assert len(expected) >= 10 or (shape[0] == 0 and not differing), "else the test shows nothing"
    assert said(data, NearSettings(differing=differing)) == expected


def test_planted_near_copies_are_found_among_many_rows_and_nothing_else() -> None:
    random = np.random.default_rng(0)
    n, planted = 20_000, 50
    values = random.normal(size=(n, 8))
    town = random.choice(list("abcdefgh"), n)
    sources = random.choice(n, planted, replace=False)
    near = values[sources] + random.uniform(-0.03, 0.03, (planted, 8))
    other = np.where(town[sources] == "a", "b", "a")
    frame = pl.DataFrame({f"n{at}": np.concatenate([values[:, at], near[:, at]]) for at in range(8)})
    data = assay.read(frame.with_columns(pl.Series("town", np.concatenate([town, other]))))
    found = near_copies(data)
    assert {(a, b) for a, b in found.pairs.tolist()} == {(int(source), n + at) for at, source in enumerate(sources)}
    assert found.near.sum() == 2 * planted
    assert found.by_chance == 0
    assert (found.groups[n:] == sources).all()


def test_rows_alike_by_nature_are_as_many_in_the_shuffled_table() -> None:
    random = np.random.default_rng(1)
    data = assay.read(pl.DataFrame({f"c{at}": random.choice(["a", "b", "c", "d"], 300) for at in range(5)}))
    found = near_copies(data)
    assert found.by_chance is not None
    assert found.distinct > 150
    assert found.distinct / found.by_chance == pytest.approx(1.0, abs=0.15)


def test_copies_stand_for_one_row_and_join_the_group_of_their_near_rows() -> None:
    frame = pl.DataFrame({"a": [1.0, 1.0, 1.001, 5.0, 9.0, 12.0, 12.0], "b": ["x"] * 7})
    found = near_copies(assay.read(frame, kinds={"a": "number"}))
    assert found.copies == 2
    assert found.pairs.tolist() == [[0, 2]]
    assert found.near.tolist() == [True, True, True, False, False, False, False]
    assert found.groups.tolist() == [0, 0, 0, 3, 4, 5, 5]


def test_texts_are_near_where_they_share_their_shingles() -> None:
    random = np.random.default_rng(2)
    words = [f"word{at}" for at in range(400)]
    texts = [" ".join(random.choice(words, 40)) for _ in range(300)]
    typo = texts[7].split()
    typo[0] = "other"
    far = texts[9].split()
    far[5], far[15], far[25] = "one", "two", "three"  # nine of 38 shingles are gone
    data = assay.read(pl.DataFrame({"note": [*texts, " ".join(typo).upper(), " ".join(far)]}), kinds={"note": "text"})
    found = near_copies(data)
    assert found.pairs.tolist() == [[7, 300]]
    assert found.by_chance is None
    assert [9, 301] in near_copies(data, NearSettings(jaccard=0.6)).pairs.tolist()


def test_sides_and_targets_that_a_group_tears() -> None:
    frame = pl.DataFrame({"a": [1.0, 1.001, 5.0, 5.001, 9.0, 20.0, 30.0], "y": ["u", "v", "u", "u", "v", "u", "v"]})
    data = assay.read(frame, target="y", kinds={"a": "number"})
    found = near_copies(data)
    assert rows_torn(data, found).tolist() == [True, True, False, False, False, False, False]
    assert rows_across(found.groups, np.array([0, 0, 0, 1, 1, 1, 1])).tolist() == [False, False, True, True, False, False, False]
    assert not rows_across(found.groups, np.array([0, 0, -1, 1, 1, 1, 1])).any()
    frame = frame.with_columns(pl.Series("y", [0.0, 9.0, 1.0, 1.1, 2.0, 3.0, 4.5]))
    numbers = assay.read(frame, target="y", task="regression", kinds={"a": "number"})
    assert rows_torn(numbers, near_copies(numbers)).tolist() == [True, True, False, False, False, False, False]


def test_a_block_too_large_to_be_looked_through_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WINDOW", 3)
    data = assay.read(pl.DataFrame({"a": np.linspace(0, 1e-6, 40), "far": np.where(np.arange(40) < 39, 0.0, 1.0)}))
    assert not near_copies(data, NearSettings(tolerance=1.0)).complete
    random = np.random.default_rng(3)
    assert near_copies(assay.read(pl.DataFrame({"a": random.normal(size=100), "b": random.normal(size=100)}))).complete


def test_equal_seeds_give_equal_answers_and_settings_are_checked() -> None:
    data = assay.read(crowded(200, 5))
    first, again = near_copies(data), near_copies(data)
    assert np.array_equal(first.pairs, again.pairs)
    assert first.by_chance == again.by_chance
    for settings in ({"tolerance": 0.0}, {"differing": 2}, {"jaccard": 0.1}):
        with pytest.raises(ConfigError, match="are needed"):
            NearSettings(**settings)
