"""What every member of GENERATORS must do: rows like those it learnt, of the class that is asked for, the same for a seed."""

import copy
import datetime as dt
from functools import cache

import numpy as np
import polars as pl
import pytest
import torch
from tests.nets.generate.tables import apart, independent, moons

from assay.core.errors import BundleError, ConfigError, DataError, UnknownNameError
from assay.nets.generate.generator import FittedGenerator, fit_generator
from assay.nets.generate.registry import GENERATORS
from assay.nets.generate.space import schema_of
from assay.nets.settings import Run

NAMES = GENERATORS.names()
N = 120


def frame() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    gaps = rng.random(N) < 0.2
    return pl.DataFrame(
        {
            "size": [None if gap else float(value) for gap, value in zip(gaps, rng.normal(size=N), strict=True)],
            "age": pl.Series(rng.integers(18, 80, N), dtype=pl.Int16),
            "town": [None if gap else str(value) for gap, value in zip(gaps, rng.choice(["a", "b"], N), strict=True)],
            "flag": rng.random(N) < 0.3,
            "day": [dt.date(2024, 1, 1) + dt.timedelta(days=int(k)) for k in rng.integers(0, 300, N)],
            "always": ["same"] * N,
            "never": pl.Series([None] * N, dtype=pl.Float64),
        }
    )


TARGET = np.random.default_rng(1).permutation(np.repeat([0, 1, 3], [80, 37, 3]))
"""Class 2 has no row."""

TABLES = {
    "all kinds": frame(),
    "numbers only": frame().select("age", "day"),
    "one number": frame().select("age"),
    "categories only": frame().select("town", "flag"),
    "two rows": frame().select("age", "flag")[3:5],
}


@cache
def fitted(name: str, table: str = "all kinds", *, classes: bool = True, steps: int = 4) -> FittedGenerator:
    rows = TABLES[table]
    target = TARGET[: rows.height] if classes else None
    return fit_generator(GENERATORS.get(name)(steps=steps), rows, schema_of(rows), target, seed=0)


@pytest.mark.parametrize("name", NAMES)
def test_a_generator_calls_itself_by_its_name_in_the_registry(name):
    assert name == GENERATORS.get(name).NAME
    assert fitted(name).name == name


@pytest.mark.parametrize("classes", [True, False])
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("name", NAMES)
def test_rows_have_the_columns_and_types_of_the_training_rows_and_their_values_lie_in_range(name, table, classes):
    rows = TABLES[table]
    made = fitted(name, table, classes=classes).sample(50, None, 0)
    assert made.schema == rows.schema
    assert made.height == 50
    for column in rows.get_columns():
        found = made[column.name]
        assert column.null_count() or not found.null_count()
        if column.dtype in (pl.String, pl.Boolean):
            assert set(found.to_list()) <= set(column.to_list())
        elif column.null_count() < len(column):
            assert found.drop_nulls().is_between(column.min(), column.max()).all()
        else:
            assert found.null_count() == 50


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_the_same_for_a_seed_and_others_for_another(name):
    generator = fitted(name)
    assert generator.sample(30, 1, 5).equals(generator.sample(30, 1, 5))
    assert not generator.sample(30, 1, 5).equals(generator.sample(30, 1, 6))
    again = fit_generator(GENERATORS.get(name)(steps=4), frame(), schema_of(frame()), TARGET, seed=0)
    assert again.sample(30, None, 5).equals(generator.sample(30, None, 5)), "fitted twice alike"
    other = fit_generator(GENERATORS.get(name)(steps=4), frame(), schema_of(frame()), TARGET, seed=1)
    assert not other.sample(30, None, 5).equals(generator.sample(30, None, 5))


@pytest.mark.parametrize("name", NAMES)
def test_torchs_generator_is_left_where_it_was_and_does_not_matter(name):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    made = fitted(name).sample(20, None, 5)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert fitted(name).sample(20, None, 5).equals(made)


