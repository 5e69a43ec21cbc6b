"""Ordinal targets, counts and rankings through a whole study: their own recipes and metrics beside those of their form."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import ndcg_score

import assay
from assay.cli.reading import reading
from assay.core.errors import ConfigError
from assay.data.dataset import Dataset
from assay.study.settings import choose_metric, choose_recipes

RNG = np.random.default_rng(0)
N = 300
X = RNG.normal(size=(N, 3))
LINE = X @ [1.2, -0.8, 0.0]
LEVELS = np.array(["low", "mid", "high"])
FRAME = pl.DataFrame(
    {
        **{f"x{column}": X[:, column] for column in range(3)},
        "level": LEVELS[np.digitize(LINE + RNG.logistic(size=N), [-0.5, 1.0])],
        "count": RNG.poisson(np.exp(0.5 * LINE)),
        "query": np.repeat(np.arange(30), 10),
        "grade": np.digitize(LINE + 0.5 * RNG.normal(size=N), [0.5, 1.5]),
    }
)
COLUMNS = ["x0", "x1", "x2"]


def data(target: str, **arguments) -> Dataset:
    named = [arguments[role] for role in ("group",) if role in arguments]
    return assay.read(FRAME.select(*COLUMNS, target, *named), target=target, **arguments)


def ordinal() -> Dataset:
    return data("level", order=LEVELS.tolist())


def ranking() -> Dataset:
    return data("grade", task="ranking", group="query")


def study(rows: Dataset, recipes: list[str], out: Path, **settings):
    return assay.Study(rows, recipes, folds=2, **settings).run(out, jobs=1)


def test_an_ordinal_study_is_finished_saved_and_predicts_levels(tmp_path: Path) -> None:
    result = study(ordinal(), ["baseline", "logistic", "ordinal-logistic"], tmp_path / "run")
    assert (result.settings.metric, result.summary()["task"]) == ("rps", "ordinal")
    assert {"rps", "quadratic_kappa", "mean_level_error", "log_loss", "roc_auc"} <= {metric.name for metric in result.metrics}
    better = result.verdict("ordinal-logistic", "baseline")
    assert better.call == "a better"
    assert result.verdict("ordinal-logistic", "logistic").difference.value == pytest.approx(0, abs=0.01)
    model = result.finish()
    model.save(tmp_path / "model")
    again = assay.load(tmp_path / "model")
    assert again.fitted.task == ordinal().question
    said = again.predict(FRAME.select(COLUMNS))
    assert said.columns == ["prediction", "probability_low", "probability_mid", "probability_high"]


def test_a_line_of_squares_has_no_deviance_where_it_falls_below_0(tmp_path: Path) -> None:
    result = study(data("count", task="counts"), ["baseline", "linear", "poisson"], tmp_path / "run")
    assert result.winner == "poisson"
    assert "the prediction is not above 0 in" in result.interval("linear").undefined
    assert result.interval("linear", "rmse").value is not None


def test_a_ranking_is_measured_by_queries_however_its_folds_lie(tmp_path: Path) -> None:
    result = study(ranking(), ["baseline", "lambdarank", "ridge:random@2"], tmp_path / "run")
    measured = np.unique(FRAME["query"].to_numpy()[result.design.units])
    found = result.interval("ridge:random@2")
    assert found.n == len(measured) < 30
    parts = result.parts["ridge:random@2"]
    values = []
    for part in parts:
        query = FRAME["query"].to_numpy()[part.units]
        for one in np.unique(query):
            mine = np.flatnonzero(query == one)
            grades = part.truth["target"][mine]
            if grades.any():
                values.append(ndcg_score([grades], [part.predictions["value"][mine]]))
    assert result.interval("ridge:random@2", "ndcg").value == pytest.approx(np.mean(values))
    assert result.verdict("lambdarank", "baseline").call == "a better"
    assert [metric.name for metric in result.metrics] == ["ndcg@10", "ndcg", "mrr", "map"]


def test_each_special_task_is_first_tried_with_its_own_recipes_and_refuses_the_others() -> None:
    assert {"poisson", "boosting-poisson", "boosting"} <= set(choose_recipes(data("count", task="counts"), None))
    assert {"ordinal-logistic", "ordinal-boosting", "logistic"} <= set(choose_recipes(ordinal(), None))
    assert "lambdarank" in choose_recipes(ranking(), None)
    with pytest.raises(ConfigError, match="'ordinal-logistic' does not do multiclass"):
        choose_recipes(data("level"), ["ordinal-logistic"])
    with pytest.raises(ConfigError, match="'lambdarank' does not do ordinal"):
        choose_recipes(ordinal(), ["lambdarank"])
    with pytest.raises(ConfigError, match="'rmse' is not for ranking; for it there are ndcg, mrr, map"):
        choose_metric(ranking(), "rmse")
    with pytest.raises(ConfigError, match="'poisson_deviance' is not for ordinal"):
        choose_metric(ordinal(), "poisson_deviance")


def test_a_run_folder_keeps_the_order_that_the_command_line_named(tmp_path: Path) -> None:
    FRAME.write_csv(tmp_path / "rows.csv")
    way = reading(
        source=str(tmp_path / "rows.csv"),
        target="level",
        task=None,
        positive=None,
        drop=["count,query,grade"],
        kind=None,
        time=None,
        group=None,
        weight=None,
        test=None,
        split=None,
        order="low, mid ,high",
    )
    settings = {f"read.{name}": value for name, value in way.to_settings().items()}
    again = type(way).from_settings(settings, tmp_path)
    assert again == way
    assert again.load().question.classes == ("low", "mid", "high")
