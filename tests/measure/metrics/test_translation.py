"""BLEU, chrF and exact matches against sacrebleu, and through the one resampling engine."""

import numpy as np
import pytest
import sacrebleu

from assay.measure.evaluate import evaluate
from assay.measure.metric import Metric
from assay.measure.metrics.translation import BLEU, CHRF, EXACT_MATCH, bleu_counts, bleu_of, chrf_counts, chrf_of, tokens_13a
from assay.measure.parts import Part, design_of
from assay.measure.payload import Predictions, Truth
from assay.measure.registry import METRICS
from assay.measure.texts import text_predictions, text_truth

WORDS = [
    "open",
    "the",
    "file",
    ",",
    "%s",
    ".",
    "a-b",
    "1,5",
    "3-4",
    "&amp;",
    "x&lt;y",
    "Открыть",
    "файл",
    "окно",
    "«да»",
    "(нет)",
    "'q'",
    "don't",
    "漢字",
    "שלום",
    "...",
    "#%d",
]
METRICS_HERE = [BLEU, CHRF]


def corpus(n: int, seed: int, *, near: float = 0.6) -> tuple[list[str], list[str]]:
    """Answers and what was wanted; each word of an answer is the wanted one with this probability."""
    random = np.random.default_rng(seed)
    wanted = [list(random.choice(WORDS, random.integers(0, 12))) for _ in range(n)]
    said = [[word if random.random() < near else str(random.choice(WORDS)) for word in text] for text in wanted]
    said = [text[: len(text) - int(random.integers(0, 2))] for text in said]
    return [" ".join(text) for text in said], [" ".join(text) for text in wanted]


def payloads(said: list[str], wanted: list[str]) -> tuple[Truth, Predictions]:
    units = np.arange(len(said))
    return text_truth(units, [""] * len(said), wanted), text_predictions(units, said)


def value(metric: Metric, said: list[str], wanted: list[str], weights: np.ndarray | None = None) -> np.ndarray:
    return metric.value(metric.unit_statistics(*payloads(said, wanted)), np.ones(len(said)) if weights is None else weights)


@pytest.mark.parametrize("near", [0.0, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("n", [1, 3, 60])
def test_the_whole_corpus_has_the_scores_of_sacrebleu(near: float, n: int) -> None:
    for seed in range(5):
        said, wanted = corpus(n, seed, near=near)
        assert value(BLEU, said, wanted) == pytest.approx(sacrebleu.corpus_bleu(said, [wanted]).score, abs=1e-9)
        assert value(CHRF, said, wanted) == pytest.approx(sacrebleu.corpus_chrf(said, [wanted]).score, abs=1e-9)


def test_the_counts_of_a_text_are_those_of_sacrebleu() -> None:
    said, wanted = corpus(50, 1)
    for place, counts in enumerate(bleu_counts(said, wanted).T):
        found = sacrebleu.corpus_bleu(said[place : place + 1], [wanted[place : place + 1]])
        assert counts.tolist() == [*found.counts, *found.totals, found.sys_len, found.ref_len]
    for place, counts in enumerate(chrf_counts(said, wanted).T):
        metric = sacrebleu.CHRF()
        [found] = metric._extract_corpus_statistics(said[place : place + 1], [wanted[place : place + 1]])
        assert counts.reshape(3, 6).T[:, [1, 2, 0]].ravel().tolist() == found  # said, meant, right of each order


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Hello, world.",
        "цена 1,5–2 %",
        "a-\nb",
        "<skipped>x",
        "&quot;ok&quot; &amp;lt;",
        "tab\tand\nline  ",
        "3-4, 5.6.",
        "😀 ok!",
        "\0",
    ],
)
def test_tokens_are_those_of_mteval_13a(text: str) -> None:
    assert tokens_13a(text) == sacrebleu.BLEU().tokenizer(text.rstrip()).split()


@pytest.mark.parametrize("metric", METRICS_HERE, ids=lambda one: one.name)
def test_a_perfect_answer_has_100_and_an_empty_one_0(metric: Metric) -> None:
    wanted = ["Открыть файл для чтения", "open the file now"]
    assert value(metric, wanted, wanted) == pytest.approx(100)
    assert value(metric, ["", ""], wanted) == 0
    assert value(metric, ["xyz", "ъ"], wanted) == 0


