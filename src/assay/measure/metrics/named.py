"""The metrics that need a setting, from their text: what follows the @ in "gain@5%" or "expected_cost@5,1"."""

from assay.core.errors import ConfigError
from assay.measure.metric import Metric
from assay.measure.metrics import averages, cost, retrieval, scoring, values
from assay.measure.metrics import top_k as likeliest


def _number(text: str, metric: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigError(f"{metric}: {text.strip()!r} is no number; {what}.") from None


def _count(text: str, metric: str, what: str) -> int:
    number = _number(text, metric, what)
    if not number.is_integer():
        raise ConfigError(f"{metric}: {text.strip()!r} is no whole number; {what}.")
    return int(number)


def _share(text: str, family: str) -> float:
    what = f"a capacity is a share of the rows, such as {family}@5%"
    if text.strip().endswith("%"):
        return _number(text.strip()[:-1], f"{family}@{text}", what) / 100
    share = _number(text, f"{family}@{text}", what)
    if share >= 1:
        raise ConfigError(f"{family}@{text}: {what} (a number of rows would be another share in every fold).")
    return share


def gain(setting: str) -> Metric:
    return scoring.gain(_share(setting, "gain"))


def lift(setting: str) -> Metric:
    return scoring.lift(_share(setting, "lift"))


def expected_cost(setting: str) -> Metric:
    """FN,FP, or the rows of a matrix: "0,1,5;1,0,1;5,1,0"."""
    what = "costs are numbers: FN,FP for two classes, or the rows of a matrix, 0,1,5;1,0,1;5,1,0"
    rows = [[_number(cell, f"expected_cost@{setting}", what) for cell in row.split(",")] for row in setting.split(";")]
    if len(rows) == 1 and len(rows[0]) == 2:
        return cost.expected_cost([[0.0, rows[0][1]], [rows[0][0], 0.0]])
    if len(rows) == 1 or any(len(row) != len(rows) for row in rows):
        raise ConfigError(f"expected_cost@{setting}: {what}.")
    return cost.expected_cost(rows)


def fbeta(setting: str) -> Metric:
    return averages.fbeta(_number(setting, f"fbeta@{setting}", "how much recall counts is a number, such as fbeta@2"))


def pinball(setting: str) -> Metric:
    return values.pinball(_number(setting, f"pinball@{setting}", "a quantile is a number, such as pinball@0.9"))


def top_k(setting: str) -> Metric:
    return likeliest.top_k(_count(setting, f"top_k@{setting}", "how many classes may be named, such as top_k@3"))


def ndcg(setting: str) -> Metric:
    return retrieval.ndcg(_count(setting, f"ndcg@{setting}", "how many documents are read, such as ndcg@10"))


def mrr(setting: str) -> Metric:
    return retrieval.mrr(_count(setting, f"mrr@{setting}", "how many documents are read, such as mrr@10"))
