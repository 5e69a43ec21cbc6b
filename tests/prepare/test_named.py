"""Preparations by name: each of them, on every mode, task and table it says it can do."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from tests.contracts.learning import FRAME, SCHEMA, TARGETS, UNSEEN

from assay.core.errors import ConfigError, UnknownNameError
from assay.prepare.columns import ColumnsStep
from assay.prepare.matrix.then import ThenStep
from assay.prepare.named import ALL, PREPARATIONS, first_of, preparation_named
from assay.prepare.net_columns import NetColumnsStep
from assay.prepare.registry import FITTED_STEPS
from assay.prepare.step import fit_and_encode
from assay.prepare.tokens import TokensStep

SHORT = frozenset({"number", "category"})
MODES = ("linear", "dense", "trees")


@pytest.mark.parametrize("name", PREPARATIONS.names())
@pytest.mark.parametrize("mode", MODES)
def test_a_preparation_does_the_tasks_it_names_and_refuses_the_others(name: str, mode: str) -> None:
    made = preparation_named(name)
    if name == "native" and mode != "trees":
        with pytest.raises(ConfigError, match="indicator"):
            made(ColumnsStep(mode=mode))
        return
    step = made(ColumnsStep(mode=mode, kinds=SHORT))
    for task in sorted(ALL):
        target = TARGETS[task]
        if task not in made.tasks:
            with pytest.raises(ConfigError):
                fit_and_encode(step, FRAME, SCHEMA, target, 0)
            continue
        fitted, training = fit_and_encode(step, FRAME, SCHEMA, target, 0)
        new = fitted.transform(UNSEEN)
        assert training.shape[1] == new.shape[1] == fitted.blocks[-1].stop
        for matrix in (training, new):
            values = matrix.toarray() if sparse.issparse(matrix) else matrix
            assert not np.isinf(values).any()
            assert mode == "trees" or np.isfinite(values).all()
        back = FITTED_STEPS.get(fitted.state()["kind"]).from_state(fitted.state())
        again = back.transform(UNSEEN)
        np.testing.assert_array_equal(
            again.toarray() if sparse.issparse(again) else again, new.toarray() if sparse.issparse(new) else new
        )


def test_names_are_registered_as_they_are_called_and_have_a_line_for_a_list() -> None:
    for name in PREPARATIONS.names():
        made = preparation_named(name)
        assert made.name == name
        assert 10 < len(made.title) < 100
        assert "\n" not in made.title


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'target'"):
        preparation_named("targte")


def test_preparations_change_one_thing_and_can_be_put_together() -> None:
    plain = ColumnsStep(mode="linear", rare_below=9)
    assert preparation_named("target")(plain) == replace(plain, categories="target")
    both = preparation_named("pca")(preparation_named("target")(preparation_named("quantile")(plain)))
    turned = preparation_named("quantile")(preparation_named("target")(preparation_named("pca")(plain)))
    assert both == turned
    assert isinstance(both, ThenStep)
    assert first_of(both) == replace(plain, mode="dense", categories="target", numbers="quantile")


def test_gaps_are_filled_before_anything_else_looks_at_the_matrix() -> None:
    step = preparation_named("iterative")(preparation_named("pca")(ColumnsStep(mode="linear", kinds=SHORT)))
    fitted, training = fit_and_encode(step, FRAME, SCHEMA, TARGETS["binary"], 0)
    assert [one.KIND for one in fitted.then] == ["imputation", "pca"]
    assert np.isfinite(training).all()


def test_nets_take_the_scalings_and_other_steps_nothing() -> None:
    assert preparation_named("robust")(NetColumnsStep()) == NetColumnsStep(numbers="robust")
    with pytest.raises(ConfigError, match="quantile, robust, standard"):
        preparation_named("target")(NetColumnsStep())
    with pytest.raises(ConfigError, match="column by column"):
        preparation_named("robust")(TokensStep())
