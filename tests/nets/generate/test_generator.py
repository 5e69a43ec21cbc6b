from functools import cache

import numpy as np
import polars as pl
import pytest

from assay.core.errors import BundleError
from assay.nets.generate.generator import BATCH_ROWS, MOST_EPOCHS, FittedGenerator, epochs_for, fit_generator
from assay.nets.generate.space import schema_of
from assay.nets.generate.variational import VAE

FRAME = pl.DataFrame({"x": np.random.default_rng(0).normal(size=60), "town": ["a", "b", "c"] * 20})
TARGET = np.repeat([0, 2], [45, 15])


@cache
def fitted() -> FittedGenerator:
    return fit_generator(VAE(hidden=(8,), latent=2, steps=5), FRAME, schema_of(FRAME), TARGET, seed=0)


@pytest.mark.parametrize(
    ("steps", "rows", "batch_size", "epochs"),
    [(100, 1000, 100, 10), (100, 1001, 100, 10), (5, 1000, 100, 1), (2000, 100, 100, MOST_EPOCHS), (12, 500, 100, 3)],
)
def test_epochs_make_about_as_many_steps_as_asked(steps, rows, batch_size, epochs):
    assert epochs_for(steps, rows, batch_size) == epochs


def test_classes_come_as_often_as_in_training_when_none_is_asked_for():
    codes = fitted()._classes(20_000, None, 0)
    shares = np.bincount(codes, minlength=3) / 20_000
    assert fitted().shares == pytest.approx([0.75, 0, 0.25])
    assert shares == pytest.approx([0.75, 0, 0.25], abs=0.015)
    assert shares[1] == 0


def test_rows_of_several_parts_are_as_many_as_asked_and_no_part_is_another_again():
    made = fitted().sample(2 * BATCH_ROWS + 7, 0, 3)
    assert made.height == 2 * BATCH_ROWS + 7
    assert made["x"][:BATCH_ROWS].to_list() != made["x"][BATCH_ROWS : 2 * BATCH_ROWS].to_list()
    assert made[:7].equals(fitted().sample(2 * BATCH_ROWS, 0, 3)[:7])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: s["weights"].update(more=np.zeros(2, dtype=np.float32)),
        lambda s: s["weights"].pop("log_scale"),
        lambda s: s["weights"].update(log_scale=np.zeros(2, dtype=np.float32)),
        lambda s: s["weights"].update(log_scale=["a"]),
        lambda s: s["weights"].update(log_scale=np.array([np.inf], dtype=np.float32)),
        lambda s: s["settings"].update(latent=3),
        lambda s: s["settings"].update(activation="os.system"),
        lambda s: s["settings"].update(hidden=[]),
        lambda s: s.update(name="ctgan"),
        lambda s: s.pop("shares"),
        lambda s: s.update(shares=s["shares"] * np.nan),
    ],
)
def test_weights_shapes_and_settings_of_another_net_are_refused(spoil):
    state = fitted().state()
    state = state | {name: dict(state[name]) for name in ("weights", "settings")}
    spoil(state)
    with pytest.raises(BundleError):
        FittedGenerator.from_state(state)
