import copy
from functools import cache

import numpy as np
import polars as pl
import pytest
from tests.nets.generate.tables import moons

from assay.core.errors import BundleError, ConfigError
from assay.data.schema import Column, Schema
from assay.nets.generate.projection import AutoencoderStep, FittedAutoencoder
from assay.recipes.steps import FITTED_STEPS

SCHEMA = Schema(tuple(Column(n, "category" if n == "colour" else "number") for n in ("x", "y", "colour", "whole", "half")))


@cache
def fitted(*, keep: bool = True) -> tuple[FittedAutoencoder, pl.DataFrame]:
    frame, side = moons(300, 0)
    step = AutoencoderStep(width=3, hidden=(16,), steps=60, keep=keep)
    return step.fit(frame, SCHEMA, side, 0), frame


@pytest.mark.parametrize("keep", [True, False])
def test_a_projection_stands_behind_the_columns_or_in_their_place(keep):
    step, frame = fitted(keep=keep)
    matrix = step.transform(frame)
    *before, own = step.blocks
    assert (own.name, own.stop - own.start, own.stop) == ("autoencoder", 3, matrix.shape[1])
    assert bool(before) == keep
    np.testing.assert_allclose(matrix[:, own.start :].mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(matrix[:, own.start :].std(0), 1, atol=1e-9)
    if keep:
        assert np.array_equal(matrix[:, : own.start], step.kept.transform(frame))


def test_a_row_alone_is_projected_as_among_others():
    step, frame = fitted()
    np.testing.assert_allclose(step.transform(frame[7:8])[0], step.transform(frame)[7], rtol=0, atol=1e-9)


def test_the_same_seed_projects_alike_and_a_saved_step_does_so_to_the_bit():
    step, frame = fitted()
    again, _ = fitted.__wrapped__()
    assert np.array_equal(step.transform(frame), again.transform(frame))
    assert np.array_equal(FittedAutoencoder.from_state(step.state()).transform(frame), step.transform(frame))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: s.update(weights={}),
        lambda s: s.update(settings=None),
        lambda s: s["settings"].update(outputs=4),
        lambda s: s["settings"].update(numbers=1),
        lambda s: s["settings"].update(hidden=[10**9]),
        lambda s: s["settings"].update(activation="eval"),
        lambda s: s["settings"].update(more=1),
        lambda s: s.update(scale=s["scale"] * 0),
        lambda s: s.update(mean=s["mean"][:1]),
        lambda s: s.update(read=s["kept"]),
        lambda s: s["read"]["columns"].reverse(),
        lambda s: s["weights"].update({next(iter(s["weights"])): np.zeros(3)}),
        lambda s: s["weights"].update(more=np.zeros(3)),
        lambda s: next(iter(s["weights"].values())).fill(np.nan),
        lambda s: s.update(mean=s["mean"] * np.nan),
        lambda s: s.update(kept=s["read"] | {"columns": None}),
        lambda s: s["settings"].update(levels=[*s["settings"]["levels"], 2]),
    ],
)
def test_a_saved_step_that_nothing_wrote_is_refused(spoil):
    state = copy.deepcopy(fitted()[0].state())
    spoil(state)
    with pytest.raises(BundleError):
        FittedAutoencoder.from_state(state)


def test_a_saved_model_may_ask_for_the_step_by_its_name():
    assert FITTED_STEPS.get("autoencoder") is FittedAutoencoder


@pytest.mark.parametrize("setting", [{"width": 0}, {"width": 10**6}])
def test_an_impossible_width_is_refused(setting):
    with pytest.raises(ConfigError, match="width="):
        AutoencoderStep(**setting)


def test_a_town_never_seen_is_projected_as_what_is_unknown():
    step, frame = fitted()
    odd = frame[:5].with_columns(colour=pl.lit("violet"))
    gone = frame[:5].with_columns(colour=pl.lit(None, dtype=pl.String))
    assert np.isfinite(step.transform(odd)).all()
    assert np.isfinite(step.transform(gone)).all()
