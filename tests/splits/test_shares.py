"""How a hold-out parts the rows."""

import polars as pl
import pytest

import assay
from assay.core.errors import ConfigError
from assay.splits.shares import Shares


def test_percents_are_of_all_rows_and_a_plan_has_them() -> None:
    shares = Shares.parse("98/1/1")
    assert shares.locked == 0.01
    assert shares.held * (1 - shares.locked) == pytest.approx(0.01)
    data = assay.read(pl.DataFrame({"text": [f"a line {number}" for number in range(200)]}), task="language-model")
    plan = assay.Study(data, ["unigram"], scheme="hold-out", shares="80/10/10").plan
    assert (len(plan.folds[0].train), len(plan.folds[0].test), len(plan.locked)) == (160, 20, 20)
    usual = assay.Study(data, ["unigram"], scheme="hold-out").plan
    assert (len(usual.folds[0].train), len(usual.folds[0].test), len(usual.locked)) == (128, 32, 40)


@pytest.mark.parametrize("text", ["80/20", "80/10/20", "90/10/0", "a/b/c", "nan/50/50", "120/-10/-10", "", "80/10/10/0"])
def test_shares_that_cannot_be_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError, match="such as 80/10/10"):
        Shares.parse(text)


def test_shares_without_a_hold_out_are_refused() -> None:
    data = assay.read(pl.DataFrame({"x": range(40), "y": [0, 1] * 20}), target="y")
    with pytest.raises(ConfigError, match="--hold-out"):
        assay.Study(data, ["baseline"], shares="80/10/10").settings
