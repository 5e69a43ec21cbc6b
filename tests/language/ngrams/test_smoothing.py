"""Each smoothing against something independent, and that it is a distribution."""

from collections.abc import Callable
from math import log

import numpy as np
import polars as pl
import pytest
from nltk.lm import KneserNeyInterpolated, Lidstone, Vocabulary
from scipy.optimize import minimize
from tests.language.ngrams.plain_kneser_ney import PlainKneserNey
from tests.language.ngrams.texts import CORPORA, RUSSIAN, chain, counted, padded, run_counts

from assay.core.errors import ConfigError
from assay.language.ngrams.add_k import add_k
from assay.language.ngrams.conventions import CONVENTIONS, STANDARD, convention_named
from assay.language.ngrams.counts import NgramCounts
from assay.language.ngrams.interpolated import BUCKETS, Evidence, fit_weights, interpolated
from assay.language.ngrams.kneser_ney import kneser_ney, modified_discounts
from assay.language.ngrams.model import NEVER, NgramModel
from assay.language.ngrams.stupid_backoff import stupid_backoff

MAKERS: dict[str, Callable[[NgramCounts], NgramModel]] = {
    "add-k": lambda counts: add_k(counts, 0.1),
    "interpolated": interpolated,
    "modified Kneser-Ney": kneser_ney,
    "Kneser-Ney": lambda counts: kneser_ney(counts, 0.7),
}
UNSEEN = {"russian": ["кот ходит по цепи", "дуб незнакомый"], "chain": chain(40, 50, 1)}
MINIMUM = 2


def everywhere(model: NgramModel, rows: list[np.ndarray]) -> np.ndarray:
    """The next-word distributions after every beginning of these rows."""
    contexts = [row[:end] for row in rows for end in range(len(row))]
    return np.stack([model.next_log_probabilities(context) for context in contexts])


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("name", UNSEEN)
def test_probabilities_sum_to_1_after_every_context(name: str, maker: str, order: int) -> None:
    words, ids, counts = counted(CORPORA[name], order, MINIMUM)
    model = MAKERS[maker](counts)
    unseen = words.ids(pl.Series(UNSEEN[name]))
    rows = [ids.row(place) for place in range(8)] + [unseen.row(place) for place in range(2)]
    found = everywhere(model, rows)
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1, atol=1e-11)
    said = np.concatenate([model.log_scores(ids[np.arange(8)]).values, model.log_scores(unseen[np.arange(2)]).values])
    np.testing.assert_allclose(found[np.arange(len(found)), np.concatenate(rows)], said, atol=1e-12)


