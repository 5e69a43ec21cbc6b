"""Pruned, coded and saved models: what stays true of them, and what a broken file is answered with."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.language.ngrams.texts import CORPORA, RUSSIAN, chain, counted

from assay.core.errors import BundleError, ConfigError
from assay.core.state import State
from assay.language.ngrams.add_k import add_k
from assay.language.ngrams.compact import Smaller, price
from assay.language.ngrams.files import load_ngrams, save_ngrams
from assay.language.ngrams.interpolated import interpolated
from assay.language.ngrams.kneser_ney import kneser_ney
from assay.language.ngrams.model import NgramModel, Numbers
from assay.language.ngrams.pruning import cut_rare, cut_uninformative, kept_runs, rebalanced, relative_change
from assay.language.ngrams.quantizing import coded, normalised, quantized
from assay.language.ngrams.state import model_from_state, state_bytes, state_of
from assay.language.ngrams.stupid_backoff import stupid_backoff
from assay.language.ngrams.words import Words

NAMES = ["russian", "chain"]


def sums(model: NgramModel, rows: list[np.ndarray]) -> np.ndarray:
    contexts = [row[:end] for row in rows for end in range(len(row))]
    return np.array([np.exp(model.next_log_probabilities(context)).sum() for context in contexts])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "smaller",
    [Smaller(cuts=(1, 2)), Smaller(cuts=(2,)), Smaller(threshold=1e-3), Smaller(bits=8), Smaller(threshold=1e-4, bits=16)],
)
@pytest.mark.parametrize("make", [kneser_ney, interpolated, lambda counts: add_k(counts, 0.5)])
def test_a_smaller_model_is_smaller_and_still_sums_to_1(name: str, smaller: Smaller, make: Callable[[Any], NgramModel]) -> None:
    _, ids, counts = counted(CORPORA[name], 3)
    model = make(counts)
    found = smaller.apply(model, counts)
    assert state_bytes(found) < state_bytes(model)
    np.testing.assert_allclose(sums(found, [ids.row(place) for place in range(10)]), 1, atol=1e-9)


def test_backoffs_that_are_found_again_are_those_of_the_model() -> None:
    _, ids, counts = counted(CORPORA["chain"], 4)
    model = kneser_ney(counts)
    np.testing.assert_allclose(rebalanced(model).log_scores(ids).values, model.log_scores(ids).values, atol=1e-8)


def test_cutting_rare_runs_keeps_the_frequent_ones_and_what_they_begin_with() -> None:
    _, _, counts = counted(CORPORA["chain"], 3)
    found = cut_rare(kneser_ney(counts), counts, [2, 3])
    kept = {tuple(run) for run in found.words_of(3).tolist()}
    whole = kneser_ney(counts).words_of(3).tolist()
    assert kept == {tuple(run) for run, count in zip(whole, counts.counts[2], strict=True) if count >= 3}
    pairs = {tuple(run) for run in found.words_of(2).tolist()}
    assert {run[:2] for run in kept} <= pairs
    often = {
        tuple(run) for run, count in zip(kneser_ney(counts).words_of(2).tolist(), counts.counts[1], strict=True) if count >= 2
    }
    assert pairs == often | {run[:2] for run in kept}


def test_the_change_that_pruning_goes_by_is_that_of_the_models_own_texts() -> None:
    """A bigram model, so that every probability can be written out: D(p || p') over all contexts."""
    words, _, counts = counted(RUSSIAN, 2)
    model = kneser_ney(counts)
    changes = relative_change(model, 2)
    runs = model.words_of(2)
    every = np.stack([model.next_log_probabilities(np.array([word])) for word in range(words.size)])
    every[1] = model.next_log_probabilities(np.zeros(0))
    shares = np.exp(model.runs[0].log_probability())
    shares[1] = 1.0  # <s> begins every text
    for place in (0, 5, 17, 40):
        keep = [np.ones(words.size, bool), np.arange(len(runs)) != place]
        without = kept_runs(model, keep)
        context = runs[place, 0]
        before = every[context]
        after = without.next_log_probabilities(np.zeros(0) if context == 1 else np.array([context]))
        possible = np.arange(words.size) != 1
        divergence = shares[context] * (np.exp(before[possible]) * (before[possible] - after[possible])).sum()
        assert changes[place] == pytest.approx(np.expm1(divergence), rel=1e-6)


def test_a_higher_threshold_keeps_fewer_runs_and_costs_more() -> None:
    _, ids, counts = counted(CORPORA["chain"], 3)
    model = kneser_ney(counts)
    found = [cut_uninformative(model, threshold) for threshold in (1e-6, 1e-4, 1e-2)]
    sizes = [state_bytes(one) for one in [model, *found]]
    assert sizes == sorted(sizes, reverse=True)
    costs = [price(model, one, ids).after.value for one in found]
    assert costs == sorted(costs)


def test_the_price_is_told_in_words() -> None:
    _, ids, counts = counted(RUSSIAN, 2)
    model = kneser_ney(counts)
    found = price(model, quantized(model, 8), ids)
    assert found.before.convention == found.after.convention == "standard"
    assert str(found).startswith(f"{state_bytes(model)} bytes to {found.bytes_after}; perplexity {found.before.value:.2f} to ")


@pytest.mark.parametrize(("bits", "loss"), [(8, 0.02), (16, 0.001)])
def test_codes_lose_little(bits: int, loss: float) -> None:
    words, _, counts = counted(chain(2000, 300, 4), 3)
    model, more = kneser_ney(counts), words.ids(pl.Series(chain(400, 300, 3)))
    found = price(model, quantized(model, bits), more)
    assert abs(found.after.value / found.before.value - 1) < loss
    assert found.bytes_after < found.bytes_before * (0.4 if bits == 8 else 0.7)


def test_a_backoff_that_claims_more_than_there_is_takes_a_lower_code() -> None:
    words, ids, counts = counted(chain(500, 300, 4), 3)
    model = kneser_ney(counts)
    raised = [
        replace(runs, log_backoffs=None if runs.log_backoffs is None else Numbers(runs.log_backoffs[:] + 0.3))
        for runs in model.runs
    ]
    claiming = quantized(replace(model, runs=tuple(raised)), 8)
    rows = [ids.row(place) for place in range(60)]
    np.testing.assert_allclose(sums(claiming, rows), 1, atol=1e-9)
    whole = [replace(runs, log_backoffs=old.log_backoffs) for runs, old in zip(claiming.runs, raised, strict=True)]
    assert np.abs(sums(normalised(replace(claiming, runs=tuple(whole))), rows) - 1).max() > 0.01  # as they were raised
    some = words.ids(pl.Series(chain(50, 300, 5)))
    back = model_from_state(state_of(claiming))
    np.testing.assert_array_equal(back.log_scores(some).values, claiming.log_scores(some).values)


def test_codes_are_the_nearest_entries_and_few_values_are_kept_exactly() -> None:
    random = np.random.default_rng(0)
    values = np.concatenate([random.normal(-5, 2, 5000), [0.0, 0.0]])
    found = coded(values, 8)
    assert found.values.dtype == np.uint8
    assert len(found.book) <= 256
    np.testing.assert_array_equal(np.abs(values[:, None] - found.book).argmin(axis=1), found.values)
    assert found[np.array([5000, 5001])].tolist() == [0.0, 0.0]
    assert np.abs(found[np.arange(5000)] - values[:5000]).mean() < 0.03
    few = np.repeat([-1.5, -2.5, 0.0], 10)
    np.testing.assert_array_equal(coded(few, 8)[np.arange(30)], few)


def test_what_is_no_probability_is_not_pruned() -> None:
    _, _, counts = counted(RUSSIAN, 2)
    with pytest.raises(ConfigError, match="do not sum to 1"):
        cut_uninformative(stupid_backoff(counts), 1e-5)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda model, counts: cut_rare(model, counts, []), "at least 1"),
        (lambda model, _: cut_rare(model, counted(["раз"], 2)[2], [2]), "other runs"),
        (lambda model, _: cut_uninformative(model, 0), "threshold"),
        (lambda model, _: quantized(model, 12), "8 or 16"),
        (lambda model, _: Smaller(cuts=(2,)).apply(model), "give the counts"),
    ],
)
def test_impossible_settings_are_refused(call: Callable[[Any, Any], Any], why: str) -> None:
    _, _, counts = counted(RUSSIAN, 2)
    with pytest.raises(ConfigError, match=why):
        call(kneser_ney(counts), counts)


