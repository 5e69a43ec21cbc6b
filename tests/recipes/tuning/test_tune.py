"""Searches against functions whose best place is known, through errors, clocks and kills."""

import itertools
import math

import pytest

from assay.core.errors import ConfigError, DataError
from assay.recipes.space import Choice, Real, Whole
from assay.recipes.tuning.askers import asker_for, drawn, grid
from assay.recipes.tuning.search import METHODS, Search, parse_search
from assay.recipes.tuning.trials import TrialLog
from assay.recipes.tuning.tune import tune

SPACE = {"x": Real(-2.0, 3.0), "rate": Real(1e-4, 1.0, log=True), "n": Whole(1, 9), "kind": Choice(("a", "b", None))}
USUAL = {"x": 3.0, "rate": 1.0, "n": 1, "kind": "a"}


def bowl(values, fold=0, share=1.0):
    """Least, 0, at x = 1, rate = 0.01, n = 5, kind b."""
    away = (values["x"] - 1) ** 2 + (math.log10(values["rate"]) + 2) ** 2 + (values["n"] - 5) ** 2 / 4
    return away + (0 if values["kind"] == "b" else 3)


def searched(method, attempt=bowl, trials=60, seed=0, **more):
    return tune(SPACE, USUAL, Search(method, trials), attempt, folds=3, seed=seed, **more)


@pytest.mark.parametrize("method", METHODS)
def test_every_search_asks_the_usual_settings_first_and_stays_in_the_space(method):
    asker = asker_for(Search(method, 20), SPACE, USUAL, 3)
    asked = []
    while len(asked) < 20 and (values := asker.ask()) is not None:
        asked.append(values)
        asker.tell(bowl(values))
    assert asked[0] == USUAL
    assert all(SPACE[name].holds(value) for values in asked for name, value in values.items())
    assert all(set(values) == set(SPACE) for values in asked)
    assert len({str(values) for values in asked}) > 10


@pytest.mark.parametrize(("method", "nearer"), [("random", 4.0), ("tpe", 2.0), ("cmaes", 4.0), ("halving", 4.0), ("grid", 4.0)])
def test_every_search_comes_closer_to_the_best_place(method, nearer):
    found = searched(method)
    assert found.usual_loss == bowl(USUAL) > 10
    assert found.loss < nearer
    assert found.loss == pytest.approx(bowl(found.values))
    assert found.trials <= 60


def test_tpe_learns_from_what_it_is_told():
    seeds = range(5)
    learned = [searched("tpe", seed=seed).loss for seed in seeds]
    blind = [searched("random", seed=seed).loss for seed in seeds]
    assert sum(learned) < sum(blind)


@pytest.mark.parametrize("method", METHODS)
def test_one_seed_finds_the_same_settings_and_another_tries_others(method):
    asked = {0: [], 1: [], 2: []}
    for number, seed in enumerate((7, 7, 8)):

        def attempt(values, fold, share, number=number):
            asked[number].append((str(values), fold, share))
            return bowl(values)

        searched(method, attempt, 12, seed)
    assert asked[0] == asked[1]
    assert (asked[0] != asked[2]) == (method != "grid")


@pytest.mark.parametrize("method", METHODS)
def test_a_killed_search_goes_on_to_the_same_settings_and_repeats_no_fit(method, tmp_path):
    whole, after = [], []
    expected = searched(method, lambda values, fold, share: whole.append((str(values), fold, share)) or bowl(values), 15)

    def killed(values, fold, share):
        if next(counter) == 11:
            raise KeyboardInterrupt
        return bowl(values)

    counter, file = itertools.count(), tmp_path / "cell" / "trials"
    with pytest.raises(KeyboardInterrupt):
        searched(method, killed, 15, log=TrialLog(file))
    file.write_text(file.read_text() + '["{\\"half', encoding="utf-8")  # a torn last line
    again = searched(
        method, lambda values, fold, share: after.append((str(values), fold, share)) or bowl(values), 15, log=TrialLog(file)
    )
    assert again == expected
    assert after == whole[11:]


def test_halving_measures_most_settings_on_part_of_one_fold_only():
    seen = []
    searched("halving", lambda values, fold, share: seen.append((fold, share)) or bowl(values), 27)
    assert seen.count((0, 1 / 3)) == 27
    assert seen.count((0, 1.0)) == 9  # the fold is not measured again in the last round
    assert seen.count((1, 1.0)) == seen.count((2, 1.0)) == 3


def test_usual_settings_stay_where_none_do_better():
    found = searched("random", lambda values, *_: 0.0 if values == USUAL else 1.0)
    assert found.values == USUAL
    assert "none did better than the usual ones" in found.sentence(Search("random", 60), "roc_auc", 3)


@pytest.mark.parametrize("method", ["random", "tpe", "cmaes"])
def test_settings_that_cannot_be_fitted_lose_and_are_counted(method):
    def attempt(values, fold, share):
        if values["kind"] == "b":
            raise ValueError("too much")
        return bowl(values)

    found = searched(method, attempt)
    assert found.failed > 0
    assert found.values["kind"] != "b"
    assert f"({found.failed} could not be fitted)" in found.sentence(Search(method, 60), "roc_auc", 3)


def test_what_the_usual_settings_raise_is_raised():
    def attempt(values, fold, share):
        raise DataError("nothing to learn from.")

    with pytest.raises(DataError, match="nothing to learn from"):
        searched("random", attempt)


@pytest.mark.parametrize("method", METHODS)
def test_a_clock_that_is_up_leaves_the_usual_settings_measured(method):
    found = searched(method, seconds=0.0)
    assert (found.values, found.stopped) == (USUAL, True)
    assert found.loss == bowl(USUAL)


def test_a_cancelled_search_ends():
    calls = itertools.count()
    found = searched("random", cancelled=lambda: next(calls) > 4)
    assert found.stopped
    assert found.trials == 6


def test_a_grid_has_all_combinations_and_no_more_than_asked_for():
    values = grid(SPACE, 100)
    assert len(values) <= 100
    assert len(values) == len({str(one) for one in values})
    assert {one["kind"] for one in values} == {"a", "b", None}
    assert {one["x"] for one in values} >= {-2.0, 3.0}
    assert grid({"x": Real(0, 1)}, 5) == [{"x": share} for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert grid({"n": Whole(1, 3)}, 50) == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_drawn_settings_are_spread_evenly():
    shares = sorted(values["x"] for values in drawn({"x": Real(0, 1)}, 64, 0))
    assert max(abs(share - (place + 0.5) / 64) for place, share in enumerate(shares)) < 2 / 64


def test_the_text_of_a_search_is_read_and_a_wrong_one_is_one_sentence():
    assert parse_search("tpe@50", "f1") == Search("tpe", 50, "f1")
    for text, said in (("tpe@x", "write a number of trials"), ("tpe@0", "0 trials"), ("tp@4", "no search 'tp'")):
        with pytest.raises(ConfigError, match=said):
            parse_search(text)
