"""A loss of two phases: early stopping ends the first, and the last goes on from its best weights."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import special
from tests.nets.training.trainings import bytes_of, fit, plain, rows, same_weights, smooth_net

from assay.nets.losses.categorical import CrossEntropy
from assay.nets.losses.deferred import Deferred
from assay.nets.losses.ldam import deferred_ldam
from assay.nets.losses.posterior import LogLoss
from assay.nets.losses.weighted import WeightedCrossEntropy
from assay.nets.schedules import RatePlan
from assay.nets.settings import Checkpoints, Run
from assay.nets.training.examples import Examples
from assay.nets.training.work import Validation

TWICE = WeightedCrossEntropy((1.0, 1.0, 4.0))
TWO = Deferred(CrossEntropy(), TWICE)
HELD = Validation(rows(40, seed=1), CrossEntropy())
FLAT = replace(HELD, examples=Examples(HELD.examples.inputs, HELD.examples.target.flip(0)))
"""Rows whose classes were shuffled: whatever a net learns makes it worse on them, so that its first epoch is its best."""


def trained(validation=HELD, loss=TWO, run=None, **changes):
    settings = plain(**{"epochs": 10, "patience": 2, "learning_rate": 0.3, "schedule": "cosine", **changes})
    return fit(smooth_net(), rows(), settings, loss=loss, validation=validation, run=run)


def test_early_stopping_ends_the_first_phase_and_the_last_begins_at_its_own_place_in_the_plan():
    found = trained(FLAT)
    assert len(found.history) == 3 + 2, "one epoch and two of patience, then the two of the last phase"
    assert found.stopped == "epochs"
    last_steps = np.array([0, 1, 2, 8, 9]) * 3 + 2  # three batches an epoch
    rates = [0.3 * RatePlan("cosine").factor(int(step), 30) for step in last_steps]
    assert [epoch.rate for epoch in found.history] == pytest.approx(rates)
    assert found.planned_epoch == found.best_epoch + 5 >= 8


def test_the_last_phase_goes_on_from_the_best_weights_of_the_first():
    """Without steps of any length it ends at them."""
    best = fit(smooth_net(), rows(), plain(epochs=1, learning_rate=0.3))
    still = fit(
        smooth_net(),
        rows(),
        plain(epochs=10, patience=2, learning_rate=0.3, schedule="step", every=3, drop=1e-30),
        loss=TWO,
        validation=FLAT,
    )
    assert len(still.history) == 5
    same_weights(still.model, best.model)
    assert still.history[3].validation_loss == still.history[0].validation_loss == still.history[4].validation_loss


def test_what_is_kept_is_the_best_epoch_of_the_last_phase_though_the_first_knew_better():
    found = trained(FLAT)
    losses = [epoch.validation_loss for epoch in found.history]
    assert losses[0] < min(losses[3:])
    assert found.best_epoch == 3 + int(np.argmin(losses[3:]))


def test_patience_counts_anew_in_the_last_phase():
    found = trained(FLAT, epochs=40)
    losses = [epoch.validation_loss for epoch in found.history]
    assert found.stopped == "patience"
    assert len(losses) == found.best_epoch + 1 + 2 > 5
    assert found.planned_epoch == 32 + found.best_epoch - 3


def test_a_first_phase_that_gains_to_its_end_is_as_long_as_planned():
    found = trained(learning_rate=0.01)
    assert (len(found.history), found.stopped) == (10, "epochs")
    assert found.planned_epoch == found.best_epoch >= 8


def test_a_training_without_validation_rows_is_as_planned_and_ends_with_the_last_epoch():
    found = trained(None, patience=None)
    assert (len(found.history), found.best_epoch, found.planned_epoch) == (10, 9, 9)


def test_a_loss_of_one_phase_stops_as_ever():
    found = trained(FLAT, CrossEntropy())
    assert (len(found.history), found.stopped, found.best_epoch, found.planned_epoch) == (3, "patience", 0, 0)


def test_time_that_is_up_in_the_first_phase_leaves_its_best_weights():
    found = trained(FLAT, run=Run(seconds=0.0))
    assert (len(found.history), found.stopped, found.planned_epoch) == (1, "seconds", 0)
    same_weights(found.model, trained(None, CrossEntropy(), run=Run(seconds=0.0)).model)


def test_an_average_of_the_weights_goes_on_from_the_best_average():
    still = trained(FLAT, ema=0.5, schedule="step", every=3, drop=1e-30)
    assert len(still.history) == 5
    assert still.history[3].validation_loss == pytest.approx(still.history[0].validation_loss, abs=1e-9)


@pytest.mark.parametrize("epochs", range(1, 6))
def test_a_training_that_breaks_off_in_either_phase_goes_on_to_the_same_bytes(tmp_path, monkeypatch, epochs):
    monkeypatch.setattr("os.fsync", lambda _handle: None)

    class StopError(Exception):
        """The power is out."""

    seen = []

    def stop(done, total):
        seen.append((done, total))
        if len(seen) == epochs:
            raise StopError

    settings = {"validation": FLAT, "ema": 0.5, "optimizer": "adamw", "learning_rate": 0.05}
    whole = trained(**settings)
    with pytest.raises(StopError):
        trained(**settings, run=Run(checkpoints=Checkpoints(tmp_path, 0.0), progress=stop))
    again = trained(**settings, run=Run(checkpoints=Checkpoints(tmp_path, 0.0)))
    assert bytes_of(again.model) == bytes_of(whole.model)
    assert (again.best_epoch, again.planned_epoch) == (whole.best_epoch, whole.planned_epoch)
    assert seen == [(1, 10), (2, 10), (8, 10), (9, 10), (10, 10)][:epochs]


def test_each_epoch_is_judged_by_the_way_back_of_its_own_phase():
    """Two classes, one logit, in numpy: P is in proportion to p·(1 − p·(1 − exp(−Δ)))/w; the first phase has no w."""
    x = np.random.default_rng(2).normal(size=(60, 4)).astype(np.float32)
    codes = (x[:, 0] > 1).astype(np.int64)
    examples = Examples((torch.from_numpy(x),), torch.from_numpy(codes))
    counts = tuple(np.bincount(codes).tolist())
    loss = deferred_ldam(counts, beta=0.99)
    model = smooth_net(outputs=1)
    settings = plain(epochs=5, learning_rate=1e-12)
    with torch.no_grad():
        logit = model(torch.from_numpy(x)).numpy().astype(np.float64)[:, 0]
    history = fit(model, examples, settings, loss=loss, validation=Validation(examples, LogLoss(loss))).history
    margins = 0.5 * (min(counts) / np.array(counts)) ** 0.25
    weights = (1 - 0.99) / (1 - 0.99 ** np.array(counts))
    for weight, epochs in ((np.ones(2), history[:4]), (weights, history[4:])):
        p = np.column_stack([special.expit(-logit), special.expit(logit)])
        posterior = p * (1 - p * (1 - np.exp(-margins))) / weight
        posterior /= posterior.sum(axis=1, keepdims=True)
        expected = -np.log(posterior[np.arange(60), codes]).mean()
        assert [epoch.validation_loss for epoch in epochs] == pytest.approx([expected] * len(epochs), rel=1e-5)