def made(kind: str) -> tuple[NgramModel, Words]:
    words, _, counts = counted(RUSSIAN, 3)
    model = kneser_ney(counts)
    return {"whole": model, "pruned": cut_rare(model, counts, [2]), "coded": quantized(model, 8)}[kind], words


@pytest.mark.parametrize("kind", ["whole", "pruned", "coded"])
def test_a_model_comes_back_from_its_state_and_file_to_the_bit(kind: str, tmp_path: Path) -> None:
    model, words = made(kind)
    ids = words.ids(pl.Series([*RUSSIAN, "и незнакомое слово"]))
    expected = model.log_scores(ids).values
    back = model_from_state(state_of(model))
    np.testing.assert_array_equal(back.log_scores(ids).values, expected)
    size = save_ngrams(tmp_path / "one.npz", model, words)
    assert save_ngrams(tmp_path / "two.npz", back, words) == size == (tmp_path / "one.npz").stat().st_size
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    loaded, vocabulary = load_ngrams(tmp_path / "one.npz")
    assert vocabulary == words
    np.testing.assert_array_equal(loaded.log_scores(ids).values, expected)
    assert (loaded.smoothing, loaded.convention, loaded.is_probability) == (model.smoothing, "standard", True)


def test_the_coded_file_is_the_smallest(tmp_path: Path) -> None:
    words, _, counts = counted(chain(2000, 300, 4), 3)
    model = kneser_ney(counts)
    sizes = [save_ngrams(tmp_path / "m.npz", one, words) for one in (model, quantized(model, 16), quantized(model, 8))]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[2] < sizes[0] / 2


