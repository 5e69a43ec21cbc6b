"""Everything that explains one model, on one set of held-out rows: what the command prints and the page shows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import polars as pl

from assay.core.errors import AssayError, ConfigError
from assay.core.shown import Shown
from assay.explain.counterfactual import Counterfactual, what_would_change
from assay.explain.curves import Curve, accumulated_effects, partial_dependence
from assay.explain.fairness import Fairness, fairness
from assay.explain.faults import Slices, WrongRow, failing_slices, most_wrong
from assay.explain.grid import CURVED
from assay.explain.held import Held, HeldOut
from assay.explain.interactions import Interaction, interactions
from assay.explain.permutation import Importances, permutation_importance
from assay.explain.points import Card, RowPoints, card_of, has_points, points_of
from assay.explain.shapley import ShapValues, attributions, method_of, shap_values, why_not
from assay.measure.metric import HasInfluence
from assay.measure.registry import metric_named
from assay.recipes.fitted import Fitted

Made = TypeVar("Made")


@dataclass(frozen=True, kw_only=True)
class ExplainSettings:
    """metric: None for the default of the task.  columns: that get curves, None for the most important ``top``.

    groups: the group of every held-out row for fairness, or None.  row: the number of one row to explain, or None.
    keep: columns that a counterfactual may not change.  wanted: the class it is to reach, or None.
    deals: how often values are dealt anew.  most_rows: for the permutation importance.
    """

    metric: str | None = None
    columns: tuple[str, ...] | None = None
    groups: pl.Series | None = None
    row: int | None = None
    keep: tuple[str, ...] = ()
    wanted: str | None = None
    top: int = 6
    deals: int = 5
    most_rows: int = 20_000
    seed: int = 0


@dataclass(frozen=True)
class RowExplanation(Shown):
    """One row.  said: what the model answers, by class (or the value).  shap: by column and score, empty where there is none.

    points: of a scorecard.
    """

    unit: int
    values: dict[str, Any]
    said: dict[str, float]
    shap: dict[str, list[float]]
    base: list[float]
    score: list[float]
    method: str
    counterfactual: Counterfactual | None
    points: RowPoints | None = None

    def to_json(self) -> dict[str, Any]:
        plain = {
            name: value if isinstance(value, int | float | str | None) else str(value) for name, value in self.values.items()
        }
        return {
            "row": self.unit,
            "values": plain,
            "said": self.said,
            "shap": {"method": self.method, "base": self.base, "values": self.shap, "score": self.score} if self.shap else None,
            "counterfactual": None if self.counterfactual is None else self.counterfactual.to_json(),
            "scorecard": None if self.points is None else self.points.to_json(),
        }


@dataclass(frozen=True, kw_only=True)
class Explanation(Shown):
    """What was found; None and empty where it was left out, and ``left_out`` says why: (what, reason)."""

    recipe: str
    about: str
    rows: int
    models: int
    columns: tuple[str, ...]
    importances: Importances | None
    shap: ShapValues | None
    curves: tuple[tuple[Curve, Curve], ...]
    interactions: tuple[Interaction, ...]
    wrong: tuple[WrongRow, ...]
    slices: Slices | None
    fairness: Fairness | None
    row: RowExplanation | None
    card: Card | None = None
    warnings: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe,
            "about": self.about,
            "rows": self.rows,
            "models": self.models,
            "importance": None if self.importances is None else self.importances.to_json(),
            "shap": None if self.shap is None else self.shap.to_json(),
            "curves": [{"effects": effects.to_json(), "dependence": dependence.to_json()} for dependence, effects in self.curves],
            "interactions": [one.to_json() for one in self.interactions],
            "most_wrong": [one.to_json() for one in self.wrong],
            "slices": None if self.slices is None else self.slices.to_json(),
            "fairness": None if self.fairness is None else self.fairness.to_json(),
            "row": None if self.row is None else self.row.to_json(),
            "scorecard": None if self.card is None else self.card.to_json(),
            "warnings": list(self.warnings),
            "left_out": [{"what": what, "reason": reason} for what, reason in self.left_out],
        }


def explain(held: HeldOut, settings: ExplainSettings, tell: Callable[[str], None] = lambda _: None) -> Explanation:
    """Everything that can be said of these models on these rows; what cannot is named with its reason.

    tell: is told what is being done.  Raises ConfigError for a metric or a column that does not fit, or a row that is not held.
    """
    metric = metric_named(_metric(held, settings.metric))
    names = _known(held, settings.columns)
    row = None if settings.row is None else explain_row(held, settings)
    drawn = held.at_most(settings.most_rows, settings.seed)
    left_out: list[tuple[str, str]] = []

    def attempt(what: str, make: Callable[[], Made]) -> Made | None:
        tell(what)
        try:
            return make()
        except AssayError as error:
            left_out.append((what, str(error)))
            return None

    seed, importances = settings.seed, None
    if held.knows_target:
        deals = settings.deals
        importances = attempt("permutation importance", lambda: permutation_importance(drawn, metric, deals=deals, seed=seed))
    shap = attempt("SHAP values", lambda: shap_values(held, seed=seed))
    card = attempt("points", lambda: card_of(held)) if has_points(held.parts[0].fitted) else None
    top = names or _top(held, importances, shap, settings.top)
    curves = attempt("curves", lambda: _curves(held, top, seed, left_out)) or ()
    found = attempt("interactions", lambda: interactions(held, top, seed=seed)) or []
    wrong, slices, fair = [], None, None
    if held.knows_target:
        wrong = attempt("the most wrong rows", lambda: most_wrong(held)) or []
        slices = attempt("slices", lambda: failing_slices(drawn, metric, top))
        if settings.groups is not None:
            groups = settings.groups
            fair = attempt("fairness", lambda: fairness(held, groups))
    else:
        left_out.append(("importance, faults and fairness", f"the rows do not say {held.task.target!r}"))
    return Explanation(
        recipe=held.recipe,
        about=held.about,
        rows=held.n_rows,
        models=len(held.parts),
        columns=tuple(top),
        importances=importances,
        shap=shap,
        curves=curves,
        interactions=tuple(found),
        wrong=tuple(wrong),
        slices=slices,
        fairness=fair,
        row=row,
        card=card,
        warnings=held.warnings,
        left_out=tuple(left_out),
    )


def _metric(held: HeldOut, asked: str | None) -> str:
    """The one that was asked for, or the task's default where it knows its influences."""
    name = asked or held.task.default_metric
    metric = metric_named(name)
    if not held.task.is_measured_by(metric.tasks):
        raise ConfigError(f"metric {name!r} is not for a {held.task.asked} model.")
    if not isinstance(metric, HasInfluence):
        raise ConfigError(
            f"metric {name!r} has no closed form of how rows move it; choose another with --metric, such as log_loss or rmse."
        )
    return name


