"""The settings of a study, checked across fields before anything is computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from assay.core.errors import ConfigError, DataError
from assay.core.names import did_you_mean
from assay.core.optional import require
from assay.core.shown import Shown
from assay.data.dataset import Dataset
from assay.measure.calibration import calibrator_for
from assay.measure.evaluate import METHODS
from assay.measure.registry import METRICS, metric_named
from assay.measure.threshold import ThresholdRule
from assay.recipes.correction import check_calibration
from assay.recipes.named import BETWEEN, base_name, check_name, recipe_named
from assay.recipes.preparations import PREPARATIONS
from assay.recipes.registry import RECIPES
from assay.recipes.treatments import treatment_named
from assay.recipes.tuning.search import Search
from assay.splits.forward import Span
from assay.splits.plan import Scheme
from assay.splits.shares import Shares
from assay.study.blend import BLEND
from assay.study.cells import NO_TREATMENT, Candidate
from assay.study.treated import Pair, check_names, check_once, makes_cells

FIRST_CHOICE = (
    "baseline",
    "poisson",
    "ordinal-logistic",
    "logistic",
    "tfidf-logistic",
    "tfidf-naive-bayes",
    "forest",
    "boosting",
    "boosting-poisson",
    "ordinal-boosting",
    "lambdarank",
    "lenet",
    "unigram",
    "ngram-kneser-ney",
    "copy-source",
    "word-for-word",
    "dictionary",
    "noisy-channel",
    "most-frequent-tag",
)
"""Tried when the user names no recipes: those of them that can answer the question and are installed."""

THRESHOLD_METRICS = ("f1", "accuracy", "balanced_accuracy", "mcc")
"""Metrics that a threshold can be chosen for, by a rule of the same name."""


@dataclass(frozen=True, kw_only=True)
class Settings(Shown):
    """metric: decides the order of the leaderboard.  cost: (of a false negative, of a false positive), or None.

    threshold: the text of a ThresholdRule, or None for the one that follows from cost and metric.
    calibration: the name of a calibrator for every candidate, or None for what each needs.
    scheme, gap, window: of the plan (see ``make_plan``).  shares: of a hold-out ("80/10/10"), or None for the usual ones.
    device: where nets are trained; another one's last digits differ, so it is part of the study.
    interval: how intervals are made (``evaluate.METHODS``).  level: of every interval.  replicates: of every bootstrap.
    read: how the data was read, kept so that a later command can read it again.
    """

    recipes: tuple[str, ...]
    treatments: tuple[str, ...]
    metric: str
    folds: int = 5
    repeats: int = 1
    seed: int = 0
    copies: str = "warn"
    cost: tuple[float, float] | None = None
    threshold: str | None = None
    calibration: str | None = None
    device: str = "cpu"
    scheme: Scheme = "k-fold"
    gap: Span | None = None
    window: Span | None = None
    shares: str | None = None
    interval: str = "default"
    memory: int | None = None
    level: float = 0.95
    replicates: int = 1000
    read: Mapping[str, Any] = field(default_factory=dict)
    left_out: frozenset[Pair] = frozenset()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.copies not in ("warn", "group", "drop"):
            raise ConfigError(f"copies={self.copies!r}: it is warn, group or drop.")
        if self.cost is not None and (min(self.cost) < 0 or sum(self.cost) <= 0):
            raise ConfigError(f"cost={self.cost}: two numbers >= 0, not both 0 (a missed positive, a false alarm).")
        if self.cost is not None and self.threshold is not None:
            raise ConfigError(f"threshold={self.threshold!r} and cost are both given; costs are a threshold rule of their own.")
        if self.interval not in METHODS:
            raise ConfigError(f"no interval method {self.interval!r}{did_you_mean(self.interval, METHODS)}")
        self.threshold_rule  # noqa: B018 - raises for a text that is no rule
        if self.shares is not None and self.scheme != "hold-out":
            raise ConfigError(f"shares={self.shares!r} are those of a hold-out; take --hold-out (scheme='hold-out') too.")
        self.hold_out_shares  # noqa: B018 - raises for a text that is none

    @property
    def candidates(self) -> list[Candidate]:
        """Every recipe under every treatment that changes a fit; what no treatment can change is tried once, and the blend last.

        A treatment of decisions ("threshold-only") has no candidate of its own: it is the untreated one at its tuned
        threshold, and every candidate is cut at a tuned threshold as it is.
        """
        treatments = [name for name in self.treatments if makes_cells(name)]
        derived = [BLEND] if BLEND.recipe in self.recipes else []
        return [
            Candidate(recipe, treatment)
            for recipe in self.recipes
            if recipe != BLEND.recipe
            for treatment in treatments
            if treatment == NO_TREATMENT or (recipe_named(recipe).treatable and (recipe, treatment) not in self.left_out)
        ] + derived

    @property
    def hold_out_shares(self) -> Shares:
        return Shares() if self.shares is None else Shares.parse(self.shares)

    @property
    def threshold_rule(self) -> ThresholdRule:
        """The rule of the operating point: as given, the study's metric where it reads labels, else F1."""
        if self.threshold is not None:
            return ThresholdRule.parse(self.threshold)
        if self.cost is not None:
            return ThresholdRule("cost", cost_fn=self.cost[0], cost_fp=self.cost[1])
        family, at, setting = self.metric.partition("@")
        if at and family in ("expected_cost", "fbeta"):
            return ThresholdRule.parse(f"{family.removeprefix('expected_')}:{setting}")
        return ThresholdRule(self.metric if self.metric in THRESHOLD_METRICS else "f1")

    def to_json(self) -> dict[str, Any]:
        return {
            "metric": self.metric,
            "folds": self.folds,
            "repeats": self.repeats,
            "seed": self.seed,
            "copies": self.copies,
            "cost": None if self.cost is None else list(self.cost),
            "threshold": self.threshold,
            "calibration": self.calibration,
            "device": self.device,
            "scheme": self.scheme,
            "gap": _plain(self.gap),
            "window": _plain(self.window),
            "shares": self.shares,
            "interval": self.interval,
        }

    @property
    def question(self) -> str:
        """What must be equal for predictions and scores to be of one study, besides data and plan; in words."""
        said = self.metric
        if self.cost is not None:
            said += f" cost {self.cost[0]:g},{self.cost[1]:g}"
        if self.threshold is not None:
            said += f" threshold {self.threshold_rule}"
        if self.calibration is not None:
            said += f" calibration {self.calibration}"
        return said if self.device == "cpu" else f"{said} device {self.device}"