@pytest.mark.parametrize("name", UNSEEN)
def test_texts_score_alike_at_once_in_parts_and_looked_up_in_order(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words, _, counts = counted(CORPORA[name], 3)
    model, ids = kneser_ney(counts), words.ids(pl.Series([*UNSEEN[name], *CORPORA[name]]))
    expected = model.log_scores(ids).values
    for at_once, sorted_from in ((1, 10**9), (7, 0), (10**9, 0)):
        monkeypatch.setattr("assay.language.ngrams.model.AT_ONCE", at_once)
        monkeypatch.setattr("assay.language.ngrams.model.SORTED_FROM", sorted_from)
        np.testing.assert_array_equal(model.log_scores(ids).values, expected)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("name", UNSEEN)
def test_modified_kneser_ney_equals_a_second_implementation_in_dictionaries(name: str, order: int) -> None:
    words, _, counts = counted(CORPORA[name], order, MINIMUM)
    plain = PlainKneserNey(CORPORA[name], [token for token in words.vocabulary if token != "<s>"], order)
    texts = CORPORA[name][:30] + UNSEEN[name]
    expected = np.log(np.concatenate([plain.of_text(text) for text in texts]))
    model = kneser_ney(counts)
    np.testing.assert_allclose(model.log_scores(words.ids(pl.Series(texts))).values, expected, rtol=1e-10)
    if name == "chain" and order > 1:
        assert plain.discounts[order] != (0.5, 1.0, 1.5)
        assert not any(f"runs of {order} words" in note for note in model.notes)


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize("name", UNSEEN)
def test_kneser_ney_with_one_discount_has_the_perplexity_of_nltk(name: str, order: int) -> None:
    texts = CORPORA[name]
    words, ids, counts = counted(texts, order)
    peer = KneserNeyInterpolated(order, discount=0.6)
    peer.fit(
        ([run for n in range(1, order + 1) for run in run_counts([text], n, order).elements()] for text in texts),
        [*words.words, "<s>", "</s>"],
    )
    asked = [run for text in texts[:20] for run in run_counts([text], order, order).elements()]
    found = kneser_ney(counts, 0.6, lowest="none").perplexity(ids[np.arange(20)] if len(texts) > 20 else ids)
    assert found.value == pytest.approx(peer.perplexity(asked), rel=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("name", UNSEEN)
def test_add_k_has_the_perplexity_of_nltks_lidstone_with_the_same_vocabulary(name: str, order: int) -> None:
    words, _, counts = counted(CORPORA[name], order)
    vocabulary = Vocabulary([*words.words, "</s>"])  # nltk counts <s> into V unless it is left out; it then reads it as <UNK>
    peer = Lidstone(0.3, order, vocabulary=vocabulary)
    peer.fit([list(run_counts([text], order, order).elements()) for text in CORPORA[name]])
    texts = CORPORA[name][:10] + chain(20, 40, 5) if name == "chain" else CORPORA[name]
    asked = [run for text in texts for run in run_counts([text], order, order).elements()]
    found = add_k(counts, 0.3).perplexity(words.ids(pl.Series(texts)))
    assert found.value == pytest.approx(peer.perplexity(asked), rel=1e-10)


def test_what_nltk_gives_no_probability_has_none_here() -> None:
    _, _, counts = counted(RUSSIAN, 2)
    model = kneser_ney(counts, 0.5, lowest="none")
    assert model.next_log_probabilities(np.zeros(0))[0] == pytest.approx(NEVER + log(0.5), abs=1)
    assert kneser_ney(counts, 0.5).next_log_probabilities(np.zeros(0))[0] > -12


def test_discounts_are_those_of_chen_and_goodman() -> None:
    often = np.repeat([1, 2, 3, 4, 9], [50, 20, 10, 5, 7])
    y = 50 / (50 + 40)
    np.testing.assert_allclose(modified_discounts(often), [1 - 2 * y * 20 / 50, 2 - 3 * y * 10 / 20, 3 - 4 * y * 5 / 10])
    assert modified_discounts(np.array([1, 1, 2])) is None
    assert modified_discounts(np.repeat([1, 2, 3, 4], [10, 10, 60, 10])) is None  # the second would be below 0


def test_too_few_runs_for_discounts_are_told() -> None:
    assert [note.split(" words")[0] for note in kneser_ney(counted(["раз два"], 2)[2]).notes] == [
        "too few runs of 1",
        "too few runs of 2",
    ]


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_weights_of_interpolation_are_the_likeliest(order: int) -> None:
    random = np.random.default_rng(order)
    items = 400
    frequencies = random.beta(0.5, 3, (order, items))
    buckets = np.zeros((order, items), dtype=np.int64)
    buckets[-1, ::7] = -1 if order > 1 else 0
    frequencies = np.where(buckets < 0, 0, frequencies)
    often = random.integers(1, 5, items).astype(float)

    def loss(weights: np.ndarray) -> float:
        mixed = np.full(items, 1 / 50)
        for n in range(order):
            weight = np.where(buckets[n] >= 0, weights[n], 0)
            mixed = weight * frequencies[n] + (1 - weight) * mixed
        return -float((np.log(mixed) * often).sum() / often.sum())

    found = fit_weights(Evidence(frequencies, buckets, often), 1 / 50)
    assert found.shape == (order, BUCKETS)
    best = minimize(loss, np.full(order, 0.5), bounds=[(1e-6, 1 - 1e-6)] * order, options={"ftol": 1e-14})
    assert loss(found[:, 0]) == pytest.approx(best.fun, abs=2e-5)


@pytest.mark.parametrize("name", UNSEEN)
def test_interpolation_mixes_relative_frequencies_and_beats_the_shortest_alone(name: str) -> None:
    words, _, counts = counted(CORPORA[name], 2)
    model = interpolated(counts)
    assert "deleted" in model.smoothing
    singles = run_counts(CORPORA[name], 1, 2)
    pairs = run_counts(CORPORA[name], 2, 2)
    begins = sum(count for run, count in pairs.items() if run[0] == "<s>")
    lower = np.exp(interpolated(counts).runs[0].log_probability())  # the mixture of single words
    found = np.exp(model.next_log_probabilities(np.zeros(0)))
    shares = np.array([pairs[("<s>", token)] / begins for token in words.vocabulary])
    kept = np.arange(len(shares)) != 1
    weight = (found[kept] - lower[kept]) / np.where(shares[kept] == lower[kept], np.inf, shares[kept] - lower[kept])
    np.testing.assert_allclose(weight, weight[0], atol=1e-9)
    assert 0 < weight[0] < 1
    frequent = max(singles, key=lambda run: singles[run])[0]
    assert lower[words.vocabulary.index(frequent)] == lower[kept].max()


def test_weights_from_held_out_texts_are_better_on_their_like_than_deleted_ones() -> None:
    words, _, counts = counted(CORPORA["chain"], 3)
    held, more = words.ids(pl.Series(chain(300, 40, 8))), words.ids(pl.Series(chain(300, 40, 9)))
    by_held, by_deleted = interpolated(counts, held), interpolated(counts)
    assert by_held.perplexity(held).value < by_deleted.perplexity(held).value
    assert by_held.perplexity(more).value == pytest.approx(by_deleted.perplexity(more).value, rel=0.02)
    assert by_deleted.perplexity(more).value < interpolated(counted(CORPORA["chain"], 1)[2]).perplexity(more).value


@pytest.mark.parametrize("name", UNSEEN)
def test_stupid_backoff_scores_as_brants_and_others_say(name: str) -> None:
    texts = CORPORA[name]
    words, _, counts = counted(texts, 3)
    tables = [run_counts(texts, n, 3) for n in (1, 2, 3)]
    total = sum(tables[0].values())

    def score(run: tuple[str, ...]) -> float:
        if len(run) == 1:
            return tables[0].get(run, 0.4) / total
        often = tables[len(run) - 1].get(run, 0)
        context = sum(count for other, count in tables[len(run) - 1].items() if other[:-1] == run[:-1])
        if often:
            return often / context
        return (0.4 if context else 1.0) * score(run[1:])

    asked = UNSEEN[name][:5] + texts[:5]
    expected = [score(tuple(row[end - 2 : end + 1])) for row in padded(asked, 3, set(words.words)) for end in range(2, len(row))]
    model = stupid_backoff(counts)
    np.testing.assert_allclose(np.exp(model.log_scores(words.ids(pl.Series(asked))).values), expected, rtol=1e-12)


def test_scores_that_are_no_probabilities_have_no_perplexity() -> None:
    _, ids, counts = counted(RUSSIAN, 2)
    model = stupid_backoff(counts)
    assert not model.is_probability
    with pytest.raises(ConfigError, match=r"stupid backoff.*do not sum to 1"):
        model.perplexity(ids)


def test_every_convention_says_what_it_counts_and_only_the_standard_one_sums_to_1() -> None:
    _, _, counts = counted(RUSSIAN, 2)
    for name, convention in CONVENTIONS.items():
        model = add_k(counts, 1, convention)
        assert convention.said.startswith(f"{name}: the vocabulary is")
        total = np.exp(model.next_log_probabilities(np.zeros(0))).sum()
        assert model.is_probability == (convention is STANDARD) == (abs(total - 1) < 1e-9)
    with pytest.raises(ConfigError, match="did you mean 'textbook'"):
        convention_named("textbok")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda counts: add_k(counts, 0), "k=0"),
        (lambda counts: kneser_ney(counts, 1.0), "discount"),
        (lambda counts: stupid_backoff(counts, 1.0), "factor"),
    ],
)
def test_settings_that_are_impossible_are_refused(make: Callable[[NgramCounts], NgramModel], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        make(counted(RUSSIAN, 2)[2])
