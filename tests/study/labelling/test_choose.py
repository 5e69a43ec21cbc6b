"""Which rows are chosen: of a model whose every probability is known."""

import numpy as np
import polars as pl
import pytest
from tests.explain.explained_models import formula

from assay.core.errors import ConfigError, DataError
from assay.core.names import did_you_mean
from assay.study.labelling import choose
from assay.study.labelling.choose import WAYS, choose_rows


@pytest.fixture
def frame() -> pl.DataFrame:
    random = np.random.default_rng(0)
    return pl.DataFrame({"a": random.normal(size=400), "b": random.normal(size=400), "town": random.choice(["x", "y"], 400)})


def line(frame: pl.DataFrame):
    return formula(lambda matrix: 3 * matrix[:, 0], frame, binary=True)


def test_uncertainty_takes_the_rows_nearest_to_the_border(frame: pl.DataFrame) -> None:
    found = choose_rows([line(frame)], frame, way="uncertainty", count=20)
    assert found.rows.tolist() == np.argsort(frame["a"].abs().to_numpy())[:20].tolist()


def test_mixed_takes_unsure_rows_that_are_farther_apart_than_the_most_unsure(frame: pl.DataFrame) -> None:
    found = choose_rows([line(frame)], frame, way="mixed", count=15, seed=1)
    unsure = set(np.argsort(frame["a"].abs().to_numpy())[:150].tolist())
    assert set(found.rows.tolist()) <= unsure
    assert len(set(found.rows.tolist())) == 15
    assert found.by == "uncertainty"

    def nearest(rows: np.ndarray) -> float:
        b = np.sort(frame["b"].to_numpy()[rows])
        return float(np.median(np.diff(b)))

    most = choose_rows([line(frame)], frame, way="uncertainty", count=15).rows
    spread = [nearest(choose_rows([line(frame)], frame, way="mixed", count=15, seed=seed).rows) for seed in range(15)]
    assert np.median(spread) > nearest(most)


def test_diversity_does_not_ask_the_model(frame: pl.DataFrame) -> None:
    def fails(_matrix: np.ndarray) -> np.ndarray:
        raise AssertionError("asked")

    found = choose_rows([formula(fails, frame, binary=True)], frame, way="diversity", count=10)
    assert len(set(found.rows.tolist())) == 10
    assert found.worth.uncertainty is None


def test_a_model_of_numbers_that_knows_no_spread_is_chosen_for_by_distance_and_says_so(frame: pl.DataFrame) -> None:
    model = formula(lambda matrix: matrix[:, 0], frame)
    found = choose_rows([model], frame, way="mixed", count=5)
    assert found.by is None
    assert "by distance alone" in found.notes[0]
    with pytest.raises(ConfigError, match="says of a number no spread"):
        choose_rows([model], frame, way="uncertainty", count=5)
    by_two = choose_rows([model, formula(lambda matrix: matrix[:, 0] ** 2, frame)], frame, way="mixed", count=5)
    assert by_two.by == "disagreement"


def test_more_rows_than_there_are_gives_all_of_them(frame: pl.DataFrame) -> None:
    for way in ("mixed", "uncertainty", "diversity"):
        assert sorted(choose_rows([line(frame)], frame[:30], way=way, count=50).rows) == list(range(30))


def test_of_a_long_file_a_part_is_looked_at_and_that_is_said(frame: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "MOST_SPREAD", 100)
    found = choose_rows([line(frame)], frame, way="diversity", count=5)
    assert "among 100 of the 400 rows" in found.notes[0]
    assert found.rows.max() > 100


def test_what_cannot_be_chosen_is_refused_in_a_sentence(frame: pl.DataFrame) -> None:
    model = line(frame)
    with pytest.raises(ConfigError, match=r"no way 'missed'.*") as told:
        choose_rows([model], frame, way="missed", count=5)
    assert did_you_mean("missed", WAYS) in str(told.value)
    with pytest.raises(ConfigError, match="one model without members"):
        choose_rows([model], frame, way="disagreement", count=5)
    with pytest.raises(ConfigError, match="1 or more"):
        choose_rows([model], frame, count=0)
    with pytest.raises(ConfigError, match="5000 at most"):
        choose_rows([model], frame, count=6000)
    with pytest.raises(DataError, match="no rows without a target"):
        choose_rows([model], frame[:0], count=5)