@pytest.mark.parametrize("metric", METRICS_HERE, ids=lambda one: one.name)
def test_weights_are_repeated_texts_and_their_scale_does_not_count(metric: Metric) -> None:
    said, wanted = corpus(40, 2)
    weights = np.random.default_rng(0).integers(0, 4, 40)
    again = np.repeat(np.arange(40), weights)
    repeated = value(metric, [said[i] for i in again], [wanted[i] for i in again])
    assert value(metric, said, wanted, weights.astype(np.uint8)) == pytest.approx(repeated, rel=1e-12)
    assert value(metric, said, wanted, 7.5 * weights) == pytest.approx(repeated, rel=1e-12)
    several = np.stack([weights, weights[::-1]]).astype(float)
    assert value(metric, said, wanted, several).tolist() == [float(value(metric, said, wanted, row)) for row in several]


@pytest.mark.parametrize("metric", [*METRICS_HERE, EXACT_MATCH], ids=lambda one: one.name)
def test_weights_of_zero_give_nan_and_no_warning(metric: Metric) -> None:
    said, wanted = corpus(10, 3)
    with np.errstate(all="raise"):
        assert np.isnan(value(metric, said, wanted, np.zeros(10)))
    assert np.isnan(metric.influence(metric.unit_statistics(*payloads(said, wanted)), np.zeros(10))).all()


@pytest.mark.parametrize("metric", METRICS_HERE, ids=lambda one: one.name)
def test_the_influence_is_the_derivative_of_the_value(metric: Metric) -> None:
    said, wanted = corpus(40, 4, near=0.8)
    statistics, weights = metric.unit_statistics(*payloads(said, wanted)), np.random.default_rng(1).exponential(size=40) + 0.1
    step = 1e-4 * np.eye(40)
    expected = (metric.value(statistics, weights + step) - metric.value(statistics, weights - step)) / 2e-4
    found = metric.influence(statistics, weights)
    assert found == pytest.approx(expected, abs=1e-6 * np.abs(expected).max())
    assert found @ weights == pytest.approx(0, abs=1e-8)


def test_nothing_to_measure_is_undefined_with_a_reason() -> None:
    none = payloads([], [])
    empty = payloads(["a", "b"], ["", " "])
    for metric in METRICS_HERE:
        assert metric.undefined(*none) == "there are no rows"
        assert metric.undefined(*empty) == "all 2 texts that were wanted are empty"
        assert metric.undefined(empty[0], Predictions("texts", np.arange(2), {})) == "the predictions hold no texts"
    assert METRICS.get("bleu") is BLEU
    assert METRICS.get("chrf") is CHRF


def test_an_exact_match_is_a_share_of_texts() -> None:
    said, wanted = ["да", "нет ", "yes", ""], ["да", "нет", "Yes", ""]
    statistics = EXACT_MATCH.unit_statistics(*payloads(said, wanted))
    assert EXACT_MATCH.value(statistics, np.ones(4)) == 0.75
    assert EXACT_MATCH.proportion(statistics) == (3, 4)


def test_the_bootstrap_of_the_engine_spreads_as_that_of_sacrebleu_does() -> None:
    """Both draw texts with replacement; ends of intervals agree within what two bootstraps of 1000 differ by."""
    said, wanted = corpus(150, 5)
    parts = [Part(0, 0, *payloads(said, wanted))]
    found = evaluate({"a": parts}, METRICS_HERE, design_of(parts), estimand="this model", replicates=1000)
    for metric, peer in ((BLEU, sacrebleu.BLEU()), (CHRF, sacrebleu.CHRF())):
        theirs = peer.corpus_score(said, [wanted], n_bootstrap=1000)
        interval = found.interval("a", metric.name)
        assert interval.value == pytest.approx(theirs.score)
        assert interval.low < interval.value < interval.high
        assert (interval.high - interval.low) / 2 == pytest.approx(theirs._ci, rel=0.15)


def test_a_text_of_a_megabyte_is_measured() -> None:
    long = "слово " * 90_000
    assert value(BLEU, [long], [long]) == pytest.approx(100)


def test_sums_of_counts_are_all_a_value_needs() -> None:
    said, wanted = corpus(30, 6)
    halves = [bleu_counts(said[part], wanted[part]).sum(axis=1) for part in (slice(15), slice(15, 30))]
    assert bleu_of(halves[0] + halves[1]) == pytest.approx(float(value(BLEU, said, wanted)))
    halves = [chrf_counts(said[part], wanted[part]).sum(axis=1) for part in (slice(15), slice(15, 30))]
    assert chrf_of(halves[0] + halves[1]) == pytest.approx(float(value(CHRF, said, wanted)))