def _plain(span: Span | None) -> str | float | None:
    """A length as study.toml holds it and ``make_plan`` reads it."""
    return f"{span.total_seconds():g}s" if isinstance(span, timedelta) else span


def choose_recipes(
    data: Dataset, names: Sequence[str] | None, search: Search | None = None, preparations: Sequence[str] = ()
) -> tuple[str, ...]:
    """The named recipes in their one spelling, each known and able to answer the question; or the first choice for this data.

    "blend" among the names is the mean of all others (``study.blend``); alone it is that of the first choice.
    preparations: each recipe is tried prepared by each of these as well, where it can be.
    search: each recipe that can be tuned, and is not so already, is tried tuned as well.
    Raises ConfigError where there is a search and nothing to tune, or a preparation for none of the recipes, and DataError
    where no column is left to learn from.
    """
    if not data.schema.features:
        dropped = [column.name for column in data.schema.columns if column.role == "ignored"]
        left = f" ({len(dropped)} are dropped)" if dropped else ""
        target = data.question.target
        raise DataError(f"{data.source}: no column besides the target {target!r} is left to learn from{left}; keep one.")
    fitted = names if names is None or isinstance(names, str) else [name for name in names if name != BLEND.recipe]
    chosen = _first_choice(data) if fitted is None or (not fitted and names) else _named(data, fitted)
    blend = () if names is None or isinstance(names, str) else tuple(name for name in names if name == BLEND.recipe)
    check_once(blend, "recipes")
    if preparations:
        chosen = _prepared(data, chosen, preparations)
    if search is None:
        return (*chosen, *blend)
    recipes = [recipe_named(name) for name in chosen]
    tuned = {recipe.name: f"{recipe.name}{BETWEEN}{search}" for recipe in recipes if recipe.space and recipe.search is None}
    if not tuned:
        raise ConfigError(f"none of the recipes {', '.join(chosen)} has settings to tune; leave out trials.")
    return (*dict.fromkeys(name for one in chosen for name in (one, tuned.get(one, one))), *blend)