@pytest.mark.parametrize("name", NAMES)
def test_no_row_is_asked_for_and_none_is_made(name):
    made = fitted(name).sample(0, None, 0)
    assert made.height == 0
    assert made.schema == frame().schema
    with pytest.raises(ConfigError, match="rows=-1"):
        fitted(name).sample(-1, None, 0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("code", [2, 4, -1])
def test_a_class_without_training_rows_is_a_data_error(name, code):
    with pytest.raises(DataError, match=f"seen no row of class {code} \\(it knows 0, 1, 3\\)"):
        fitted(name).sample(5, code, 0)
    with pytest.raises(DataError, match="it was fitted without a target"):
        fitted(name, classes=False).sample(5, 0, 0)


@pytest.mark.parametrize("name", NAMES)
def test_the_training_rows_are_left_alone(name):
    rows = frame()
    before = rows.clone()
    fit_generator(GENERATORS.get(name)(steps=1), rows, schema_of(rows), TARGET, seed=0)
    assert rows.equals(before)


@pytest.mark.parametrize("classes", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_a_saved_generator_makes_the_same_rows(name, classes):
    generator = fitted(name, classes=classes)
    again = FittedGenerator.from_state(copy.deepcopy(generator.state()))
    assert again.sample(30, None, 5).equals(generator.sample(30, None, 5))


def _weight(state: dict) -> np.ndarray:
    return next(value for value in state["weights"].values() if value.dtype.kind == "f" and value.size)


HOSTILE = [
    lambda s: s.update(name="mlp"),
    lambda s: s.update(space={}),
    lambda s: s.update(settings=[]),
    lambda s: s.update(weights={}),
    lambda s: s.update(shares=s["shares"] * 2),
    lambda s: s.update(shares=s["shares"][:-1] / s["shares"][:-1].sum()),
    lambda s: s.update(shares=np.array([2.0, -1.0, 0.0, 0.0])),
    lambda s: s["settings"].update(numbers=s["settings"]["numbers"] + 1),
    lambda s: s["settings"].update(levels=[*s["settings"]["levels"], 2]),
    lambda s: s["settings"].update(hidden=[10**7, 10**7]),
    lambda s: s["settings"].update(hidden="wide"),
    lambda s: s["settings"].update(classes=True),
    lambda s: s["settings"].update(more=1),
    lambda s: s["space"]["columns"].pop(0),
    lambda s: _weight(s).fill(np.nan),
]


@pytest.mark.parametrize("spoil", HOSTILE)
@pytest.mark.parametrize("name", NAMES)
def test_a_state_that_nothing_wrote_is_refused(name, spoil):
    state = copy.deepcopy(fitted(name).state())
    spoil(state)
    with pytest.raises(BundleError):
        FittedGenerator.from_state(state)


@pytest.mark.parametrize("name", NAMES)
def test_huge_weights_make_rows_or_a_data_error_and_never_a_crash(name):
    state = copy.deepcopy(fitted(name).state())
    for value in state["weights"].values():
        if value.dtype.kind == "f":
            value *= 1e30
    try:
        made = FittedGenerator.from_state(state).sample(20, None, 0)
    except DataError:
        return
    assert made.schema == frame().schema


@pytest.mark.parametrize("name", NAMES)
def test_rows_that_cannot_be_learnt_are_data_errors(name):
    rows = frame()
    for given, target, words in (
        (rows[:1], TARGET[:1], "at least 2 training rows; there are 1"),
        (rows, TARGET[:-1], "a class code for each of the 120 rows"),
        (rows, TARGET + 0.5, "a class code for each of the 120 rows"),
        (rows, TARGET - 1, "a class code for each of the 120 rows"),
        (rows.select("always"), TARGET, "all 1 columns are constant"),
        (rows.with_columns(size=pl.lit(np.inf)), TARGET, "infinite"),
    ):
        with pytest.raises(DataError, match=words):
            fit_generator(name, given, schema_of(given), target, seed=0)


@pytest.mark.parametrize("name", NAMES)
def test_impossible_settings_are_refused(name):
    with pytest.raises(ConfigError):
        GENERATORS.get(name)(steps=0)
    with pytest.raises(UnknownNameError):
        fit_generator(name + "x", frame(), schema_of(frame()), None, seed=0)


@pytest.mark.parametrize("name", NAMES)
def test_the_run_is_told_of_progress_and_can_cancel(name):
    told: list[tuple[int, int]] = []
    run = Run(progress=lambda done, total: told.append((done, total)), cancelled=lambda: len(told) == 3)
    fit_generator(GENERATORS.get(name)(steps=50), frame(), schema_of(frame()), TARGET, seed=0, run=run)
    assert [done for done, _ in told] == [1, 2, 3]


STEPS = {"vae": 600, "ctgan": 400, "diffusion": 500}


@cache
def learnt(name: str, steps: int) -> tuple[FittedGenerator, pl.DataFrame, np.ndarray]:
    rows, side = moons(1000, 0)
    return fit_generator(GENERATORS.get(name)(steps=steps), rows, schema_of(rows), side, seed=0), rows, side


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_made_rows_are_harder_to_tell_from_fresh_ones_than_columns_drawn_alone(name):
    generator, rows, _ = learnt(name, STEPS[name])
    fresh, _ = moons(1000, 1)
    made = generator.sample(1000, None, 0)
    assert apart(made, fresh) < apart(independent(rows, 0), fresh) - 0.05
    assert made["half"].null_count() / 1000 == pytest.approx(rows["half"].null_count() / 1000, abs=0.06)
    held = made.filter(pl.col("half").is_null())["colour"]
    assert (held == "green").mean() > 0.8, "gaps are a matter of green rows, of which there are a third"
    real, found = (np.corrcoef(part["y"], part["whole"])[0, 1] for part in (fresh, made))
    assert found == pytest.approx(real, abs=0.35)
    assert found > 0.35


@pytest.mark.parametrize("name", NAMES)
def test_rows_of_a_class_are_like_the_rows_of_that_class(name):
    generator, rows, side = learnt(name, STEPS[name])
    for code in (0, 1):
        own = rows.filter(pl.Series(side == code))
        made = generator.sample(1000, code, 1)
        assert made["x"].mean() == pytest.approx(own["x"].mean(), abs=0.25), "the moons' middles are 1 apart"
        assert (made["colour"] == "red").mean() == pytest.approx((own["colour"] == "red").mean(), abs=0.15)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bound"), [("vae", 0.75), ("ctgan", 0.85), ("diffusion", 0.68)])
def test_with_the_usual_training_they_are_hard_to_tell(name, bound):
    generator, _, _ = learnt(name, 2000)
    assert apart(generator.sample(1000, None, 0), moons(1000, 1)[0]) < bound
