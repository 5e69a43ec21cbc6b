from itertools import permutations

import numpy as np
import pytest

from assay.core.errors import ConfigError
from assay.measure.evaluate import evaluate
from assay.measure.metrics.retrieval import MAP, MRR, NDCG, mrr, ndcg
from assay.measure.parts import Part, design_of
from assay.measure.payload import Predictions, Truth


def queries(*documents: tuple[list[float], list[float]]) -> tuple[Truth, Predictions]:
    """(relevance, score) of each query."""
    offsets, units = np.cumsum([0, *(len(relevance) for relevance, _ in documents)]), 40 + np.arange(len(documents))
    relevance, score = (np.concatenate([np.array(one[side], float) for one in documents]) for side in (0, 1))
    return Truth("ranking", units, {"relevance": relevance}, offsets), Predictions("ranking", units, {"score": score}, offsets)


def by_query(metric, *documents: tuple[list[float], list[float]]) -> list[float]:
    truth, said = queries(*documents)
    assert metric.undefined(truth, said) is None
    return metric.unit_statistics(truth, said)["per_unit"].tolist()


def test_ndcg_of_the_worked_example_of_jarvelin_and_kekalainen_with_the_common_discount() -> None:
    """Relevance 3, 2, 3, 0, 1, 2 in the order of the scores: DCG 6.861, of the best order 7.141."""
    (found,) = by_query(NDCG, ([3, 2, 3, 0, 1, 2], [6, 5, 4, 3, 2, 1]))
    assert found == pytest.approx(6.861 / 7.141, abs=1e-4)


def test_reciprocal_ranks_are_those_of_the_first_relevant_document() -> None:
    found = by_query(MRR, ([0, 1, 0], [3, 2, 1]), ([2, 0], [1, 0]), ([0, 0, 0, 1], [4, 3, 2, 1]))
    assert found == pytest.approx([1 / 2, 1, 1 / 4])
    assert by_query(mrr(3), ([0, 1, 0], [3, 2, 1]), ([0, 0, 0, 1], [4, 3, 2, 1])) == pytest.approx([1 / 2, 0])


@pytest.mark.parametrize("metric", [MRR, NDCG, mrr(2), ndcg(2), mrr(1), ndcg(1)], ids=lambda metric: metric.name)
def test_documents_that_tie_are_measured_as_the_mean_over_their_orders(metric) -> None:
    cases = [
        ([0, 1, 0, 2], [5.0, 5, 5, 1]),
        ([0, 1, 0, 0, 1], [2.0, 2, 2, 2, 2]),
        ([0, 0, 1, 3], [4.0, 3, 3, 3]),
        ([1, 1, 0], [1.0, 1, 1]),
    ]
    for relevance, score in cases:
        orders = [
            (relevance, [s + 1e-3 * shift for s, shift in zip(score, p, strict=True)]) for p in permutations(range(len(score)))
        ]
        assert by_query(metric, (relevance, score)) == pytest.approx([np.mean(by_query(metric, *orders))])


def test_a_query_without_a_relevant_document_is_named() -> None:
    for metric in (NDCG, MRR):
        reason = metric.undefined(*queries(([1, 0], [1, 2]), ([0, 0], [1, 2]), ([], [])))
        assert reason == "there is no relevant document in 2 of 3 queries (first: 41); leave such queries out"


def test_negative_relevance_and_lists_of_other_lengths_are_named() -> None:
    truth, said = queries(([1, 0], [1, 2]), ([2, -1, 1], [1, 2, 3]))
    assert NDCG.undefined(truth, said) == "the relevance is negative or not finite in 1 of 2 queries (first: 41)"
    truth, _ = queries(([1, 0, 1], [1, 2, 3]), ([2, 1], [1, 2]))
    assert NDCG.undefined(truth, said) == "truth and predictions have other numbers of documents in 2 of 2 queries (first: 40)"
    without = Truth("ranking", said.units, {"target": np.zeros(5)}, said.offsets)
    assert NDCG.undefined(without, said) == "the truth holds no relevance"


