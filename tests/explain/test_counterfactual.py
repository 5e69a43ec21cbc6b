from itertools import product

import numpy as np
import polars as pl
import pytest
from tests.explain.explained_models import fitted, formula, table

from assay.core.errors import ConfigError
from assay.explain.counterfactual import what_would_change

FRAME = pl.DataFrame(
    {"a": np.arange(20.0), "b": np.arange(20.0) * 10, "job": ["cook", "nurse", "pilot", "tailor"] * 5},
)


def model(function):
    return formula(function, FRAME, binary=True)


def test_one_column_and_the_nearest_value_seen_that_does_it() -> None:
    found = what_would_change(model(lambda x: x[:, 0] - 12.4), FRAME[5:6], FRAME)
    assert (found.decision, found.wanted) == ("no", "yes")
    assert [(one.column, one.before, one.after) for one in found.changes] == [("a", 5.0, 13.0)]
    assert found.probability[0] < 0.5 <= found.probability[1]
    np.testing.assert_allclose(found.distance, 8 / 9.5, err_msg="in units of the interquartile range")


def test_a_column_that_may_not_change_does_not() -> None:
    either = model(lambda x: np.maximum(x[:, 0] - 6.5, x[:, 1] - 185))
    assert [one.column for one in what_would_change(either, FRAME[5:6], FRAME).changes] == ["a"]
    assert [one.column for one in what_would_change(either, FRAME[5:6], FRAME, keep=["a"]).changes] == ["b"]
    none = what_would_change(either, FRAME[5:6], FRAME, keep=["a", "b"])
    assert not none.found
    assert none.to_json()["changes"] == []


@pytest.mark.parametrize("seed", range(6))
def test_no_smaller_change_exists_where_all_can_be_tried(seed: int) -> None:
    """Fewest columns, then least distance, among every combination of values that rows hold."""
    random = np.random.default_rng(seed)
    seen = pl.DataFrame(
        {"a": random.integers(0, 8, 12) * 1.0, "b": random.integers(0, 8, 12) * 1.0, "job": random.choice(["x", "y"], 12)}
    )
    weight = random.normal(size=3)
    machine = formula(lambda x: weight[0] * x[:, 0] + weight[1] * x[:, 1] + 2 * weight[2] * x[:, 2] - 1.0, seen, binary=True)
    row = seen[:1]
    found = what_would_change(machine, row, seen)
    now = machine.predict(row)["probability"][0] >= 0.5
    best = (9, np.inf)
    scale = {name: np.subtract(*np.quantile(seen[name], [0.75, 0.25])) or np.std(seen[name]) for name in ("a", "b")}
    for values in product(*(seen[name].unique().sort().to_list() for name in seen.columns)):
        other = pl.DataFrame([dict(zip(seen.columns, values, strict=True))], schema=seen.schema)
        if (machine.predict(other)["probability"][0] >= 0.5) == now:
            continue
        moved = [name for name in seen.columns if other[name][0] != row[name][0]]
        far = sum(1.0 if name == "job" else abs(other[name][0] - row[name][0]) / scale[name] for name in moved)
        best = min(best, (len(moved), far))
    assert found.found == (best[0] < 9)
    if found.found:
        assert len(found.changes) == best[0]
        np.testing.assert_allclose(found.distance, best[1])


def test_three_columns_where_fewer_do_not_suffice() -> None:
    all_three = model(lambda x: (x[:, 0] > 10) * 1.0 + (x[:, 1] > 100) + (x[:, 2] == 2) - 2.5)
    found = what_would_change(all_three, FRAME[0:1], FRAME)
    assert [(one.column, one.after) for one in found.changes] == [("a", 11.0), ("b", 110.0), ("job", "pilot")]


@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize("recipe", ["boosting", "logistic"])
def test_the_model_itself_confirms_the_change_and_types_stay_what_they_are(recipe: str, task: str) -> None:
    data = table(task, 400)
    machine, features = fitted(recipe, data), data.features
    turned = 0
    for row in range(0, 60, 10):
        one = features[row : row + 1]
        found = what_would_change(machine, one, features, keep=["day"])
        if not found.found:
            continue
        turned += 1
        changed = one.with_columns(
            pl.Series(change.column, [change.after], dtype=one.schema[change.column]) for change in found.changes
        )
        said = machine.predict(changed)["probability"][0]
        label = int(said >= 0.5) if task == "binary" else int(said.argmax())
        assert data.task.classes[label] == found.wanted != found.decision
        for change in found.changes:
            assert change.after in set(features[change.column].to_list()), "a value that rows hold"
            assert change.column != "day"
        assert found.to_json() == what_would_change(machine, one, features, keep=["day"]).to_json()
    assert turned >= 3


def test_what_cannot_be_turned_is_refused_in_a_sentence() -> None:
    machine = model(lambda x: x[:, 0] - 12.4)
    with pytest.raises(ConfigError, match="no column 'ab' that could be kept"):
        what_would_change(machine, FRAME[:1], FRAME, keep=["ab"])
    with pytest.raises(ConfigError, match="'no' already"):
        what_would_change(machine, FRAME[:1], FRAME, wanted="no")
    with pytest.raises(ConfigError, match="no class 'maybe'"):
        what_would_change(machine, FRAME[:1], FRAME, wanted="maybe")
    with pytest.raises(ConfigError, match="a regression makes no decision"):
        what_would_change(formula(lambda x: x[:, 0], FRAME), FRAME[:1], FRAME)
