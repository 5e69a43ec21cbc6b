"""What each step is worth: every line is a candidate that a study could have tried."""

import pytest

from assay.core.errors import ConfigError
from assay.recipes.named import recipe_named
from assay.study.ablate.running import prepare_ablation, run_ablation
from assay.study.ablate.variant import Variant, bare_step, recipe_of
from assay.study.result import StudyResult

WHOLE = "logistic:target:robust+random-oversample"


def test_the_ladder_leads_from_the_baseline_to_the_candidate_as_it_is(loans_run: StudyResult) -> None:
    found = run_ablation(prepare_ablation(loans_run, ["steps"], WHOLE), jobs=1)[0]
    ladder, taken = found.tables
    assert [line.name for line in ladder.lines] == [
        "no column (baseline)",
        "logistic, plain",
        "+ target",
        "+ robust",
        "+ random-oversample",
        "+ correction of probabilities",
    ]
    values = [line.value for line in ladder.lines]
    known = ["baseline", "logistic", "logistic:target", "logistic:target:robust"]
    assert values[:4] == [loans_run.interval(name) for name in known]
    assert values[-1] == found.whole == loans_run.interval(WHOLE)
    assert ladder.lines[0].worth is None
    for before, line in zip(values, ladder.lines[1:], strict=False):
        assert before is not None
        assert line.value is not None
        assert line.worth is not None
        assert line.worth.value == pytest.approx(before.value - line.value.value)  # of log loss less is better
    assert [line.name for line in taken.lines] == ["target", "robust", "random-oversample", "correction of probabilities"]
    assert taken.lines[2].value == loans_run.interval("logistic:target:robust")


def test_a_correction_that_undoes_oversampling_is_worth_it_in_log_loss(loans_run: StudyResult) -> None:
    found = run_ablation(prepare_ablation(loans_run, ["steps"], "logistic+random-oversample"), jobs=1)[0]
    calls = {line.name: line.call for line in found.tables[0].lines}
    assert calls["+ random-oversample"] == "better without"
    assert calls["+ correction of probabilities"] == "worth it"


def test_a_plain_recipe_is_put_against_knowing_no_column(loans_run: StudyResult) -> None:
    found = run_ablation(prepare_ablation(loans_run, ["steps"], "logistic"), jobs=1)[0]
    assert [line.name for line in found.tables[0].lines] == ["no column (baseline)", "logistic"]
    assert len(found.tables) == 1
    assert found.tables[0].lines[1].call == "worth it"
    assert found.notes == ("logistic does nothing beyond the plain encoding of columns: there is no further step to take back.",)


def test_the_baseline_has_no_steps(loans_run: StudyResult) -> None:
    with pytest.raises(ConfigError, match="baseline has no steps to take back"):
        prepare_ablation(loans_run, ["steps"], "baseline")


def test_the_recipes_own_preparation_is_taken_back_under_what_the_user_named() -> None:
    step = recipe_of(Variant(recipe="scorecard:crosses", bare=True), None).step
    named = recipe_of(Variant(recipe="scorecard:crosses"), None).step
    assert step.first.categories is None
    assert step.first.numbers is None
    assert (named.first.categories, named.first.numbers) == ("woe", "bins")
    assert step.then == named.then
    assert bare_step(recipe_named("logistic").step) is None
    assert bare_step(recipe_named("logistic:target").step) == recipe_named("logistic").step