def _prepared(data: Dataset, recipes: Sequence[str], preparations: Sequence[str]) -> list[str]:
    check_names(preparations, PREPARATIONS.target, "preparations")
    check_once(preparations, "preparations")
    tried = {recipe: [recipe] for recipe in recipes}
    for way in preparations:
        refusals = []
        for recipe in recipes:
            text = f"{recipe}{BETWEEN}{way}"
            try:
                recipe_named(text).check(data)
            except ConfigError as error:
                refusals.append(str(error))
            else:
                tried[recipe].append(text)
        if len(refusals) == len(recipes):
            raise ConfigError(f"preparation {way!r} is for none of the recipes {', '.join(recipes)}: {refusals[0]}")
    return [text for texts in tried.values() for text in texts]


def _named(data: Dataset, names: Sequence[str]) -> list[str]:
    check_names([base_name(name) for name in names] if not isinstance(names, str) else names, check_name, "recipes")
    spelled = [recipe_named(name).name for name in names]
    check_once(spelled, "recipes")
    for name in spelled:
        recipe_named(name).check(data)
    return spelled


def _first_choice(data: Dataset) -> list[str]:
    chosen = []
    for name in FIRST_CHOICE:
        recipe = RECIPES.get(name)
        if not recipe.is_installed:
            continue
        try:
            recipe.check(data)
        except ConfigError:
            continue
        chosen.append(name)
    if not chosen:
        raise ConfigError(f"no recipe can answer {data.question.asked} on {data.source}; see: assay list recipes.")
    return chosen


def choose_device(name: str) -> str:
    """The device itself, once it is known that nets can be trained on it here."""
    if name != "cpu":
        require("torch", extra="nets", purpose=f"device {name!r}")
        from assay.nets.devices import check_device

        check_device(name)
    return name


def choose_metric(data: Dataset, name: str | None) -> str:
    """The named metric, known and meant for the task; or the task's default."""
    task = data.question
    chosen = task.default_metric if name is None else name
    metric = metric_named(chosen)
    if not task.is_measured_by(metric.tasks):
        fitting = [known for known in METRICS.names() if task.is_measured_by(METRICS.get(known).tasks)]
        raise ConfigError(f"metric {chosen!r} is not for {task.asked}; for it there are {', '.join(fitting)}.")
    return chosen


def choose_calibration(data: Dataset, name: str | None, treatments: Sequence[str]) -> str | None:
    """The named calibrator, known and meant for the task; None leaves the choice to each candidate."""
    if name is None:
        return None
    if not data.question.is_classification:
        raise ConfigError(f"calibration={name!r} acts on probabilities, and {data.question.target!r} is a number; leave it out.")
    calibrator_for(name, data.question.name)
    for text in treatments:
        check_calibration(name, treatment_named(text).correction, text)
    return name


def choose_cost(data: Dataset, cost: tuple[float, float] | None) -> tuple[float, float] | None:
    """The costs as they are; only a binary task has a missed positive and a false alarm."""
    if cost is not None and data.question.name != "binary":
        raise ConfigError(
            f"cost={cost[0]:g},{cost[1]:g}: only a binary task has a missed positive and a false alarm, and this one is "
            f"{data.question.name}; leave it out."
        )
    return cost


def choose_threshold(data: Dataset, text: str | None) -> str | None:
    """The text of a threshold rule, in its own spelling; only a binary task has a threshold."""
    if text is None:
        return None
    if data.question.name != "binary":
        raise ConfigError(f"threshold={text!r}: only a binary task has a threshold, and this one is {data.question.name}.")
    rule = ThresholdRule.parse(text)
    rule.for_rows(len(data))
    return str(rule)
