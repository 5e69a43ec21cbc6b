import pytest

from assay.core.errors import ConfigError, UnknownNameError
from assay.measure.registry import EXAMPLES, FAMILIES, METRICS, metric_named, metrics_shown


@pytest.mark.parametrize("name", METRICS.names())
def test_a_member_is_found_by_its_name(name: str) -> None:
    assert metric_named(name) is METRICS.get(name)


@pytest.mark.parametrize("family", EXAMPLES)
def test_the_example_of_a_family_is_one_of_its_metrics_under_that_name(family: str) -> None:
    example, about = EXAMPLES[family]
    assert example.startswith(f"{family}@")
    assert metric_named(example).name == example
    assert len(about) > 20


@pytest.mark.parametrize(
    "text",
    [
        "gain@5%",
        "gain@0.05",
        "lift@12.5%",
        "expected_cost@5,1",
        "expected_cost@ 5, 1",
        "expected_cost@0,1,5;1,0,1;5,1,0",
        "ndcg@10",
    ],
)
def test_a_metric_bears_the_name_it_was_asked_for_by(text: str) -> None:
    assert metric_named(text).name == text


def test_two_ways_to_write_a_setting_are_one_metric() -> None:
    for one, other in (("gain@5%", "gain@0.05"), ("expected_cost@5,1", "expected_cost@0,1;5,0"), ("fbeta@2", "fbeta@2.0")):
        assert metric_named(one).title == metric_named(other).title
        assert metric_named(one).bounds == metric_named(other).bounds
    assert metric_named("gain@10%").share == METRICS.get("gain_at_10pct").share


def test_what_a_factory_calls_its_metric_is_read_back() -> None:
    for text in ("gain@5%", "lift@12.5%", "expected_cost@5,1", "expected_cost@0,1,5;1,0,1;5,1,0", "pinball@0.9", "mrr@10"):
        family, _, setting = text.partition("@")
        assert FAMILIES.get(family)(setting).name == text


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("roc_acu", UnknownNameError, "no metric 'roc_acu'; did you mean 'roc_auc'"),
        ("expected_kost@5,1", UnknownNameError, "did you mean 'expected_cost'"),
        ("pinball", ConfigError, "needs a setting, such as pinball@0.9"),
        ("f1@2", ConfigError, "f1 takes no setting"),
        ("gain@", ConfigError, "gain@: '' is no number"),
        ("gain@500", ConfigError, "gain@500: a capacity is a share"),
        ("gain@120%", ConfigError, "between 0 and 100 %"),
        ("lift@ten", ConfigError, "'ten' is no number"),
        ("lift@nan", ConfigError, "between 0 and 100 %"),
        ("expected_cost@5", ConfigError, "FN,FP"),
        ("expected_cost@5,-1", ConfigError, "1 of 4 costs are negative"),
        ("expected_cost@5,1,2", ConfigError, "FN,FP"),
        ("expected_cost@0,1;2", ConfigError, "FN,FP"),
        ("expected_cost@5,one", ConfigError, "'one' is no number"),
        ("fbeta@0", ConfigError, "above 0"),
        ("fbeta@-2", ConfigError, "above 0"),
        ("fbeta@inf", ConfigError, "above 0"),
        ("pinball@90", ConfigError, "between 0 and 1"),
        ("top_k@1", ConfigError, "at least 2"),
        ("top_k@2.5", ConfigError, "no whole number"),
        ("ndcg@0", ConfigError, "at least 1"),
        ("mrr@inf", ConfigError, "no whole number"),
    ],
)
def test_a_setting_that_is_impossible_is_refused_in_one_sentence(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        metric_named(text)


def test_what_a_study_shows_unless_asked_is_for_its_task_and_needs_no_setting() -> None:
    for task in ("binary", "multiclass", "regression"):
        shown = metrics_shown(task)
        assert 3 <= len(shown) <= 16
        assert all(task in METRICS.get(name).tasks for name in shown)
    assert {"roc_auc", "cohen_kappa", "g_mean", "gini", "gain_at_10pct", "lift_at_10pct"} <= set(metrics_shown("binary"))
    assert metrics_shown("regression") == ["rmse", "mae", "r2"]
    assert metrics_shown("ranking") == ["ndcg", "mrr", "map"]
    assert metrics_shown("ordinal", "multiclass")[:3] == ["quadratic_kappa", "rps", "mean_level_error"]
    assert set(metrics_shown("multiclass")) < set(metrics_shown("ordinal", "multiclass"))
