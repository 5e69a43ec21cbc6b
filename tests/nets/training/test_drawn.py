"""Rows drawn by their weights, anew in each epoch."""

import numpy as np
import polars as pl
import pytest
import torch
from scipy import stats
from tests.nets.training.trainings import bytes_of, fit, net, plain, rows

import assay
from assay.core.errors import ConfigError
from assay.data.rows import Rows
from assay.nets.training.distribute import World
from assay.nets.training.examples import Examples, InMemory
from assay.recipes.fitting import check_pair
from assay.recipes.named import recipe_named
from assay.recipes.treatments import treatment_named


def numbered(weights: np.ndarray | None, n: int = 12) -> Examples:
    return Examples((torch.arange(n),), torch.zeros(n), None if weights is None else torch.from_numpy(weights).float())


def drawn(source: InMemory, order: int, batch: int = 5) -> np.ndarray:
    return torch.cat([part.inputs[0] for part in source.epoch(order, batch, 0)]).numpy()


@pytest.mark.parametrize("weights", [None, np.array([1, 1, 1, 1, 1, 1, 4, 4, 4, 0.5, 0.25, 8])])
def test_a_row_is_drawn_in_proportion_to_its_weight(weights):
    source = InMemory(numbered(weights), drawn=True)
    counts = np.bincount(np.concatenate([drawn(source, order) for order in range(2000)]), minlength=12)
    shares = np.ones(12) / 12 if weights is None else weights / weights.sum()
    assert counts.sum() == 12 * 2000
    assert stats.chisquare(counts, shares * counts.sum()).pvalue > 0.001


def test_an_epoch_is_as_many_rows_that_weigh_the_same_cut_into_even_batches():
    source = InMemory(numbered(np.linspace(1, 3, 12)), drawn=True)
    parts = list(source.epoch(3, 5, 0))
    assert [len(part) for part in parts] == [4, 4, 4] == [12 // source.count(5)] * 3
    assert all(part.weights is None for part in parts)


def test_the_draws_are_those_of_their_seed_from_any_batch_on_and_shared_out_among_processes():
    source = InMemory(numbered(np.linspace(1, 3, 12)), drawn=True)
    whole = drawn(source, 7)
    assert np.array_equal(whole, drawn(source, 7))
    assert not np.array_equal(whole, drawn(source, 8))
    assert np.array_equal(whole[4:], torch.cat([part.inputs[0] for part in source.epoch(7, 5, 1)]).numpy())
    halves = [list(source.epoch(7, 5, 0, World(rank, 2))) for rank in (0, 1)]
    together = [sorted([*one.inputs[0].tolist(), *other.inputs[0].tolist()]) for one, other in zip(*halves, strict=True)]
    assert together == [sorted(whole[at : at + 4].tolist()) for at in (0, 4, 8)]


def test_a_training_on_drawn_rows_takes_them_from_the_draws_and_is_the_same_again():
    examples = rows(60)
    examples = Examples(examples.inputs, examples.target, torch.linspace(0.1, 3.0, 60))
    settings = plain(epochs=2)
    by_draws = [fit(net(), examples, settings, drawn=True) for _ in range(2)]
    by_weight = fit(net(), examples, settings)
    assert bytes_of(by_draws[0].model) == bytes_of(by_draws[1].model) != bytes_of(by_weight.model)


def test_a_learner_without_epochs_refuses_to_draw():
    task = assay.read(pl.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "y": ["a", "b", "a", "b"]}), target="y").question
    treatment = treatment_named("weighted-sampling")
    check_pair(recipe_named("mlp"), treatment, task)
    with pytest.raises(ConfigError, match=r"'logistic' does not learn in epochs.*use class-weight or random-oversample"):
        check_pair(recipe_named("logistic"), treatment, task)


def test_what_is_drawn_has_the_weights_and_shares_of_class_weight():
    rng = np.random.default_rng(0)
    target = np.repeat([0, 1, 2], [30, 9, 4])
    given = Rows(rng.normal(size=(43, 2)), target, 3, rng.uniform(0.5, 2, 43))
    draws, weighs = (treatment_named(name).apply(given, 0) for name in ("weighted-sampling", "class-weight"))
    assert draws.rows.drawn
    assert not weighs.rows.drawn
    assert np.array_equal(draws.rows.weights, weighs.rows.weights)
    assert np.array_equal(draws.prior_after, weighs.prior_after)
