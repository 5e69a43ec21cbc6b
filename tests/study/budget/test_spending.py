"""What a budget is spent on, with fits that take no time and say what a test wants them to."""

import re
from pathlib import Path

import numpy as np
import pytest

from assay.core.errors import ConfigError
from assay.data.dataset import Dataset
from assay.measure.payload import Predictions
from assay.measure.registry import metric_named
from assay.study import Study
from assay.study.budget.decisions import DecisionLog, read_decisions
from assay.study.budget.duration import parse_duration, said
from assay.study.budget.race import Referee
from assay.study.budget.spending import Spending
from assay.study.cells import Failure, Outcome
from assay.study.pool import Order
from assay.study.work import truth_of

QUALITY = {"baseline": 0.0, "logistic": 1.0, "boosting": 2.0, "extra-trees": 0.2, "gam": 1.9}
QUALITY |= {"boosting+smote": 0.3, "boosting+class-weight": 2.4}


class Clock(DecisionLog):
    """A log whose clock goes on only when a fit is done."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.at = 0.0
        super().__init__(folder, seconds, lambda _text: None)
        self.at = self.made[-1].at

    @property
    def now(self) -> float:
        return self.at


class World:
    """A race on the loans: fits of each recipe take ``pace`` seconds and rank rows as well as QUALITY says."""

    def __init__(  # 7 arguments
        self, data: Dataset, folder: Path, seconds: float, pace: dict[str, float], ladder: list[str], treatments: tuple = ()
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.data, self.plan, self.pace = data, Study(data, ["logistic"], folds=5).plan, pace
        self.log = Clock(folder, seconds)
        self.joined: list[str] = []
        self.orders: list[Order] = []
        referee = Referee(self.plan, metric_named("roc_auc"), None)
        self.source = Spending(
            ladder,
            self.plan,
            self.log,
            referee,
            jobs=1,
            truth=lambda place: truth_of(data, self.plan.folds[place].test),
            joined=lambda candidate: self.joined.append(candidate.name),
            treatments=lambda recipe: () if recipe == "baseline" else treatments,
        )

    def fit(self, order: Order) -> Outcome:
        name = order.cell.candidate.name
        recipe, _, treatment = name.partition("+")
        base = recipe.split(":")[0] + ("+" + treatment if treatment else "")
        fold = next(fold for fold in self.plan.folds if fold.fold == order.cell.fold)
        seconds = self.pace.get(base, 1.0) * (20 if ":" in name else 1)
        self.log.at += min(seconds, order.most or seconds)
        if order.most is not None and seconds > order.most:
            return Outcome(order.cell, 0, None, Failure("its time was up"), order.most, 0.0)
        rng = np.random.default_rng([fold.fold, len(base)])
        score = QUALITY.get(base, 0.5) * self.data.target[fold.test] + rng.normal(size=len(fold.test))
        probability = 1 / (1 + np.exp(-score))
        said = Predictions("binary", fold.test, {"score": score, "probability": probability})
        return Outcome(order.cell, 0, said, None, seconds, 0.0)

    def run(self, most: int = 10_000) -> "World":
        for _ in range(most):
            order = self.source.next()
            if order is None:
                break
            self.orders.append(order)
            self.source.told(self.fit(order))
        return self

    def folds_of(self, name: str) -> int:
        return sum(order.cell.candidate.name == name for order in self.orders)


LADDER = ["baseline", "logistic", "boosting", "extra-trees", "gam"]


def test_recipes_come_in_order_losers_stop_early_and_the_best_is_tuned(loans: Dataset, tmp_path: Path) -> None:
    world = World(loans, tmp_path / "run", 600.0, {}, LADDER).run()
    assert world.joined[:5] == LADDER
    assert world.folds_of("boosting") == 5
    assert world.folds_of("extra-trees") == 2
    assert "will not win" in world.log.out()["extra-trees"]
    assert world.joined[5].startswith("boosting:halving@")
    assert world.log.made[-1].what == "end"


def test_treatments_are_tried_on_the_best_recipe_and_stopped_against_the_same_recipe_without_one(
    loans: Dataset, tmp_path: Path
) -> None:
    world = World(loans, tmp_path / "run", 600.0, {}, LADDER, ("smote", "class-weight")).run()
    assert world.joined[:7] == [*LADDER, "boosting+smote", "boosting+class-weight"]
    assert world.folds_of("boosting+smote") == 2
    assert "from boosting in roc_auc" in world.log.out()["boosting+smote"]
    assert world.folds_of("boosting+class-weight") == 5
    assert re.fullmatch(r"boosting:halving@\d+\+class-weight", world.joined[7])
    assert not [name for name in world.joined[8:] if name.startswith("boosting")]


def test_a_treatment_whose_folds_would_not_end_in_time_is_on_record_and_costs_none(loans: Dataset, tmp_path: Path) -> None:
    world = World(loans, tmp_path / "run", 35.0, {"boosting": 2.5}, ["logistic", "boosting"], ("smote",)).run()
    assert world.folds_of("boosting") == 5
    assert world.folds_of("boosting+smote") == 0
    assert "its folds would take" in world.log.out()["boosting+smote"]
    again = World(loans, tmp_path / "run", 400.0, {"boosting": 2.5}, ["logistic", "boosting"], ("smote",))
    runners = world.source.runners.items()
    again.source.resume({name: one.parts for name, one in runners}, {name: one.seconds for name, one in runners})
    assert again.run().folds_of("boosting+smote") >= 2


def test_the_fits_end_within_the_budget_with_time_kept_back(loans: Dataset, tmp_path: Path) -> None:
    for number, seconds in enumerate((5.0, 20.0, 60.0, 300.0)):
        world = World(loans, tmp_path / str(number), seconds, {"boosting": 1.5, "gam": 40.0}, LADDER).run()
        assert world.log.now <= seconds - min(2.0 + 0.05 * seconds, 0.4 * seconds) + 1e-6


def test_a_first_fold_of_unknown_length_takes_a_part_of_the_time_only(loans: Dataset, tmp_path: Path) -> None:
    world = World(loans, tmp_path / "run", 60.0, {"boosting": 1000.0}, LADDER).run()
    spent = next(order.most for order in world.orders if order.cell.candidate.name == "boosting")
    assert spent <= 0.25 * 60
    assert "its time was up" in world.log.out()["boosting"]
    assert world.folds_of("gam") == 5


def test_what_cannot_be_done_in_time_is_not_begun(loans: Dataset, tmp_path: Path) -> None:
    world = World(loans, tmp_path / "run", 25.0, {"boosting": 3.0}, ["baseline", "logistic", "boosting"]).run()
    assert 1 <= world.folds_of("boosting") < 5
    assert "would take" in world.log.out()["boosting"]


@pytest.mark.parametrize("killed_after", [0, 9, 16, 24])
def test_a_killed_run_goes_on_as_if_it_had_not_been(loans: Dataset, tmp_path: Path, killed_after: int) -> None:
    whole = World(loans, tmp_path / "whole", 100.0, {}, LADDER, ("smote",)).run()
    first = World(loans, tmp_path / "cut", 100.0, {}, LADDER, ("smote",)).run(killed_after)
    second = World(loans, tmp_path / "cut", 100.0, {}, LADDER, ("smote",))
    second.log.at = first.log.at
    kept = {name: runner.parts for name, runner in first.source.runners.items()}
    second.source.resume(kept, {name: runner.seconds for name, runner in first.source.runners.items()})
    second.run()
    cells = [order.cell for order in first.orders + second.orders]
    assert cells == [order.cell for order in whole.orders]
    assert [one.candidate for one in read_decisions(tmp_path / "cut")] == [one.candidate for one in whole.log.made]


def test_a_run_that_came_to_its_end_tries_nothing_new(loans: Dataset, tmp_path: Path) -> None:
    first = World(loans, tmp_path / "run", 50.0, {}, LADDER).run()
    again = World(loans, tmp_path / "run", 50.0, {}, LADDER)
    again.source.resume({name: one.parts for name, one in first.source.runners.items()}, {})
    assert again.source.next() is None


def test_a_larger_budget_goes_on_from_where_the_smaller_one_ended(loans: Dataset, tmp_path: Path) -> None:
    first = World(loans, tmp_path / "run", 20.0, {}, LADDER).run()
    again = World(loans, tmp_path / "run", 400.0, {}, LADDER)
    again.source.resume(
        {name: one.parts for name, one in first.source.runners.items()},
        {name: one.seconds for name, one in first.source.runners.items()},
    )
    again.run()
    assert "boosting" in first.log.out()
    assert set(first.joined).isdisjoint(again.joined)
    assert again.folds_of("boosting") + sum(order.cell.candidate.name == "boosting" for order in first.orders) >= 5
    assert any(name.startswith("boosting:halving@") for name in again.joined)
    assert again.log.now <= 400.0


def test_a_length_of_time_is_read_and_anything_else_is_one_sentence() -> None:
    assert [parse_duration(text) for text in ("90s", "3m", "3 min", "1h", ".5h")] == [90, 180, 180, 3600, 1800]
    for text in ("", "3", "-3m", "0s", "3 weeks", "m"):
        with pytest.raises(ConfigError, match="write a length of time with its unit"):
            parse_duration(text)
    assert said(7200) == "2 h"


@pytest.mark.parametrize(("a_fold", "begun"), [(0.01, True), (1.0, False)])
def test_a_dear_net_is_begun_only_where_boosting_says_that_it_ends_in_time(
    loans: Dataset, tmp_path: Path, a_fold: float, begun: bool
) -> None:
    pace = {"boosting": a_fold, "mlp-ple": 18 * a_fold}
    world = World(loans, tmp_path / "run", 60.0, pace, ["boosting", "mlp-ple"]).run()
    assert (world.folds_of("mlp-ple") > 0) is begun
    reasons = [one.reason for one in read_decisions(tmp_path / "run") if one.what == "pause" and one.candidate == "mlp-ple"]
    assert reasons == ([] if begun else [f"its folds would take {said(18 * 6.25)}, and {said(60 - 5 - 5 - 1.25)} are left"])
