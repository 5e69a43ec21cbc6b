"""What a model says, before it is saved and after."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.bundle.models import CARD, CLASSES, HOSTILE, model, records, table

import assay.bundle
from assay.bundle.model import Model
from assay.core.errors import ConfigError, DataError, DefectError

RECIPES = [
    ("logistic", "binary"),
    ("logistic", "multiclass"),
    ("baseline", "regression"),
    ("knn", "regression"),
    ("naive-bayes", "multiclass"),
    ("tree", "binary"),
    ("forest", "multiclass"),
    ("boosting", "binary"),
    ("boosting", "regression"),
]


@pytest.mark.parametrize(("recipe", "task"), RECIPES)
@pytest.mark.parametrize("name", ["m", "m.assay"])
def test_a_saved_model_gives_the_same_numbers_and_the_same_bytes_when_saved_again(tmp_path, recipe, task, name):
    before = model(recipe, task)
    before.save(tmp_path / name)
    after = assay.bundle.load(tmp_path / name)
    assert after.predict(table(task)).equals(before.predict(table(task)))
    assert (after.threshold, after.card, after.fitted.schema) == (before.threshold, CARD, before.fitted.schema)
    after.save(tmp_path / f"again-{name}")
    assert _bytes(tmp_path / f"again-{name}") == _bytes(tmp_path / name)


def _bytes(path: Path) -> list[bytes]:
    return [path.read_bytes()] if path.is_file() else [part.read_bytes() for part in sorted(path.iterdir())]


def test_rows_may_be_a_frame_of_either_library_records_a_file_or_a_dataset(tmp_path):
    one, data = model(), table("binary")
    expected = one.predict(data)
    data.features.write_csv(tmp_path / "rows.csv")
    data.features.write_parquet(tmp_path / "rows.parquet")
    for rows in (
        data.frame,
        data.features.to_pandas() if _has_pyarrow() else pd.DataFrame(data.features.to_dict(as_series=False)),
        records(n_rows=len(data)),
        tmp_path / "rows.parquet",
        str(tmp_path / "rows.csv"),
    ):
        found = one.predict(rows)
        assert found["prediction"].to_list() == expected["prediction"].to_list()
        np.testing.assert_allclose(found["probability"], expected["probability"], rtol=1e-9)


def _has_pyarrow() -> bool:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return False
    return True


def test_the_label_of_a_binary_model_is_positive_from_the_threshold_on():
    found = model().predict(table("binary"))
    assert found.columns == ["prediction", "probability", "score"]
    assert (found["prediction"] == CLASSES["binary"][1]).to_list() == (found["probability"] >= 0.3).to_list()
    without = Model(model().fitted).predict(table("binary"))
    assert (without["prediction"] == CLASSES["binary"][1]).to_list() == (found["probability"] >= 0.5).to_list()


def test_a_multiclass_model_names_the_class_of_the_highest_probability():
    found = model("logistic", "multiclass").predict(table("multiclass"))
    assert found.columns == ["prediction", "probability_a b", "probability_$array", "probability_c|d"]
    shares = found.drop("prediction").to_numpy()
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert found["prediction"].to_list() == [CLASSES["multiclass"][code] for code in shares.argmax(axis=1)]


def test_a_row_alone_gets_what_it_gets_among_others():
    data = table("binary")
    together = model("boosting").predict(data)
    alone = pl.concat([model("boosting").predict(data.take([row])) for row in range(5)])
    assert alone.equals(together.head(5))


def test_a_missing_column_is_named_by_predict():
    with pytest.raises(DataError, match="onerror"):
        model().predict(table("binary").frame.drop(HOSTILE))


def test_a_threshold_needs_a_binary_task_and_a_number():
    with pytest.raises(ConfigError, match="binary"):
        Model(model("logistic", "multiclass").fitted, 0.5)
    with pytest.raises(ConfigError, match="nan"):
        Model(model().fitted, float("nan"))


def test_a_card_with_nan_is_a_defect_and_leaves_no_file(tmp_path):
    with pytest.raises(DefectError, match="card"):
        Model(model().fitted, None, {"auc": float("nan")}).save(tmp_path / "m.assay")
    assert list(tmp_path.iterdir()) == []