def _set(*path: object) -> Callable[[State, Any], None]:
    def change(state: State, value: Any) -> None:
        place: Any = state
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = value(place[path[-1]]) if callable(value) else value

    return change


BROKEN: list[tuple[Callable[[State, Any], None], Any]] = [
    (_set("vocabulary_size"), 3),
    (_set("vocabulary_size"), 10**12),
    (_set("vocabulary_size"), -1),
    (_set("smoothing"), "x" * 1000),
    (_set("is_probability"), 1),
    (_set("convention"), "other"),
    (_set("levels"), []),
    (_set("levels"), [{}] * 40),
    (_set("levels", 1, "words"), lambda old: old[:-1]),
    (_set("levels", 1, "words"), lambda old: old[::-1].copy()),
    (_set("levels", 1, "words"), lambda old: old.astype(np.float64)),
    (_set("levels", 1, "words"), lambda old: np.where(np.arange(len(old)) == 3, 200, old)),
    (_set("levels", 1, "children"), lambda old: np.roll(old, 1)[:-1]),
    (_set("levels", 1, "children"), lambda old: np.where(np.arange(len(old)) == 0, -1, old.astype(np.int64))),
    (_set("levels", 2, "children"), lambda old: old + np.uint8(1)),
    (_set("levels", 0, "log_backoffs"), None),
    (_set("levels", 0, "log_probabilities", "values"), lambda old: old[1:]),
    (_set("levels", 2, "log_probabilities", "values"), lambda old: np.full(len(old), np.nan)),
    (_set("levels", 2, "log_probabilities", "values"), lambda old: np.full(len(old), 3)),
    (_set("levels", 2, "log_probabilities"), []),
    (_set("vocabulary_size"), 2**31 - 1),  # which many gigabytes would be taken for
]


@pytest.mark.parametrize("kind", ["whole", "coded"])
@pytest.mark.parametrize("place", range(len(BROKEN)))
def test_a_broken_state_is_refused(kind: str, place: int) -> None:
    state = copy.deepcopy(state_of(made(kind)[0]))
    change, value = BROKEN[place]
    change(state, value)
    if kind == "coded" and place == 18:
        state["levels"][2]["log_probabilities"]["values"][:] = 255
        state["levels"][2]["log_probabilities"]["book"] = state["levels"][2]["log_probabilities"]["book"][:5]
    with pytest.raises(BundleError):
        model_from_state(state)


@pytest.mark.parametrize("content", [b"", b"nothing", "мир".encode() * 99])
def test_a_file_that_is_no_model_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.npz").write_bytes(content)
    with pytest.raises(BundleError, match="no n-gram file"):
        load_ngrams(tmp_path / "m.npz")
    with pytest.raises(BundleError, match="cannot be read"):
        load_ngrams(tmp_path / "none.npz")


def test_a_file_with_another_vocabulary_or_header_is_refused(tmp_path: Path) -> None:
    model, words = made("whole")
    with pytest.raises(ConfigError, match="ids"):
        save_ngrams(tmp_path / "m.npz", model, Words(words.words[1:]))
    save_ngrams(tmp_path / "m.npz", model, words)
    with np.load(tmp_path / "m.npz") as arrays:
        parts = dict(arrays)
    told = json.loads(parts["header"].tobytes())
    told["vocabulary"] = told["vocabulary"][1:]
    for header in (json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":")), "{}", "[", '{"kind":"other"}'):
        np.savez(tmp_path / "n.npz", **{**parts, "header": np.frombuffer(header.encode(), np.uint8)})
        with pytest.raises(BundleError):
            load_ngrams(tmp_path / "n.npz")
    np.savez(tmp_path / "n.npz", **{name: part for name, part in parts.items() if name != "header"})
    with pytest.raises(BundleError, match="no header"):
        load_ngrams(tmp_path / "n.npz")