def _known(held: HeldOut, columns: Sequence[str] | None) -> list[str]:
    from assay.core.names import did_you_mean

    names = [column.name for column in held.columns]
    for name in columns or ():
        if name not in names:
            raise ConfigError(f"the model reads no column {name!r}{did_you_mean(name, names)}")
    return list(dict.fromkeys(columns or ()))


def _top(held: HeldOut, importances: Importances | None, shap: ShapValues | None, top: int) -> list[str]:
    """The columns with curves, most important first."""
    kinds = {column.name: column.kind for column in held.columns}
    ranked = importances.ranking if importances is not None else list(shap.sizes()) if shap is not None else list(kinds)
    return [name for name in ranked if kinds[name] in CURVED][:top]


def _curves(held: HeldOut, names: Sequence[str], seed: int, left_out: list[tuple[str, str]]) -> tuple[tuple[Curve, Curve], ...]:
    columns, found = {column.name: column for column in held.columns}, []
    for name in names:
        try:
            both = partial_dependence(held, columns[name], seed=seed), accumulated_effects(held, columns[name], seed=seed)
        except ConfigError as error:
            left_out.append((f"curves of {name}", str(error)))
            continue
        found.append(both)
    return tuple(found)


def explain_row(held: HeldOut, settings: ExplainSettings) -> RowExplanation:
    """One row by the model that has not seen it.  Raises ConfigError where no model holds it."""
    part = holder(held, settings.row)
    one = part.take(np.flatnonzero(part.units == settings.row)[:1])
    task = part.fitted.task
    said = part.fitted.predict(one.features)
    if task.is_classification:
        chances = said["probability"][0]
        chances = [1 - chances, chances] if np.ndim(chances) == 0 else chances
        answers = {name: float(value) for name, value in zip(task.classes, chances, strict=True)}
    else:
        answers = {task.target: float(said["value"][0])}
    shap: dict[str, list[float]] = {}
    base: list[float] = []
    score: list[float] = []
    if why_not(part) is None:
        found = attributions(one)
        base, score = found[0][0].tolist(), found[2][0].tolist()
        shap = {column.name: found[1][0, place].tolist() for place, column in enumerate(held.columns)}
    change = None
    if task.is_classification:
        change = what_would_change(
            part.fitted, one.features, part.reference, threshold=held.cut, keep=settings.keep, wanted=settings.wanted
        )
    values, points = one.features.row(0, named=True), _points(part.fitted, one.features)
    return RowExplanation(int(one.units[0]), values, answers, shap, base, score, method_of(part.fitted.learner), change, points)


def _points(fitted: Fitted, row: pl.DataFrame) -> RowPoints | None:
    """Of a scorecard whose card can be read; where it cannot, the card's own section says why."""
    if not has_points(fitted):
        return None
    try:
        return points_of(fitted, row)
    except AssayError:
        return None


def holder(held: HeldOut, row: int | None) -> Held:
    """The part whose rows hold this number.  Raises ConfigError."""
    for part in held.parts:
        if (part.units == row).any():
            return part
    raise ConfigError(f"row {row} is none of these rows ({held.about}); rows are counted from 0.")
