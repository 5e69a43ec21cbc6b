from itertools import permutations

import numpy as np
import pytest

from assay.core.errors import ConfigError
from assay.measure.evaluate import evaluate
from assay.measure.metrics.retrieval import MRR, NDCG, mrr, ndcg
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