@pytest.mark.parametrize("make", [ndcg, mrr])
def test_reading_no_document_is_refused(make) -> None:
    with pytest.raises(ConfigError, match="at least 1"):
        make(0)


def test_queries_not_documents_are_what_the_interval_counts() -> None:
    """Random order, one relevant of ten: the mean reciprocal rank of endlessly many queries is H(10) / 10."""
    truth_there, held, random = sum(1 / rank for rank in range(1, 11)) / 10, 0, np.random.default_rng(0)
    relevance = np.tile([1.0] + [0.0] * 9, 80)
    offsets, units = np.arange(0, 801, 10), np.arange(80)
    for _ in range(200):
        said = Predictions("ranking", units, {"score": random.random(800)}, offsets)
        part = Part(0, 0, Truth("ranking", units, {"relevance": relevance}, offsets), said)
        interval = evaluate({"a": [part]}, [MRR], design_of([part]), estimand="this model").interval("a", "mrr")
        assert interval.n == 80
        held += interval.low <= truth_there <= interval.high
    assert 182 <= held <= 198


def flat(truth: Truth, said: Predictions, order: np.ndarray) -> tuple[Truth, Predictions]:
    """The same documents as rows in this order, as a study of a table has them."""
    query = np.repeat(truth.units, np.diff(truth.offsets))[order]
    arrays = {"target": truth["relevance"][order], "query": query}
    return Truth("value", order, arrays), Predictions("value", order, {"value": said["score"][order]})


@pytest.mark.parametrize("metric", [NDCG, ndcg(3), MRR, MAP], ids=lambda metric: metric.name)
def test_rows_of_a_table_are_measured_as_the_queries_they_are_of(metric) -> None:
    """The interval too is of queries: it equals that of the ragged form, whatever the order of the rows."""
    random = np.random.default_rng(0)
    sizes = random.integers(1, 9, 60)
    documents = [(np.append(random.integers(0, 3, n), 1), np.round(random.normal(size=n + 1), 1)) for n in sizes]
    truth, said = queries(*documents)
    rows, values = flat(truth, said, random.permutation(int(truth.offsets[-1])))
    assert metric.undefined(rows, values) is None
    ragged, table = Part(0, 0, truth, said), Part(0, 0, *(by_unit(one) for one in (rows, values)))
    groups = np.repeat(truth.units, np.diff(truth.offsets))
    known = evaluate({"a": [ragged]}, [metric], design_of([ragged]), estimand="this model").interval("a", metric.name)
    design = design_of([table], kind="group", groups=groups)
    found = evaluate({"a": [table]}, [metric], design, estimand="this model").interval("a", metric.name)
    assert (found.value, found.low, found.high) == pytest.approx((known.value, known.low, known.high), abs=1e-9)
    assert found.n == known.n == 60


def by_unit(payload):
    order = np.argsort(payload.units)
    return type(payload)(payload.form, payload.units[order], {name: array[order] for name, array in payload.arrays.items()})


def test_among_rows_a_query_without_a_relevant_one_counts_for_nothing() -> None:
    truth, said = queries(([1, 0], [1, 2]), ([0, 0], [1, 2]), ([1, 0, 2], [3, 2, 1]))
    with_it = flat(truth, said, np.arange(7))
    without = flat(truth, said, np.array([0, 1, 4, 5, 6]))
    values = [float(NDCG.value(NDCG.unit_statistics(*side), np.ones(len(side[0])))) for side in (with_it, without)]
    assert values[0] == pytest.approx(values[1])
    assert NDCG.undefined(*flat(truth, said, np.array([2, 3]))) == "there is no relevant row among 2"
    bare = Truth("value", np.arange(2), {"target": np.ones(2)})
    assert NDCG.undefined(bare, with_it[1]) == "the rows do not say which query each of them is of"
